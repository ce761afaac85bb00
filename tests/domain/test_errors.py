"""Owns the claims about which refusal comes first."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_server.domain.errors import Refusal, foremost
from tests.builders import spec

ORDER = spec().rules.assumptions.order
REFUSALS = st.lists(st.builds(Refusal, st.sampled_from([*ORDER, 418, 451]), st.text(max_size=3)))


def test_the_file_checks_in_the_order_of_the_fact() -> None:  # ERR-B
    assert ORDER == (401, 429, 400, 422, 403, 402, 404)


@given(refusals=REFUSALS, order=st.permutations(ORDER))
def test_no_other_refusal_comes_before_the_foremost(  # ERR-B
    refusals: list[Refusal], order: list[int]
) -> None:
    first = foremost(refusals, order)

    places = [order.index(each.status) if each.status in order else 99 for each in refusals]
    assert first == (refusals[places.index(min(places))] if refusals else None)


@pytest.mark.parametrize("n", range(len(ORDER) - 1))
def test_each_status_comes_before_the_next_one(n: int) -> None:  # ERR-B
    refusals = [Refusal(ORDER[n + 1], "later"), Refusal(ORDER[n], "sooner")]

    assert foremost(refusals, ORDER) == Refusal(ORDER[n], "sooner")


def test_a_status_that_the_order_does_not_name_comes_last() -> None:
    assert foremost([Refusal(418, "odd"), Refusal(404, "last")], ORDER) == Refusal(404, "last")


def test_nothing_to_refuse_is_no_refusal() -> None:
    assert foremost([], ORDER) is None
