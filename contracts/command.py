"""Owns the commands `contract` and `explain`: options, printing, exit codes. Loads the kit only when it is used."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final, NoReturn

import click

if TYPE_CHECKING:
    from contracts.session import Asked

USAGE = 2
INTERRUPTED = 130
FILE: Final = click.Path(path_type=Path)
MISSING = "the contract kit is not installed: pip install 'clodura-kit[contract]'"


@click.command(
    short_help="Judge which part of the API's contract a target keeps.",
    epilog="Example: clodura-kit contract target.toml --profile full --budget 40 --yes-spend --report out",
)
@click.argument("target", default="fake", metavar="[fake|URL|TARGET.toml]")
@click.option(
    "--profile",
    metavar="free|full",
    help="free: only what costs nothing. [default: full for the fake, free otherwise]",
)
@click.option("--plan", metavar="PLAN", help="The plan of the key. [default: max]")
@click.option("--key-env", metavar="NAME", help="The variable that holds the key.")
@click.option(
    "--budget",
    type=click.IntRange(min=0),
    metavar="N",
    help="Credits that may be spent. [default: 0; for the fake: any]",
)
@click.option(
    "--risk",
    type=click.IntRange(min=0),
    default=0,
    metavar="N",
    help="Credits that may be charged by mistake.",
)
@click.option(
    "--yes-spend", is_flag=True, help="Confirms a budget at a target beyond this machine."
)
@click.option(
    "--dry-run",
    is_flag=True,
    help="Tell rules, calls and worst-case spend; send no key, buy nothing.",
)
@click.option(
    "--listen",
    default="127.0.0.1:0",
    metavar="H:P",
    help="Where webhooks are received; port 0 takes a free one.",
)
@click.option(
    "--public-url", metavar="URL", help="How the target reaches --listen; tried out first."
)
@click.option("--no-webhook", is_flag=True, help="Only poll; the rules of webhooks are skipped.")
@click.option(
    "--rules", multiple=True, metavar="GLOB", help="Only rules such as 'BIL-*'; may be repeated."
)
@click.option("--strict", is_flag=True, help="An assumed fact that differs is a failure.")
@click.option(
    "--expected-failures", type=FILE, metavar="FILE", help="TOML of failures that are known."
)
@click.option("--record", type=FILE, metavar="FILE", help="Keep what was seen, redacted.")
@click.option(
    "--recheck", type=FILE, metavar="FILE", help="Judge a recording again; sends nothing."
)
@click.option(
    "--report", type=FILE, metavar="DIR", help="Write report.json, junit.xml and report.html."
)
@click.option(
    "--seed", type=click.IntRange(min=0), metavar="N", help="Makes the drawn bodies the same again."
)
def contract(
    target: str,
    profile: str | None,
    plan: str | None,
    key_env: str | None,
    budget: int | None,
    risk: int,
    yes_spend: bool,
    dry_run: bool,
    listen: str,
    public_url: str | None,
    no_webhook: bool,
    rules: tuple[str, ...],
    strict: bool,
    expected_failures: Path | None,
    record: Path | None,
    recheck: Path | None,
    report: Path | None,
    seed: int | None,
) -> None:
    """Judge which part of the API's contract a target keeps. Exit codes: docs/contract.md.

    The target is our fake, an address with --key-env, or a target file.
    """
    asked = _asked(
        target=target,
        profile=profile,
        plan=plan,
        key_env=key_env,
        budget=budget,
        risk=risk,
        yes_spend=yes_spend,
        listen=listen,
        public_url=public_url,
        no_webhook=no_webhook,
        rules=rules,
        strict=strict,
        expected_failures=expected_failures,
        record=record,
        recheck=recheck,
        report=report,
        seed=seed,
    )
    from rich.console import Console

    from contracts.dry_run import print_plan
    from contracts.session import UsageError, conduct

    console = Console(highlight=False)
    try:
        if dry_run:
            print_plan(asked, console)
            return
        done = conduct(asked, console)
    except UsageError as error:
        _stop(str(error))
    except KeyboardInterrupt:  # before the run began, or for the second time
        print("clodura-kit: interrupted", file=sys.stderr)
        sys.exit(INTERRUPTED)
    sys.exit(int(done))


@click.command(
    short_help="Tell a fact, a rule or a check in words.",
    epilog="Example: clodura-kit explain BIL-004",
)
@click.argument("item", required=False, metavar="[ID]")
def explain(item: str | None) -> None:
    """Tell a fact, a rule or a check in words; without an ID, list them all."""
    try:
        from contracts.explaining import explained, listed

        text = "\n".join(listed()) if item is None else explained(item)
    except ImportError as error:  # the checks are loaded when one of them is asked for
        _missing(error)
    if text is None:
        _stop(f"there is no fact, rule or check {item!r}; clodura-kit explain lists them")
    print(text)


def _asked(**options: object) -> "Asked":
    try:
        from contracts.session import Asked
    except ImportError as error:
        _missing(error)
    return Asked(**options)  # type: ignore[arg-type]  # the options as they are


def _missing(error: ImportError) -> NoReturn:
    if (error.name or "").partition(".")[0] in ("contracts", "mock_server"):
        raise error
    _stop(MISSING)


def _stop(problem: str) -> NoReturn:
    print(f"clodura-kit: {problem}", file=sys.stderr)
    sys.exit(USAGE)
