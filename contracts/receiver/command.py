"""Owns `clodura-kit receiver`: its options, its exit codes and what it prints. Decides nothing."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

if TYPE_CHECKING:
    from rich.console import Console

    from contracts.receiver.trial import Options
    from contracts.verdicts import Result

USAGE = 2  # the exit code of an option that cannot be used


def receiver(
    url: Annotated[
        str, typer.Argument(metavar="URL", help="Your webhook endpoint, as you register it.")
    ],
    probe: Annotated[
        str | None,
        typer.Option(
            metavar="URL",
            help="Asked with ?trackingId= or ?personId=; answers state, phoneNumbers and appliedCount.",
        ),
    ] = None,
    probe_cmd: Annotated[
        str | None,
        typer.Option(
            metavar="CMD",
            help="The same as a command that prints the answer; {trackingId} and {personId} are filled in.",
        ),
    ] = None,
    drive: Annotated[
        str | None,
        typer.Option(
            metavar="CMD",
            help="Makes your application send a match for $CLODURA_PERSON_ID to $CLODURA_BASE_URL.",
        ),
    ] = None,
    restart_cmd: Annotated[
        str | None,
        typer.Option(metavar="CMD", help="Kills your receiver (-9) and starts it again."),
    ] = None,
    break_cmd: Annotated[
        str | None, typer.Option(metavar="CMD", help="Makes its database or queue fail.")
    ] = None,
    fix_cmd: Annotated[
        str | None, typer.Option(metavar="CMD", help="Makes its database or queue work again.")
    ] = None,
    allow_host: Annotated[
        list[str] | None,
        typer.Option(
            metavar="H", help="A host that is neither loopback nor private; may be repeated."
        ),
    ] = None,
    rules: Annotated[
        list[str] | None,
        typer.Option(
            metavar="GLOB", help="Only these checks: R3, R1*, duplicates; may be repeated."
        ),
    ] = None,
    expected_failures: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Checks that are known to fail, as TOML.")
    ] = None,
    report: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Write report.json, junit.xml and report.html there."),
    ] = None,
    seed: Annotated[
        int | None,
        typer.Option(min=0, max=2**63 - 1, help="Repeats a run; only the ids are new in each."),
    ] = None,
) -> None:
    """Test your own webhook endpoint: duplicates, races, disorder, cut and slow bodies, every payload. It is free."""
    try:
        from contracts.receiver.hooks import Hooks
        from contracts.receiver.trial import Options
    except ModuleNotFoundError as missing:
        _stop(f"this needs {missing.name}: pip install 'clodura-kit[contract]'")
    options = Options(
        url=url,
        probe=probe,
        probe_cmd=probe_cmd,
        drive=drive,
        hooks=Hooks(restart_cmd, break_cmd, fix_cmd),
        allow_hosts=tuple(allow_host or ()),
        rules=tuple(rules or ()),
        expected_failures=expected_failures,
        seed=seed,
    )
    raise typer.Exit(_run(options, report))


def _run(options: "Options", folder: Path | None) -> int:
    from rich.console import Console

    from contracts.receiver.trial import Trial
    from contracts.reports import write_reports
    from contracts.reports.terminal import print_report

    console = Console(highlight=False, soft_wrap=True)
    try:
        report = Trial(options).run(lambda each: _progress(console, each))
    except ValueError as error:
        _stop(str(error))
    print_report(report, console)
    if folder is not None:
        try:
            write_reports(report, folder)
        except OSError as error:
            _stop(f"--report {folder}: {error.strerror or error}")
    return int(report.exit)


def _progress(console: "Console", result: "Result") -> None:
    """One line for each verdict as it comes, for people who wait."""
    from rich.text import Text

    from contracts.reports.terminal import STYLES

    if console.is_terminal:
        line = Text(f"  {result.id:<4}{result.verdict:<13}", STYLES[result.verdict])
        console.print(line.append(result.title, "default"))


def _stop(problem: str) -> NoReturn:
    print(f"clodura-kit: {problem}", file=sys.stderr)
    raise typer.Exit(USAGE)
