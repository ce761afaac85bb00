"""Owns R20, R22 and R23: what HTTP allows a sender to do, and what is no delivery."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from contracts.receiver.deliveries import Answer, Delivery, Trouble
from contracts.receiver.judgement import Broken, accepted
from contracts.receiver.payloads import Event
from contracts.receiver.registry import check
from contracts.receiver.subject import Subject
from contracts.receiver.wire import EXPECT, Connection

ON_ONE_CONNECTION: Final = 5
NOT_IMPLEMENTED: Final = 501  # how some servers say that they do not know a method


@check(
    "R20",
    sender="HTTP clients: Java's sends Expect, Go's and Node's send chunked, most keep connections",
    facts=("WH-10",),
)
async def wire_forms(subject: Subject) -> None:
    """Every way to send the same bytes is accepted.

    With and without a charset, header names in any case, chunked, with Expect: 100-continue, and several
    deliveries on one connection if the receiver keeps it open.
    """
    for event, delivery in _ways(subject):
        await subject.accept(delivery)
        await subject.kept(event, delivery, once=False)
    await _kept_open(subject)


def _ways(subject: Subject) -> Iterator[tuple[Event, Delivery]]:
    for headers, chunked, about in (
        ((("Content-Type", "application/json"),), False, "plain application/json"),
        ((("Content-Type", "application/json; charset=utf-8"),), False, "with a charset"),
        (
            (("cOnTeNt-tYpE", "Application/JSON"), ("aCCEPT", "*/*")),
            False,
            "header names in mixed case",
        ),
        ((("Content-Type", "application/json"),), True, "chunked"),
        ((("Content-Type", "application/json"), EXPECT), False, "with Expect: 100-continue"),
    ):
        event = subject.payloads.found()
        yield (
            event,
            replace(event.delivery(f"a delivery {about}"), headers=headers, chunked=chunked),
        )


async def _kept_open(subject: Subject) -> None:
    about = "a further delivery on one connection"
    async with subject.connected() as connection:
        for number in range(ON_ONE_CONNECTION):
            event = subject.payloads.found()
            delivery = event.delivery(about)
            answer = subject.note(delivery, await _on(connection, subject, delivery))
            if number and answer.trouble is Trouble.CLOSED:
                return  # it may close a connection between two requests; senders open another
            accepted(answer, delivery)
            await subject.kept(event, delivery, once=False)
            if not answer.reusable:
                return
            connection.again()


async def _on(connection: Connection, subject: Subject, delivery: Delivery) -> Answer:
    await connection.send(subject.payloads.signed(delivery))
    return await connection.answer()


@check(
    "R22",
    sender="Standard Webhooks, Svix, Clodura: a redirect is a failure and is not followed",
    facts=("WH-10", "WH-10a"),
)
async def no_redirect(subject: Subject) -> None:
    """The registered URL answers itself.

    The URL that is registered answers 2xx, and does not send the sender elsewhere: to a final slash, or to
    https.
    """
    delivery = subject.payloads.found().delivery("a delivery to exactly the registered URL")
    answer = await subject.deliver(delivery)
    if answer.status is not None and 300 <= answer.status < 400:  # noqa: PLR2004 - HTTP's redirects
        place = {name.lower(): value for name, value in answer.headers.items()}.get("location", "?")
        seen = f"{answer.status} to {place}: register that URL"
        raise Broken("2xx, and no redirect, which senders do not follow", seen, delivery)
    accepted(answer, delivery)


@check(
    "R23",
    sender="crawlers, link previews, health checks, browsers",
    facts=("WH-10",),
)
async def only_post(subject: Subject) -> None:
    """Only POST is a delivery.

    GET, HEAD and OPTIONS are answered 405 or 404 (any 4xx, or 501, will do), OPTIONS also as frameworks do;
    none has an effect, even with a result as its body.
    """
    for method in ("GET", "HEAD", "OPTIONS"):
        event = subject.payloads.found()
        body = event.delivery().body if method == "GET" else b""
        delivery = Delivery(body, method=method, about=f"{method} instead of POST")
        answer = await subject.deliver(delivery)
        allowed = answer.refused or answer.status == NOT_IMPLEMENTED
        if not allowed and not (method == "OPTIONS" and answer.accepted):
            raise Broken(f"405 or 404 for {delivery.about}", answer.told, delivery)
        await subject.untouched(event, delivery)
