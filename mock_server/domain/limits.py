"""Owns rate limits: a fixed window that begins with the first counted request (ERR-D)."""

from typing import NamedTuple

from mock_server.domain.instants import SECOND


class Window(NamedTuple):
    """How many requests were counted since `started_at`."""

    started_at: int = 0
    counted: int = 0


class Admission(NamedTuple):
    """The window after a request, and for how many whole seconds (rounded up) the next are refused, 0 for admitted."""

    window: Window
    retry_after: int


def admit(window: Window, now: int, limit: int, length: int) -> Admission:
    """Count a request at `now`; `length` in microseconds."""  # ERR-D
    if not window.counted or now >= window.started_at + length or now < window.started_at:
        window = Window(now, 1)
    else:
        window = Window(window.started_at, window.counted + 1)
    if window.counted <= limit:
        return Admission(window, 0)
    return Admission(window, seconds_left(window, now, length))


def seconds_left(window: Window, now: int, length: int) -> int:
    """Whole seconds until the window ends, at least 1."""
    started_at = window.started_at if window.counted else now
    return max(1, -((now - started_at - length) // SECOND))
