"""Owns the retry schedule: when a failed delivery is tried again, and when it is given up (WH-9)."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RetrySchedule:
    """`delays` in microseconds, each counted from the end of the failed attempt; `timeout` in seconds of real time."""

    timeout: float
    delays: tuple[int, ...]

    @property
    def attempts(self) -> int:
        """How often a delivery is tried in all."""
        return len(self.delays) + 1

    def next_due(self, tries: int, failed_at: int) -> int | None:
        """When to try again after the `tries`-th failure, None to give up."""
        return failed_at + self.delays[tries - 1] if tries <= len(self.delays) else None
