"""Owns the claims about the waterfall's decisions."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_server.domain.credits import Credits
from mock_server.domain.instants import microseconds
from mock_server.domain.jobs import Happening, Status
from mock_server.domain.plans import Provider
from mock_server.domain.waterfall import answer, duration, ends_with, may_ask
from tests.builders import NUMBER, person, spec

MAX = spec().rules.plans["max"]
PROVIDERS = MAX.providers
SECONDS = st.floats(0, 100_000_000)
DURATIONS = st.lists(st.integers(0, 10**12), min_size=1, max_size=9)


@pytest.mark.parametrize(("provider", "more"), [*product(PROVIDERS, [-1, 0, 1])])
@pytest.mark.parametrize("has_number", [True, False])
def test_an_answer_depends_on_number_and_balance(  # WH-5, CR-6
    provider: Provider, more: int, has_number: bool
) -> None:
    purse = {"unified": Credits(provider.price + more)}
    whom = person(provider.name) if has_number else person()

    status, numbers, _ = answer(provider, whom, purse, MAX.costs(provider))

    expected: tuple[Status, tuple[str, ...]] = (Status.NOT_FOUND, ())
    if has_number:
        expected = (Status.FOUND, (NUMBER,)) if more >= 0 else (Status.INSUFFICIENT_CREDITS, ())
    assert (status, numbers) == expected


@pytest.mark.parametrize(("provider", "more"), [*product(PROVIDERS, [-1, 0])])
def test_every_provider_has_to_be_payable_before_it_is_asked(  # CR-6b
    provider: Provider, more: int
) -> None:
    purse = {"unified": Credits(provider.price + more)}

    assert may_ask(purse, MAX.costs(provider), "everyProvider") is (more >= 0)


def test_where_the_finder_alone_is_checked_everybody_may_be_asked() -> None:  # CR-6b
    assert may_ask({"unified": Credits(0)}, {"unified": 10}, "finder")


@pytest.mark.parametrize(
    ("status", "stop", "go_on"),
    [
        (Status.FOUND, Happening.NUMBER_FOUND, None),
        (Status.NOT_FOUND, None, None),
        (Status.INSUFFICIENT_CREDITS, Happening.CREDITS_RAN_OUT, Happening.CREDITS_RAN_OUT),
    ],
)
def test_an_answer_ends_the_search_or_not(  # WH-8, WH-8a
    status: Status, stop: Happening | None, go_on: Happening | None
) -> None:
    assert (ends_with(status, "stop"), ends_with(status, "continue")) == (stop, go_on)


@pytest.mark.parametrize("index", range(len(PROVIDERS)))
def test_a_provider_takes_its_own_time(index: int) -> None:
    assert duration(person(), PROVIDERS, index) == PROVIDERS[index].duration


@given(seconds=SECONDS, durations=DURATIONS, finder=st.none() | st.integers(0, 8))
def test_the_shares_of_a_person_s_time_add_up_exactly(
    seconds: float, durations: list[int], finder: int | None
) -> None:
    providers = [Provider(f"p{n}", 1, each) for n, each in enumerate(durations)]
    names = [] if finder is None else [f"p{finder}"]
    whom = person(*names, seconds=seconds)

    shares = [duration(whom, providers, n) for n in range(len(providers))]

    assert (sum(shares), min(shares) >= 0) == (microseconds(seconds), True)


def test_providers_after_the_finder_take_none_of_a_person_s_time() -> None:
    assert duration(person("Clodura", seconds=9), PROVIDERS, 1) == 0


@given(seconds=SECONDS)
def test_slower_providers_take_a_larger_share(seconds: float) -> None:
    whom = person("SignalHire", seconds=seconds)

    assert duration(whom, PROVIDERS, 0) <= duration(whom, PROVIDERS, 1)
