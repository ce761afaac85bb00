"""Owns the guard against slow code: the calls that each hot path makes, beside those that were written down.

`python -m benchmarks.guard` compares, with `--write` it writes down. It times nothing, so that a busy machine
changes nothing: the same requests with the same seed make the same calls.
"""

import argparse
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from benchmarks.calls import Calls
from benchmarks.paths import measure

WRITTEN_DOWN = Path(__file__).parent / "calls.json"
MARGIN = 1.25  # versions of Python differ by 3 %
SHOWN = 6  # functions that a message names


class Standard(NamedTuple):
    """What was written down of one path: calls in all, and by module."""

    total: float
    modules: Mapping[str, float]


def judge(measured: Mapping[str, Calls], standards: Mapping[str, Standard]) -> list[str]:
    """What is wrong: a path that makes far more calls than were written down, or so few that a rise would hide."""
    problems = [
        f"{path}: it is not both measured and written down; {_REMEDY}"
        for path in sorted(measured.keys() ^ standards.keys())
    ]
    for path in sorted(measured.keys() & standards.keys()):
        calls, standard = measured[path], standards[path]
        if calls.total > standard.total * MARGIN:
            problems.append(_too_many(path, calls, standard))
        elif calls.total * MARGIN < standard.total:
            problems.append(f"{path}: {_compared(calls, standard)}: well done; {_REMEDY}")
    return problems


def written_down() -> dict[str, Standard]:
    document = json.loads(WRITTEN_DOWN.read_text())
    return {path: Standard(each["total"], each["modules"]) for path, each in document.items()}


def write_down(measured: Mapping[str, Calls]) -> None:
    document = {
        path: {"total": round(calls.total), "modules": _rounded(calls.per_module())}
        for path, calls in measured.items()
    }
    WRITTEN_DOWN.write_text(json.dumps(document, indent=2) + "\n")


_REMEDY = "write the new figure down with `python -m benchmarks.guard --write`, in the same commit"


def _too_many(path: str, calls: Calls, standard: Standard) -> str:
    now = calls.per_module()
    more = {
        module: by for module in now if (by := now[module] - standard.modules.get(module, 0)) >= 1
    }
    hot = {name: each for name, each in calls.functions.items() if name.partition(":")[0] in more}
    return (
        f"{path}: {_compared(calls, standard)}; {MARGIN - 1:.0%} more are allowed.\n"
        f"  modules that grew: {_told(more, '+.0f')}\n"
        f"  their hottest functions: {_told(hot, '.0f')}\n"
        f"  where it is worth that, {_REMEDY}"
    )


def _compared(calls: Calls, standard: Standard) -> str:
    return (
        f"{calls.total:.0f} calls, {calls.total / standard.total:.2f} x the {standard.total:.0f} "
        f"of {WRITTEN_DOWN.name}"
    )


def _told(figures: Mapping[str, float], form: str) -> str:
    """The greatest, with their names."""
    greatest = sorted(figures, key=lambda name: (-figures[name], name))[:SHOWN]
    return ", ".join(f"{name} {figures[name]:{form}}" for name in greatest)


def _rounded(modules: Mapping[str, float]) -> dict[str, int]:
    """Modules that count, in the alphabet's order."""
    return {name: round(calls) for name, calls in sorted(modules.items()) if calls >= 0.5}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.guard", description=__doc__)
    parser.add_argument("--write", action="store_true", help="write the calls down")
    asked = parser.parse_args()
    measured = measure()
    if asked.write:
        write_down(measured)
    for path, calls in measured.items():
        print(f"{path}: {calls.total:.1f} calls")
    problems = judge(measured, written_down())
    print("\n".join(problems), file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
