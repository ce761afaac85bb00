"""Owns the world as one JSON document, and back. Holds virtual times only: equal histories give equal bytes."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

import orjson
import pydantic

from mock_server.adapters.inbox import Answer, Inbox, Message
from mock_server.adapters.memory import MemoryStore, Records
from mock_server.domain.accounts import Account
from mock_server.domain.credits import LedgerEntry
from mock_server.domain.faults import FaultCounter
from mock_server.domain.jobs import Job
from mock_server.domain.rules import Rules
from mock_server.domain.world import World
from mock_server.ports import Wake

FORMAT: Final = 1


class SnapshotError(ValueError):
    """A document is no snapshot that this server can take."""


@dataclass(frozen=True, slots=True)
class InboxRecord:
    """An inbox; a message's body is in base64."""

    messages: list[tuple[int, str, list[tuple[str, str]], pydantic.Base64Bytes]]
    received: int
    answers: list[Answer]
    answered: int
    delay_seconds: float


@dataclass(frozen=True, slots=True)
class Snapshot:
    format: int
    world: World
    accounts: list[Account]
    jobs: list[Job]
    finished: list[str]
    ledgers: dict[str, list[LedgerEntry]]
    counters: list[tuple[str, str, FaultCounter]]
    inboxes: dict[str, InboxRecord]


_ADAPTER: Final = pydantic.TypeAdapter(Snapshot)


def take(store: MemoryStore, inboxes: dict[str, Inbox]) -> bytes:
    """The whole world, but for the journal; the same history gives the same bytes."""
    records = store.records()
    world = store.world
    anchor = replace(world.anchor, virtual=store.now(), real=0)
    snapshot = Snapshot(
        format=FORMAT,
        world=replace(world, anchor=anchor, people=dict(sorted(world.people.items()))),
        accounts=sorted(records.accounts.values(), key=lambda each: each.api_key),
        jobs=sorted((_timeless(each) for each in records.jobs.values()), key=_by_id),
        finished=list(records.finished),
        ledgers={key: list(rows.values()) for key, rows in sorted(records.ledgers.items())},
        counters=sorted((*key, counter) for key, counter in records.counters.items()),
        inboxes={name: _inbox_record(inbox) for name, inbox in sorted(inboxes.items())},
    )
    return orjson.dumps(_ADAPTER.dump_python(snapshot, mode="json"))


def read(document: bytes, rules: Rules) -> Snapshot:
    """A snapshot from its bytes; raises SnapshotError that says what is wrong with it."""
    try:
        snapshot = _ADAPTER.validate_json(document)
    except pydantic.ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        where = ".".join(map(str, first["loc"])) or "the document"
        raise SnapshotError(f"{where}: {first['msg']}") from None  # noqa: TRY003 - names the field
    if snapshot.format != FORMAT:
        raise SnapshotError(f"format: this server reads {FORMAT}, not {snapshot.format}")  # noqa: TRY003
    unknown = {each.plan for each in snapshot.accounts} - set(rules.plans)
    if unknown:
        raise SnapshotError(f"accounts: this server has no plan {', '.join(sorted(unknown))}")  # noqa: TRY003
    return snapshot


def restore(snapshot: Snapshot, store: MemoryStore, real: int) -> list[Wake]:
    """Load the records; returns the wakes of what waits. Time goes on from the snapshot's."""
    jobs = sorted(snapshot.jobs, key=lambda each: (each.created_at, each.tracking_id))
    for job in jobs:
        job.pending = [each._replace(sent_at=None) for each in job.pending]  # whoever was sending is gone
    world = replace(snapshot.world, anchor=replace(snapshot.world.anchor, real=real))
    ledgers = {
        key: {entry.key: entry for entry in rows} for key, rows in snapshot.ledgers.items()
    }
    store.load(
        world,
        Records(
            {each.api_key: each for each in snapshot.accounts},
            {each.tracking_id: each for each in jobs},
            ledgers,
            {(fault, key): counter for fault, key, counter in snapshot.counters},
            snapshot.finished,
        ),
    )
    return sorted(wakes_of(jobs))


def inboxes_of(snapshot: Snapshot) -> dict[str, Inbox]:
    inboxes: dict[str, Inbox] = {}
    for name, record in snapshot.inboxes.items():
        inbox = inboxes[name] = Inbox()
        for received_at, path, headers, raw in record.messages:
            inbox.add(Message(received_at, path, tuple(headers), raw))
        inbox.received, inbox.answered = record.received, record.answered
        inbox.answers, inbox.delay_seconds = tuple(record.answers), record.delay_seconds
    return inboxes


def wakes_of(jobs: Iterable[Job]) -> list[Wake]:
    """What these jobs wait for."""
    wakes: list[Wake] = []
    for job in jobs:
        if job.state == "searching":
            wakes.append(Wake(job.due_at, job.tracking_id, "search", job.asking))
        wakes += [
            Wake(each.due_at, job.tracking_id, "deliver", each.attempt) for each in job.pending
        ]
    return wakes


def _timeless(job: Job) -> Job:
    attempts = [each._replace(duration_ms=0) for each in job.attempts]
    return replace(job, attempts=attempts)


def _by_id(job: Job) -> str:
    return job.tracking_id


def _inbox_record(inbox: Inbox) -> InboxRecord:
    messages = [(each.received_at, each.path, list(each.headers), each.raw) for each in inbox.messages]
    return InboxRecord(
        messages, inbox.received, list(inbox.answers), inbox.answered, inbox.delay_seconds
    )
