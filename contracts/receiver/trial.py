"""Owns one run from options to report: what is found out first, what is wired to what. Prints nothing."""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import Final

from contracts.expected import apply_expected, load_expected
from contracts.receiver import border, suite
from contracts.receiver.drive import Drive
from contracts.receiver.endpoint import EndpointError, find_endpoint
from contracts.receiver.forms import load_forms
from contracts.receiver.hiding import without
from contracts.receiver.hooks import Hooks
from contracts.receiver.pace import fresh_run, fresh_seed, now, started_at
from contracts.receiver.payloads import Payloads
from contracts.receiver.probe import Probe, command_probe, http_probe
from contracts.receiver.registry import all_checks
from contracts.receiver.subject import Exchange, Rig
from contracts.reports import Event, Report, Timeline
from contracts.verdicts import Evidence, Result, exit_code

TOLD: Final = 60  # exchanges of one check that the report tells


class OptionsError(ValueError):
    """Two options do not go together."""


@dataclass(frozen=True, slots=True)
class Options:
    """What `clodura-kit receiver` can be told. `asked` is a probe that is a Python function."""

    url: str
    probe: str | None = None
    probe_cmd: str | None = None
    asked: Probe | None = None
    drive: str | None = None
    hooks: Hooks = field(default_factory=Hooks)
    allow_hosts: Sequence[str] = ()
    rules: Sequence[str] = ()
    expected_failures: Path | None = None
    seed: int | None = None
    spec: Path | None = None


class Trial:
    """One run, prepared. Raises ValueError for an option that cannot be used, before anything is sent."""

    def __init__(self, options: Options) -> None:
        if options.probe is not None and options.probe_cmd is not None:
            raise OptionsError("either --probe or --probe-cmd, not both")
        self._options = options
        self._judge = border.judge_of(options.allow_hosts)
        self._checks = suite.chosen(options.rules)
        self._expected = load_expected(
            options.expected_failures, {each.id for each in all_checks()}
        )
        self._forms = load_forms(options.spec)
        self._endpoint = find_endpoint(options.url, self._judge)
        self._probe = self._found_probe()
        self.seed = fresh_seed() if options.seed is None else options.seed
        self._results: list[Result] = []
        self._rig: Rig | None = None

    def run(self, heard: suite.Heard = lambda _: None) -> Report:
        """Run the checks; Ctrl-C ends it early, with a report of what was seen."""
        began, clock = started_at(), now()
        interrupted = False

        def hear(result: Result) -> None:
            self._results.append(result)
            heard(result)

        try:
            asyncio.run(self._run(hear))
        except KeyboardInterrupt:
            interrupted = True
        return self._report(began, now() - clock, interrupted=interrupted)

    async def _run(self, heard: suite.Heard) -> None:
        payloads = Payloads(self._forms, self.seed, fresh_run())
        options = self._options
        with ExitStack() as stack:
            drive = None
            if options.drive is not None:
                fake = stack.enter_context(border.started_fake(options.allow_hosts, self.seed))
                drive = Drive(options.drive, fake, payloads, options.url)
            self._rig = Rig(
                endpoint=self._endpoint,
                payloads=payloads,
                probe=self._probe,
                probe_is_slow=options.probe_cmd is not None,
                hooks=options.hooks,
                drive=drive,
            )
            await suite.run(self._rig, self._checks, heard)

    def _found_probe(self) -> Probe | None:
        options = self._options
        if options.probe is not None:
            try:
                return http_probe(find_endpoint(options.probe, self._judge))
            except EndpointError as error:
                raise OptionsError(f"--probe: {error}") from None
        return command_probe(options.probe_cmd) if options.probe_cmd is not None else options.asked

    def _report(self, began: str, seconds: float, *, interrupted: bool) -> Report:
        ordered = sorted((self._masked(each) for each in self._results), key=_number)
        results, surprises = apply_expected(ordered, self._expected)
        rig = self._rig
        return Report(
            title="clodura-kit receiver",
            target=self._endpoint.shown,
            started_at=began,
            seconds=seconds,
            exit=exit_code(results, interrupted=interrupted),
            results=results,
            calls=rig.calls if rig else 0,
            facts={"seed": str(self.seed), "given": self._given()},
            notes=surprises,
            timelines=list(self._timelines(rig.history)) if rig else (),
            extra={"seed": self.seed},
        )

    def _given(self) -> str:
        options = self._options
        hooks = {
            name: getattr(options.hooks, name) for name in ("restart_cmd", "break_cmd", "fix_cmd")
        }
        given = {"probe": self._probe, "drive": options.drive, **hooks}
        return (
            ", ".join(name for name, value in given.items() if value is not None) or "only the URL"
        )

    def _timelines(self, history: Sequence[Exchange]) -> Iterator[Timeline]:
        for check in self._checks:
            seen = [each for each in history if each.check == check.id]
            if seen:
                yield Timeline(
                    check.id, check.title, [self._event(each) for each in islice(seen, TOLD)]
                )

    def _event(self, exchange: Exchange) -> Event:
        told = self._hidden(exchange.answer.told)
        return Event(exchange.at, "call", exchange.delivery.about, told)

    def _masked(self, result: Result) -> Result:
        evidence = tuple(map(self._masked_evidence, result.evidence))
        return replace(result, detail=self._hidden(result.detail), evidence=evidence)

    def _masked_evidence(self, evidence: Evidence) -> Evidence:
        return replace(
            evidence, expected=self._hidden(evidence.expected), seen=self._hidden(evidence.seen)
        )

    def _hidden(self, text: str) -> str:
        return without(text, *filter(None, (self._options.url, self._options.probe)))


def _number(result: Result) -> int:
    return int(result.id[1:])
