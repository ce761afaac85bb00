"""Owns the claims about the retry schedule."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_server.domain.instants import SECOND
from mock_server.domain.retries import RetrySchedule
from tests.builders import spec

SCHEDULE = spec().rules.retries


@pytest.mark.parametrize(("tries", "seconds"), [(1, 5), (2, 30), (3, 120), (4, 600)])
def test_each_delay_counts_from_the_end_of_the_failed_attempt(  # WH-9
    tries: int, seconds: int
) -> None:
    assert SCHEDULE.next_due(tries, 7) == 7 + seconds * SECOND


def test_the_fifth_failure_gives_up() -> None:  # WH-9
    assert SCHEDULE.next_due(5, 7) is None


@given(delays=st.lists(st.integers(0, 10**9), max_size=9))
def test_a_delivery_is_tried_once_more_than_there_are_delays(delays: list[int]) -> None:
    schedule = RetrySchedule(10, tuple(delays))

    dues = [schedule.next_due(tries, 0) for tries in range(1, schedule.attempts + 1)]

    assert dues == [*delays, None]
