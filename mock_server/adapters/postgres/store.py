"""Owns the records in PostgreSQL: a use case's slice is locked, loaded, and saved whole or not at all."""

from collections.abc import Awaitable, Callable, Collection, Hashable, Mapping, Sequence
from functools import partial
from typing import Any, Final, NamedTuple

from mock_server.adapters.postgres.database import Connection, Database, Row, raw, text
from mock_server.adapters.postgres.engine import Engine, by_hand
from mock_server.adapters.postgres.lanes import PATIENCE, Lanes, Turn
from mock_server.adapters.postgres.listener import ATTEMPTED, tell
from mock_server.adapters.postgres.saving import Done, Slice, save_accounts, save_jobs
from mock_server.adapters.postgres.statement import Statement
from mock_server.adapters.postgres.worlds import Worlds
from mock_server.adapters.records import ACCOUNT, COUNTER, ENTRY, JOB
from mock_server.domain.accounts import Account
from mock_server.domain.credits import LedgerEntry
from mock_server.domain.events import DeliveryAttempted, Event
from mock_server.domain.faults import FaultCounter
from mock_server.domain.jobs import Job
from mock_server.domain.rules import Rules
from mock_server.domain.world import World
from mock_server.journal import Journal
from mock_server.ports import Clock, Keys, T, Tx, UseCase, Wake

Also = Callable[[Connection], Awaitable[None]]

VERSION: Final = "(SELECT version FROM world)"
LOOK_AT_ACCOUNTS: Final = f"SELECT api_key, record, {VERSION} FROM accounts WHERE api_key = ANY($1)"  # noqa: S608 - no input
LOCK_ACCOUNTS: Final = f"{LOOK_AT_ACCOUNTS} ORDER BY api_key FOR UPDATE"
READ_JOB: Final = "SELECT record FROM jobs WHERE tracking_id = $1"
LOOK_AT_JOB: Final = "SELECT api_key, record FROM jobs WHERE tracking_id = $1"
READ_JOBS: Final = "SELECT number, record FROM jobs WHERE number < $1 ORDER BY number DESC LIMIT $2"
NEWEST: Final = (1 << 63) - 1
PAGE: Final = 500
LOCK_BOTH: Final = f"""
    SELECT tracking_id, api_key, account.record, {VERSION}, job.record
    FROM jobs AS job JOIN accounts AS account USING (api_key) WHERE tracking_id = ANY($1)
    ORDER BY api_key, tracking_id FOR UPDATE OF account FOR UPDATE OF job
"""  # noqa: S608 - no input; in an order, or two that do so would wait for each other
LOCK_JOBS: Final = """
    SELECT tracking_id, api_key, record FROM jobs WHERE tracking_id = ANY($1)
    ORDER BY api_key, tracking_id FOR UPDATE
"""
BE_PATIENT: Final = f"SET LOCAL lock_timeout = {PATIENCE * 1000:.0f}"


class Saved(NamedTuple):
    """What came of a transaction: what its use cases return, what happened, and which wakes are due already."""

    results: Sequence[Any]
    events: Sequence[Event]
    due: Sequence[Wake]


class Unlocked(Exception):
    """A use case changed the account that it was only to look at."""


class PostgresStore:
    """The account's row is the lock: of one account, one transaction that changes it runs at a time, in all processes.

    One that is to look at the account does without, and is run again with the lock where it changed it after all.
    What several ask of accounts at the same time, or of jobs whose time has come, is done in one transaction.
    """

    def __init__(
        self,
        rules: Rules,
        worlds: Worlds,
        clock: Clock,
        database: Database,
        engine: Engine,
        journal: Journal,
    ) -> None:
        self.rules = rules
        self._worlds = worlds
        self._clock = clock
        self._database = database
        self._engine = engine
        self._journal = journal
        self._lanes = Lanes(self._together, self._alone, _own_lane)

    @property
    def world(self) -> World:
        return self._worlds.now

    @property
    def age(self) -> int:
        """Which world this process saw last; a reset or a snapshot brings another one."""
        return self._worlds.age

    def now(self) -> int:
        return self._worlds.now.anchor.at(self._clock.real())

    async def transact(self, keys: Keys, use_case: UseCase[T]) -> T:
        turn, lane = Turn(keys, use_case), _lane(keys)
        if lane is None:
            result: T = await self._alone(turn)
        else:  # a lane is begun by one of those in it, and has that one's context
            result = await self._lanes.do(lane, turn)
        return result

    async def look(self) -> World:
        return await self._worlds.look(self._database)

    async def change(self, change: Callable[[World], World], also: Also | None = None) -> World:
        """Replace the world by what `change` makes of it; `also` is done in the same transaction."""

        async def work(connection: Connection) -> Row:
            row = await self._worlds.change(connection, change)
            if also is not None:
                await also(connection)
            return row

        return self._worlds.take(await self._database.run(work))

    async def begin(self, world: World, also: Also) -> None:
        """Have another world; `also` is done in the same transaction."""

        async def work(connection: Connection) -> Row:
            row = await self._worlds.begin(connection, world)
            await also(connection)
            return row

        self._worlds.take(await self._database.run(work))

    async def change_quickly(
        self, change: Callable[[World], World], age: int | None = None
    ) -> None:
        """As `change`, in one statement where nobody else does; raises Overtaken for a world that is no more."""
        if age in (None, self._worlds.age):
            version, world = self._worlds.version, change(self._worlds.now)
            async with self._database.connection() as connection:
                row = await self._worlds.replace(connection, version, world)
            if row is not None:
                self._worlds.take(row)
                return
        again = partial(self._worlds.change, change=change, age=age)
        self._worlds.take(await self._database.run(again))

    async def accounts(self, look: Callable[[Account], T]) -> list[T]:
        async with self._database.connection() as connection:
            rows = await connection.fetch("SELECT record FROM accounts")
        return [look(ACCOUNT.decode(record)) for (record,) in rows]

    async def jobs(
        self, wanted: Callable[[Job], bool], limit: int, look: Callable[[Job], T]
    ) -> list[T]:
        found: list[T] = []
        async with self._database.transaction("repeatable_read") as connection:
            before, page = NEWEST, PAGE
            while page == PAGE and len(found) < limit:
                rows = await connection.fetch(READ_JOBS, before, PAGE)
                jobs = (JOB.decode(record) for _, record in rows)
                found += [look(each) for each in jobs if wanted(each)]
                page, before = len(rows), rows[-1][0] if rows else before
        return found[:limit][::-1]

    async def ledger(self, api_key: str) -> list[LedgerEntry]:
        async with self._database.connection() as connection:
            rows = await connection.fetch(
                "SELECT record FROM ledger WHERE api_key = $1 ORDER BY number", raw(api_key)
            )
        return sorted((ENTRY.decode(record) for (record,) in rows), key=lambda each: each.at)

    async def forget(self, api_key: str) -> None:
        async def work(connection: Connection) -> None:
            await connection.fetch(LOCK_ACCOUNTS, [raw(api_key)])
            gone = await connection.fetch(
                "DELETE FROM jobs WHERE api_key = $1 RETURNING tracking_id", raw(api_key)
            )
            # Only now: an attempt that ended while the jobs were waited for may have armed one.
            ids = [tracking_id for (tracking_id,) in gone]
            await connection.execute("DELETE FROM wakes WHERE tracking_id = ANY($1)", ids)
            for table in ("ledger", "counters", "accounts"):
                await connection.execute(f"DELETE FROM {table} WHERE api_key = $1", raw(api_key))  # noqa: S608

        await self._database.run(work)

    async def counted(self, fault_id: str) -> list[FaultCounter]:
        async with self._database.connection() as connection:
            rows = await connection.fetch(
                "SELECT record FROM counters WHERE fault_id = $1", raw(fault_id)
            )
        return [COUNTER.decode(record) for (record,) in rows]

    async def uncount(self, fault_ids: Collection[str]) -> None:
        async with self._database.connection() as connection:
            await connection.execute(
                "DELETE FROM counters WHERE fault_id = ANY($1)", [raw(each) for each in fault_ids]
            )

    async def _alone(self, turn: Turn) -> Any:
        try:
            outcome = await self._database.run(partial(self._once, [turn]))
        except Unlocked:
            locked = turn._replace(keys=turn.keys._replace(reads_account=False))
            outcome = await self._database.run(partial(self._once, [locked]))
        return self._tell(outcome)[0]

    async def _together(self, turns: Sequence[Turn]) -> Sequence[Any]:
        """All of a lane in one transaction, or none of them."""
        async with self._database.transaction() as connection:
            outcome = await self._once(turns, connection)
        return self._tell(outcome)

    def _tell(self, saved: Saved) -> Sequence[Any]:
        """What is to be done after the commit."""
        if saved.events:
            self._journal.note(saved.events)
        self._engine.ring(saved.due)
        return saved.results

    async def _once(self, turns: Sequence[Turn], connection: Connection) -> Saved:
        reads = await self._read_all(connection, turns)
        accounts = {
            each.api_key: ACCOUNT.decode(each.account) if each.account else None for each in reads
        }  # each once, however many share it
        counters = dict(reads[0].counters)
        results, done = [], list[Done]()
        for turn, read in zip(turns, reads, strict=True):
            tx = Tx(turn.keys, self.now(), self.world, self.rules)
            tx.account, tx.counters = accounts[read.api_key], counters
            tx.job = JOB.decode(read.job) if read.job else None
            done.append(Done.of(tx, read))
            results.append(turn.use_case(tx))
            accounts[read.api_key] = tx.account
        due = await self._save(connection, done)
        return Saved(results, [event for tx, _, _ in done for event in tx.events], due)

    async def _read_all(self, connection: Connection, turns: Sequence[Turn]) -> Sequence[Slice]:
        """The slice of each; all are alike, but for the account or the job that they are about."""
        keys = turns[0].keys
        if len({turn.keys for turn in turns}) > 1:
            await connection.execute(BE_PATIENT)
        if keys.tracking_id is None:
            return await self._read_accounts(connection, turns)
        if not _changes_jobs(keys):
            return [await self._read(connection, each.keys) for each in turns]
        ids = [raw(each.keys.tracking_id or "") for each in turns]
        read = self._look_at_jobs if keys.reads_account else self._lock_jobs
        slices = await read(connection, ids)
        return [slices.get(each, Slice()) for each in ids]

    async def _read_accounts(
        self, connection: Connection, turns: Sequence[Turn]
    ) -> Sequence[Slice]:
        asked = [raw(each.keys.api_key or "") for each in turns]
        wanted = set(asked)
        accounts = await self._accounts(connection, wanted, turns[0].keys)
        counters = await self._counters(connection, wanted)
        return [Slice(each, accounts.get(each), None, counters) for each in asked]

    async def _lock_jobs(
        self, connection: Connection, ids: Sequence[bytes]
    ) -> Mapping[bytes, Slice]:
        """With their accounts."""
        rows = await connection.fetch(LOCK_BOTH, ids)
        await self._catch_up(connection, [version for _, _, _, version, _ in rows])
        return {tracking_id: Slice(key, account, job) for tracking_id, key, account, _, job in rows}

    async def _look_at_jobs(
        self, connection: Connection, ids: Sequence[bytes]
    ) -> Mapping[bytes, Slice]:
        """Accounts once the jobs are locked: each tells at least what its job rests on."""
        jobs = await connection.fetch(LOCK_JOBS, ids)
        wanted = {api_key for _, api_key, _ in jobs}
        accounts = await self._accounts(connection, wanted, Keys(reads_account=True))
        return {tracking_id: Slice(key, accounts.get(key), job) for tracking_id, key, job in jobs}

    async def _read(self, connection: Connection, keys: Keys) -> Slice:
        """Of a use case that looks at a job."""
        tracking_id, api_key, job = raw(keys.tracking_id or ""), raw(keys.api_key or ""), None
        if keys.api_key is None:
            api_key, job = await connection.fetchrow(LOOK_AT_JOB, tracking_id) or (b"", None)
        accounts = await self._accounts(connection, {api_key}, keys)
        if keys.api_key is not None:
            job = await connection.fetchval(READ_JOB, tracking_id)
        counters = await self._counters(connection, {api_key})
        return Slice(api_key, accounts.get(api_key), job, counters)

    async def _accounts(
        self, connection: Connection, wanted: Collection[bytes], keys: Keys
    ) -> Mapping[bytes, bytes]:
        statement = LOOK_AT_ACCOUNTS if keys.reads_account else LOCK_ACCOUNTS
        rows = await connection.fetch(statement, wanted)
        await self._catch_up(connection, [version for _, _, version in rows])
        return {api_key: record for api_key, record, _ in rows}

    async def _catch_up(self, connection: Connection, versions: Sequence[int]) -> None:
        version = versions[0] if versions else await self._version(connection)
        await self._worlds.catch_up(connection, version)

    async def _version(self, connection: Connection) -> int:
        version: int = await connection.fetchval("SELECT version FROM world")
        return version

    async def _counters(
        self, connection: Connection, wanted: Collection[bytes]
    ) -> Mapping[tuple[str, str], FaultCounter]:
        if not self.world.faults:
            return {}
        rows = await connection.fetch(
            "SELECT fault_id, api_key, record FROM counters WHERE api_key = ANY($1)", wanted
        )
        return {
            (text(fault_id), text(api_key)): COUNTER.decode(record)
            for fault_id, api_key, record in rows
        }

    async def _save(self, connection: Connection, done: Sequence[Done]) -> Sequence[Wake]:
        changes = Statement()
        save_accounts(changes, done)
        if changes and any(tx.keys.reads_account for tx, _, _ in done):
            raise Unlocked
        self._engine.settle(changes, save_jobs(changes, done))
        armed = self._engine.note(changes, [tx for tx, _, _ in done])
        await changes.execute(connection)
        due = await self._engine.arm(connection, armed)
        for tx, _, _ in done:
            if tx.job is not None and tx.job.hook.early and _was_attempted(tx):
                await tell(connection, ATTEMPTED, raw(tx.job.tracking_id).hex())
        return due


def _lane(keys: Keys) -> Hashable:
    """With whom a use case may be done in one transaction; None where nothing comes of it."""
    if _changes_jobs(keys):
        return "deliveries" if keys.reads_account else "searches", by_hand.get()
    if keys.tracking_id is None:
        return "looks" if keys.reads_account else "requests", by_hand.get()
    return None


def _own_lane(turn: Turn) -> Hashable:
    """With whom it would wait for the same account."""
    if turn.keys.tracking_id is None and not turn.keys.reads_account:
        return turn.keys.api_key, by_hand.get()
    return None


def _changes_jobs(keys: Keys) -> bool:
    return keys.api_key is None and keys.tracking_id is not None and not keys.reads_job


def _was_attempted(tx: Tx) -> bool:
    return any(isinstance(each, DeliveryAttempted) for each in tx.events)
