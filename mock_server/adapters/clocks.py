"""Owns the reading of real time; the world's anchor makes virtual time of it."""

import time


class SystemClock:
    """The machine's time, in microseconds."""

    def real(self) -> int:
        """Time that never goes back, from an arbitrary start."""
        return time.monotonic_ns() // 1_000

    def wall(self) -> int:
        """The calendar's time since 1970."""
        return time.time_ns() // 1_000


class StoppedClock:
    """Real time as a test sets it."""

    def __init__(self, instant: int = 0) -> None:
        self.instant = instant

    def real(self) -> int:
        return self.instant

    def wall(self) -> int:
        return self.instant
