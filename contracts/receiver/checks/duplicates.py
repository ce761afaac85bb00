"""Owns R3, R4, R5 and R12: one result that comes more than once takes effect once."""

import asyncio
import json
from collections.abc import Iterator, Mapping
from contextlib import AsyncExitStack
from functools import partial
from typing import Any, Final

from contracts.receiver.deliveries import Delivery
from contracts.receiver.judgement import Broken, accepted
from contracts.receiver.pace import pause
from contracts.receiver.payloads import Event
from contracts.receiver.registry import Need, check
from contracts.receiver.subject import Subject, at_once, in_lanes

GAPS: Final = (0.01, 1.5)  # seconds before the second and the third copy
BASIC_PLANE: Final = 0xFFFF  # beyond, JSON needs two escapes
AT_ONCE: Final = 8
ROUNDS: Final = 10
RETRY: Final = 0.5  # seconds, in which a handler comes to its end
ACKNOWLEDGED: Final = 2.0  # seconds that a handler gets to do its work before the connection is cut


@check(
    "R3",
    sender="Stripe, Shopify: the same event may come twice; Clodura retries what was not answered in time",
    facts=("WH-9", "WH-11"),
    needs=(Need.PROBE,),
    tries=True,
)
async def exact_copies(subject: Subject) -> None:
    """An exact copy is answered 2xx and takes effect once.

    The same bytes three times, at once and a little later, in both forms. A copy is no error: any answer but
    2xx invites the next retry.
    """
    events = [subject.payloads.found(form) for form in subject.payloads.forms.both]
    await in_lanes(2, events, lambda event: _copies(subject, event))


async def _copies(subject: Subject, event: Event) -> None:
    await subject.accept(event.delivery())
    for gap in GAPS:
        await pause(gap)
        await subject.accept(event.delivery(f"an exact copy, {gap:g} s later"))
    await subject.kept(event, event.delivery(f"{1 + len(GAPS)} exact copies"))


@check(
    "R4",
    sender="any sender whose retry overtakes a slow first attempt; Hookdeck warns of it",
    facts=("WH-9", "WH-11"),
    needs=(Need.PROBE,),
    tries=True,
)
async def copies_at_once(subject: Subject) -> None:
    """Copies at the same moment take effect once.

    Eight copies whose last byte is sent at the same moment, several times over: finds the check for a copy
    that is not one step with the insert.
    """
    await in_lanes(2, [subject.payloads.found() for _ in range(ROUNDS)], partial(_raced, subject))


async def _raced(subject: Subject, event: Event) -> None:
    delivery = event.delivery(f"{AT_ONCE} copies at once")
    await _released(subject, delivery)
    await subject.kept(event, delivery, times=AT_ONCE)


async def _released(subject: Subject, delivery: Delivery) -> None:
    """All connections are open and have sent all but the last byte, before the first sends it."""
    signed = subject.payloads.signed(delivery)
    async with AsyncExitStack() as stack:
        connections = [await stack.enter_async_context(subject.connected()) for _ in range(AT_ONCE)]
        last = [await each.send(signed, held=1) for each in connections]
        await asyncio.gather(
            *(each.write(rest) for each, rest in zip(connections, last, strict=True))
        )
        answers = await asyncio.gather(*(each.answer() for each in connections))
    for each in answers:
        subject.note(delivery, each)
    if not all(each.accepted for each in answers):
        raise Broken(
            f"2xx for each of {AT_ONCE} copies at once", at_once(answers), delivery, AT_ONCE
        )


@check(
    "R5",
    sender="Svix, Standard Webhooks: a retry is made anew, and only the id stays",
    facts=("WH-4", "WH-11"),
    needs=(Need.PROBE,),
    tries=True,
)
async def rewritten_copies(subject: Subject) -> None:
    r"""A copy that is written otherwise takes effect once.

    The same result with its fields in another order, other white space, \\u escapes, other headers: what
    tells two results apart is the trackingId, and not the bytes.
    """
    event = subject.payloads.found()
    await subject.accept(event.delivery())
    for delivery in _rewritten(event):
        await subject.accept(delivery)
    await subject.kept(event, list(_rewritten(event))[-1])


def _rewritten(event: Event) -> Iterator[Delivery]:
    turned = dict(reversed(event.document.items()))
    yield Delivery(json.dumps(turned).encode(), about="a copy with its fields in another order")
    yield Delivery(
        json.dumps(event.document, indent=2).encode(), about="a copy with other white space"
    )
    yield Delivery(_escaped(event.document).encode(), about="a copy with \\u escapes")
    later = event.delivery("a copy with another date in its headers")
    yield later.with_header("Date", "Thu, 01 Jan 2026 00:10:00 GMT")


def _escaped(document: Mapping[str, Any]) -> str:
    """Each letter of the values as an escape; the names stay. All values are text, in lists and objects."""
    return json.dumps(_marked(document)).replace("\\\\u", "\\u")


def _marked(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _marked(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_marked(each) for each in value]
    return "".join(
        f"\\u{ord(each):04x}" if each.isalpha() and ord(each) <= BASIC_PLANE else each
        for each in value
    )


@check(
    "R12",
    sender="Browserbase: 'arriving after you processed it but before your response landed'",
    facts=("WH-9", "WH-11"),
    needs=(Need.PROBE,),
)
async def lost_acknowledgement(subject: Subject) -> None:
    """A retry after a lost acknowledgement takes effect once.

    The sender leaves when it has sent the result, and another time breaks off when the result has taken effect
    but its answer was not read. It knows nothing of it and delivers again.
    """
    for waits in (False, True):
        event = subject.payloads.found()
        delivery = event.delivery("a retry of a delivery whose answer was lost")
        async with subject.connected() as connection:
            await connection.send(subject.payloads.signed(event.delivery()))
            if waits:
                await subject.record(event, lambda each: each.applied > 0, ACKNOWLEDGED)
                connection.reset()
        await pause(RETRY)
        accepted(await subject.deliver(delivery), delivery)
        await subject.kept(event, delivery)
