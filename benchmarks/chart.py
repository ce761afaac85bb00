"""Owns the chart: bars side by side, as SVG that is the same for the same figures and reads on light and on dark."""

from collections.abc import Iterator, Sequence
from html import escape
from typing import NamedTuple

from benchmarks.findings import Cell, figure

_WIDTH, _NAMES, _BAR, _GAP, _HEAD, _VALUE = 760, 250, 18, 8, 44, 70  # pixels
_STYLE = (
    "text{font:13px system-ui,sans-serif;fill:#1f2328}.head{font-weight:600}.bar{fill:#8c959f}.ours{fill:#0969da}"
    "@media(prefers-color-scheme:dark){text{fill:#e6edf3}.bar{fill:#6e7681}.ours{fill:#4493f8}}"
)


class Panel(NamedTuple):
    """One group of bars; `ours` is drawn in another colour."""

    title: str
    bars: Sequence[tuple[str, float]]
    ours: str


def panel(cells: Sequence[Cell], column: str, title: str, ours: str) -> Panel:
    """The bars of a column, the longest first."""
    bars = [
        (each.row, each.value) for each in cells if each.column == column and each.value is not None
    ]
    return Panel(title, sorted(bars, key=lambda bar: (-bar[1], bar[0])), ours)


def draw(panels: Sequence[Panel]) -> str:
    """The chart, as a whole file."""
    parts: list[str] = []
    top = 0
    for each in panels:
        parts += _drawn(each, top)
        top += _height(each)
    size = f'width="{_WIDTH}" height="{top}" viewBox="0 0 {_WIDTH} {top}"'
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img">',
        f"<style>{_STYLE}</style>",
        *parts,
    ]
    return "\n".join([*lines, "</svg>", ""])


def _height(each: Panel) -> int:
    return _HEAD + len(each.bars) * (_BAR + _GAP)


def _drawn(each: Panel, top: int) -> Iterator[str]:
    yield f'<text class="head" x="8" y="{top + 26}">{escape(each.title)}</text>'
    longest = max((value for _, value in each.bars), default=1)
    for n, (name, value) in enumerate(each.bars):
        y = top + _HEAD + n * (_BAR + _GAP)
        length = round((_WIDTH - _NAMES - _VALUE) * value / longest, 1)
        kind = "bar ours" if name == each.ours else "bar"
        label = escape(name.strip("*"))
        yield f'<text x="{_NAMES - 8}" y="{y + 14}" text-anchor="end">{label}</text>'
        yield f'<rect class="{kind}" x="{_NAMES}" y="{y}" width="{length}" height="{_BAR}" rx="2"/>'
        yield f'<text x="{_NAMES + length + 6}" y="{y + 14}">{figure(value)}</text>'
