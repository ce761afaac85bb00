"""Owns R24, R25 and R28: whom a receiver believes, and what its answers give away."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import Final

from contracts.receiver.checks.malformed import malformed_bodies
from contracts.receiver.deliveries import BODY_LIMIT, Answer, Delivery
from contracts.receiver.hiding import guessed_path, guessed_query
from contracts.receiver.judgement import Broken, NotShown, Worrying, why_touched
from contracts.receiver.payloads import Event, Outcome, compact, sign
from contracts.receiver.registry import When, check
from contracts.receiver.subject import Subject, in_lanes

FORGERIES: Final[Mapping[str, Callable[[str], str | None]]] = {
    "no signature": lambda _: None,
    "an empty signature": lambda _: "",
    "a wrong signature": lambda right: "0" * len(right),
    "half a signature": lambda right: right[: len(right) // 2],
}
# Each repetition is bounded: a receiver may answer whatever would make an open one slow.
TRACES: Final = tuple(
    map(
        re.compile,
        (
            r"Traceback \(most recent call last\)",
            r'File "[^"\n]{1,300}", line \d+',
            r"\bat (?:async |new )?(?:[\w.$<>\[\] ]{1,80} )?\(?(?:file://|node:|/|[A-Z]:\\)[^\s()]{0,300}:\d+:\d+",
            r"\b[\w$]{1,100}\.(?:java|kt|scala|cs):(?:line )?\d+",
            r"goroutine \d+ \[",
            r"(?:/[\w.-]{1,80}){1,20}\.(?:rb|php|py|js|ts|go)(?::|\(|, line |\s{1,4}on line )\d+",
            r"node_modules/",
            r"\b(?:sqlite3|psycopg2?|asyncpg|pymysql|sqlalchemy|django|pymongo)\.[\w.]{1,60}(?:Error|Exception|Violation)\b",
            r"<title>[^<]{0,200}Werkzeug Debugger",
        ),
    )
)
SECRETS: Final = tuple(
    map(
        re.compile,
        (
            r"-----BEGIN [A-Z ]{0,20}PRIVATE KEY-----",
            r"\b[a-z][a-z0-9+.-]{0,20}://[^/\s:@\"']{1,100}:[^/\s@\"']{1,100}@",
            r"\bAKIA[0-9A-Z]{16}\b",
            r"(?i)(?:api_?key|secret|passw(?:or)?d)\w{0,20}[\"']?\s{0,4}[:=]\s{0,4}[\"']?(?=[^\s\"',;}]{0,40}\d)[^\s\"',;}]{8,}",
        ),
    )
)


@check(
    "R24",
    sender="GitHub, Stripe, Standard Webhooks; Clodura does not sign",
    facts=("WH-10a",),
)
async def signatures(subject: Subject) -> None:
    """Only what is signed rightly takes effect.

    Where openapi.yaml tells how deliveries are signed (`x-mock.assumptions.WH-10a`): one without a signature,
    with a wrong one, with that of another body, with a short one are answered 4xx and have no effect.
    """
    signature = subject.payloads.forms.signature
    if signature is None:
        raise NotShown("the API does not sign its deliveries (WH-10a)")
    rightly = subject.payloads.found()
    await subject.accept(rightly.delivery("a delivery with the right signature"))
    for about, forge in FORGERIES.items():
        event = subject.payloads.found()
        given = forge(sign(event.delivery().body, signature.secret))
        delivery = event.delivery(about)
        await _refused(
            subject,
            event,
            delivery if given is None else delivery.with_header(signature.header, given),
        )
    other = sign(subject.payloads.found().delivery().body, signature.secret)
    event = subject.payloads.found()
    await _refused(
        subject,
        event,
        event.delivery("the signature of another body").with_header(signature.header, other),
    )


async def _refused(subject: Subject, event: Event, delivery: Delivery) -> None:
    answer = await subject.deliver_unsigned(delivery)
    if not answer.refused:
        raise Broken(f"401 or 400 for {delivery.about}", answer.told, delivery)
    await subject.untouched(event, delivery)


@check(
    "R25",
    sender="whoever guesses your URL: Clodura's deliveries carry no proof (WH-10a)",
    facts=("WH-10a",),
)
async def forged(subject: Subject) -> None:
    """A forged result is not believed.

    A result that nobody sent. A secret in the URL, as a part of its path or query, or a confirming poll keeps
    it out; with neither this is reported as `differs`, for the API gives no better means. A secret that is
    not looked at fails.
    """
    event = subject.payloads.found()
    if subject.payloads.forms.signature is not None:
        delivery = event.delivery("a forged result without a signature")
        await _kept_out(subject, event, delivery, await subject.deliver_unsigned(delivery))
    elif (guessed := guessed_query(subject.endpoint.target)) is not None:
        delivery = replace(
            event.delivery("a forged result, with a guess in the place of the secret"),
            target=guessed,
        )
        await _kept_out(subject, event, delivery, await subject.deliver(delivery))
    else:
        delivery = event.delivery("a forged result")
        await _believed(
            subject, event, replace(delivery, target=guessed_path(subject.endpoint.target))
        )


async def _kept_out(subject: Subject, event: Event, delivery: Delivery, answer: Answer) -> None:
    if answer.accepted:
        if not subject.has_probe:
            raise Broken(f"4xx for {delivery.about}", answer.told, delivery)
        await subject.untouched(event, delivery)


async def _believed(subject: Subject, event: Event, delivery: Delivery) -> None:
    answer = await subject.deliver(delivery)
    if not answer.accepted:
        return
    if subject.has_probe:
        record = await subject.record(event, lambda each: why_touched(each) is not None, 1)
        if why_touched(record) is None:
            return
    raise Worrying(
        "a secret in the URL, or a poll that confirms the result before it takes effect",
        f"{answer.told}: whoever knows the URL can make results up",
        delivery,
    )


@check(
    "R28",
    sender="every sender that shows answers in its log: Svix, Stripe, GitHub",
    facts=("WH-9",),
    when=When.LAST,
)
async def hygiene(subject: Subject) -> None:
    """Answers give nothing away.

    Of every answer of this run, and of a few that are provoked here: no stack trace, no secret, less than 64
    KB; and where a valid result is accepted, or the receiver fails, no name and no number of the person.
    """
    for exchange in list(subject.history):
        _clean(exchange.delivery, exchange.answer)
    await in_lanes(4, _provocations(subject), partial(_provoked, subject))


async def _provoked(subject: Subject, delivery: Delivery) -> None:
    _clean(delivery, await subject.deliver(delivery))


def _provocations(subject: Subject) -> Iterator[Delivery]:
    for event in subject.payloads.every():
        yield event.delivery()
    event = subject.payloads.found()
    yield from [event.delivery("a copy")] * 2
    yield event.saying("another final status", status="partial")
    yield subject.payloads.again(event, Outcome.NOT_FOUND).delivery("a late `notFound`")
    for body, about in malformed_bodies(event.delivery().body, event.id):
        yield Delivery(body, about=about)
    wrong = {**event.document, event.form.list_field or "providers": 17}
    yield Delivery(compact(wrong), about="a number for the list of providers")
    yield event.saying("a number for the trackingId", **{event.form.id_field: 17})
    yield Delivery(event.delivery().body, (("Content-Type", "text/plain"),), about="text/plain")
    yield Delivery(b"", method="GET", about="GET instead of POST")


def _clean(delivery: Delivery, answer: Answer) -> None:
    text = answer.body.decode(errors="replace")
    for found, what in (
        (_first(TRACES, text), "a stack trace"),
        (_first(SECRETS, text), "a secret"),
    ):
        if found is not None:
            shown = found if what == "a stack trace" else f"{found[:4]}…"
            raise Broken(
                f"no {what[2:]} in the answer to {delivery.about}",
                f"{answer.status} with {what}: {shown[:120]}",
                delivery,
            )
    if answer.overlong:
        raise Broken(
            f"less than {BODY_LIMIT} bytes for {delivery.about}",
            f"{answer.status} with a longer body",
            delivery,
        )
    refused_for_its_form = answer.refused  # a validator may quote what it refuses
    told = _personal(delivery, text)
    if told is not None and not refused_for_its_form:
        raise Broken(
            f"no personal data in the answer to {delivery.about}",
            f"{answer.status} with {told}",
            delivery,
        )


def _personal(delivery: Delivery, text: str) -> str | None:
    """What the answer repeats of the person: a number of the delivery."""
    sent = re.findall(rb"\+\d{7,15}", delivery.body)
    return next(("the person's number" for each in sent if each[1:].decode() in text), None)


def _first(patterns: tuple[re.Pattern[str], ...], text: str) -> str | None:
    return next((match[0].strip() for each in patterns if (match := each.search(text))), None)
