"""Owns the claims about the unit of time."""

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_server.domain.instants import MANUAL_START, SECOND, microseconds, rfc3339


def test_a_manual_clock_begins_with_the_year() -> None:
    assert rfc3339(MANUAL_START) == "2026-01-01T00:00:00.000000Z"


@given(instant=st.integers(0, 4_000_000_000 * SECOND))
def test_an_instant_survives_as_text(instant: int) -> None:
    read = datetime.fromisoformat(rfc3339(instant))

    assert round(read.timestamp() * SECOND) == instant


@pytest.mark.parametrize(
    ("seconds", "whole"), [(0, 0), (1.5, 1_500_000), (0.0000004, 0), (1e8, 10**14), (0.1, 100_000)]
)
def test_seconds_are_rounded_to_whole_microseconds(seconds: float, whole: int) -> None:
    assert microseconds(seconds) == whole
