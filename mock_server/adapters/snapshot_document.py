"""Owns the world as one JSON document, and back. Holds virtual times only: equal histories give equal bytes."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import chain
from typing import ClassVar, Final, NamedTuple

import pydantic

from mock_server.adapters.memory import Records
from mock_server.domain.accounts import Account
from mock_server.domain.credits import LedgerEntry
from mock_server.domain.faults import FaultCounter
from mock_server.domain.inbox import Answer, Inbox, Message
from mock_server.domain.instants import END_OF_TIME
from mock_server.domain.jobs import Job
from mock_server.domain.rules import Rules
from mock_server.domain.world import FASTEST, World
from mock_server.ports import DELIVER, SEARCH, SnapshotError, Wake

FORMAT: Final = 1


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
    """All of a world. What another version added is refused, not dropped."""

    __pydantic_config__: ClassVar = pydantic.ConfigDict(extra="forbid")

    format: int
    world: World
    accounts: list[Account]
    jobs: list[Job]
    finished: list[str]
    wakes: list[Wake]
    ledgers: dict[str, list[LedgerEntry]]
    counters: list[tuple[str, str, FaultCounter]]
    inboxes: dict[str, InboxRecord]


class Whole(NamedTuple):
    """All that a server keeps; `wakes` in the order in which they ring."""

    world: World
    records: Records
    wakes: Sequence[Wake]
    inboxes: Mapping[str, Inbox]


def document_of(whole: Whole, now: int) -> bytes:
    """A snapshot; the same history gives the same bytes."""
    world, records = whole.world, whole.records
    snapshot = Snapshot(
        format=FORMAT,
        world=replace(
            world,
            anchor=replace(world.anchor, virtual=now, real=0),
            people=dict(sorted(world.people.items())),
        ),
        accounts=sorted(records.accounts.values(), key=lambda each: each.api_key),
        jobs=sorted(map(_timeless, records.jobs.values()), key=lambda each: each.api_key),
        finished=list(records.finished),
        wakes=_by_due_and_key(whole.wakes, records.jobs),
        ledgers={key: list(rows.values()) for key, rows in sorted(records.ledgers.items())},
        counters=sorted((*key, counter) for key, counter in records.counters.items()),
        inboxes={name: _inbox_record(inbox) for name, inbox in sorted(whole.inboxes.items())},
    )
    return _adapter().dump_json(snapshot)


def whole_of(document: bytes, rules: Rules, real: int) -> Whole:
    """What a snapshot holds, going on at an instant of real time; raises SnapshotError that says what is wrong."""
    snapshot = _read(document, rules)
    jobs = sorted(snapshot.jobs, key=lambda each: each.created_at)
    for job in jobs:  # whoever was sending is gone
        job.pending = tuple(each._replace(sent_at=None) for each in job.pending)
    world = replace(snapshot.world, anchor=replace(snapshot.world.anchor, real=real))
    lost = sorted(set(wakes_of(jobs)).difference(snapshot.wakes))
    wakes = [*snapshot.wakes, *lost]
    return Whole(world, _records(snapshot, jobs), wakes, _inboxes(snapshot))


@cache
def _adapter() -> pydantic.TypeAdapter[Snapshot]:
    return pydantic.TypeAdapter(Snapshot)


def _read(document: bytes, rules: Rules) -> Snapshot:
    try:
        snapshot = _adapter().validate_json(document)
    except pydantic.ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        where = ".".join(map(str, first["loc"])) or "the document"
        raise SnapshotError(f"{where}: {first['msg']}") from None  # noqa: TRY003 - names the field
    if snapshot.format != FORMAT:
        raise SnapshotError(f"format: this server reads {FORMAT}, not {snapshot.format}")  # noqa: TRY003 - as above
    found = contradictions(snapshot.world, snapshot.accounts, snapshot.jobs, rules)
    if problem := next(chain(found, _more_contradictions(snapshot)), None):
        raise SnapshotError(problem)
    return snapshot


def _more_contradictions(snapshot: Snapshot) -> Iterator[str]:
    """The same, of what a document can say and a store cannot hold."""
    if len({each.api_key for each in snapshot.accounts}) < len(snapshot.accounts):
        yield "accounts: one is there twice"
    over = {each.tracking_id for each in snapshot.jobs if not each.waits()}
    if len(over.intersection(snapshot.finished)) < len(snapshot.finished):
        yield "finished: one is no job here, still waits, or is there twice"
    if any(min(counter) < 0 for _, _, counter in snapshot.counters):
        yield "counters: one is less than 0"


def contradictions(
    world: World, accounts: Collection[Account], jobs: Iterable[Job], rules: Rules
) -> Iterator[str]:
    """What no server could have written, or this one cannot carry on."""
    anchor = world.anchor
    if not 0 <= anchor.virtual < END_OF_TIME or not 0 <= anchor.rate <= FASTEST:
        yield f"world.anchor: a time before the year 9000 and a rate from 0 to {FASTEST:,} are needed"
    if not all(each.effects for each in world.faults):
        yield "world.faults: a fault without effects"
    jobs = list(jobs)
    plans = [each.plan for each in accounts] + [each.plan for each in jobs]
    if unknown := set(plans).difference(rules.plans):
        yield f"accounts: this server has no plan {', '.join(sorted(unknown))}"
    keys = {each.api_key for each in accounts}
    for job in jobs:
        if job.api_key not in keys or job.asking not in range(-1, len(rules.providers)):
            yield f"jobs: {job.tracking_id} has no account, or asks a provider that this server lacks"


def _records(snapshot: Snapshot, jobs: list[Job]) -> Records:
    ledgers = {key: {entry.key: entry for entry in rows} for key, rows in snapshot.ledgers.items()}
    return Records(
        {each.api_key: each for each in snapshot.accounts},
        {each.tracking_id: each for each in jobs},
        ledgers,
        {(fault, key): counter for fault, key, counter in snapshot.counters},
        {each: place for place, each in enumerate(snapshot.finished, 1)},
    )


def _inboxes(snapshot: Snapshot) -> dict[str, Inbox]:
    inboxes: dict[str, Inbox] = {}
    for name, record in snapshot.inboxes.items():
        inbox = inboxes[name] = Inbox()
        for received_at, path, headers, raw in record.messages:
            inbox.add(Message(received_at, path, tuple(headers), raw))
        inbox.received, inbox.answered = record.received, record.answered
        inbox.answers, inbox.delay_seconds = tuple(record.answers), record.delay_seconds
    return inboxes


def _by_due_and_key(wakes: Iterable[Wake], jobs: Mapping[str, Job]) -> list[Wake]:
    """In an order that does not depend on how requests of several keys were mixed; without waiting answers."""
    known = [each for each in wakes if each.tracking_id in jobs]
    return sorted(known, key=lambda each: (each.due, jobs[each.tracking_id].api_key))


def wakes_of(jobs: Iterable[Job]) -> Iterator[Wake]:
    """What these jobs wait for: not all of it was armed where an attempt was being sent."""
    for job in jobs:
        if job.state == "searching":
            yield Wake(job.due_at, job.tracking_id, SEARCH, job.asking)
        for each in job.pending:
            yield Wake(each.due_at, job.tracking_id, DELIVER, each.attempt)


def _timeless(job: Job) -> Job:
    attempts = tuple(each._replace(duration_ms=0) for each in job.attempts)
    return replace(job, attempts=attempts)


def _inbox_record(inbox: Inbox) -> InboxRecord:
    messages = [
        (each.received_at, each.path, list(each.headers), each.raw) for each in inbox.messages
    ]
    return InboxRecord(
        messages, inbox.received, list(inbox.answers), inbox.answered, inbox.delay_seconds
    )
