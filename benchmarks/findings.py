"""Owns what a question finds: figures beside their bar, and cells of tables that compare servers."""

from collections.abc import Sequence
from statistics import median
from typing import NamedTuple


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

    def cells(self) -> Sequence[str]:
        """What, bar, aim, median, spread, met, and what is beside it."""
        bar, aim = self.bar.told(self.unit) if self.bar else ("", "")
        if not self.samples:
            return self.what, bar, aim, "not measured here", "", "", self.note
        value = median(self.samples)
        spread = (
            f"{figure(min(self.samples))} to {figure(max(self.samples))}"
            if len(self.samples) > 1
            else ""
        )
        verdict = self.bar.verdict(value) if self.bar and self.is_sure else ""
        if self.bar and not self.is_sure:
            verdict = "unsure: busy machine"
        return self.what, bar, aim, f"{figure(value)}{self.unit}", spread, verdict, self.note


OURS = "**clodura-kit**"  # the row of the fake


class Cell(NamedTuple):
    """A figure or a word in a table of its own, whose rows are what is compared; `value` is what a chart draws."""

    table: str
    row: str
    column: str
    text: str
    value: float | None = None


def spread(figures: Sequence[float], unit: str = "") -> str:
    """The median with the least and the greatest, or a dash."""
    if not figures:
        return "-"
    return f"{figure(median(figures))}{unit} ({figure(min(figures))} to {figure(max(figures))})"


def figure(value: float) -> str:
    """Three digits that count."""
    digits = 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2
    return f"{value:,.{digits}f}"
