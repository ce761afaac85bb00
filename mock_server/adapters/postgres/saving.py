"""Owns what a transaction writes: the records of its use cases that are not as they were read."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from mock_server.adapters.postgres.database import raw
from mock_server.adapters.postgres.engine import Key
from mock_server.adapters.postgres.statement import Statement, columns
from mock_server.adapters.records import ACCOUNT, COUNTER, ENTRY, JOB
from mock_server.domain.faults import FaultCounter
from mock_server.domain.jobs import Job, JobState
from mock_server.ports import DELIVER, SEARCH, Tx

Waits = Mapping[Key, bool]


class Slice(NamedTuple):
    """The records that a use case touches, as they were read; None where there is none.

    The counters are those of all that are done in the same transaction.
    """

    api_key: bytes = b""
    account: bytes | None = None
    job: bytes | None = None
    counters: Mapping[tuple[str, str], FaultCounter] = {}


class Done(NamedTuple):
    """A use case that was run, what it was run on, and what its job waited for before."""

    tx: Tx
    read: Slice
    waits: Waits

    @classmethod
    def of(cls, tx: Tx, read: Slice) -> "Done":
        """To be asked before the use case is run."""
        return cls(tx, read, _waits(tx.job))


def save_accounts(changes: Statement, done: Sequence[Done]) -> None:
    """The accounts with what belongs to them: their rows in the ledger, their counters of faults."""
    accounts = {
        tx.account.api_key: (tx.account, read.account) for tx, read, _ in done if tx.account
    }
    new, changed = list[tuple[bytes, bytes]](), list[tuple[bytes, bytes]]()
    for account, before in accounts.values():
        record = ACCOUNT.encode(account)
        if record != before:
            (new if before is None else changed).append((raw(account.api_key), record))
    entries = [
        (
            raw(tx.account.api_key),
            raw(each.tracking_id),
            each.kind,
            each.provider or "",
            ENTRY.encode(each),
        )
        for tx, _, _ in done
        if tx.account
        for each in tx.entries
    ]
    counters = [
        (raw(api_key), raw(fault_id), COUNTER.encode(counter))
        for (fault_id, api_key), counter in done[0].tx.counters.items()  # all have the same
        if done[0].read.counters.get((fault_id, api_key)) != counter
    ]
    if new:
        changes.add(
            "INSERT INTO accounts SELECT * FROM unnest({}::bytea[], {}::bytea[])", *columns(new)
        )
    if changed:
        changes.add(
            "UPDATE accounts SET record = new.record FROM unnest({}::bytea[], {}::bytea[])"
            " AS new (api_key, record) WHERE accounts.api_key = new.api_key",
            *columns(changed),
        )
    if entries:
        changes.add(
            "INSERT INTO ledger (api_key, tracking_id, kind, provider, record)"
            " SELECT * FROM unnest({}::bytea[], {}::bytea[], {}::text[], {}::text[], {}::bytea[])",
            *columns(entries),
        )
    if counters:
        changes.add(
            "INSERT INTO counters SELECT * FROM unnest({}::bytea[], {}::bytea[], {}::bytea[])"
            " ON CONFLICT (api_key, fault_id) DO UPDATE SET record = excluded.record",
            *columns(counters),
        )


def save_jobs(changes: Statement, done: Sequence[Done]) -> list[tuple[str, Waits, Waits]]:
    """The jobs; returns of each that may be another one what it waited for, and what it waits for now."""
    new, changed = list[tuple[Any, ...]](), list[tuple[Any, ...]]()
    waits = []
    for tx, read, before in done:
        job = tx.job
        if job is None or not (tx.queued or not tx.keys.reads_job):
            continue
        record = JOB.encode(job)
        row = raw(job.tracking_id), raw(job.api_key), job.waits(), record
        if read.job is None:
            new.append(row)
        elif record != read.job:
            changed.append(row)
        waits.append((job.tracking_id, before, _waits(job)))
    if new:
        changes.add(
            "INSERT INTO jobs (tracking_id, api_key, ended, record)"
            " SELECT tracking_id, api_key, CASE WHEN waits THEN NULL ELSE nextval('endings') END, record"
            " FROM unnest({}::bytea[], {}::bytea[], {}::bool[], {}::bytea[])"
            " AS new (tracking_id, api_key, waits, record)",
            *columns(new),
        )
    if changed:
        changes.add(
            "UPDATE jobs SET record = new.record,"
            " ended = CASE WHEN new.waits THEN NULL ELSE COALESCE(ended, nextval('endings')) END"
            " FROM unnest({}::bytea[], {}::bytea[], {}::bool[], {}::bytea[])"
            " AS new (tracking_id, api_key, waits, record) WHERE jobs.tracking_id = new.tracking_id",
            *columns(changed),
        )
    return waits


def _waits(job: Job | None) -> Waits:
    """What is still to be done for a job, and whether somebody is at it."""
    if job is None:
        return {}
    waits = {(DELIVER, each.attempt): each.sent_at is not None for each in job.pending}
    if job.state is JobState.SEARCHING:
        waits[SEARCH, job.asking] = False
    return waits
