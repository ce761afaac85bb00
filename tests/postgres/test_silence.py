"""A network that goes silent: nothing is closed, and nothing comes through any more."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from mock_server.adapters.postgres.database import VANISHED_SECONDS, Database
from mock_server.adapters.postgres.listener import NOTED, Listener
from mock_server.ports import Advanced, StoreAway
from tests.postgres.parts import Parts, parts
from tests.postgres.proxies import Proxy, proxy
from tests.postgres.test_parts import begun, drive, pause

PATIENCE = 20  # seconds, promised nowhere: it takes half of that


def between(url: str, work: Callable[[Proxy], Awaitable[None]]) -> None:
    async def main() -> None:
        async with proxy(url) as way:
            await work(way)

    asyncio.run(main())


def test_a_process_whose_listening_connection_went_silent_listens_again(url: str) -> None:
    async def work(way: Proxy) -> None:
        heard = asyncio.Event()
        listener = Listener(Database(way.url))
        listener.on(NOTED, lambda _: heard.set())
        listening = asyncio.ensure_future(listener.run())
        await asyncio.wait_for(heard.wait(), PATIENCE)
        await pause(2.5)  # it asks in a silence, and is answered
        assert not listening.done()
        heard.clear()
        way.silence()
        await asyncio.wait_for(heard.wait(), PATIENCE)
        listening.cancel()
        await asyncio.wait([listening])

    between(url, work)


def test_what_a_host_that_vanished_held_is_free_again(url: str) -> None:
    async def work(way: Proxy) -> None:
        async with parts(url) as here:
            await here.reveal()
            there, held = Database(way.url), asyncio.Event()
            holding = asyncio.ensure_future(hold(there, held))
            await held.wait()
            way.silence()
            await asyncio.wait_for(here.reveal(), VANISHED_SECONDS + PATIENCE)
            there.close()
            holding.cancel()
            await asyncio.wait([holding])

    between(url, work)


async def hold(database: Database, held: asyncio.Event) -> None:
    async with database.transaction() as connection:
        await connection.execute("SELECT FROM accounts FOR UPDATE")
        held.set()
        await asyncio.Event().wait()


def test_an_advance_is_not_taken_for_a_host_that_vanished(url: str) -> None:
    """It holds a transaction that does nothing else, longer than others may."""

    async def work(made: Parts) -> Advanced:
        await begun(made)
        return await made.timeline.advance(0, VANISHED_SECONDS + 1.5)

    assert drive(url, work) == Advanced(0, 0, complete=False)


@pytest.mark.parametrize("way_of", [Database.connection, Database.transaction])
def test_after_a_statement_that_got_no_answer_connections_are_made_anew(
    url: str, way_of: Callable[[Database], Any]
) -> None:
    async def work(way: Proxy) -> None:
        database = Database(way.url)
        await one(database)
        with pytest.raises(StoreAway):
            await asyncio.wait_for(asked_in_vain(way, way_of(database)), 5)
        assert await asyncio.wait_for(one(database), 5) == 1
        database.close()
        database.close()  # a second time is nothing

    between(url, work)


async def asked_in_vain(way: Proxy, connecting: Any) -> None:
    async with connecting as connection:
        way.silence()
        await connection.execute("SELECT", timeout=0.2)


async def one(database: Database) -> Any:
    async with database.connection() as connection:
        return await connection.fetchval("SELECT 1")
