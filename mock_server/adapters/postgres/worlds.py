"""Owns the world as all processes share it: one versioned record, kept until its version is another one."""

import asyncio
from collections.abc import Callable
from typing import Final

from mock_server.adapters.postgres.database import Connection, Database, Row
from mock_server.adapters.postgres.listener import CHANNEL, tell
from mock_server.adapters.postgres.listener import WORLD as TOPIC
from mock_server.adapters.records import WORLD
from mock_server.domain.world import World

READ: Final = "SELECT version, record FROM world"
AGE: Final = 1 << 32  # a version's high half counts the worlds, its low half the changes of one
REPLACE: Final = """
    WITH changed AS (
        UPDATE world SET version = version + 1, record = $2 WHERE version = $1 RETURNING version
    ) SELECT version, pg_notify($3, $4) FROM changed
"""


class Overtaken(Exception):
    """There is another world: a reset or a snapshot was faster."""


class Worlds:
    """The newest world that this process saw; whoever reads a newer version brings it up to date."""

    def __init__(self, world: World, version: int) -> None:
        self.now = world
        self.version = version
        self.changed = asyncio.Event()  # set, and another one, with each version

    @property
    def age(self) -> int:
        """Which world this is; the same however it changes."""
        return self.version // AGE

    async def catch_up(self, connection: Connection, version: int) -> None:
        """Have at least that version."""
        if version > self.version:
            row = await connection.fetchrow(READ)
            assert row is not None
            self.take(row)

    def take(self, row: Row) -> World:
        version, record = row
        if version > self.version:
            self.now, self.version = WORLD.decode(record), version
            self.changed.set()
            self.changed = asyncio.Event()
        return self.now

    async def look(self, database: Database) -> World:
        async with database.connection() as connection:
            row = await connection.fetchrow(READ)
        assert row is not None
        return self.take(row)

    async def replace(self, connection: Connection, version: int, world: World) -> Row | None:
        """Have this world in the place of that version, at once; None where there is a newer one."""
        record = WORLD.encode(world)
        told = await connection.fetchval(REPLACE, version, record, CHANNEL, f"{TOPIC} ")
        return None if told is None else (version + 1, record)

    async def change(
        self, connection: Connection, change: Callable[[World], World], age: int | None = None
    ) -> Row:
        """Within a transaction; what it returns is to be taken once that is committed.

        Raises Overtaken where a world is meant that is no more.
        """
        version, record = await self._locked(connection)
        if age not in (None, version // AGE):
            raise Overtaken
        return await self._save(connection, version + 1, change(WORLD.decode(record)))

    async def begin(self, connection: Connection, world: World) -> Row:
        """As `change`, but this is another world."""
        version, _ = await self._locked(connection)
        return await self._save(connection, (version // AGE + 1) * AGE, world)

    async def _locked(self, connection: Connection) -> Row:
        row = await connection.fetchrow(f"{READ} FOR UPDATE")
        assert row is not None
        return row

    async def _save(self, connection: Connection, version: int, world: World) -> Row:
        record = WORLD.encode(world)
        await connection.execute("UPDATE world SET version = $1, record = $2", version, record)
        await tell(connection, TOPIC)
        return version, record
