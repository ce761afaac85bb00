"""Owns the claims about the unit of time."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_server.domain.instants import MANUAL_START, SECOND, instant_of, microseconds, rfc3339


def test_a_manual_clock_begins_with_the_year() -> None:
    assert rfc3339(MANUAL_START) == "2026-01-01T00:00:00.000000Z"


@given(instant=st.integers(0, 4_000_000_000 * SECOND))
def test_an_instant_survives_as_text(instant: int) -> None:
    assert instant_of(rfc3339(instant)) == instant


@pytest.mark.parametrize(
    "text", ["2026-01-01T01:00:00+01:00", "2026-01-01T00:00:00Z", "2025-12-31T19:00-05:00"]
)
def test_an_instant_can_be_read_in_any_zone(text: str) -> None:
    assert instant_of(text) == MANUAL_START


@pytest.mark.parametrize(
    "text", ["2026-01-01T00:00:00", "2026-01-01", "yesterday", "", "1767225600"]
)
def test_what_names_no_zone_is_no_instant(text: str) -> None:
    with pytest.raises(ValueError, match=r"time zone|isoformat"):
        instant_of(text)


@pytest.mark.parametrize(
    ("seconds", "whole"), [(0, 0), (1.5, 1_500_000), (0.0000004, 0), (1e8, 10**14), (0.1, 100_000)]
)
def test_seconds_are_rounded_to_whole_microseconds(seconds: float, whole: int) -> None:
    assert microseconds(seconds) == whole
