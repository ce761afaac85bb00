"""Owns a store in PostgreSQL as the tests of every store drive it: one loop lasts, what is too much goes at once."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from typing_extensions import override

from mock_server.adapters.clocks import StoppedClock
from mock_server.adapters.memory import Records
from mock_server.adapters.postgres.answers import Answers
from mock_server.adapters.postgres.chronicle import Chronicle
from mock_server.adapters.postgres.clock import SharedClock
from mock_server.adapters.postgres.database import Connection, Database
from mock_server.adapters.postgres.engine import Engine, wake_of
from mock_server.adapters.postgres.opening import opened
from mock_server.adapters.postgres.snapshots import _load, _whole
from mock_server.adapters.postgres.store import PostgresStore
from mock_server.adapters.postgres.timeline import SharedTimeline
from mock_server.adapters.postgres.upkeep import Upkeep
from mock_server.adapters.postgres.worlds import Worlds
from mock_server.adapters.snapshot_document import Whole
from mock_server.domain.rules import Rules
from mock_server.domain.world import World
from mock_server.journal import Journal
from mock_server.ports import Keys, T, UseCase, Wake
from mock_server.settings import Settings
from tests import postgresql
from tests.adapters.test_stores import Shelf


class SharedStore(PostgresStore):
    """Forgets what is too much with each transaction, as memory does; has the whole of its records, and another."""

    def __init__(
        self, url: str, rules: Rules, clock: StoppedClock, journal: Journal, retention: int
    ) -> None:
        shared = SharedClock(clock)
        worlds: Worlds = opened(Settings(state=url), rules, shared, lambda _: World(1))
        shared._ahead = 0  # the database's time stands with the test's
        self.database = database = Database(url)
        self.engine = Engine(database, worlds, shared)
        super().__init__(rules, worlds, shared, database, self.engine, journal)
        chronicle = Chronicle(database, journal)
        answers = Answers(database, worlds, shared, self.engine)
        self.timeline = SharedTimeline(database, self, shared, self.engine, answers, chronicle)
        self._upkeep = Upkeep(database, self, shared, self.engine, chronicle, retention=retention)
        self.begin_quietly = chronicle.stop

    @override
    async def transact(self, keys: Keys, use_case: UseCase[T]) -> T:
        result = await super().transact(keys, use_case)
        await self._upkeep.forget()
        return result

    async def reset(self, world: World) -> None:
        await self.timeline.restart(world)

    async def load(self, world: World, records: Records) -> None:
        async def load(connection: Connection) -> None:
            await _load(connection, Whole(world, records, [], {}))

        await self.timeline.replace(world, load)

    async def records(self, look: Callable[[Records], T]) -> T:
        async with self.database.transaction("repeatable_read") as connection:
            return look((await _whole(connection)).records)

    async def waiting(self) -> list[Wake]:
        async with self.database.connection() as connection:
            rows = await connection.fetch("SELECT due, tracking_id, step, number FROM wakes")
        return [wake_of(each) for each in rows]


class SharedShelf(Shelf):
    """One store on a database of its own."""

    def __init__(self, retention: int, rules: Rules | None, number: int) -> None:
        self._url = postgresql.url(number)
        postgresql.empty(number)
        self._runner = asyncio.Runner()
        super().__init__(retention, rules, "postgresql")

    @override
    def _made(self) -> Any:
        store = SharedStore(self._url, self.rules, self.clock, self.journal, self.retention)
        self.wait(store.begin_quietly())
        return store

    @property
    @override
    def wakes(self) -> list[Wake]:
        return self.wait(self.store.waiting())

    @override
    def wait(self, work: Coroutine[Any, Any, T]) -> T:
        return self._runner.run(work)

    @override
    def queue(self, *names: str, api_key: str = "key") -> None:
        """A job has an account here."""
        if not self.run(lambda tx: tx.account is not None, Keys(api_key)):
            self.open(api_key)
        super().queue(*names, api_key=api_key)

    @override
    def end(self) -> None:
        self.store.database.close()
        self._runner.close()
