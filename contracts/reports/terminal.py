"""Owns what a person reads on the terminal: the header, one line per undecided or broken rule, a table by area."""

from collections.abc import Iterable

from rich.console import Console
from rich.table import Table
from rich.text import Text

from contracts.reports.report import Report
from contracts.verdicts import Exit, Result, Verdict, counted

STYLES = {
    Verdict.PASSED: "green",
    Verdict.FAILED: "bold red",
    Verdict.DIFFERS: "yellow",
    Verdict.SKIPPED: "dim",
    Verdict.INCONCLUSIVE: "magenta",
    Verdict.UNOBSERVABLE: "dim",
}
_ENDS = {Exit.PASSED: "bold green", Exit.INCOMPLETE: "bold magenta"}


def print_report(report: Report, console: Console) -> None:
    """Print it; long lines are wrapped, nothing is interpreted as markup."""
    _header(report, console)
    console.print(_table(report))
    for verdict in (Verdict.FAILED, Verdict.DIFFERS, Verdict.INCONCLUSIVE):
        _findings([each for each in report.results if each.verdict is verdict], console)
    _skips(report, console)
    for note in report.notes:
        console.print(Text(f"! {note}", "yellow"))
    console.print(_summary(report))


def _header(report: Report, console: Console) -> None:
    console.print(Text(report.title, "bold"))
    for name, value in {"target": report.target, **report.facts}.items():
        console.print(Text(f"  {name:<10} {value}"))


def _table(report: Report) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("area")
    for verdict in Verdict:
        table.add_column(str(verdict), justify="right")
    for area, results in report.areas().items():
        counts = counted(results)
        cells = [
            Text(str(count) if count else "", STYLES[verdict]) for verdict, count in counts.items()
        ]
        table.add_row(area, *cells)
    return table


def _findings(results: Iterable[Result], console: Console) -> None:
    for result in sorted(results, key=lambda each: each.also):
        mark = "also " if result.also else ""
        reason = f" ({result.reason})" if result.reason else ""
        known = f" - expected: {result.expected_failure}" if result.expected_failure else ""
        head = f"{mark}{result.verdict} {result.id} {result.title}{reason}{known}"
        console.print()
        console.print(Text(head, "dim" if result.also else STYLES[result.verdict]))
        console.print(Text(f"  {', '.join(result.facts)}: {result.detail}"))
        if not result.also:
            _evidence(result, console)


def _evidence(result: Result, console: Console) -> None:
    for each in result.evidence:
        console.print(Text(f"  expected  {each.expected}"))
        console.print(Text(f"  seen      {each.seen}"))
        for line in filter(None, (each.exchange, each.curl)):
            console.print(Text(f"            {line}", "dim"))


def _skips(report: Report, console: Console) -> None:
    skipped: dict[str, list[str]] = {}
    for each in report.results:
        if each.verdict in (Verdict.SKIPPED, Verdict.UNOBSERVABLE):
            skipped.setdefault(str(each.reason or each.verdict), []).append(each.id)
    if skipped:
        console.print()
    for reason, ids in skipped.items():
        console.print(Text(f"not decided, {reason}: {' '.join(ids)}", "dim"))


def _summary(report: Report) -> Text:
    counts = {verdict: count for verdict, count in counted(report.results).items() if count}
    parts = [f"{count} {verdict}" for verdict, count in counts.items()]
    parts.append(f"{report.calls} calls")
    if report.credits is not None and report.credits.spent is not None:
        parts.append(f"{report.credits.spent} credits spent")
    parts.append(f"{report.seconds:.1f} s")
    style = _ENDS.get(report.exit, "bold red")
    return Text(f"\n{report.verdict.upper()}: {', '.join(parts)}", style)
