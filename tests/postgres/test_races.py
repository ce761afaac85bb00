"""What processes on one database do to each other at the worst moment, and what an outage leaves behind."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, TypeVar, cast

import pytest
from typing_extensions import override

from mock_server.adapters.postgres.database import Connection, Database
from mock_server.adapters.postgres.inboxes import Inboxes
from mock_server.adapters.postgres.listener import NOTED, Listener
from mock_server.adapters.postgres.store import PostgresStore
from mock_server.adapters.postgres.timeline import SharedTimeline
from mock_server.adapters.postgres.upkeep import DEAD
from mock_server.adapters.postgres.worlds import Overtaken
from mock_server.domain.inbox import Message
from mock_server.domain.jobs import Outcome
from mock_server.domain.world import ClockMode, World
from mock_server.ports import DELIVER, Keys, Receipt, Tx, Wake
from mock_server.service import deliver
from tests import postgresql
from tests.postgres.hosts import Host
from tests.postgres.parts import KEY, Parts, parts
from tests.postgres.test_parts import (
    Leaving,
    _a_second_later,
    _searched,
    all_of,
    begun,
    drive,
    pause,
    take_attempt,
)
from tests.postgres.test_shared import when

T = TypeVar("T")
Hosts = tuple[Host, Host]
START = "2026-01-01T00:00:00.000000Z"
MESSAGE = Message(0, "/", (), b"{}")
DELIVERED = Receipt(Outcome.DELIVERED, 200, None, 1.0)


async def until(holds: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(20):
        while not await holds():
            await pause(0.01)


def is_sending(url: str) -> Callable[[], bool]:
    return lambda: bool(postgresql.ask(url, "SELECT count(*) FROM wakes WHERE worker IS NOT NULL"))


# A reset meets what is under way


@pytest.mark.parametrize("resets", [0, 1])
def test_an_advance_that_a_reset_overtakes_moves_the_new_world_s_time_nowhere(
    url: str, hosts: Hosts, resets: int
) -> None:
    hosts[0].inbox("a").answer_with(delay_seconds=5)
    hosts[0].reveal()
    with ThreadPoolExecutor(1) as pool:
        advancing = pool.submit(hosts[0].advance, 3_600)
        when(is_sending(url))
        hosts[resets].reset()
        told = advancing.result(20)

    assert (told["ran"], hosts[1].clock()["now"]) == (2, START)


def test_what_is_meant_for_a_world_does_not_change_the_next(url: str) -> None:
    async def work(made: Parts) -> World:
        age = made.store.age
        await made.timeline.restart(World(7))
        with pytest.raises(Overtaken):
            await made.store.change_quickly(lambda _: World(8), age)
        return await made.store.look()

    assert drive(url, work) == World(7)


class Late(Database):
    """A database whose next transaction is begun after something else."""

    before: Callable[[], Awaitable[None]] | None = None

    @override
    async def run(self, work: Callable[[Connection], Awaitable[T]]) -> T:
        before, self.before = self.before, None
        if before is not None:
            await before()
        return await super().run(work)


def test_an_answer_that_begins_to_wait_just_before_a_reset_is_given(url: str) -> None:
    async def main() -> None:
        database = Late(url)
        async with parts(url, database=database) as made:
            waiting: list[asyncio.Future[None]] = []

            async def begin_to_wait() -> None:
                waiting.append(asyncio.ensure_future(made.answers.delay(30, done)))
                await until(lambda: is_pending(made))

            done = asyncio.Event()
            done.set()
            database.before = begin_to_wait
            await made.timeline.restart(World(1))
            await asyncio.wait_for(waiting[0], 5)
            await made.answers.stop()

    asyncio.run(main())


async def is_pending(made: Parts) -> bool:
    return (await made.timeline.agenda()).pending > 0


def test_a_process_hears_that_another_one_was_begun_with_another_clock(url: str) -> None:
    with Host(url) as one, Host(url, clock="x60"):
        assert one._fake is not None
        store = one._fake.engine.store
        when(lambda: store.world.anchor.mode is ClockMode.SCALED)


async def taken(made: Parts) -> str:
    """A job whose webhook is being sent."""
    tracking_id = await made.reveal()
    await made.store.change(_a_second_later)
    await take_attempt(made, tracking_id)
    return tracking_id


def test_an_advance_waits_only_for_what_was_being_done_when_it_began(url: str) -> None:
    async def work(made: Parts) -> bool:
        first, second = await taken(made), await taken(made)
        ends = asyncio.get_running_loop().time() + 20
        waiting = asyncio.ensure_future(made.timeline._others_end(ends))
        await pause(0.05)
        third = await taken(made)
        for each in (first, second):
            use_case = partial(deliver.finish, number=1, receipt=DELIVERED)
            await made.store.transact(Keys(tracking_id=each), use_case)
        ended = await asyncio.wait_for(waiting, 20)
        left = await all_of(made, "SELECT tracking_id FROM wakes WHERE worker IS NOT NULL")
        return ended and left == [(third.encode(),)]

    assert drive(url, work)


class Meanwhile:
    """A store whose world is looked at just before another process begins something."""

    def __init__(self, made: Parts) -> None:
        self._made = made

    def __getattr__(self, name: str) -> Any:
        return getattr(self._made.store, name)

    async def look(self) -> World:
        world = await self._made.store.look()
        await taken(self._made)
        return world


def test_an_advance_is_not_complete_while_what_begins_under_its_eyes_is_being_done(
    url: str,
) -> None:
    async def work(made: Parts) -> Any:
        clock, store = made.timeline._clock, cast("PostgresStore", Meanwhile(made))
        timeline = SharedTimeline(
            made.database, store, clock, made.engine, made.answers, made.chronicle
        )
        return await timeline.advance("idle", 0.05)

    assert drive(url, work) == (0, 0, False)


def test_a_message_that_comes_while_its_inbox_is_emptied_is_the_first_of_a_new_one(
    url: str,
) -> None:
    async def work(made: Parts) -> int:
        inboxes = Inboxes(made.database)
        await inboxes.receive("a", MESSAGE)
        async with made.database.transaction() as connection:
            await connection.execute("SELECT FROM inboxes FOR UPDATE")
            receiving = asyncio.ensure_future(inboxes.receive("a", MESSAGE))
            await until(partial(somebody_waits_for_a_lock, made))
            await connection.execute("DELETE FROM inboxes; DELETE FROM messages")
        return (await receiving).number

    assert drive(url, work) == 1


async def somebody_waits_for_a_lock(made: Parts) -> bool:
    waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted"
    return await all_of(made, waiting) != [(0,)]


# What an outage leaves behind


def test_an_answer_that_was_given_in_an_outage_is_no_longer_due_when_that_is_over(url: str) -> None:
    async def main() -> Any:
        database, done = Leaving(url), asyncio.Event()
        async with parts(url, database=database) as made:
            request = asyncio.ensure_future(made.answers.delay(30, done))
            await until(lambda: is_pending(made))
            made.answers.ring_all()
            await request
            database.away = True
            done.set()
            await pause(0.05)
            database.away = False
            await until(partial(nothing_is_pending, made))

    asyncio.run(main())


async def nothing_is_pending(made: Parts) -> bool:
    return not await is_pending(made)


def test_an_answer_whose_server_stops_leaves_nothing_running(url: str) -> None:
    async def main() -> bool:
        database, done = Leaving(url), asyncio.Event()
        async with parts(url, database=database) as made:
            request = asyncio.ensure_future(made.answers.delay(30, done))
            await until(lambda: is_pending(made))
            made.answers.ring_all()
            await request
            database.away = True
            done.set()
            await pause(0.05)
            await made.answers.stop()
            return asyncio.all_tasks() == {asyncio.current_task()}

    assert asyncio.run(main())


class Dying(Database):
    """A database whose first connections die as soon as they are made."""

    deaths = 2

    @override
    async def connect(self) -> Any:
        connection = await super().connect()
        self.deaths -= 1
        if self.deaths >= 0:
            connection.terminate()
        return connection


def test_a_process_whose_connection_dies_before_it_listens_listens_again(url: str) -> None:
    async def main() -> None:
        heard = asyncio.Event()
        listener = Listener(Dying(url))
        listener.on(NOTED, lambda _: heard.set())
        listening = asyncio.ensure_future(listener.run())
        await asyncio.wait(
            [asyncio.ensure_future(heard.wait()), listening],
            timeout=20,
            return_when="FIRST_COMPLETED",
        )
        assert heard.is_set(), listening
        listening.cancel()
        await asyncio.wait([listening])

    asyncio.run(main())


def test_a_process_that_meets_a_defect_in_its_upkeep_tells_it_and_goes_on(url: str) -> None:
    async def work(made: Parts) -> list[str]:
        told: list[str] = []
        asyncio.get_running_loop().set_exception_handler(
            lambda _, context: told.append(context["message"])
        )
        made.upkeep._alive = DEAD
        await rename(made, "workers", "gone")
        keeping = asyncio.ensure_future(made.upkeep.run())
        try:
            await until(lambda: as_coroutine(bool(told)))
            await rename(made, "gone", "workers")
            await until(lambda: as_coroutine(made.upkeep._alive > 0))
        finally:
            keeping.cancel()
            await asyncio.wait([keeping])
        return told[:1]

    assert drive(url, work) == ["the upkeep of the shared state failed"]


async def as_coroutine(value: T) -> T:
    return value


async def rename(made: Parts, table: str, name: str) -> None:
    async with made.database.connection() as connection:
        await connection.execute(f"ALTER TABLE {table} RENAME TO {name}")


# Whoever only looks at an account does not wait for it


@asynccontextmanager
async def locked(made: Parts) -> AsyncIterator[None]:
    """The account, as it is while another process changes it."""
    async with made.database.transaction() as connection:
        await connection.execute("SELECT FROM accounts FOR UPDATE")
        yield


def test_a_webhook_is_sent_while_another_process_changes_its_account(url: str) -> None:
    async def work(made: Parts) -> Any:
        tracking_id = await made.reveal("mock-found-hook-late-1")
        await made.store.change(_a_second_later)
        await made.store.transact(Keys(tracking_id=tracking_id), _searched)
        await made.store.change(_a_second_later)
        async with locked(made), asyncio.timeout(20):
            return await made.engine.do(Wake(0, tracking_id, DELIVER, 1))

    assert drive(url, work) == 1


def test_a_job_is_read_while_another_process_changes_it(url: str) -> None:
    async def work(made: Parts) -> Any:
        tracking_id = await made.reveal()
        keys = Keys(tracking_id=tracking_id, reads_job=True, reads_account=True)
        async with locked(made), asyncio.timeout(20), made.database.transaction() as connection:
            await connection.execute("SELECT FROM jobs FOR UPDATE")
            return await made.store.transact(keys, lambda tx: tx.job and tx.job.tracking_id)

    assert drive(url, work)


def test_an_account_that_was_only_to_be_looked_at_is_changed_with_its_lock(url: str) -> None:
    async def work(made: Parts) -> Any:
        tracking_id = await made.reveal()
        keys = Keys(tracking_id=tracking_id, reads_account=True)
        runs: list[str] = []

        def change(tx: Tx) -> None:
            assert tx.account
            runs.append(tx.account.api_key)
            tx.account.accepted += 1

        await asyncio.gather(*(made.store.transact(keys, change) for _ in range(10)))
        accounts = await made.store.accounts(lambda account: account.accepted)
        return accounts, len(runs)

    accounts, runs = drive(url, work)
    assert accounts == [11], "each change is kept"
    assert runs == 20, "each is run once without the lock, and again with it"


def test_an_account_that_goes_takes_along_what_an_attempt_arms_meanwhile(url: str) -> None:
    async def work(made: Parts) -> Any:
        tracking_id = await begun(made)
        async with made.database.transaction() as connection:
            await connection.execute("SELECT FROM jobs FOR UPDATE")
            forgetting = asyncio.create_task(made.store.forget(KEY))
            await until(partial(_waits_for_a_lock, made))
            await connection.execute(
                "INSERT INTO wakes VALUES ($1, 'deliver', 2, 0, 1, false)", tracking_id.encode()
            )
        await forgetting
        return await all_of(made, "SELECT * FROM wakes")

    assert drive(url, work) == []


async def _waits_for_a_lock(made: Parts) -> bool:
    waiting = (
        "SELECT count(*) FROM pg_stat_activity"
        " WHERE wait_event_type = 'Lock' AND datname = current_database()"
    )
    return await all_of(made, waiting) == [(1,)]
