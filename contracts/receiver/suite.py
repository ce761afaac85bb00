"""Owns a run of the checks: which, in what order and company, for how long at most, and what it comes to."""

import asyncio
import fnmatch
from collections.abc import Callable, Collection, Sequence
from typing import Final

from contracts.receiver.deliveries import Answer, Trouble, curl
from contracts.receiver.judgement import Broken, Conclusion, NeedsProbe, Undecided
from contracts.receiver.pace import now
from contracts.receiver.registry import Check, Need, When, all_checks
from contracts.receiver.subject import Rig, Subject
from contracts.verdicts import Evidence, Level, Reason, Result, Verdict

ENDS: Final = 300.0  # seconds after which no check is begun
DEAD: Final = (Trouble.REFUSED, Trouble.NO_HTTP, Trouble.LATE)
Heard = Callable[[Result], None]


class NoSuchCheckError(ValueError):
    """A pattern fits no check; the text lists them."""


def chosen(patterns: Sequence[str]) -> list[Check]:
    """The checks whose id fits one of the patterns, all of them without a pattern. Raises NoSuchCheckError."""
    checks = all_checks()
    for each in patterns:
        if not any(_fits(one, each) for one in checks):
            known = f"{checks[0].id} to {checks[-1].id}"
            raise NoSuchCheckError(f"no check fits {each!r}; there are {known}")
    return [one for one in checks if not patterns or any(_fits(one, each) for each in patterns)]


async def run(rig: Rig, checks: Sequence[Check], heard: Heard = lambda _: None) -> list[Result]:
    """Every check's verdict, by number; `heard` gets each as soon as there is one."""
    suite = _Suite(rig, heard)
    gate = await _first_contact(rig)
    if gate.trouble in DEAD and checks:
        suite.dead(checks, gate)
    else:
        await suite.all(checks)
    return sorted(suite.results, key=lambda each: int(each.id[1:]))


class _Suite:
    """The run on its way."""

    def __init__(self, rig: Rig, heard: Heard) -> None:
        self._rig = rig
        self._heard = heard
        self._end = now() + ENDS
        self._gone: str | None = None  # why nothing more can be tried
        self.results: list[Result] = []

    async def all(self, checks: Sequence[Check]) -> None:
        """Those that wait a lot beside the others; those that measure alone; those that break things last."""
        by = {when: [each for each in checks if each.when is when] for when in When}
        beside = [asyncio.create_task(self._one(each)) for each in by[When.BESIDE]]
        slow = [
            task for task, each in zip(beside, by[When.BESIDE], strict=True) if not _is_driven(each)
        ]
        try:
            if slow:
                await asyncio.wait(
                    [*slow, asyncio.create_task(self._rig.steady.wait())],
                    return_when=asyncio.FIRST_COMPLETED,
                )
            for each in by[When.TOGETHER]:
                await self._one(each)
            await asyncio.gather(*beside)
            for each in (*by[When.ALONE], *by[When.LAST]):
                await self._one(each)
        finally:
            for task in beside:
                task.cancel()

    def dead(self, checks: Sequence[Check], gate: Answer) -> None:
        """Nobody there: the first check says so, the others were not run."""
        subject = Subject(self._rig, "")
        delivery = subject.payloads.found().delivery("a first delivery")
        broken = Broken("an answer to a first delivery", gate.told, delivery)
        runnable = next((each for each in checks if not self._missing(each)), None)
        self._gone = f"the receiver does not answer: {gate.told}"
        for each in checks:
            if each is runnable:
                self._tell(self._result(each, Verdict.FAILED, broken))
            else:
                self._tell(self._skipped(each) or self._stopped(each))

    async def _one(self, check: Check) -> None:
        skipped = self._skipped(check)
        if skipped is None and (self._gone is not None or now() > self._end):
            skipped = self._stopped(check)
        self._tell(skipped or await self._ran(check))
        if self.results[-1].verdict is Verdict.FAILED and self._gone is None:
            gate = await _first_contact(self._rig)
            if gate.trouble in DEAD:
                self._gone = f"the receiver does not answer since {check.id}: {gate.told}"

    async def _ran(self, check: Check) -> Result:
        try:
            await asyncio.wait_for(check.run(Subject(self._rig, check.id)), self._rig.limit)
        except Conclusion as conclusion:
            found: Conclusion = conclusion
        except TimeoutError:
            found = Undecided(f"it took longer than {self._rig.limit:g} s", Reason.NO_ANSWER)
        except Exception as error:  # noqa: BLE001 - a check that breaks does not take the others along
            found = Undecided(f"{type(error).__name__}: {error}", Reason.FAULTY_CHECK)
        else:
            if Need.PROBE not in check.needs or self._rig.probe is not None:
                return self._result(check, Verdict.PASSED)
            found = NeedsProbe("the answers were right; what took effect only a probe can tell")
        return self._result(check, found.verdict, found)

    def _skipped(self, check: Check) -> Result | None:
        missing = self._missing(check)
        if not missing or (check.tries and missing == [Need.PROBE]):
            return None
        why = Conclusion(f"give {_options(missing)}", missing[0].reason)
        return self._result(check, Verdict.SKIPPED, why)

    def _missing(self, check: Check) -> list[Need]:
        rig = self._rig
        given = {
            Need.PROBE: rig.probe,
            Need.DRIVE: rig.drive,
            Need.RESTART: rig.hooks.restart_cmd,
            Need.BREAK: rig.hooks.break_cmd,
            Need.FIX: rig.hooks.fix_cmd,
        }
        return [each for each in check.needs if given[each] is None]

    def _stopped(self, check: Check) -> Result:
        why = self._gone or f"the run had taken {ENDS:g} s"
        return self._result(check, Verdict.SKIPPED, Conclusion(why, Reason.STOPPED))

    def _result(self, check: Check, verdict: Verdict, found: Conclusion | None = None) -> Result:
        broken = found if isinstance(found, Broken) else None
        explained = f"{check.explanation} Who does so: {check.sender}."
        return Result(
            id=check.id,
            area=check.area,
            title=check.title,
            level=Level.MUST,
            facts=check.facts,
            verdict=verdict,
            reason=found.reason if found else None,
            detail=explained if broken else found.detail if found else "",
            evidence=(self._evidence(broken),) if broken else (),
        )

    def _evidence(self, broken: Broken) -> Evidence:
        shown, url = broken.delivery, self._rig.endpoint.url
        line = None if shown is None else curl(url, shown, broken.times)
        return Evidence(expected=broken.expected, seen=broken.seen, curl=line)

    def _tell(self, result: Result) -> None:
        self.results.append(result)
        self._heard(result)


async def _first_contact(rig: Rig) -> Answer:
    """One good delivery, to see whether anybody is there."""
    subject = Subject(rig, "")
    return await subject.deliver(subject.payloads.found().delivery("a first delivery"))


def _is_driven(check: Check) -> bool:
    return Need.DRIVE in check.needs


def _fits(check: Check, pattern: str) -> bool:
    return fnmatch.fnmatchcase(check.id, pattern.upper()) or fnmatch.fnmatchcase(
        check.area, pattern.lower()
    )


def _options(needs: Collection[Need]) -> str:
    return " and ".join(f"--{each.replace('_', '-')}" for each in needs)
