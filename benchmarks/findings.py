"""Owns what a question finds: figures beside their bar, and the Markdown of them."""

import os
import platform
import re
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import NamedTuple

from benchmarks.load import client
from benchmarks.rounds import Effort

README = Path(__file__).parent / "README.md"
PACKAGES = (
    "clodura-kit", "starlette", "uvicorn", "uvloop", "httptools", "orjson", "jsonschema-rs", "aiohttp", "pydantic",
)  # fmt: skip
_BEGIN, _END = "<!-- results: python -m benchmarks --write -->", "<!-- end of results -->"


class Bar(NamedTuple):
    """What is demanded, and what is aimed at: at least so much, or at most."""

    bar: float
    aim: float
    at_most: bool = False

    def verdict(self, value: float) -> str:
        if self._keeps(value, self.aim):
            return "yes, and the aim"
        return "yes" if self._keeps(value, self.bar) else "**no**"

    def told(self, unit: str) -> tuple[str, str]:
        sign = "≤" if self.at_most else "≥"
        return f"{sign} {self.bar:g}{unit}", f"{sign} {self.aim:g}{unit}"

    def _keeps(self, value: float, limit: float) -> bool:
        return value <= limit if self.at_most else value >= limit


class Finding(NamedTuple):
    """One figure: its samples, the bar if it has one, and what else is worth knowing."""

    what: str
    samples: Sequence[float]
    unit: str = ""
    bar: Bar | None = None
    note: str = ""
    is_sure: bool = True  # else neighbours took too much for a verdict

    def row(self) -> str:
        bar, aim = self.bar.told(self.unit) if self.bar else ("", "")
        if not self.samples:
            return _row(self.what, bar, aim, "not measured here", "", "", self.note)
        value = median(self.samples)
        spread = (
            f"{_figure(min(self.samples))} to {_figure(max(self.samples))}"
            if len(self.samples) > 1
            else ""
        )
        verdict = self.bar.verdict(value) if self.bar and self.is_sure else ""
        if self.bar and not self.is_sure:
            verdict = "unsure: busy machine"
        return _row(self.what, bar, aim, f"{_figure(value)}{self.unit}", spread, verdict, self.note)


def table(findings: Sequence[Finding]) -> str:
    head = _row("what", "bar", "aim", "median", "spread", "met", "beside it")
    return "\n".join([head, "|---|---|---|---|---|---|---|", *(each.row() for each in findings)])


def surroundings(effort: Effort) -> str:
    """Where this was measured, without names of machines, people or folders."""
    packages = ", ".join(f"{each} {version(each)}" for each in PACKAGES)
    system = f"{platform.system()} {platform.release().partition('-')[0]}"
    return (
        f"Effort: {effort.name}, {effort.rounds} rounds of {effort.seconds:g} s. Load: {client()}.\n"
        f"Machine: {os.cpu_count()} cores ({_processor()}), {system}, "
        f"{platform.python_implementation()} {platform.python_version()}.\n"
        f"Versions: {packages}.\n"
    )


def write(text: str) -> None:
    """Put the results where the README has them."""
    whole = README.read_text()
    pattern = re.compile(f"{re.escape(_BEGIN)}.*{re.escape(_END)}", re.DOTALL)
    README.write_text(pattern.sub(lambda _: f"{_BEGIN}\n\n{text}\n{_END}", whole))


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return models[0] if models else platform.machine()


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def _figure(value: float) -> str:
    digits = 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2  # three that count
    return f"{value:,.{digits}f}"
