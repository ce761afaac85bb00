"""Owns R13, R14 and R29: fast, under a burst, and without turning away what would have been welcome a moment later."""

import asyncio
from collections.abc import Sequence
from typing import Final

from contracts.receiver.deliveries import Delivery, Trouble
from contracts.receiver.judgement import Broken, Worrying
from contracts.receiver.pace import pause
from contracts.receiver.payloads import Event
from contracts.receiver.registry import When, check
from contracts.receiver.subject import Subject, in_lanes

TIMED: Final = 50
TIMED_LANES: Final = 4
SLOW: Final = 1.0  # seconds; Wix waits 1.25, Shopify 5, GitHub 10
BURST: Final = 200
BURST_SECONDS: Final = 1.0
TOGETHER: Final = 20
HELD_BACK: Final = 60


@check(
    "R13",
    sender="Clodura waits 10 s (WH-9), Shopify 5 s, Wix 1.25 s",
    facts=("WH-9",),
    when=When.ALONE,
)
async def fast(subject: Subject) -> None:
    """It answers fast.

    Fifty deliveries, four at once. Slower than the sender's ten seconds fails; a 99th percentile above one
    second, in two measurements, is reported as `differs`.
    """
    if (slowest := await _slowest(subject)) > SLOW and (
        slowest := min(slowest, await _slowest(subject))
    ) > SLOW:
        delivery = subject.payloads.found().delivery()
        raise Worrying(
            f"a 99th percentile below {SLOW:g} s",
            f"{slowest:.2f} s of {TIMED} deliveries",
            delivery,
        )


async def _slowest(subject: Subject) -> float:
    """Of so few, the 99th percentile is the slowest; once one was slow, those that have not begun are spared."""
    slowest = 0.0

    async def timed(delivery: Delivery) -> None:
        nonlocal slowest
        if slowest <= SLOW:
            slowest = max(slowest, (await subject.accept(delivery)).seconds)

    await in_lanes(TIMED_LANES, _many(subject, TIMED, "one of fifty, four at once"), timed)
    return slowest


@check(
    "R14",
    sender="any sender after an outage: everything that waited comes at once",
    facts=("WH-1", "WH-9"),
    when=When.ALONE,
)
async def burst(subject: Subject) -> None:
    """A burst loses nothing.

    Two hundred deliveries within a second, each on a connection of its own, then twenty at the same moment:
    every one is answered 2xx, if not at once then when the sender tries again, and all have taken effect.
    """
    events = [subject.payloads.found() for _ in range(BURST)]
    await _sent(
        subject,
        events,
        BURST_SECONDS / BURST,
        f"one of {BURST} deliveries within {BURST_SECONDS:g} s",
    )
    together = [subject.payloads.found() for _ in range(TOGETHER)]
    await _sent(subject, together, 0, f"one of {TOGETHER} deliveries at once")
    await subject.kept_all([*events, *together])


async def _sent(subject: Subject, events: Sequence[Event], gap: float, about: str) -> None:
    tasks = []
    for event in events:
        tasks.append(asyncio.create_task(subject.deliver(event.delivery(about))))
        await pause(gap)
    answers = await asyncio.gather(*tasks)
    late = []
    for event, answer in zip(events, answers, strict=True):
        if answer.trouble is Trouble.LATE:
            late.append(event.delivery(f"the retry of {about}"))
        elif not answer.accepted:
            raise Broken(f"2xx for {about}", answer.told, event.delivery(about), len(events))
    if len(late) == len(events):
        raise Broken(f"2xx for {about}", "none was answered in time", late[0], len(events))
    await in_lanes(TOGETHER, late, subject.accept)


@check(
    "R29",
    sender="Standard Webhooks: 410 ends the deliveries; Brevo drops what a 4xx answered",
    facts=("WH-9",),
    when=When.ALONE,
)
async def never_refused(subject: Subject) -> None:
    """What is valid is never refused for the moment.

    Sixty valid results as fast as they go, twenty at once, then one and the same at once: no 410, no 429, no
    other 4xx. A busy receiver answers 503, and its own trouble is a 5xx.
    """
    await in_lanes(
        TOGETHER,
        _many(subject, HELD_BACK, "a valid result among many"),
        lambda each: _not_refused(subject, each),
    )
    same = subject.payloads.found().delivery("one valid result, four times at once")
    await in_lanes(4, [same] * 4, lambda each: _not_refused(subject, each))


async def _not_refused(subject: Subject, delivery: Delivery) -> None:
    answer = await subject.deliver(delivery)
    if answer.refused:
        raise Broken("no 4xx for a valid result", answer.told, delivery, TOGETHER)


def _many(subject: Subject, count: int, about: str) -> list[Delivery]:
    return [subject.payloads.found().delivery(about) for _ in range(count)]
