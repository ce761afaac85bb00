"""Owns virtual time within one process: the clock's settings, and advancing it with all that falls due."""

from collections.abc import Callable
from dataclasses import replace

from mock_server.adapters.alarm import Alarm
from mock_server.adapters.inbox import Inboxes
from mock_server.adapters.memory import MemoryStore
from mock_server.domain.instants import END_OF_TIME
from mock_server.domain.world import ClockMode, World
from mock_server.journal import Journal
from mock_server.ports import Advanced, Agenda, Clock, Until


class Timeline:
    """Moves the anchor of the store's world and lets the alarm ring."""

    def __init__(
        self, store: MemoryStore, alarm: Alarm, clock: Clock, inboxes: Inboxes, journal: Journal
    ) -> None:
        self.attend = alarm.attend
        self._store = store
        self._alarm = alarm
        self._clock = clock
        self._inboxes = inboxes
        self._journal = journal

    async def agenda(self) -> Agenda:
        return Agenda(len(self._alarm.waiting()), self._alarm.next_due())

    async def go(self, mode: ClockMode, rate: float) -> None:
        real = self._clock.real()
        await self._store.change(
            lambda world: replace(world, anchor=world.anchor.going(mode, rate, real))
        )
        self._alarm.retime()

    async def advance(self, until: Until, timeout: float) -> Advanced:  # noqa: ASYNC109 - as the alarm says
        return await self._alarm.advance(self._goal(until), self._move, timeout)

    async def restart(self, world: World) -> None:
        self._alarm.clear()
        self._inboxes.replace({})
        await self._store.reset(world)
        self._journal.clear()

    async def _move(self, instant: int) -> None:
        real = self._clock.real()
        await self._store.change(
            lambda world: replace(world, anchor=world.anchor.moved(instant, real))
        )

    def _goal(self, until: Until) -> Callable[[], Callable[[], int | None]]:
        """Fixed once the advance has begun, so that two at once move time by the sum of both."""

        def begin() -> Callable[[], int | None]:
            if until == "idle":
                return self._alarm.next_due
            limit = self._alarm.next_due() if until == "next" else self._later(until)
            return lambda: limit

        return begin

    def _later(self, microseconds: int) -> int:
        return min(self._store.now() + microseconds, END_OF_TIME)
