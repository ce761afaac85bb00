"""Whatever commit a process dies at, another takes over: a number is charged once, its webhook comes at least once."""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from copy import copy
from itertools import count
from typing import Any, NamedTuple

import pytest
from typing_extensions import override

from mock_server.adapters.postgres.database import Connection, Database
from mock_server.adapters.postgres.upkeep import DEAD
from mock_server.domain.accounts import Account
from mock_server.domain.credits import Credits, LedgerEntry
from mock_server.domain.instants import SECOND
from mock_server.domain.jobs import Job, JobState
from mock_server.ports import Keys, Tx
from tests import postgresql
from tests.builders import every_job
from tests.fakes import FakeWebhooks
from tests.postgres.parts import KEY, Parts, parts

CREDITS = 1_000
PEOPLE = ("mock-found-hook-twice", "mock-none")
NEVER = 10**6


class Killed(Exception):
    """The process is gone."""


class Fate:
    """Counts what is committed; at the n-th commit, before or after it, the process is gone."""

    def __init__(self, dies_at: int, *, after: bool) -> None:
        self._dies_at, self._after = dies_at, after
        self.commits = 0
        self.dead = False

    def check(self) -> None:
        if self.dead:
            raise Killed

    @contextmanager
    def committing(self) -> Iterator[None]:
        self.check()
        self.commits += 1
        dies = self.commits == self._dies_at
        self.dead = dies and not self._after
        self.check()
        yield
        self.dead = self.dead or dies
        self.check()


class MortalConnection:
    """What a connection does as long as its process lives."""

    def __init__(self, connection: Any, fate: Fate) -> None:
        self._connection, self._fate = connection, fate

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)

    @asynccontextmanager
    async def transaction(self, *, isolation: str) -> AsyncIterator[None]:
        transaction = self._connection.transaction(isolation=isolation)
        await transaction.start()
        try:
            yield
            with self._fate.committing():
                await transaction.commit()
        except BaseException:
            if self._connection.is_in_transaction():
                await transaction.rollback()
            raise

    async def execute(self, query: str, *args: Any, **how: Any) -> Any:
        return await self._do("execute", query, *args, **how)

    async def fetch(self, query: str, *args: Any, **how: Any) -> Any:
        return await self._do("fetch", query, *args, **how)

    async def fetchrow(self, query: str, *args: Any, **how: Any) -> Any:
        return await self._do("fetchrow", query, *args, **how)

    async def fetchval(self, query: str, *args: Any, **how: Any) -> Any:
        return await self._do("fetchval", query, *args, **how)

    async def _do(self, deed: str, query: str, *args: Any, **how: Any) -> Any:
        """Outside of a transaction, each statement that writes is a commit."""
        self._fate.check()
        do = getattr(self._connection, deed)
        if self._connection.is_in_transaction() or query.lstrip().startswith("SELECT"):
            return await do(query, *args, **how)
        with self._fate.committing():
            return await do(query, *args, **how)


class MortalDatabase(Database):
    """The database as a process sees it that dies."""

    def __init__(self, url: str, fate: Fate) -> None:
        super().__init__(url)
        self._fate = fate

    @override
    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        self._fate.check()
        async with super().connection() as connection:
            yield MortalConnection(connection, self._fate)


class Ending(NamedTuple):
    jobs: list[Job]
    entries: list[LedgerEntry]
    left: int


def opened(tx: Tx) -> None:
    tx.open(Account(KEY, "max", tx.now, 300, {"unified": Credits(CREDITS)}))


def left(tx: Tx) -> int:
    return tx.account.purse["unified"].left if tx.account else CREDITS


async def told(url: str, fate: Fate, webhooks: FakeWebhooks) -> list[str]:
    """Two jobs and all that comes of them, until death; the ids that were answered."""
    accepted: list[str] = []
    database = MortalDatabase(url, fate)
    with suppress(Killed):
        async with parts(url, database=database, webhooks=webhooks) as made:
            await made.store.transact(Keys(KEY), opened)
            for person in PEOPLE:
                accepted.append(await made.reveal(person))
                await made.timeline.advance(2 * SECOND, 10)
            await made.timeline.advance("idle", 10)
    return accepted


async def taken_over(url: str, webhooks: FakeWebhooks) -> Ending:
    """What another process makes of it once it knows that the first is dead."""
    async with parts(url, webhooks=webhooks) as made:
        await bury_others(made)
        done = await made.timeline.advance("idle", 10)
        assert done.complete, "what the dead process had begun is waited for"
        jobs = await every_job(made.store, copy)
        entries = await made.store.ledger(KEY)
        return Ending(jobs, entries, await made.store.transact(Keys(KEY), left))


async def bury_others(made: Parts) -> None:
    """As eight seconds without a sign of life do."""
    async with made.database.connection() as connection:
        await connection.execute(
            "UPDATE workers SET seen = '-infinity' WHERE worker <> $1", made.engine.worker
        )
    made.upkeep._alive = DEAD
    await made.upkeep._tick()


def lived(url: str, fate: Fate) -> tuple[list[str], FakeWebhooks]:
    postgresql.empty()
    webhooks = FakeWebhooks((500, 200))
    return asyncio.run(told(url, fate, webhooks)), webhooks


def test_without_a_death_the_story_is_whole(url: str) -> None:
    fate = Fate(NEVER, after=True)

    accepted, webhooks = lived(url, fate)

    assert len(accepted) == len(PEOPLE)
    assert len(webhooks.sent) > len(PEOPLE), "one failed and was sent again"
    assert fate.commits > 20


@pytest.mark.parametrize("after", [False, True], ids=["before a commit", "after a commit"])
def test_whatever_commit_it_dies_at_another_process_ends_what_it_began(
    url: str, after: bool
) -> None:
    died = 0
    for n in count(1):
        fate = Fate(n, after=after)
        accepted, webhooks = lived(url, fate)
        if not fate.dead:
            break
        died += 1
        assert_all_is_well(n, accepted, asyncio.run(taken_over(url, webhooks)), webhooks)

    print(f"died {'after' if after else 'before'} each of {died} commits: all taken over")
    assert died > 20


def assert_all_is_well(n: int, accepted: list[str], ending: Ending, webhooks: FakeWebhooks) -> None:
    jobs = {job.tracking_id: job for job in ending.jobs}
    assert set(accepted) <= set(jobs), f"commit {n}: an accepted job was lost"
    ended = {name for name, job in jobs.items() if job.state is JobState.FINISHED}
    assert ended == set(jobs), f"commit {n}: a job was not ended"
    assert not any(job.pending for job in ending.jobs), f"commit {n}: a webhook still waits"
    found = {name for name, job in jobs.items() if "none" not in job.person.person_id}
    charges = Counter(each.tracking_id for each in ending.entries)
    assert charges == dict.fromkeys(found, 1), f"commit {n}: not one charge for each found job"
    assert ending.left == CREDITS + sum(each.amount for each in ending.entries)
    delivered = {json.loads(post.body)["trackingId"] for post in webhooks.sent}
    assert delivered == set(jobs), f"commit {n}: a webhook came for no job, or none for one"
