"""Owns reading the documentation: the pages, their fenced blocks and their tables."""

import re
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
_FENCED = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_TABLE = re.compile(r"^\|.*\|\n\|[-|]+\|\n((?:\|.*\|\n)*)", re.MULTILINE)


class Block(NamedTuple):
    language: str
    text: str


class Page:
    """One file of the documentation, without what generates parts of it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.name = path.relative_to(ROOT).as_posix()
        text = path.read_text(encoding="utf-8")
        self.text = re.sub(r"<!--.*?-->\n", "", text, flags=re.DOTALL)

    @cached_property
    def blocks(self) -> list[Block]:
        """The fenced blocks, in order."""
        return [Block(*found) for found in _FENCED.findall(self.text)]

    def blocks_with(self, language: str, word: str) -> list[str]:
        return [
            each.text for each in self.blocks if each.language == language and word in each.text
        ]

    def section(self, title: str) -> str:
        """The text under a heading, up to the next one of any level."""
        _, heading, rest = self.text.partition(f"# {title}\n")
        assert heading, f"{self.name} has no section {title!r}"
        lines, fenced = [], False
        for line in rest.splitlines():
            fenced ^= line.startswith("```")
            if line.startswith("#") and not fenced:
                break
            lines.append(line)
        return "\n".join(lines)

    def tables(self, title: str) -> list[list[list[str]]]:
        """The tables of a section: rows of cells, without the heads."""
        found = _TABLE.findall(self.section(title) + "\n")
        return [[_cells(row) for row in rows.splitlines()] for rows in found]


PAGES = [Page(path) for path in [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]]


def page(name: str) -> Page:
    """`README`, or a page of `docs` by its name."""
    wanted = "README.md" if name == "README" else f"docs/{name}.md"
    return next(each for each in PAGES if each.name == wanted)


def plain(cell: str) -> str:
    """A cell without its back quotes."""
    return cell.replace("`", "")


def _cells(row: str) -> list[str]:
    cells = re.split(r"(?<!\\)\|", row.strip().removeprefix("|").removesuffix("|"))
    return [each.strip().replace("\\|", "|") for each in cells]
