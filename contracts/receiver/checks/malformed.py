"""Owns R17 and R18: bodies that are no result, and bodies that are long."""

import json
import re
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Final

from hypothesis.strategies import just, one_of, tuples

from contracts.receiver.deliveries import Delivery, Trouble
from contracts.receiver.forms import Document, Form
from contracts.receiver.generated import wrong_types
from contracts.receiver.judgement import Broken
from contracts.receiver.payloads import Event, Payloads, compact
from contracts.receiver.registry import check
from contracts.receiver.search import no_failing
from contracts.receiver.subject import Subject, in_lanes

DEEP: Final = 300
NUMBER: Final = re.compile(r'(?<=")\+[1-9][0-9]{6,14}(?=")')
KB: Final = 1000
MB: Final = 1_000_000


@check(
    "R17",
    sender="scanners, misconfigured senders, a proxy's error page",
    facts=("WH-10a",),
)
async def no_result(subject: Subject) -> None:
    """What is no result is refused without an accident.

    Empty, cut, an array, NaN, wrong types, invalid UTF-8, a byte order mark, doubled fields, nesting 300
    deep; and documents with one wrong type that Hypothesis draws, shrunk to the smallest that fails: an
    answer below 500 in time, and no number stored. 4xx is best; a mark, doubled fields and nesting may be
    accepted.
    """
    malformed = list(_malformed(subject.payloads))
    await in_lanes(3, malformed, lambda each: _survived(subject, *each))
    forms = subject.payloads.forms
    drawn = one_of(*(tuples(just(form), wrong_types(forms, form)) for form in forms.both))
    await no_failing(drawn, partial(_wrong, subject), subject.payloads.seed())


@check(
    "R18",
    sender="GitHub sends up to 25 MB",
    facts=("WH-4",),
)
async def sizes(subject: Subject) -> None:
    """Long bodies are taken or refused, and never a crash.

    20 KB are accepted. 1 MB and 10 MB are accepted or refused (413 says why); the next delivery is answered.
    """
    for size in (20 * KB, MB, 10 * MB):
        event, delivery = _long(subject.payloads, size)
        answer = await subject.deliver(delivery)
        if answer.accepted:
            await subject.kept(event, delivery, once=False)
        elif size < MB or not (answer.refused or answer.trouble is Trouble.CLOSED):
            expected = "2xx" if size < MB else "2xx or 413"
            raise Broken(f"{expected} for {delivery.about}", answer.told, delivery)
        await subject.accept(
            subject.payloads.found().delivery(f"a delivery after {delivery.about}")
        )


def malformed_bodies(valid: bytes, new_id: str) -> Iterator[tuple[bytes, str]]:
    """Bodies without a valid result, and what is wrong with each."""
    yield b"", "an empty body"
    yield b"{", "a body that ends after its first brace"
    yield valid[: len(valid) // 2], "the first half of a result"
    yield b"not json", "a body that is no JSON"
    yield b"[]", "an empty array"
    yield b"[1,2,3]", "an array of numbers"
    for word in (b"null", b"true", b"17", b'"text"'):
        yield word, f"the JSON value {word.decode()}"
    yield b"{}", "an empty object"
    yield b'{"trackingId":null,"status":null,"providers":null}', "an object of nulls"
    yield (
        json.dumps({"trackingId": new_id, "status": "success", "providers": float("nan")}).encode(),
        "NaN for a list",
    )
    yield (
        b'{"trackingId":"' + new_id.encode() + b'\xff","status":"success","providers":[]}',
        "invalid UTF-8",
    )


def _malformed(payloads: Payloads) -> Iterator[tuple[Event | None, Delivery]]:
    """With the event whose number must not show up; None where the body may be accepted."""
    event = payloads.found()
    for body, about in malformed_bodies(event.delivery().body, event.id):
        yield event, Delivery(body, about=about)
    yield from _wrong_types(payloads)
    valid = payloads.found().delivery().body
    yield None, Delivery(b"\xef\xbb\xbf" + valid, about="a result behind a byte order mark")
    yield (
        None,
        Delivery(valid[:1] + b'"status":"success",' + valid[1:], about="a field that comes twice"),
    )
    nested = b'"deep":' + b"[" * DEEP + b"]" * DEEP + b","
    yield (
        None,
        Delivery(valid[:1] + nested + valid[1:], about=f"a field that is nested {DEEP} deep"),
    )
    yield event, Delivery(b"[" * DEEP + b"]" * DEEP, about=f"arrays that are nested {DEEP} deep")


def _wrong_types(payloads: Payloads) -> Iterator[tuple[Event, Delivery]]:
    """The mistakes that a careless receiver stores: a text, which can be iterated too, and a number without its +."""
    for form in payloads.forms.both:
        for value, about in (
            (payloads.number(), "a text for the list of numbers"),
            ([12025550143], "a number that is no text"),
        ):
            event = payloads.found(form)
            yield event, Delivery(compact(event.with_numbers(value)), about=about)


async def _wrong(subject: Subject, drawn: tuple[Form, Document]) -> None:
    form, document = drawn
    event = subject.payloads.found(form)
    body = compact({**document, form.id_field: event.id})
    delivery = Delivery(body, about="a result with one wrong type")
    await _survived(subject, event, delivery, NUMBER.findall(body.decode()))


async def _survived(
    subject: Subject, event: Event | None, delivery: Delivery, allowed: Sequence[str] = ()
) -> None:
    answer = await subject.deliver(delivery)
    if answer.status is None or answer.status >= 500:  # noqa: PLR2004 - the receiver's own fault, says HTTP
        raise Broken(f"an answer below 500 for {delivery.about}", answer.told, delivery)
    if event is not None:
        await subject.untouched(event, delivery, allowed)


def _long(payloads: Payloads, size: int) -> tuple[Event, Delivery]:
    """A result with one long field that nobody knows, and the shell's way to print it."""
    event = payloads.found()
    start = event.delivery().body[:-1] + b',"note":"'
    padding = size - len(start) - 2
    recipe = f"{{ printf %s '{start.decode()}'; head -c {padding} /dev/zero | tr '\\0' x; printf '\"}}'; }}"
    return event, Delivery(
        start + b"x" * padding + b'"}', about=f"a result of {size:,} bytes", recipe=recipe
    )
