"""Owns the claims about when a fault happens."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_server.domain.faults import Effect, Fault, FaultCounter, When, passed_over, rule
from tests.builders import fault

EFFECTS = (Effect(status=500), Effect(status=503), Effect(disconnect=True))
CALLS = 12


def happenings(
    what: Fault, calls: int = CALLS, *, seed: int = 1, api_key: str = "key"
) -> list[int]:
    """The numbers of the calls, from 1, to which the fault happens."""
    return [n for n, effect in enumerate(draws(what, calls, seed, api_key), 1) if effect]


def draws(
    what: Fault, calls: int = CALLS, seed: int = 1, api_key: str = "key"
) -> Sequence[Effect | None]:
    counter, effects = FaultCounter(), []
    for _ in range(calls):
        counter, effect = rule(what, counter, seed, api_key)
        effects.append(effect)
    return effects


def test_a_fault_without_conditions_happens_for_ever() -> None:
    assert happenings(fault()) == list(range(1, CALLS + 1))


@given(times=st.integers(1, 20))
def test_a_fault_happens_so_many_times(times: int) -> None:
    assert len(happenings(fault(times=times))) == min(times, CALLS)


@given(nth=st.integers(1, 20))
def test_the_nth_call_is_meant_alone(nth: int) -> None:
    assert happenings(fault(nth=nth)) == [n for n in [nth] if n <= CALLS]


@given(nth=st.integers(1, 20), times=st.integers(1, 20))
def test_with_times_the_nth_call_is_the_first_of_so_many(nth: int, times: int) -> None:
    assert happenings(fault(nth=nth, times=times)) == list(range(nth, CALLS + 1))[:times]


def test_a_call_that_an_older_fault_took_counts_all_the_same() -> None:
    assert passed_over(FaultCounter(2, 1)) == FaultCounter(3, 1)


def test_a_rate_of_nothing_never_happens() -> None:
    assert happenings(fault("f", *EFFECTS, rate=0.0), 200) == []


def test_a_rate_of_everything_always_happens() -> None:
    assert len(happenings(fault("f", *EFFECTS, rate=1.0), 200)) == 200


def test_chaos_draws_from_all_its_effects() -> None:
    drawn = draws(fault("f", *EFFECTS, rate=1.0), 100)

    assert all(each in drawn for each in EFFECTS)


def test_a_rate_of_a_half_is_about_a_half() -> None:
    assert 400 < len(happenings(fault("f", *EFFECTS, rate=0.5), 1000)) < 600


@given(seed=st.integers(0, 2**63), rate=st.floats(0, 1))
def test_the_same_seed_gives_the_same_draws(seed: int, rate: float) -> None:
    chaos = fault("f", *EFFECTS, rate=rate)

    assert draws(chaos, seed=seed) == draws(chaos, seed=seed)


@pytest.mark.parametrize("other", [{"seed": 2}, {"api_key": "other"}])
def test_another_seed_or_key_gives_other_draws(other: dict[str, object]) -> None:
    chaos = fault("f", *EFFECTS, rate=0.5)

    assert draws(chaos, 100, **other) != draws(chaos, 100)  # type: ignore[arg-type]


@pytest.mark.parametrize("other", [{"seed": 2}, {"api_key": "other"}])
def test_another_seed_or_key_is_struck_at_other_calls(other: dict[str, object]) -> None:
    chaos = fault("f", EFFECTS[0], rate=0.5)

    assert happenings(chaos, 100, **other) != happenings(chaos, 100)  # type: ignore[arg-type]


@given(rate=st.floats(0, 1), times=st.integers(1, 5))
def test_chaos_too_happens_so_many_times_at_most(rate: float, times: int) -> None:
    assert len(happenings(fault("f", *EFFECTS, rate=rate, times=times), 50)) <= times


@pytest.mark.parametrize("field", ["api_key", "operation_id", "person_id"])
def test_each_condition_keeps_other_calls_out(field: str) -> None:
    when = When(**{field: "this"})  # type: ignore[arg-type]
    call = {"api_key": "key", "operation_id": "revealPhone", "person_id": "p-1"}

    assert (when.fits(**{**call, field: "this"}), when.fits(**call)) == (True, False)


def test_no_condition_fits_a_call_that_names_nobody() -> None:
    assert When().fits("key", "getCredits", None)


@pytest.mark.parametrize(
    ("effect", "answers"),
    [
        (Effect(), False),
        (Effect(delay_seconds=2, headers={"a": "b"}), False),
        (Effect(status=500), True),
        (Effect(body={}), True),
        (Effect(disconnect=True), True),
    ],
)
def test_status_body_and_disconnect_answer_instead_of_the_api(
    effect: Effect, answers: bool
) -> None:
    assert effect.answers is answers
