"""Owns `clodura-kit receiver`: its options, its exit codes and what it prints. Decides nothing."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final, NoReturn

import click

if TYPE_CHECKING:
    from rich.console import Console

    from contracts.receiver.trial import Options
    from contracts.verdicts import Result

USAGE = 2  # the exit code of an option that cannot be used
FILE: Final = click.Path(path_type=Path)


@click.command(
    short_help="Test your own webhook endpoint.",
    epilog="Example: clodura-kit receiver http://127.0.0.1:8000/webhooks/clodura --probe http://127.0.0.1:8000/probe",
)
@click.argument("url", metavar="URL")
@click.option(
    "--probe",
    metavar="URL",
    help="Asked with ?trackingId= or ?personId=; answers state, phoneNumbers and appliedCount.",
)
@click.option(
    "--probe-cmd",
    metavar="CMD",
    help="The same as a command that prints the answer; {trackingId} and {personId} are filled in.",
)
@click.option(
    "--drive",
    metavar="CMD",
    help="Makes your application send a match for $CLODURA_PERSON_ID to $CLODURA_BASE_URL.",
)
@click.option("--restart-cmd", metavar="CMD", help="Kills your receiver (-9) and starts it again.")
@click.option("--break-cmd", metavar="CMD", help="Makes its database or queue fail.")
@click.option("--fix-cmd", metavar="CMD", help="Makes its database or queue work again.")
@click.option(
    "--allow-host",
    multiple=True,
    metavar="H",
    help="A host that is neither loopback nor private; may be repeated.",
)
@click.option(
    "--rules",
    multiple=True,
    metavar="GLOB",
    help="Only these checks: R3, R1*, duplicates; may be repeated.",
)
@click.option(
    "--expected-failures", type=FILE, metavar="FILE", help="Checks that are known to fail, as TOML."
)
@click.option(
    "--report", type=FILE, metavar="DIR", help="Write report.json, junit.xml and report.html there."
)
@click.option(
    "--seed",
    type=click.IntRange(min=0, max=2**63 - 1),
    metavar="N",
    help="Repeats a run; only the ids are new in each.",
)
def receiver(
    url: str,
    probe: str | None,
    probe_cmd: str | None,
    drive: str | None,
    restart_cmd: str | None,
    break_cmd: str | None,
    fix_cmd: str | None,
    allow_host: tuple[str, ...],
    rules: tuple[str, ...],
    expected_failures: Path | None,
    report: Path | None,
    seed: int | None,
) -> None:
    """Test your own webhook endpoint: duplicates, races, disorder, cut and slow bodies, every payload. It is free.

    URL is the endpoint as you register it.
    """
    try:
        from contracts.receiver.hooks import Hooks
        from contracts.receiver.registry import all_checks
        from contracts.receiver.trial import Options

        all_checks()  # they load what they need
    except ModuleNotFoundError as missing:
        _stop(f"this needs {missing.name}: pip install 'clodura-kit[contract]'")
    options = Options(
        url=url,
        probe=probe,
        probe_cmd=probe_cmd,
        drive=drive,
        hooks=Hooks(restart_cmd, break_cmd, fix_cmd),
        allow_hosts=allow_host,
        rules=rules,
        expected_failures=expected_failures,
        seed=seed,
    )
    if report is not None and report.exists() and not report.is_dir():
        _stop(f"--report {report}: is a file; name a folder")
    sys.exit(_run(options, report))


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
    try:
        if folder is not None:  # before anything is printed: whoever reads it may go away
            write_reports(report, folder)
    except OSError as error:
        print_report(report, console)
        _stop(f"--report {folder}: {error.strerror or error}")
    print_report(report, console)
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
    sys.exit(USAGE)
