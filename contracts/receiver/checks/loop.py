"""Owns R6, R7, R9, R10, R11 and R30: what needs a match that the application itself has sent (`--drive`)."""

import asyncio
from collections.abc import Mapping
from typing import Any, Final

from contracts.receiver.drive import POLLING, Reveal
from contracts.receiver.judgement import Broken, why_wrong
from contracts.receiver.payloads import Event
from contracts.receiver.registry import Need, When, check
from contracts.receiver.subject import Subject

LOOP: Final = (Need.DRIVE, Need.PROBE)
NEXT_POLL: Final = 2.0  # seconds in which an application that still polls does so once more


@check(
    "R6",
    sender="any sender that is faster than its own answer: Browserbase, Stripe",
    facts=("RES-1", "WH-1", "WH-9"),
    needs=LOOP,
    when=When.BESIDE,
)
async def early(subject: Subject) -> None:
    """A webhook that comes before the match is answered is not lost.

    The answer to the match is held back until the webhook was answered, so that the receiver does not know
    the trackingId yet. It takes the result, or answers 4xx or 5xx and takes the retry; in the end the state
    is right.
    """
    async with subject.drive.reveal(
        numbers=[subject.payloads.number()], webhook={"early": True}
    ) as reveal:
        job = await reveal.delivered()
        event = await reveal.event()
        if job["deliveries"] and job["deliveries"][0]["statusCode"] is None:
            raise Broken(
                "an answer to the webhook while the match waits for its own",
                f"none: {job['deliveries'][0]['error']}; is one lock held, or one worker kept busy, by the match?",
                event.delivery("the early webhook"),
            )
        await _resolved(subject, event, "an early webhook")


@check(
    "R7",
    sender="anybody: a staging system that shares the URL, a job of a database that was reset",
    facts=("WH-4", "WH-10a"),
    needs=(Need.DRIVE,),
    when=When.BESIDE,
)
async def unknown_id(subject: Subject) -> None:
    """A webhook for an unknown trackingId does no harm.

    A valid result for an id that no match was answered with, three times: no 5xx, and each time the same
    answer. What was refused is not stored all the same.
    """
    async with subject.drive.reveal(numbers=[subject.payloads.number()]) as reveal:
        await reveal.delivered()
    event = subject.payloads.found()
    delivery = event.delivery("a result for an unknown trackingId")
    answers = [await subject.deliver(delivery) for _ in range(3)]
    for each in answers:
        if not (each.accepted or each.refused):
            raise Broken("an answer below 500", each.told, delivery)
    if len({each.status for each in answers}) > 1:
        told = ", ".join(str(each.status) for each in answers)
        raise Broken("the same answer each time", told, delivery)
    if answers[0].refused:
        await subject.untouched(event, delivery)


@check(
    "R9",
    sender="Shopify: a delivery may be a day late",
    facts=("OP-2", "TRK-1", "WH-9"),
    needs=LOOP,
    when=When.BESIDE,
)
async def late(subject: Subject) -> None:
    """A webhook that comes after the result was polled takes effect once.

    The webhook comes only when the application has found the result by polling, or would have given up.
    """
    async with subject.drive.reveal(
        numbers=[subject.payloads.number()], webhook={"drop": True}
    ) as reveal:
        event = await reveal.event()
        await subject.record(event, lambda each: why_wrong(each, event) is None, POLLING)
        await _redelivered(subject, reveal, event, "a webhook after the poll")


@check(
    "R10",
    sender="Shopify: delivery is not always guaranteed; GitHub: no retries",
    facts=("OP-2", "TRK-1"),
    needs=LOOP,
    when=When.BESIDE,
)
async def lost(subject: Subject) -> None:
    """A webhook that never comes is made up for by polling.

    The webhook is lost. The application finds the result by polling, within fifteen seconds: let it poll
    faster in this test than in production.
    """
    async with subject.drive.reveal(
        numbers=[subject.payloads.number()], webhook={"drop": True}
    ) as reveal:
        event = await reveal.event()
        record = await subject.record(event, lambda each: why_wrong(each, event) is None, POLLING)
        asked = "it was polled" if await reveal.polled(0) else "nobody polled"
    if (wrong := why_wrong(record, event)) is not None:
        seen = f"the probe tells {record.told} {POLLING:g} s after the webhook was lost; {asked}"
        raise Broken(wrong, seen)


@check(
    "R11",
    sender="every sender that has a polling endpoint too: Apollo, FullEnrich, BetterContact",
    facts=("OP-2", "TRK-1", "WH-1"),
    needs=LOOP,
    when=When.BESIDE,
)
async def both_ways(subject: Subject) -> None:
    """Webhook and poll, whichever is first, take effect once.

    The webhook first and the poll behind it; and the webhook, twice, at the moment at which the poll was
    answered.
    """
    await asyncio.gather(_webhook_first(subject), _with_the_poll(subject))


async def _webhook_first(subject: Subject) -> None:
    async with subject.drive.reveal(
        numbers=[subject.payloads.number()], webhook={"times": 2}
    ) as reveal:
        await reveal.delivered(2)
        await _resolved(subject, await reveal.event(), "two webhooks, and perhaps a poll")


async def _with_the_poll(subject: Subject) -> None:
    async with subject.drive.reveal(
        numbers=[subject.payloads.number()], webhook={"drop": True}
    ) as reveal:
        event = await reveal.event()
        await reveal.polled()
        await asyncio.gather(reveal.redeliver(), reveal.redeliver())
        await reveal.delivered(2)
        await _resolved(subject, event, "a poll and two webhooks at once")


@check(
    "R30",
    sender="CR-5: a job is charged at most once, whatever is repeated",
    facts=("CR-3", "CR-4", "CR-5", "CR-8"),
    needs=LOOP,
    when=When.BESIDE,
)
async def credits(subject: Subject) -> None:
    """The application's account of credits is the API's.

    One person with a number, whose webhook comes twice, and one without: for each found number the
    application has applied one result and the ledger has one debit, and none otherwise. A match that was sent
    twice is paid twice.
    """
    await asyncio.gather(_one_debit(subject), _no_debit(subject))


async def _one_debit(subject: Subject) -> None:
    async with subject.drive.reveal(
        numbers=[subject.payloads.number()], webhook={"times": 2}
    ) as reveal:
        await reveal.delivered(2)
        await _resolved(subject, await reveal.event(), "a webhook that came twice")
        jobs = await subject.drive.jobs(reveal.person_id)
    paid = [each for each in jobs if each["charged"]]
    if len(paid) != 1:
        seen = f"{len(paid)} debits in {len(jobs)} jobs: --drive sent the match more than once"
        raise Broken("one debit for one person", seen)


async def _no_debit(subject: Subject) -> None:
    async with subject.drive.nobody() as reveal:
        if reveal is not None:
            await reveal.delivered()
            await _resolved(subject, await reveal.event(), "a result without a number")


async def _redelivered(subject: Subject, reveal: Reveal, event: Event, about: str) -> None:
    await reveal.redeliver()
    job = await reveal.delivered()
    if not any(each["outcome"] == "delivered" for each in job["deliveries"]):
        raise Broken(f"2xx for {about}", _answers(job), event.delivery(about))
    await _resolved(subject, event, about)


async def _resolved(subject: Subject, event: Event, about: str) -> None:
    """The application knows the result, by whichever way, and took it once."""
    await subject.kept(event, event.delivery(about), patience=POLLING, settled=NEXT_POLL)


def _answers(job: Mapping[str, Any]) -> str:
    told = [
        str(each["statusCode"] or each["error"])
        for each in job["deliveries"]
        if each["outcome"] == "failed"
    ]
    return ", ".join(told) or "no attempt was answered"
