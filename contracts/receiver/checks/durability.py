"""Owns R26 and R27: 2xx is a promise that outlives the process, and that is not given while it cannot be kept."""

import asyncio
from typing import Final

from contracts.receiver.judgement import Broken, NeedsProbe, Undecided, accepted, why_wrong
from contracts.receiver.pace import now, pause
from contracts.receiver.payloads import Event
from contracts.receiver.registry import Need, When, check
from contracts.receiver.subject import Subject
from contracts.verdicts import Reason

LANES: Final = 4
COMING: Final = 10.0  # seconds for which results come in while the receiver is restarted, at most
GAP: Final = 0.02  # seconds between two of one lane
COMES_BACK: Final = 15.0  # seconds after --restart-cmd or --fix-cmd has ended
LATEST: Final = 40  # of the acknowledged ones, these are looked at: the last before the end are the ones at risk


@check(
    "R26",
    sender="every deployment, every out-of-memory kill",
    facts=("WH-9",),
    needs=(Need.RESTART, Need.PROBE),
    when=When.LAST,
)
async def outlives_a_crash(subject: Subject) -> None:
    """2xx outlives a crash.

    While results come in, --restart-cmd kills the receiver (use kill -9) and starts it again. Whatever it had
    answered 2xx before has taken effect once it is back: nobody sends it again.
    """
    taken: list[Event] = []
    over = asyncio.Event()
    lanes = [asyncio.create_task(_keep_coming(subject, taken, over)) for _ in range(LANES)]
    try:
        while not taken and not all(each.done() for each in lanes):
            await pause(0.005)
        await subject.hooks.run("restart_cmd")
    finally:
        over.set()
        await asyncio.gather(*lanes)
    if not taken:
        raise Undecided("the receiver accepted nothing before --restart-cmd", Reason.NOT_SEEN)
    await _back(subject, "--restart-cmd")
    await subject.kept_all(taken[-LATEST:])


async def _keep_coming(subject: Subject, taken: list[Event], over: asyncio.Event) -> None:
    """Deliver until the receiver is gone."""
    end = now() + COMING
    while now() < end and not over.is_set():
        event = subject.payloads.found()
        answer = await subject.deliver(event.delivery("a result just before a crash"), 2)
        if not answer.accepted:
            return
        taken.append(event)
        await pause(GAP)


@check(
    "R27",
    sender="every outage of a database or a queue",
    facts=("WH-9",),
    needs=(Need.BREAK, Need.FIX),
    when=When.LAST,
)
async def not_acknowledged(subject: Subject) -> None:
    """What cannot be stored is not acknowledged.

    --break-cmd makes what the receiver depends on fail: a result is answered 5xx, so that it is sent again,
    and not 2xx and lost. After --fix-cmd the retry is accepted and takes effect.
    """
    event = subject.payloads.found()
    delivery = event.delivery("a result while what the receiver depends on is broken")
    try:
        await subject.hooks.run("break_cmd")
        answer = await subject.deliver(delivery)
    finally:
        await subject.hooks.run("fix_cmd")
    if answer.refused:
        raise Broken("5xx for trouble of its own", answer.told, delivery)
    await _back(subject, "--fix-cmd")
    if not answer.accepted:
        retry = event.delivery("the retry after --fix-cmd")
        accepted(await subject.deliver(retry), retry)
        await subject.kept(event, retry)
    elif not subject.has_probe:
        raise NeedsProbe("it was answered 2xx: whether it is lost only a probe can tell")
    else:
        record = await subject.record(event, lambda each: why_wrong(each, event) is None)
        if (wrong := why_wrong(record, event)) is not None:
            raise Broken(
                "5xx, or else no loss",
                f"{answer.told}, and then: {wrong}; the probe tells {record.told}",
                delivery,
            )


async def _back(subject: Subject, option: str) -> None:
    """Wait until it accepts deliveries again. Raises Broken if it does not."""
    end = now() + COMES_BACK
    while True:
        delivery = subject.payloads.found().delivery(f"a delivery after {option}")
        answer = await subject.deliver(delivery, 2)
        if answer.accepted:
            return
        if now() > end:
            raise Broken(f"2xx within {COMES_BACK:g} s after {option}", answer.told, delivery)
        await pause(0.1)
