"""Owns the command `python -m benchmarks`: which questions are asked, and where the answers go."""

import argparse
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib import import_module

from benchmarks.chart import draw, panel
from benchmarks.findings import OURS, Cell, Finding
from benchmarks.report import report, write
from benchmarks.rounds import FULL, QUICK, SOAK, Effort

QUESTIONS = (
    "throughput", "stores", "shared", "people", "webhooks", "cold_start", "in_process", "memory", "pending", "growth",
    "watched", "peers",
)  # fmt: skip
NOT_QUICK = frozenset(("shared", "people", "growth", "watched", "peers"))


def main() -> int:
    options = _options()
    effort = QUICK if options.quick else SOAK if options.soak else FULL
    names = options.names or [
        each for each in QUESTIONS if not (options.quick and each in NOT_QUICK)
    ]
    found, failed = _asked(names, effort)
    drawing = _drawing([each for each in found if isinstance(each, Cell)])
    day = f"{datetime.now(UTC):%Y-%m-%d}"
    text = report(found, day, effort, has_chart=drawing is not None)
    print(text)
    if options.write:
        write(text, drawing)
    return 1 if failed else 0


def _asked(names: Sequence[str], effort: Effort) -> tuple[list[Finding | Cell], int]:
    """What was found, and how many questions have no answer."""
    found: list[Finding | Cell] = []
    failed = 0
    for name in names:
        began = time.monotonic()
        try:
            found += import_module(f"benchmarks.questions.{name}").ask(effort)
        except Exception as error:  # noqa: BLE001 - one question without an answer does not take the others with it
            failed += 1
            found.append(Finding(name, [], note=f"failed: {type(error).__name__}: {error}"))
        print(f"{name}: {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)
    return found, failed


def _drawing(cells: Sequence[Cell]) -> str | None:
    """The chart, where servers were compared."""
    titles = {
        "valid: x (b)": "Valid matches a second, as a share of a bare Starlette route",
        "webhooks/s": "Webhooks delivered a second while matches pour in",
    }
    panels = [panel(cells, column, title, OURS) for column, title in titles.items()]
    return draw(panels) if all(each.bars for each in panels) else None


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description="Measure the fake against its bars."
    )
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help=f"questions, of: {', '.join(QUESTIONS)}"
    )
    how = parser.add_mutually_exclusive_group()
    how.add_argument(
        "--quick", action="store_true", help="rougher, within 90 seconds, without peers"
    )
    how.add_argument("--soak", action="store_true", help="memory up to 1,000,000 requests")
    parser.add_argument(
        "--write", action="store_true", help="put all results into benchmarks/README.md"
    )
    options = parser.parse_args()
    if unknown := set(options.names) - set(QUESTIONS):
        parser.error(f"no such question: {', '.join(sorted(unknown))}")
    if options.write and options.names:
        parser.error("--write replaces the whole table: leave the names of questions away")
    return options


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:  # what was started has been ended on the way here
        sys.exit(130)
