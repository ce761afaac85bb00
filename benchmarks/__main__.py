"""Owns the command `python -m benchmarks`: which questions are asked, and where the answers go."""

import argparse
import sys
import time
from datetime import UTC, datetime
from importlib import import_module

from benchmarks.findings import Finding, surroundings, table, write
from benchmarks.processes import BenchmarkError
from benchmarks.rounds import FULL, QUICK, SOAK

QUESTIONS = ("throughput", "stores", "people", "webhooks", "cold_start", "in_process", "memory", "pending")


def main() -> int:
    options = _options()
    effort = QUICK if options.quick else SOAK if options.soak else FULL
    findings: list[Finding] = []
    failed = 0
    for name in options.names or QUESTIONS:
        began = time.monotonic()
        try:
            findings += import_module(f"benchmarks.questions.{name}").ask(effort)
        except BenchmarkError as error:
            failed += 1
            findings.append(Finding(name, [], note=f"failed: {error}"))
        print(f"{name}: {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)
    text = f"Measured {datetime.now(UTC):%Y-%m-%d}.\n{surroundings(effort)}\n{table(findings)}\n"
    print(text)
    if options.write:
        write(text)
    return 1 if failed else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description="Measure the fake against its bars."
    )
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help=f"questions, of: {', '.join(QUESTIONS)}"
    )
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--quick", action="store_true", help="rougher, within 90 seconds")
    how.add_argument("--soak", action="store_true", help="memory up to 1,000,000 requests")
    parser.add_argument(
        "--write", action="store_true", help="put the table into benchmarks/README.md"
    )
    options = parser.parse_args()
    if unknown := set(options.names) - set(QUESTIONS):
        parser.error(f"no such question: {', '.join(sorted(unknown))}")
    return options


if __name__ == "__main__":
    sys.exit(main())
