"""Owns the records in PostgreSQL: a use case's slice is locked, loaded, and saved whole or not at all."""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from functools import partial
from typing import Any, Final, NamedTuple

from mock_server.adapters.postgres.database import Connection, Database, Row, raw, text
from mock_server.adapters.postgres.engine import Engine, Key
from mock_server.adapters.postgres.listener import ATTEMPTED, tell
from mock_server.adapters.postgres.statement import Statement
from mock_server.adapters.postgres.worlds import Worlds
from mock_server.adapters.records import ACCOUNT, COUNTER, ENTRY, JOB
from mock_server.domain.accounts import Account
from mock_server.domain.credits import LedgerEntry
from mock_server.domain.events import DeliveryAttempted, Event
from mock_server.domain.faults import FaultCounter
from mock_server.domain.jobs import Job, JobState
from mock_server.domain.rules import Rules
from mock_server.domain.world import World
from mock_server.journal import Journal
from mock_server.ports import DELIVER, SEARCH, Clock, Keys, T, Tx, UseCase

Also = Callable[[Connection], Awaitable[None]]

VERSION: Final = "(SELECT version FROM world)"
LOOK_AT_ACCOUNT: Final = f"SELECT record, {VERSION} FROM accounts WHERE api_key = $1"  # noqa: S608 - no input
READ_ACCOUNT: Final = f"{LOOK_AT_ACCOUNT} FOR UPDATE"
READ_JOB: Final = "SELECT record FROM jobs WHERE tracking_id = $1"
LOOK_AT_JOB: Final = "SELECT api_key, record FROM jobs WHERE tracking_id = $1"
LOCK_JOB: Final = f"{LOOK_AT_JOB} FOR UPDATE"
READ_JOBS: Final = "SELECT number, record FROM jobs WHERE number < $1 ORDER BY number DESC LIMIT $2"
NEWEST: Final = (1 << 63) - 1
PAGE: Final = 500
READ_BOTH: Final = f"""
    SELECT account.record, {VERSION}, job.record
    FROM jobs AS job JOIN accounts AS account USING (api_key) WHERE job.tracking_id = $1
    FOR UPDATE OF account FOR UPDATE OF job
"""  # noqa: S608 - no input


class Slice(NamedTuple):
    """The records that a transaction touches, as they were read; None where there is none."""

    account: bytes | None = None
    job: bytes | None = None
    counters: Mapping[tuple[str, str], FaultCounter] = {}
    waits: Mapping[Key, bool] = {}


class Unlocked(Exception):
    """A use case changed the account that it was only to look at."""


class PostgresStore:
    """The account's row is the lock: of one account, one use case that changes it runs at a time, in all processes.

    One that is to look at the account does without, and is run again with the lock where it changed it after all.
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
        try:
            result, events = await self._database.run(partial(self._once, keys, use_case))
        except Unlocked:
            locked = keys._replace(reads_account=False)
            result, events = await self._database.run(partial(self._once, locked, use_case))
        if events:
            self._journal.note(events)
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
            await connection.fetchval(READ_ACCOUNT, raw(api_key))
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

    async def _once(
        self, keys: Keys, use_case: UseCase[T], connection: Connection
    ) -> tuple[T, Sequence[Event]]:
        read = await self._read(connection, keys)
        tx = Tx(keys, self.now(), self.world, self.rules)
        tx.account = ACCOUNT.decode(read.account) if read.account else None
        tx.job = JOB.decode(read.job) if read.job else None
        tx.counters = dict(read.counters)
        read = read._replace(waits=_waits(tx.job))
        result = use_case(tx)
        await self._save(connection, tx, read)
        return result, tx.events

    async def _read(self, connection: Connection, keys: Keys) -> Slice:
        if keys.api_key is None:
            return await self._read_job_first(connection, keys)
        look = LOOK_AT_ACCOUNT if keys.reads_account else READ_ACCOUNT
        account = await self._read_account(connection, look, raw(keys.api_key))
        job = None
        if keys.tracking_id is not None:
            job = await connection.fetchval(READ_JOB, raw(keys.tracking_id))
        counters = await self._counters(connection, keys.api_key) if self.world.faults else {}
        return Slice(account, job, counters)

    async def _read_job_first(self, connection: Connection, keys: Keys) -> Slice:
        """The job's own account is looked at once the job is locked: it tells at least what the job rests on."""
        tracking_id = raw(keys.tracking_id or "")
        if not keys.reads_account:
            row = await connection.fetchrow(READ_BOTH, tracking_id)
            account, version, job = row or (None, await self._version(connection), None)
            await self._worlds.catch_up(connection, version)
            return Slice(account, job)
        row = await connection.fetchrow(LOOK_AT_JOB if keys.reads_job else LOCK_JOB, tracking_id)
        api_key, job = row or (b"", None)
        return Slice(await self._read_account(connection, LOOK_AT_ACCOUNT, api_key), job)

    async def _read_account(
        self, connection: Connection, look: str, api_key: bytes
    ) -> bytes | None:
        row = await connection.fetchrow(look, api_key)
        account: bytes | None
        account, version = row or (None, await self._version(connection))
        await self._worlds.catch_up(connection, version)
        return account

    async def _version(self, connection: Connection) -> int:
        version: int = await connection.fetchval("SELECT version FROM world")
        return version

    async def _counters(
        self, connection: Connection, api_key: str
    ) -> Mapping[tuple[str, str], FaultCounter]:
        rows = await connection.fetch(
            "SELECT fault_id, record FROM counters WHERE api_key = $1", raw(api_key)
        )
        return {(text(fault_id), api_key): COUNTER.decode(record) for fault_id, record in rows}

    async def _save(self, connection: Connection, tx: Tx, read: Slice) -> None:
        changes = Statement()
        if tx.account is not None:
            _save_account(changes, tx.account, read.account)
            _save_entries(changes, tx.account.api_key, tx.entries)
            _save_counters(changes, tx, read)
            if changes and tx.keys.reads_account:
                raise Unlocked
        if tx.job is not None and (tx.queued or not tx.keys.reads_job):
            _save_job(changes, tx.job, read.job)
            self._engine.settle(changes, tx.job.tracking_id, read.waits, _waits(tx.job))
        armed = self._engine.note(changes, tx)
        await changes.execute(connection)
        await self._engine.arm(connection, armed)
        if tx.job is not None and tx.job.hook.early and _was_attempted(tx):
            await tell(connection, ATTEMPTED, raw(tx.job.tracking_id).hex())


def _waits(job: Job | None) -> dict[Key, bool]:
    """What is still to be done for a job, and whether somebody is at it."""
    if job is None:
        return {}
    waits = {(DELIVER, each.attempt): each.sent_at is not None for each in job.pending}
    if job.state is JobState.SEARCHING:
        waits[SEARCH, job.asking] = False
    return waits


def _was_attempted(tx: Tx) -> bool:
    return any(isinstance(each, DeliveryAttempted) for each in tx.events)


def _save_account(changes: Statement, account: Account, before: bytes | None) -> None:
    record, api_key = ACCOUNT.encode(account), raw(account.api_key)
    if before is None:
        changes.add("INSERT INTO accounts VALUES ({}, {})", api_key, record)
    elif record != before:
        changes.add("UPDATE accounts SET record = {} WHERE api_key = {}", record, api_key)


def _save_job(changes: Statement, job: Job, before: bytes | None) -> None:
    record, tracking_id = JOB.encode(job), raw(job.tracking_id)
    ended = "NULL" if job.waits() else "nextval('endings')"
    if before is None:
        changes.add(
            f"INSERT INTO jobs (tracking_id, api_key, ended, record) VALUES ({{}}, {{}}, {ended}, {{}})",  # noqa: S608
            tracking_id,
            raw(job.api_key),
            record,
        )
    elif record != before:
        kept = "NULL" if job.waits() else f"COALESCE(ended, {ended})"
        changes.add(
            f"UPDATE jobs SET record = {{}}, ended = {kept} WHERE tracking_id = {{}}",  # noqa: S608
            record,
            tracking_id,
        )


def _save_entries(changes: Statement, api_key: str, entries: Collection[LedgerEntry]) -> None:
    if entries:
        changes.add(
            "INSERT INTO ledger (api_key, tracking_id, kind, provider, record)"
            " SELECT {}, * FROM unnest({}::bytea[], {}::text[], {}::text[], {}::bytea[])",
            raw(api_key),
            [raw(each.tracking_id) for each in entries],
            [each.kind for each in entries],
            [each.provider or "" for each in entries],
            [ENTRY.encode(each) for each in entries],
        )


def _save_counters(changes: Statement, tx: Tx, read: Slice) -> None:
    changed: list[tuple[Any, ...]] = [
        (raw(api_key), raw(fault_id), COUNTER.encode(counter))
        for (fault_id, api_key), counter in tx.counters.items()
        if read.counters.get((fault_id, api_key)) != counter
    ]
    if changed:
        changes.add(
            "INSERT INTO counters SELECT * FROM unnest({}::bytea[], {}::bytea[], {}::bytea[])"
            " ON CONFLICT (api_key, fault_id) DO UPDATE SET record = excluded.record",
            *(list(each) for each in zip(*changed, strict=True)),
        )
