"""Owns the store in one file: the records in memory, of which nothing is told before it is in the file."""

import asyncio
from collections import ChainMap
from collections.abc import Callable, Collection, Coroutine, Sequence
from dataclasses import replace
from typing import Any

from typing_extensions import override

from mock_server.adapters.memory import EntryKey, MemoryStore, Records
from mock_server.adapters.records import ACCOUNT, COUNTER, DECLARED, ENTRY, JOB, WORLD
from mock_server.adapters.sqlite.book import Book
from mock_server.adapters.sqlite.contents import CLOCK, SETTINGS, STORED_CLOCK, StoredClock, name_of
from mock_server.adapters.sqlite.mirror import Shelf
from mock_server.domain.accounts import Account
from mock_server.domain.credits import CARRIED, LedgerEntry
from mock_server.domain.faults import FaultCounter
from mock_server.domain.jobs import Job
from mock_server.domain.rules import Rules
from mock_server.domain.world import Anchor, World
from mock_server.journal import Journal
from mock_server.ports import Clock, Keys, T, Tx, UseCase


class FileStore(MemoryStore):
    """Changes records in memory, notes which, and waits for the commit."""

    def __init__(
        self, rules: Rules, world: World, clock: Clock, journal: Journal, book: Book, retention: int
    ) -> None:
        super().__init__(rules, world, clock, journal, retention=retention)
        self._book = book
        self._parts = Shelf[str](self._part, None, name_of)
        self._people = Shelf[str](lambda key: self._world.people[key], DECLARED, name_of)
        self._account_shelf = Shelf[str](lambda key: self._accounts[key], ACCOUNT, name_of)
        self._job_shelf = Shelf[str](lambda key: self._jobs[key], JOB, self._place)
        self._entries = Shelf[tuple[str, EntryKey]](
            lambda key: self._ledgers[key[0]][key[1]], ENTRY, lambda key: name_of(key[0])
        )
        self._counter_shelf = Shelf[tuple[str, str]](
            lambda key: self._counters[key], COUNTER, lambda key: name_of(*key)
        )
        book.shelves |= {
            "world": self._parts,
            "people": self._people,
            "accounts": self._account_shelf,
            "jobs": self._job_shelf,
            "ledger": self._entries,
            "counters": self._counter_shelf,
        }
        self._parts.change(SETTINGS)

    @override
    def transact(self, keys: Keys, use_case: UseCase[T]) -> Coroutine[Any, Any, T]:
        """Change the records at once; what it returns waits for the commit."""
        self._book.check()
        tx = self._begin(keys)
        counted: dict[tuple[str, str], FaultCounter] = {}
        tx.counters = ChainMap(counted, self._counters)
        result = use_case(tx)
        self._keep(tx)
        self._count(counted)
        self._arm(
            tx
        )  # before the commit, which a caller may not await: what rings waits for its own, a later one
        saved = (
            self._book.saved() if tx.account is not None or tx.job is not None or counted else None
        )
        return self._once(saved, tx, result)

    async def _once(self, saved: asyncio.Future[None] | None, tx: Tx, result: T) -> T:
        """What a transaction returns, once it is in the file."""
        if saved is not None:
            await saved
        self._tell(tx)
        return result

    @override
    async def change(self, change: Callable[[World], World]) -> World:
        self._book.check()
        before = self._world
        world = await super().change(change)
        if world.people is not before.people:
            for key in {**before.people, **world.people}:
                if before.people.get(key) is not world.people.get(key):
                    self._people.change(key)
        if replace(world, anchor=before.anchor, people=before.people) != before:
            self._parts.change(SETTINGS)
        await self._book.saved()
        return world

    @override
    async def accounts(self, look: Callable[[Account], T]) -> list[T]:
        return await self._read(await super().accounts(look))

    @override
    async def jobs(
        self, wanted: Callable[[Job], bool], limit: int, look: Callable[[Job], T]
    ) -> list[T]:
        return await self._read(await super().jobs(wanted, limit, look))

    @override
    async def ledger(self, api_key: str) -> list[LedgerEntry]:
        return await self._read(await super().ledger(api_key))

    @override
    async def look(self) -> World:
        return await self._read(self._world)

    @override
    async def counted(self, fault_id: str) -> list[FaultCounter]:
        return await self._read(await super().counted(fault_id))

    @override
    async def records(self, look: Callable[[Records], T]) -> T:
        return await self._read(await super().records(look))

    @override
    async def forget(self, api_key: str) -> None:
        self._book.check()
        await super().forget(api_key)
        self._account_shelf.go(api_key)
        self._entries.go_all(lambda key: key[0] == api_key)
        self._job_shelf.go_all(lambda key: key not in self._jobs)
        self._counter_shelf.go_all(lambda key: key not in self._counters)
        await self._book.saved()

    @override
    async def uncount(self, fault_ids: Collection[str]) -> None:
        self._book.check()
        await super().uncount(fault_ids)
        self._counter_shelf.go_all(lambda key: key not in self._counters)
        await self._book.saved()

    @override
    async def load(self, world: World, records: Records) -> None:
        self._book.check()
        self.have(world, records)
        self._parts.have([SETTINGS])
        self._people.have(world.people)
        self._account_shelf.have(records.accounts)
        self._job_shelf.have(records.jobs)
        self._entries.have((key, each) for key, rows in records.ledgers.items() for each in rows)
        self._counter_shelf.have(records.counters)
        await self._book.saved()

    @override
    def _keep(self, tx: Tx) -> None:
        account, job = tx.account, tx.job
        if account is not None:
            self._account_shelf.change(account.api_key)
            for each in tx.entries:
                self._entries.change((account.api_key, each.key))
        if job is not None and (tx.queued or not tx.keys.reads_job):
            self._job_shelf.change(job.tracking_id)
        super()._keep(tx)  # later: what it forgets goes behind what came

    @override
    def _fold(self, job: Job, rows: Sequence[EntryKey]) -> None:
        super()._fold(job, rows)
        self._job_shelf.go(job.tracking_id)
        for key in rows:
            self._entries.go((job.api_key, key))
        for kind in job.charges:
            self._entries.move((job.api_key, (CARRIED, kind, None)))

    def _count(self, counted: dict[tuple[str, str], FaultCounter]) -> None:
        self._counters |= counted
        for key in counted:
            self._counter_shelf.change(key)

    async def _read(self, seen: T) -> T:
        """What was seen, once it is in the file."""
        self._book.check()
        await self._book.settled()
        return seen

    def _place(self, tracking_id: str) -> bytes:
        """The place of a job among the finished ones, empty as long as it waits for anything."""
        place = self._finished.get(tracking_id)
        return b"" if place is None else b"%d" % place

    def _part(self, name: str) -> bytes:
        if name == CLOCK:
            return STORED_CLOCK.encode(StoredClock.of(self._world.anchor, self._clock))
        return WORLD.encode(replace(self._world, anchor=Anchor(), people={}))
