"""Owns the commands `contract` and `explain`: options, printing, exit codes. Loads the kit only when it is used."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

if TYPE_CHECKING:
    from contracts.session import Asked

USAGE = 2
MISSING = "the contract kit is not installed: pip install 'clodura-kit[contract]'"


def contract(
    target: Annotated[
        str,
        typer.Argument(
            metavar="[fake|URL|TARGET.toml]",
            help="What is tested: our fake, an address with --key-env, or a target file.",
            show_default=False,
        ),
    ] = "fake",
    profile: Annotated[
        str | None,
        typer.Option(
            metavar="free|full",
            help="free: only what costs nothing. [default: full for the fake, free otherwise]",
        ),
    ] = None,
    plan: Annotated[
        str | None, typer.Option(metavar="PLAN", help="The plan of the key. [default: max]")
    ] = None,
    key_env: Annotated[
        str | None, typer.Option(metavar="NAME", help="The variable that holds the key.")
    ] = None,
    budget: Annotated[
        int | None,
        typer.Option(
            min=0, metavar="N", help="Credits that may be spent. [default: 0; for the fake: any]"
        ),
    ] = None,
    risk: Annotated[
        int, typer.Option(min=0, metavar="N", help="Credits that may be charged by mistake.")
    ] = 0,
    yes_spend: Annotated[
        bool, typer.Option("--yes-spend", help="Confirms a budget at a target beyond this machine.")
    ] = False,
    dry_run: Annotated[
        bool,
        typer.Option(
            "--dry-run", help="Tell rules, calls and worst-case spend; send no key, buy nothing."
        ),
    ] = False,
    listen: Annotated[
        str,
        typer.Option(metavar="H:P", help="Where webhooks are received; port 0 takes a free one."),
    ] = "127.0.0.1:0",
    public_url: Annotated[
        str | None,
        typer.Option(metavar="URL", help="How the target reaches --listen; tried out first."),
    ] = None,
    no_webhook: Annotated[
        bool, typer.Option("--no-webhook", help="Only poll; the rules of webhooks are skipped.")
    ] = False,
    rules: Annotated[
        list[str] | None,
        typer.Option(metavar="GLOB", help="Only rules such as 'BIL-*'; may be repeated."),
    ] = None,
    strict: Annotated[
        bool, typer.Option("--strict", help="An assumed fact that differs is a failure.")
    ] = False,
    expected_failures: Annotated[
        Path | None, typer.Option(metavar="FILE", help="TOML of failures that are known.")
    ] = None,
    record: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Keep what was seen, redacted.")
    ] = None,
    recheck: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Judge a recording again; sends nothing.")
    ] = None,
    report: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Write report.json, junit.xml and report.html."),
    ] = None,
    seed: Annotated[
        int | None, typer.Option(min=0, metavar="N", help="Makes the drawn bodies the same again.")
    ] = None,
) -> None:
    """Judge which part of the API's contract a target keeps. Exit codes: docs/contract.md."""
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
        rules=tuple(rules or ()),
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
    raise typer.Exit(int(done))


def explain(
    item: Annotated[
        str | None,
        typer.Argument(metavar="[ID]", help="A fact, a rule or a check.", show_default=False),
    ] = None,
) -> None:
    """Tell a fact, a rule or a check in words; without an ID, list them all."""
    try:
        from contracts.explaining import explained, listed
    except ImportError as error:
        _missing(error)
    if item is None:
        print("\n".join(listed()))
        return
    text = explained(item)
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
    raise typer.Exit(USAGE)
