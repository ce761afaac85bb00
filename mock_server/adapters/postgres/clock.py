"""Owns the time that all processes share: the database's, read rarely and kept with this machine's own clock."""

from typing import Final

from mock_server.domain.instants import SECOND
from mock_server.ports import Clock

NEGLIGIBLE: Final = SECOND // 1000


class SharedClock:
    """Real time since 1970 as the database has it, so that hosts whose clocks differ agree."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._ahead = clock.wall() - clock.real()

    def real(self) -> int:
        return self._clock.real() + self._ahead

    def wall(self) -> int:
        return self.real()

    def adjust(self, asked: int, told: int) -> None:
        """The database told its time, asked for at `asked`; what the way there may have cost is no difference."""
        answered = self.real()
        error = told - (asked + answered) // 2
        if abs(error) > (answered - asked) // 2 + NEGLIGIBLE:
            self._ahead += error
