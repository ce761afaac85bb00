"""Owns the unit of time: an instant or a duration is a whole number of microseconds of virtual time."""

from datetime import UTC, datetime, timedelta
from typing import Final

SECOND: Final = 1_000_000
MANUAL_START: Final = 1_767_225_600 * SECOND  # 2026-01-01T00:00:00Z, where a manual clock begins
END_OF_TIME: Final = (
    221_845_392_000 * SECOND
)  # 9000-01-01T00:00:00Z: what comes later has no date to be told by
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def microseconds(seconds: float) -> int:
    """Seconds as whole microseconds, rounded to the nearest."""
    return round(seconds * SECOND)


def rfc3339(instant: int) -> str:
    """An instant as RFC 3339 text in UTC, always with six digits of a second."""
    return f"{_EPOCH + timedelta(microseconds=instant):%Y-%m-%dT%H:%M:%S.%f}Z"


def instant_of(text: str) -> int:
    """Read back what `rfc3339` wrote; raises ValueError for anything that is no time with a zone."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        message = f"{text} has no time zone"
        raise ValueError(message)
    return (moment - _EPOCH) // timedelta(microseconds=1)
