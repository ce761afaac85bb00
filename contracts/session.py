"""Owns one call of the command: from options to a printed and written report. Raises UsageError for what cannot be."""

import asyncio
import contextlib
import ipaddress
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, replace
from io import TextIOWrapper
from pathlib import Path
from typing import Any, Final, NoReturn

from rich.console import Console

import contracts.rules  # noqa: F401 - fills the table
from contracts.choosing import FAKE, choose
from contracts.concluding import conclude
from contracts.expected import Expected, ExpectedError, load_expected
from contracts.history import History, Record
from contracts.listener import ListenerError
from contracts.planning import Options
from contracts.recording import RecordingError, load_recording
from contracts.registry import RULES, Rule, selected
from contracts.reports import Report, write_reports
from contracts.reports.terminal import print_report
from contracts.run import Outcome, run
from contracts.showing import told
from contracts.surroundings import environment, fresh_seed, wall_time
from contracts.target import Target, TargetError, checked_url, is_loopback
from contracts.verdicts import Exit

FREE, FULL = "free", "full"
EXAMPLES_FAKE: Final = 25
EXAMPLES: Final = 10


class UsageError(ValueError):
    """An option, a file or a target is wrong; the text says which, and what to do instead."""


@dataclass(frozen=True, slots=True)
class Asked:
    """The options of `clodura-kit contract`."""

    target: str = FAKE
    profile: str | None = None
    plan: str | None = None
    key_env: str | None = None
    budget: int | None = None
    risk: int = 0
    yes_spend: bool = False
    listen: str = "127.0.0.1:0"
    public_url: str | None = None
    no_webhook: bool = False
    rules: tuple[str, ...] = ()
    strict: bool = False
    expected_failures: Path | None = None
    record: Path | None = None
    recheck: Path | None = None
    report: Path | None = None
    seed: int | None = None

    @property
    def is_full(self) -> bool:
        """Whether credits may be spent."""
        profile = self.profile or (FULL if self.target == FAKE else FREE)
        if profile not in (FREE, FULL):
            usage(f"--profile is free or full, not {profile!r}")
        return profile == FULL

    @property
    def limit(self) -> int | None:
        """The budget; None: any."""
        if self.budget is None:
            return None if self.target == FAKE else 0
        return self.budget


def conduct(asked: Asked, console: Console) -> Exit:
    """Run or recheck, write the reports, print; returns the exit code. Raises UsageError."""
    report = examine(asked, console)
    try:
        write(report, asked)  # before anything is printed: whoever reads it may go away
    finally:
        print_report(report, console)
    if asked.report is not None:
        console.print(f"reports in {asked.report}", markup=False)
    return report.exit


def write(report: Report, asked: Asked) -> None:
    """The files of --report, if they were asked for. Raises UsageError."""
    if asked.report is None:
        return
    try:
        write_reports(report, asked.report)
    except OSError as error:
        usage(f"--report {asked.report}: {error.strerror or error}")


def examine(asked: Asked, console: Console, only: Collection[str] | None = None) -> Report:
    """The report of what was asked for, not printed yet; `only` these rules. Raises UsageError."""
    rules = [each for each in chosen_rules(asked) if only is None or each.id in only]
    expected = _expected(asked)
    _check_folder(asked.report)
    if asked.recheck is not None:
        return _rechecked(asked, rules, expected)
    seed = fresh_seed() if asked.seed is None else asked.seed
    try:
        with _status(console, "looking at the target"):
            closing, target = choose(asked.target, asked.plan, asked.key_env, environment(), seed)
        with closing, _recorded(asked.record) as record:
            options = replace(options_of(asked, target, seed), record=record)
            return _examined(asked, rules, expected, target, options, console)
    except (TargetError, ListenerError) as error:
        usage(str(error))


def _examined(
    asked: Asked,
    rules: list[Rule],
    expected: list[Expected],
    target: Target,
    options: Options,
    console: Console,
) -> Report:
    started = wall_time()
    with _status(console, "starting") as update:

        def heard(record: Record) -> None:
            for line in told(record):
                update(line)

        return _concluded(
            asked,
            rules,
            asyncio.run(run(rules, target, replace(options, heard=heard))),
            expected,
            target=target.base_url,
            started_at=started,
            facts=_facts(asked, target, options),
        )


@contextlib.contextmanager
def _status(console: Console, what: str) -> Iterator[Callable[[str], None]]:
    """What is going on, for people who wait; a pipe gets nothing before the report, and cannot break the run."""
    if not console.is_terminal:
        yield lambda _: None
        return
    with console.status(what) as status:
        yield status.update


def _concluded(
    asked: Asked, rules: list[Rule], outcome: Outcome, expected: list[Expected], **about: Any
) -> Report:
    """The report, with what is to be remarked of the options."""
    _note_money(asked, outcome)
    outcome.notes.extend(unfitting(asked))
    return conclude(rules, outcome, expected=expected, strict=asked.strict, **about)


def options_of(asked: Asked, target: Target, seed: int) -> Options:
    """What the run may do. Raises UsageError."""
    budget = asked.limit
    if budget and not target.is_loopback and not asked.yes_spend:
        usage(f"--budget {budget} at {target.base_url} may cost money: confirm it with --yes-spend")
    host, port = _address(asked.listen)
    if asked.public_url is not None:
        if asked.no_webhook:
            usage("either --public-url, where webhooks come, or --no-webhook, not both")
        checked_url(asked.public_url)
    if (
        not asked.no_webhook
        and asked.public_url is None
        and not target.is_loopback
        and _is_only_here(host)
    ):
        usage(
            f"{target.base_url} cannot send webhooks to {host}: give --public-url URL (a tunnel to --listen),"
            " or --no-webhook to poll only"
        )
    return Options(
        full=asked.is_full,
        budget=budget,
        risk=asked.risk,
        seed=seed,
        examples=EXAMPLES_FAKE if asked.target == FAKE else EXAMPLES,
        webhooks=not asked.no_webhook,
        listen=(host, port),
        public_url=asked.public_url,
    )


def chosen_rules(asked: Asked) -> list[Rule]:
    """The rules of --rules; none is no error, for the exit code tells it."""
    return selected(asked.rules)


def unfitting(asked: Asked) -> list[str]:
    """What to tell of patterns of --rules that fit no rule."""
    return [
        f"--rules {each!r} fits no rule; clodura-kit explain lists them"
        for each in asked.rules
        if not selected([each])
    ]


def usage(problem: str) -> NoReturn:
    raise UsageError(problem)


def _expected(asked: Asked) -> list[Expected]:
    try:
        return load_expected(asked.expected_failures, RULES)
    except ExpectedError as error:
        usage(str(error))


def _check_folder(folder: Path | None) -> None:
    """Before anything is sent: afterwards it would be too late."""
    if folder is None:
        return
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / ".clodura-kit").touch()
        (folder / ".clodura-kit").unlink()
    except OSError as error:
        usage(f"--report {folder}: {error.strerror or error}")


@contextlib.contextmanager
def _recorded(path: Path | None) -> Iterator[TextIOWrapper | None]:
    if path is None:
        yield None
        return
    try:
        file = path.open("w", encoding="utf-8")
    except OSError as error:
        usage(f"--record {path}: {error.strerror or error}")
    try:
        yield file
    finally:
        with contextlib.suppress(OSError):  # what could not be written was told when it was noted
            file.close()


def _rechecked(asked: Asked, rules: list[Rule], expected: list[Expected]) -> Report:
    if asked.record is not None:
        usage("--record and --recheck exclude each other: the recording is there already")
    assert asked.recheck is not None
    try:
        history, head = load_recording(asked.recheck)
    except RecordingError as error:
        usage(str(error))
    return _concluded(
        asked,
        rules,
        _ended(history),
        expected,
        target=str(head.get("target", "a recording")),
        started_at=wall_time(),
        facts={"recording": str(asked.recheck)},
    )


def _is_only_here(host: str) -> bool:
    """Whether a host that is listened at names nothing that somebody elsewhere could call."""
    try:
        return is_loopback(host) or ipaddress.ip_address(host).is_unspecified
    except ValueError:
        return False


def _ended(history: History) -> Outcome:
    """How a recorded run ended; one that was killed has no end, and is taken for interrupted."""
    end = history.ending
    if end is None:
        note = "the recording has no end: the run was killed, or is not over"
        return Outcome(history, len(history.exchanges), interrupted=True, notes=[note])
    return Outcome(history, end.calls, end.seconds, end.stopped, end.interrupted, [*end.notes])


def _address(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not host or not port.isascii() or not port.isdigit() or int(port) > 65535:  # noqa: PLR2004 - the last port
        usage(f"--listen is HOST:PORT such as 127.0.0.1:9000, not {text!r}")
    return host, int(port)


def _note_money(asked: Asked, outcome: Outcome) -> None:
    if not asked.is_full and asked.budget:
        outcome.notes.append(
            f"--budget {asked.budget} was not used: the profile is free; --profile full spends it"
        )
    budgeted = [each for each in outcome.history.absences.values() if each.reason == "budget"]
    if budgeted:
        outcome.notes.append(
            f"nothing was bought for {len(budgeted)} journeys: {budgeted[0].detail}"
        )


def _facts(asked: Asked, target: Target, options: Options) -> dict[str, str]:
    budget = "any" if options.budget is None else str(options.budget)
    return {
        "plan": target.main.plan,
        "identities": ", ".join(target.identities),
        "profile": FULL if asked.is_full else FREE,
        "budget": budget,
        "seed": str(options.seed),
    }
