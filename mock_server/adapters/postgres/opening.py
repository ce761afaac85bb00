"""Owns what must be so before a process serves: the database is reached, has its tables and a world that fits."""

import asyncio
import threading
from collections.abc import Callable, Coroutine, Iterable
from dataclasses import replace
from typing import Any, TypeVar

import asyncpg

from mock_server.adapters.postgres.clock import SharedClock
from mock_server.adapters.postgres.database import Database, place
from mock_server.adapters.postgres.engine import disarm
from mock_server.adapters.postgres.listener import WORLD as WORLD_CHANGED
from mock_server.adapters.postgres.listener import tell
from mock_server.adapters.postgres.schema import migrate
from mock_server.adapters.postgres.upkeep import NOW
from mock_server.adapters.postgres.worlds import READ, Worlds
from mock_server.adapters.records import ACCOUNT, WORLD
from mock_server.adapters.snapshot_document import contradictions
from mock_server.domain.accounts import Account
from mock_server.domain.rules import Rules
from mock_server.domain.world import World
from mock_server.ports import Clock, StoreAway, StoreUnusable
from mock_server.settings import Settings

R = TypeVar("R")


def opened(
    settings: Settings, rules: Rules, clock: SharedClock, first: Callable[[Clock], World]
) -> Worlds:
    """The world of the database, else the `first` one; raises StoreUnusable."""
    where = place(settings.state)
    try:
        return _run(_open(settings, rules, clock, first))
    except StoreAway as error:
        raise StoreUnusable(f"--state: {error.reason}") from None  # noqa: TRY003 - as above
    except (asyncpg.PostgresError, ValueError) as error:  # StoreUnusable too
        raise StoreUnusable(f"--state: {where}: {error}") from None  # noqa: TRY003 - says what is wrong with it


def continued(
    stored: World, accounts: Iterable[Account], settings: Settings, rules: Rules, clock: Clock
) -> World:
    """The world as this process goes on with it: a clock that is asked for goes on from where time stands.

    Raises StoreUnusable for another seed, or for what this server's openapi.yaml does not know.
    """
    if settings.seed not in (None, stored.seed):
        why = f"it has the seed {stored.seed}, not {settings.seed}: leave --seed away, or name another database"
        raise StoreUnusable(why)
    if problem := next(contradictions(stored, list(accounts), [], rules), None):
        raise StoreUnusable(f"it does not fit this server: {problem}")  # noqa: TRY003 - says which
    asked, anchor = settings.clock, stored.anchor
    if asked is None or (asked.mode, asked.rate) == (anchor.mode, anchor.rate):
        return stored
    return replace(stored, anchor=anchor.going(asked.mode, asked.rate, clock.real()))


async def _open(
    settings: Settings, rules: Rules, clock: SharedClock, first: Callable[[Clock], World]
) -> Worlds:
    connection = await Database(settings.state).connect()
    try:
        await migrate(connection)
        asked = clock.real()
        clock.adjust(asked, await connection.fetchval(f"SELECT {NOW}"))
        async with connection.transaction():
            await connection.execute("LOCK TABLE world IN EXCLUSIVE MODE")
            row = await connection.fetchrow(READ)
            if row is None:
                return await _begun(connection, 1, first(clock))
            stored = WORLD.decode(row[1])
            records = await connection.fetch("SELECT record FROM accounts")
            accounts = (ACCOUNT.decode(record) for (record,) in records)
            world = continued(stored, accounts, settings, rules, clock)
            if world is stored:
                return Worlds(world, row[0])
            return await _begun(connection, row[0] + 1, world)
    finally:
        await connection.close()


async def _begun(connection: Any, version: int, world: World) -> Worlds:
    await connection.execute("DELETE FROM world")
    await connection.execute("INSERT INTO world VALUES ($1, $2)", version, WORLD.encode(world))
    await disarm(connection)
    await tell(connection, WORLD_CHANGED)
    return Worlds(world, version)


def _run(main: Coroutine[Any, Any, R]) -> R:
    """To its end on a loop of its own, also where one is running in this thread."""
    result: list[R] = []
    problem: list[BaseException] = []

    def run() -> None:
        try:
            result.append(asyncio.run(main))
        except BaseException as error:  # noqa: BLE001 - it is raised again, where it can be caught
            problem.append(error)

    thread = threading.Thread(target=run, name="clodura-kit-opening")
    thread.start()
    thread.join()
    if problem:
        raise problem[0]
    return result[0]
