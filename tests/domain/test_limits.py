"""Owns the claims about rate limits."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_server.domain.instants import SECOND
from mock_server.domain.limits import Admission, Window, admit, seconds_left

MINUTE = 60 * SECOND
PAUSES = st.lists(st.integers(0, 70 * SECOND), max_size=40)


def admissions(pauses: list[int], limit: int) -> list[tuple[int, Admission]]:
    """Requests after these pauses: when each came, and what was decided."""
    window, now, decided = Window(), 1_000, []
    for pause in pauses:
        now += pause
        admission = admit(window, now, limit, MINUTE)
        window = admission.window
        decided.append((now, admission))
    return decided


@given(pauses=PAUSES, limit=st.integers(0, 5))
def test_no_window_admits_more_than_the_limit(pauses: list[int], limit: int) -> None:  # ERR-429
    admitted = [each.window.started_at for _, each in admissions(pauses, limit) if not each[1]]

    assert all(admitted.count(start) <= limit for start in admitted)


@given(pauses=PAUSES, limit=st.integers(0, 5))
def test_a_refused_request_is_told_to_wait_until_the_window_has_ended(  # ERR-D
    pauses: list[int], limit: int
) -> None:
    for now, (window, retry_after) in admissions(pauses, limit):
        left = window.started_at + MINUTE - now
        assert not retry_after or left <= retry_after * SECOND < left + SECOND


@given(pauses=PAUSES, limit=st.integers(1, 5))
def test_who_waits_as_long_as_told_is_admitted(pauses: list[int], limit: int) -> None:
    for now, (window, retry_after) in admissions(pauses, limit):
        later = now + retry_after * SECOND
        assert not retry_after or admit(window, later, limit, MINUTE).retry_after == 0


def test_the_window_begins_with_the_first_counted_request() -> None:
    assert admit(Window(), 7 * SECOND, 1, MINUTE) == (Window(7 * SECOND, 1), 0)


def test_refused_requests_count_too() -> None:
    assert admit(Window(0, 9), SECOND, 1, MINUTE) == (Window(0, 10), 59)


@pytest.mark.parametrize(("now", "seconds"), [(0, 60), (1, 60), (59_000_001, 1), (59_999_999, 1)])
def test_what_is_left_is_rounded_up_to_a_second_at_least(now: int, seconds: int) -> None:
    assert admit(Window(0, 1), now, 1, MINUTE).retry_after == seconds


def test_a_limit_of_nothing_refuses_the_first_request() -> None:
    assert admit(Window(), 0, 0, MINUTE).retry_after == 60


def test_a_clock_that_was_set_back_begins_a_new_window() -> None:
    assert admit(Window(100, 9), 99, 1, MINUTE) == (Window(99, 1), 0)


def test_without_a_window_a_whole_one_is_left() -> None:
    assert seconds_left(Window(), 5 * SECOND, MINUTE) == 60


def test_a_window_that_is_over_still_asks_for_a_second() -> None:
    assert seconds_left(Window(0, 1), 2 * MINUTE, MINUTE) == 1
