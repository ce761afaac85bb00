"""Owns the life of one process on the shared store: what runs beside its requests, from the first to the end."""

import asyncio
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any, Final

from mock_server.adapters.dispatch import Dispatcher
from mock_server.adapters.postgres import listener as topics
from mock_server.adapters.postgres.answers import Answers
from mock_server.adapters.postgres.chronicle import Chronicle
from mock_server.adapters.postgres.database import Database
from mock_server.adapters.postgres.engine import Engine
from mock_server.adapters.postgres.inboxes import Inboxes
from mock_server.adapters.postgres.listener import Listener
from mock_server.adapters.postgres.store import PostgresStore
from mock_server.adapters.postgres.upkeep import Upkeep
from mock_server.ports import StoreAway

PATIENCE: Final = 1.0  # seconds of real time that the end may take


class Process:
    """Hears the others, rings what is due, and does its part of the upkeep."""

    def __init__(  # noqa: PLR0913, PLR0917 - all parts of a process
        self,
        database: Database,
        store: PostgresStore,
        engine: Engine,
        answers: Answers,
        inboxes: Inboxes,
        chronicle: Chronicle,
        dispatcher: Dispatcher,
        upkeep: Upkeep,
    ) -> None:
        self._database = database
        self._store = store
        self._engine = engine
        self._answers = answers
        self._chronicle = chronicle
        self._upkeep = upkeep
        self._tasks: list[asyncio.Task[Any]] = []
        self._spawned: set[asyncio.Task[Any]] = set()
        self._listener = Listener(database)
        hear = self._listener.on
        hear(topics.WORLD, lambda _: self._spawn(self._look()))
        hear(topics.NOTED, lambda _: chronicle.came())
        hear(topics.FLUSH, lambda asked: self._spawn(self._flush(int(asked or 0))))
        hear(topics.FLUSHED, lambda _: chronicle.flushed())
        hear(topics.INBOX, inboxes.came)
        hear(topics.ATTEMPTED, lambda job: dispatcher.attempted(bytes.fromhex(job).decode()))
        hear(topics.ANSWER, answers.ring)
        hear(topics.ANSWERED, lambda _: answers.given())
        hear(topics.RESTART, self._restart)

    async def start(self) -> None:
        """Begin on the loop that runs; raises StoreAway."""
        await self._upkeep.enter()
        parts = (self._listener.run(), self._engine.run(), self._upkeep.run())
        self._tasks = [asyncio.ensure_future(each) for each in parts]

    async def close(self) -> None:
        """Give back what is being done, write the journal, let go."""
        await self._engine.break_off()
        tasks = [*self._tasks, *self._spawned]
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks, timeout=PATIENCE)
        with suppress(StoreAway, TimeoutError):
            async with asyncio.timeout(PATIENCE):
                await self._answers.stop()
                await self._chronicle.stop()
                await self._chronicle.flush()
                await self._upkeep.leave()
        self._database.close()

    async def _look(self) -> None:
        with suppress(StoreAway):
            await self._store.look()
            await self._engine.arm_near()

    async def _flush(self, asked: int) -> None:
        await self._chronicle.flush_for(self._engine.worker, asked)

    def _restart(self, by: str) -> None:
        if by and int(by) != self._engine.worker:
            self._answers.ring_all()
            self._spawn(self._engine.break_off())

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.ensure_future(work)
        self._spawned.add(task)
        task.add_done_callback(self._spawned.discard)
