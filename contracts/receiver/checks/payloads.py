"""Owns R1, R2, R19 and R21: every form of result that the API sends, or may send one day."""

from collections.abc import Iterator
from functools import partial
from typing import Any

from hypothesis.strategies import just, one_of, sampled_from, tuples

from contracts.receiver.forms import Document, Form
from contracts.receiver.generated import results, unknown_fields
from contracts.receiver.judgement import Broken
from contracts.receiver.payloads import Event, Outcome, Payloads
from contracts.receiver.registry import Need, check
from contracts.receiver.search import no_failing
from contracts.receiver.subject import Subject, in_lanes

PEOPLE = (
    ("José", "Ñandú-O'Brien"),
    ("Zoë 🚀", "👩‍👩‍👧 von Übel"),
    ("عائشة", "بن علي"),
    ("שרה", "לוי"),
    ("花子", "山田"),
    ("", ""),
    ("X" * 200, 'quote " backslash \\ tab\t and <b>tag</b>'),
)
LONGEST = "+999000000000001"  # 15 digits, of a country code that nobody has
SHORTEST = "+9990000"


@check(
    "R1",
    sender="Clodura",
    facts=("WH-1", "WH-2", "WH-4", "WH-5"),
)
async def documented_results(subject: Subject) -> None:
    """Every documented result is accepted.

    Found, not found and Insufficient Credits, in the standard and the multi-provider form: each is answered
    2xx, and behind the probe the state is right. A result without a number is a result, and no error.
    """
    await in_lanes(3, subject.payloads.every(), lambda event: _taken(subject, event))


@check(
    "R2",
    sender="Apollo (a native and a waterfall shape)",
    facts=("WH-2", "WH-3", "WH-4", "WH-7"),
)
async def both_forms(subject: Subject) -> None:
    """Both forms of a result mean the same, up to their bounds.

    The standard and the multi-provider form lead to the same state. Shortest and longest values, empty lists,
    one provider or all, and documents that Hypothesis draws from the schemas of openapi.yaml, shrunk to the
    smallest that fails.
    """
    await _same_state(subject)
    await in_lanes(3, list(_bounds(subject.payloads)), lambda event: _taken(subject, event))
    forms = subject.payloads.forms
    drawn = one_of(*(tuples(just(form), results(forms, form)) for form in forms.both))
    await no_failing(drawn, partial(_drawn, subject), subject.payloads.seed())


@check(
    "R19",
    sender="PROV-1: providers are an open set; Stripe adds fields without a new version",
    facts=("PROV-1", "WH-5"),
)
async def additions(subject: Subject) -> None:
    """What the API adds one day does no harm.

    Unknown fields, an unknown provider, a provider status nobody has seen, another final status: 2xx, and the
    part that is known takes effect.
    """
    drawn = tuples(sampled_from(subject.payloads.forms.both), unknown_fields())
    await no_failing(drawn, partial(_with_fields, subject), subject.payloads.seed())
    for event, about in _new_words(subject.payloads):
        delivery = event.delivery(about)
        await subject.accept(delivery)
        await subject.kept(event, delivery, once=False)
    await subject.accept(subject.payloads.found().saying("another final status", status="partial"))


@check(
    "R21",
    sender="Clodura: people are called as they are called",
    facts=("WH-2", "WH-3"),
    needs=(Need.PROBE,),
    tries=True,
)
async def any_script(subject: Subject) -> None:
    """Names and numbers of any kind are kept as they were sent.

    Names with accents, emoji, right-to-left scripts, quotes; the shortest and the longest number, several
    numbers: accepted, and the numbers are stored with their + as they were sent.
    """
    await in_lanes(3, list(_people(subject.payloads)), lambda event: _taken(subject, event))


async def _taken(subject: Subject, event: Event) -> None:
    delivery = event.delivery()
    await subject.accept(delivery)
    await subject.kept(event, delivery, once=False)


async def _drawn(subject: Subject, drawn: tuple[Form, Document]) -> None:
    await _taken(subject, subject.payloads.of(*drawn))


async def _with_fields(subject: Subject, drawn: tuple[Form, dict[str, Any]]) -> None:
    form, fields = drawn
    event = subject.payloads.found(form)
    document = {**event.document, **fields}
    if form.list_field is not None:
        document[form.list_field] = [{**each, **fields} for each in document[form.list_field]]
    delivery = Event(form, event.id, document, event.outcome, event.numbers).delivery(
        "unknown fields"
    )
    await subject.accept(delivery)
    await subject.kept(event, delivery, once=False)


async def _same_state(subject: Subject) -> None:
    for make in (subject.payloads.found, subject.payloads.not_found):
        events = [make(form) for form in subject.payloads.forms.both]
        for event in events:
            await _taken(subject, event)
        if subject.has_probe:
            words = [(await subject.record(event)).state for event in events]
            if len(set(words)) > 1:
                told = " and ".join(
                    f"{word!r} in the {e.form.name} form"
                    for e, word in zip(events, words, strict=True)
                )
                raise Broken(
                    "one state for one outcome", f"the probe tells {told}", events[-1].delivery()
                )


def _bounds(payloads: Payloads) -> Iterator[Event]:
    forms = payloads.forms
    for number in (SHORTEST, LONGEST):
        yield from (payloads.found(form, numbers=(number,)) for form in forms.both)
    yield payloads.of(
        forms.standard, {**payloads.found(forms.standard).document, "firstName": "", "lastName": ""}
    )
    yield payloads.not_found(forms.standard)
    own = {"provider": forms.providers[0]}
    for outcome, numbers in (
        (Outcome.FOUND, [payloads.number()]),
        (Outcome.NOT_FOUND, []),
        (Outcome.NO_CREDITS, []),
    ):
        only = {**own, "status": forms.statuses[outcome], "phoneNumbers": numbers}
        document = forms.multi.document({"trackingId": "", "steps": [only]})
        yield payloads.of(forms.multi, document)


def _new_words(payloads: Payloads) -> Iterator[tuple[Event, str]]:
    """A provider that is new, and one that says something new before the one that found the number."""
    statuses = payloads.forms.statuses
    for provider, status, about in (
        ("NewProvider", statuses["notFound"], "an unknown provider that has nothing"),
        (payloads.forms.providers[0], "rateLimited", "a provider status that is new"),
    ):
        number = payloads.number()
        steps = [
            {"provider": provider, "status": status, "phoneNumbers": []},
            {
                "provider": "AnotherNewProvider",
                "status": statuses["found"],
                "phoneNumbers": [number],
            },
        ]
        yield (
            payloads.of(
                payloads.forms.multi,
                payloads.forms.multi.document({"trackingId": "", "steps": steps}),
            ),
            about,
        )


def _people(payloads: Payloads) -> Iterator[Event]:
    forms = payloads.forms
    for first, last in PEOPLE:
        event = payloads.found(forms.standard)
        person = {"personId": "", "firstName": first, "lastName": last}
        yield payloads.of(
            forms.standard,
            forms.standard.document({"person": person, "numbers": list(event.numbers)}),
        )
    several = ("+442079460018", LONGEST, SHORTEST, payloads.number())
    yield from (payloads.found(form, numbers=several) for form in forms.both)
