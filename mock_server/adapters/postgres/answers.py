"""Owns answers that wait for virtual time: each is a wake that any process may ring, and its own process gives."""

import asyncio
from typing import Final

from mock_server.adapters.postgres.database import Database, raw
from mock_server.adapters.postgres.engine import AGAIN, Engine
from mock_server.adapters.postgres.listener import ANSWER as DUE
from mock_server.adapters.postgres.listener import ANSWERED, set_by, tell
from mock_server.adapters.postgres.worlds import Worlds
from mock_server.domain.instants import SECOND, microseconds
from mock_server.ports import ANSWER, Answered, Clock, StoreAway, Wake

PATIENCE: Final = 0.05  # seconds of real time between two looks whether an answer was given


class Answers:
    """Lets answers of this process wait, and rings those of any."""

    def __init__(self, database: Database, worlds: Worlds, clock: Clock, engine: Engine) -> None:
        self._database = database
        self._worlds = worlds
        self._clock = clock
        self._engine = engine
        self._waiting: dict[str, tuple[int, asyncio.Event]] = {}
        self._closing: set[asyncio.Task[None]] = set()
        self._count = 0
        self._given = asyncio.Event()

    async def delay(self, seconds: float, done: Answered) -> None:
        """Wait for virtual time; `done` is set by the caller once it has answered."""
        self._count += 1
        name = f"answer-{self._engine.worker}-{self._count}"
        due = self._worlds.now.anchor.at(self._clock.real()) + microseconds(seconds)
        rung = asyncio.Event()
        self._waiting[name] = (due, rung)
        try:
            async with self._database.connection() as connection:
                await connection.execute(
                    "INSERT INTO wakes (tracking_id, step, number, due, armed, worker)"
                    " VALUES ($1, $2, 1, $3, true, $4)",
                    raw(name), ANSWER, due, self._engine.worker,
                )  # fmt: skip
            await self._until(due, rung)
        finally:
            del self._waiting[name]
            task = asyncio.ensure_future(self._close(name, done if rung.is_set() else None))
            self._closing.add(task)
            task.add_done_callback(self._closing.discard)

    def ring(self, name: str) -> None:
        """The answer of that name is due; none: another process asks for it, or nobody."""
        if name in self._waiting:
            self._waiting[name][1].set()

    def ring_all(self) -> None:
        for _, rung in self._waiting.values():
            rung.set()

    async def stop(self) -> None:
        """Leave to others what is not done: an answer of a process that ended is found to be nobody's."""
        if not self._closing:
            return
        _, late = await asyncio.wait(self._closing, timeout=PATIENCE)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)

    def given(self) -> None:
        """Some answer was given, somewhere."""
        self._given.set()

    async def let_answer(self, wake: Wake) -> None:
        """Have an answer of any process given, and wait for that."""
        while await self._waits(wake):
            async with self._database.connection() as connection:
                await tell(connection, DUE, wake.tracking_id)
            await set_by(self._given, asyncio.get_running_loop().time() + PATIENCE)
            self._given.clear()

    async def _waits(self, wake: Wake) -> bool:
        async with self._database.connection() as connection:
            found = await connection.fetchval(
                "SELECT 1 FROM wakes WHERE tracking_id = $1", raw(wake.tracking_id)
            )
        return found is not None

    async def _until(self, due: int, rung: asyncio.Event) -> None:
        """Until it is rung or, on a clock that goes by itself, due."""
        while not rung.is_set():
            changed = self._worlds.changed
            seconds = self._seconds_until(due)
            if seconds is not None and seconds <= 0:
                rung.set()
                return
            await _first(rung, changed, seconds)

    def _seconds_until(self, due: int) -> float | None:
        anchor = self._worlds.now.anchor
        left = due - anchor.at(self._clock.real())
        return left / SECOND / anchor.rate if anchor.rate else None

    async def _close(self, name: str, done: Answered | None) -> None:
        """Have it due no more once it was given, also where the database is away just then."""
        if done is not None:
            await done.wait()
        while True:
            try:
                return await self._forget(name)
            except StoreAway:
                await asyncio.sleep(AGAIN)  # noqa: TID251 - real time: the database is away

    async def _forget(self, name: str) -> None:
        async with self._database.connection() as connection:
            await connection.execute("DELETE FROM wakes WHERE tracking_id = $1", raw(name))
            await tell(connection, ANSWERED)


async def _first(rung: asyncio.Event, changed: asyncio.Event, seconds: float | None) -> None:
    tasks = [asyncio.ensure_future(rung.wait()), asyncio.ensure_future(changed.wait())]
    try:
        await asyncio.wait(tasks, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
