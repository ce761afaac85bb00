"""Owns the records in memory: dicts, bounded by the retention of finished jobs."""

from collections import OrderedDict
from collections.abc import Callable, Collection, Mapping, Sequence
from itertools import islice
from typing import NamedTuple

from mock_server.domain.accounts import Account
from mock_server.domain.credits import CARRIED, LedgerEntry, carry_on
from mock_server.domain.faults import FaultCounter
from mock_server.domain.jobs import Job, Status
from mock_server.domain.rules import Rules
from mock_server.domain.world import World
from mock_server.journal import Journal
from mock_server.ports import Clock, Keys, T, Tx, UseCase, Wakeups

EntryKey = tuple[str, str, str | None]
Ledger = dict[EntryKey, LedgerEntry]


class Records(NamedTuple):
    """All records of a store; `finished` are the jobs that may be forgotten, with their places, the first one first."""

    accounts: dict[str, Account]
    jobs: dict[str, Job]
    ledgers: dict[str, Ledger]
    counters: dict[tuple[str, str], FaultCounter]
    finished: Mapping[str, int]


class MemoryStore:
    """Records are changed in place: a use case is not interrupted, and writes only what it has decided."""

    def __init__(
        self, rules: Rules, world: World, clock: Clock, journal: Journal, *, retention: int
    ) -> None:
        self.rules = rules
        self._world = world
        self._clock = clock
        self._journal = journal
        self._retention = retention
        self._wakeups: Wakeups | None = None
        self._accounts: dict[str, Account] = {}
        self._jobs: dict[str, Job] = {}
        self._finished = OrderedDict[str, int]()  # oldest first, to be forgotten in O(1)
        self._newest_place = 0
        self._ledgers: dict[str, Ledger] = {}
        self._counters: dict[tuple[str, str], FaultCounter] = {}

    def wake(self, wakeups: Wakeups) -> None:
        """Where wake-ups go once a transaction is saved."""
        self._wakeups = wakeups

    @property
    def world(self) -> World:
        return self._world

    def now(self) -> int:
        return self._world.anchor.at(self._clock.real())

    async def transact(self, keys: Keys, use_case: UseCase[T]) -> T:
        tx = self._begin(keys)
        result = use_case(tx)
        self._keep(tx)
        self._arm(tx)
        self._tell(tx)
        return result

    def _begin(self, keys: Keys) -> Tx:
        tx = Tx(keys, self.now(), self._world, self.rules)
        tx.counters = self._counters
        if keys.tracking_id is not None:
            tx.job = self._jobs.get(keys.tracking_id)
        if keys.api_key is not None:
            tx.account = self._accounts.get(keys.api_key)
        elif tx.job is not None:
            tx.account = self._accounts.get(tx.job.api_key)
        return tx

    async def change(self, change: Callable[[World], World]) -> World:
        self._world = change(self._world)
        return self._world

    async def accounts(self, look: Callable[[Account], T]) -> list[T]:
        return [look(each) for each in self._accounts.values()]

    async def jobs(
        self, wanted: Callable[[Job], bool], limit: int, look: Callable[[Job], T]
    ) -> list[T]:
        newest = islice(filter(wanted, reversed(self._jobs.values())), limit)
        return [look(each) for each in newest][::-1]

    async def ledger(self, api_key: str) -> list[LedgerEntry]:
        entries = self._ledgers.get(api_key, {}).values()
        return sorted(entries, key=lambda each: each.at)

    async def forget(self, api_key: str) -> None:
        self._accounts.pop(api_key, None)
        self._ledgers.pop(api_key, None)
        for tracking_id in [
            each.tracking_id for each in self._jobs.values() if each.api_key == api_key
        ]:
            del self._jobs[tracking_id]
            self._finished.pop(tracking_id, None)
        for key in [each for each in self._counters if each[1] == api_key]:
            del self._counters[key]

    async def look(self) -> World:
        return self._world

    async def counted(self, fault_id: str) -> list[FaultCounter]:
        """How often a fault fitted and happened, per key."""
        return [counter for (fault, _), counter in self._counters.items() if fault == fault_id]

    async def uncount(self, fault_ids: Collection[str]) -> None:
        """Forget the counters of faults that were removed."""
        for key in [each for each in self._counters if each[0] in fault_ids]:
            del self._counters[key]

    def job(self, tracking_id: str) -> Job | None:
        """A job as it is now, to be read only."""
        return self._jobs.get(tracking_id)

    async def reset(self, world: World) -> None:
        """Have this world and no records."""
        await self.load(world, Records({}, {}, {}, {}, {}))

    async def records(self, look: Callable[[Records], T]) -> T:
        """What `look` makes of everything but the world; it changes nothing."""
        return look(
            Records(self._accounts, self._jobs, self._ledgers, self._counters, self._finished)
        )

    async def load(self, world: World, records: Records) -> None:
        """Have these records and no others."""
        self.have(world, records)

    def have(self, world: World, records: Records) -> None:
        """The same, for a store that nobody waits for yet."""
        self._world = world
        self._accounts, self._jobs = records.accounts, records.jobs
        self._ledgers, self._counters = records.ledgers, records.counters
        self._finished = OrderedDict(records.finished)
        self._newest_place = max(self._finished.values(), default=0)

    def _keep(self, tx: Tx) -> None:
        account, job = tx.account, tx.job
        if tx.opened and account is not None:
            self._accounts[account.api_key] = account
        if tx.entries and account is not None:
            ledger = self._ledgers.setdefault(account.api_key, {})
            for entry in tx.entries:
                ledger[entry.key] = entry
        if job is not None:
            if tx.queued:
                self._jobs[job.tracking_id] = job
            self._retire(job)

    def _arm(self, tx: Tx) -> None:
        if tx.wakes and self._wakeups is not None:
            self._wakeups.arm(tx.wakes)

    def _tell(self, tx: Tx) -> None:
        if tx.events:
            self._journal.note(tx.events)

    def _retire(self, job: Job) -> None:
        if job.waits():
            if job.tracking_id in self._finished:
                del self._finished[job.tracking_id]
            return
        if job.tracking_id not in self._finished:
            self._newest_place += 1
            self._finished[job.tracking_id] = self._newest_place
        while len(self._finished) > self._retention:
            oldest = self._jobs.pop(self._finished.popitem(last=False)[0])
            self._fold(oldest, rows_of(oldest))

    def _fold(self, job: Job, rows: Sequence[EntryKey]) -> None:
        """Carry the rows of a forgotten job on in one."""
        ledger = self._ledgers.get(job.api_key)
        if ledger is None:
            return
        for key in rows:
            if (entry := ledger.pop(key, None)) is not None:
                carried = (CARRIED, entry.kind, None)
                ledger[carried] = carry_on(ledger.pop(carried, None), entry)


def rows_of(job: Job) -> Sequence[EntryKey]:
    """The keys of a job's rows in the ledger."""
    finders = [each.provider for each in job.steps if each.status is Status.FOUND]
    return [(job.tracking_id, kind, each) for kind in job.charges for each in finders]
