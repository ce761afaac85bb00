"""Owns reading the README: its fenced blocks and its tables."""

import re
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
_TEXT = re.sub(r"<!--.*?-->\n", "", README, flags=re.DOTALL)
_FENCED = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_TABLE = re.compile(r"^\|.*\|\n\|[-|]+\|\n((?:\|.*\|\n)*)", re.MULTILINE)


class Block(NamedTuple):
    language: str
    text: str


def blocks(text: str = _TEXT) -> list[Block]:
    """The fenced blocks, in order."""
    return [Block(*found) for found in _FENCED.findall(text)]


def blocks_with(language: str, word: str) -> list[str]:
    return [each.text for each in blocks() if each.language == language and word in each.text]


def section(title: str) -> str:
    """The text under a heading, up to the next one of any level."""
    _, heading, rest = _TEXT.partition(f"# {title}\n")
    assert heading, f"the README has no section {title!r}"
    lines, fenced = [], False
    for line in rest.splitlines():
        fenced ^= line.startswith("```")
        if line.startswith("#") and not fenced:
            break
        lines.append(line)
    return "\n".join(lines)


def tables(title: str) -> list[list[list[str]]]:
    """The tables of a section: rows of cells, without the heads."""
    found = _TABLE.findall(section(title) + "\n")
    return [[_cells(row) for row in rows.splitlines()] for rows in found]


def plain(cell: str) -> str:
    """A cell without its back quotes."""
    return cell.replace("`", "")


def _cells(row: str) -> list[str]:
    cells = re.split(r"(?<!\\)\|", row.strip().removeprefix("|").removesuffix("|"))
    return [each.strip().replace("\\|", "|") for each in cells]
