"""What is right about a record, and what is not: the application's own words count only where they contradict."""

import pytest

from contracts.receiver.forms import load_forms
from contracts.receiver.judgement import why_touched, why_wrong
from contracts.receiver.payloads import Event, Payloads
from contracts.receiver.probe import Record

PAYLOADS = Payloads(load_forms(), 1, "test")
FOUND, NOBODY, NO_CREDITS = PAYLOADS.found(), PAYLOADS.not_found(), PAYLOADS.no_credits()
NUMBERS = FOUND.numbers


@pytest.mark.parametrize(
    ("event", "record"),
    [
        (FOUND, Record("found", NUMBERS, 1)),
        (FOUND, Record("COMPLETED", NUMBERS, 1)),
        (FOUND, Record("gefunden", NUMBERS, 1)),
        (NOBODY, Record("not_found", (), 1)),
        (NOBODY, Record("none", (), 1)),
        (NOBODY, Record("done", (), 1)),
        (NOBODY, Record("notFound", (), 0)),
        (NO_CREDITS, Record("insufficient_credits", (), 1)),
        (NO_CREDITS, Record("not found", (), 1)),
    ],
)
def test_a_record_in_any_words_is_right(event: Event, record: Record) -> None:
    assert why_wrong(record, event) is None


@pytest.mark.parametrize(
    ("event", "record", "said"),
    [
        (FOUND, Record("found", (), 1), "phoneNumbers should be"),
        (FOUND, Record("found", ("12025550100",), 1), "phoneNumbers should be"),
        (FOUND, Record("found", NUMBERS, 0), "appliedCount should be 1: the number"),
        (FOUND, Record("found", NUMBERS, 2), "appliedCount should be 1: one result"),
        (FOUND, Record("not-found", NUMBERS, 1), "state should tell that it is found"),
        (FOUND, Record("pending", NUMBERS, 1), "state should tell that it is found"),
        (NOBODY, Record("found", (), 1), "state should tell that it is notFound"),
        (NOBODY, Record("", (), 0), "state should tell that it is notFound"),
        (NOBODY, Record("processing", (), 0), "state should tell that it is notFound"),
        (NOBODY, Record("unknown", (), 0), "state should tell that it is notFound"),
    ],
)
def test_a_record_that_contradicts_the_result_is_wrong(
    event: Event, record: Record, said: str
) -> None:
    assert said in (why_wrong(record, event) or "nothing is wrong")


def test_twice_is_right_where_once_is_not_asked_for() -> None:
    assert why_wrong(Record("found", NUMBERS, 2), FOUND, once=False) is None


@pytest.mark.parametrize(
    ("record", "touched"),
    [
        (Record("", (), 0), False),
        (Record("rejected", (), 0), False),
        (Record("found", ("+12025550100",), 1), False),
        (Record("found", (), 1), True),
        (Record("x", ("+",), 0), True),
    ],
)
def test_what_was_no_result_leaves_no_number_behind(record: Record, *, touched: bool) -> None:
    assert (why_touched(record, {"+12025550100"}) is not None) == touched
