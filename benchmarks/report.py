"""Owns the report: Markdown of what was found, where it was measured, and the README that shows it."""

import os
import platform
import re
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

from benchmarks.findings import Cell, Finding
from benchmarks.load import client
from benchmarks.rounds import Effort

README = Path(__file__).parent / "README.md"
CHART = README.with_name("chart.svg")
PACKAGES = (
    "clodura-kit", "starlette", "uvicorn", "uvloop", "httptools", "orjson", "jsonschema-rs", "aiohttp", "pydantic",
)  # fmt: skip
_BEGIN, _END = "<!-- results: python -m benchmarks --write -->", "<!-- end of results -->"


def report(found: Sequence[Finding | Cell], when: str, effort: Effort, *, has_chart: bool) -> str:
    """The whole of it; `when` is the day."""
    cells = [each for each in found if isinstance(each, Cell)]
    parts = [
        f"Measured {when}.\n{surroundings(effort)}",
        table([each for each in found if isinstance(each, Finding)]),
        *(["![Requests and webhooks a second, beside the peers](chart.svg)"] if has_chart else []),
        *([tables(cells)] if cells else []),
    ]
    return "\n\n".join(parts) + "\n"


def table(findings: Sequence[Finding]) -> str:
    head = _row("what", "bar", "aim", "median", "spread", "met", "beside it")
    return "\n".join(
        [head, "|---|---|---|---|---|---|---|", *(_row(*each.cells()) for each in findings)]
    )


def surroundings(effort: Effort) -> str:
    """Where this was measured, without names of machines, people or folders."""
    packages = ", ".join(f"{each} {version(each)}" for each in PACKAGES)
    system = f"{platform.system()} {platform.release().partition('-')[0]}"
    return (
        f"Effort: {effort.name}, {effort.rounds} rounds of {effort.seconds:g} s. Load: {client()}.\n"
        f"Machine: {os.cpu_count()} cores ({_processor()}), {system}, "
        f"{platform.python_implementation()} {platform.python_version()}.\n"
        f"Versions: {packages}."
    )


def write(text: str, drawing: str | None) -> None:
    """Put the results where the README has them, and the chart beside it."""
    if drawing is not None:
        CHART.write_text(drawing)
    README.write_text(placed(text, README.read_text()))


def placed(text: str, whole: str) -> str:
    """The README with these results in the place of the old ones."""
    pattern = re.compile(f"{re.escape(_BEGIN)}.*{re.escape(_END)}", re.DOTALL)
    return pattern.sub(lambda _: f"{_BEGIN}\n\n{text}\n{_END}", whole)


def tables(cells: Sequence[Cell]) -> str:
    """Every table with its name as a heading; rows and columns in the order of their first cells."""
    names = dict.fromkeys(each.table for each in cells)
    return "\n\n".join(
        f"### {name}\n\n{_pivoted([each for each in cells if each.table == name])}"
        for name in names
    )


def _pivoted(cells: Sequence[Cell]) -> str:
    rows = dict.fromkeys(each.row for each in cells)
    columns = dict.fromkeys(each.column for each in cells)
    texts = {(each.row, each.column): each.text for each in cells}
    lines = [_row(row, *(texts.get((row, column), "") for column in columns)) for row in rows]
    return "\n".join([_row("", *columns), "|---" * (len(columns) + 1) + "|", *lines])


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return models[0] if models else platform.machine()


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"
