"""Owns the whole state of a database as one document, and back: one consistent read, one transaction."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from mock_server.adapters.memory import Ledger, Records
from mock_server.adapters.postgres.database import Connection, Database, Row, raw, text
from mock_server.adapters.postgres.engine import wake_of
from mock_server.adapters.postgres.timeline import SharedTimeline
from mock_server.adapters.postgres.worlds import READ
from mock_server.adapters.records import (
    ACCOUNT,
    COUNTER,
    ENTRY,
    INBOX,
    JOB,
    MESSAGE,
    WORLD,
    InboxState,
)
from mock_server.adapters.snapshot_document import Whole, document_of, whole_of
from mock_server.domain.inbox import Inbox
from mock_server.domain.rules import Rules
from mock_server.ports import Clock, Restored

SETTLING: Final = 60  # seconds of real time


class Snapshots:
    """Takes and restores snapshots of one database."""

    def __init__(
        self, database: Database, rules: Rules, clock: Clock, timeline: SharedTimeline
    ) -> None:
        self._database = database
        self._rules = rules
        self._clock = clock
        self._timeline = timeline

    async def take(self) -> bytes:
        """On a manual clock, what is due now is done first; the same history gives the same bytes."""
        await self._timeline.settle(SETTLING)
        async with self._database.transaction("repeatable_read") as connection:
            whole = await _whole(connection)
        return document_of(whole, whole.world.anchor.at(self._clock.real()))

    async def restore(self, document: bytes) -> Restored:
        """Time goes on from the snapshot's; raises SnapshotError that says what is wrong with it."""
        whole = whole_of(document, self._rules, self._clock.real())

        async def load(connection: Connection) -> None:
            await _load(connection, whole)

        await self._timeline.replace(whole.world, load)
        return Restored(len(whole.records.accounts), len(whole.records.jobs))


async def _whole(connection: Connection) -> Whole:
    row = await connection.fetchrow(READ)
    assert row is not None
    accounts = await connection.fetch("SELECT record FROM accounts")
    jobs = await connection.fetch("SELECT record FROM jobs ORDER BY number")
    ended = await connection.fetch(
        "SELECT tracking_id, ended FROM jobs WHERE ended IS NOT NULL ORDER BY ended"
    )
    entries = await connection.fetch("SELECT api_key, record FROM ledger ORDER BY number")
    counters = await connection.fetch("SELECT fault_id, api_key, record FROM counters")
    wakes = await connection.fetch(
        "SELECT due, tracking_id, step, number FROM wakes WHERE worker IS NULL ORDER BY due, sequence"
    )
    records = Records(
        {each.api_key: each for each in (ACCOUNT.decode(record) for (record,) in accounts)},
        {each.tracking_id: each for each in (JOB.decode(record) for (record,) in jobs)},
        _ledgers(entries),
        {(text(fault), text(key)): COUNTER.decode(record) for fault, key, record in counters},
        {text(tracking_id): place for tracking_id, place in ended},
    )
    boxes = await _inboxes(connection)
    return Whole(WORLD.decode(row[1]), records, [wake_of(each) for each in wakes], boxes)


def _ledgers(rows: Iterable[Row]) -> dict[str, Ledger]:
    ledgers: dict[str, Ledger] = {}
    for api_key, record in rows:
        entry = ENTRY.decode(record)
        ledgers.setdefault(text(api_key), {})[entry.key] = entry
    return ledgers


async def _inboxes(connection: Connection) -> Mapping[str, Inbox]:
    messages: dict[bytes, list[Any]] = {}
    for name, record in await connection.fetch(
        "SELECT name, record FROM messages ORDER BY name, number"
    ):
        messages.setdefault(name, []).append(MESSAGE.decode(record))
    states = await connection.fetch("SELECT name, record FROM inboxes")
    return {
        text(name): INBOX.decode(record).inbox(messages.get(name, [])) for name, record in states
    }


async def _load(connection: Connection, whole: Whole) -> None:
    records = whole.records
    await _copy(
        connection,
        "accounts (api_key, record)",
        ((raw(key), ACCOUNT.encode(each)) for key, each in records.accounts.items()),
    )
    await _copy(
        connection,
        "jobs (tracking_id, api_key, ended, record)",
        (
            (raw(key), raw(each.api_key), records.finished.get(key), JOB.encode(each))
            for key, each in records.jobs.items()
        ),
    )
    await connection.execute(
        "SELECT setval('endings', $1)", max(records.finished.values(), default=0) + 1
    )
    await _copy(
        connection,
        "ledger (api_key, tracking_id, kind, provider, record)",
        (
            (raw(key), raw(each.tracking_id), each.kind, each.provider or "", ENTRY.encode(each))
            for key, ledger in records.ledgers.items()
            for each in ledger.values()
        ),
    )
    await _copy(
        connection,
        "counters (fault_id, api_key, record)",
        (
            (raw(fault), raw(key), COUNTER.encode(each))
            for (fault, key), each in records.counters.items()
        ),
    )
    await _copy(
        connection,
        "wakes (due, tracking_id, step, number, armed)",
        ((each.due, raw(each.tracking_id), *each[2:], False) for each in whole.wakes),
    )
    for name, inbox in whole.inboxes.items():
        await _load_inbox(connection, raw(name), inbox)


async def _load_inbox(connection: Connection, name: bytes, inbox: Inbox) -> None:
    await connection.execute(
        "INSERT INTO inboxes VALUES ($1, $2)", name, INBOX.encode(InboxState.of(inbox))
    )
    first = inbox.received - len(inbox.messages) + 1
    await _copy(
        connection,
        "messages (name, number, size, record)",
        (
            (name, number, len(each.raw), MESSAGE.encode(each))
            for number, each in enumerate(inbox.messages, first)
        ),
    )


async def _copy(connection: Connection, into: str, rows: Iterable[Row]) -> None:
    table, _, columns = into.rstrip(")").partition(" (")
    await connection.copy_records_to_table(table, columns=columns.split(", "), records=rows)
