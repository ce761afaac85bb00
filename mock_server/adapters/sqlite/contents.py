"""Owns what the rows of a file mean: the world, the records and the inboxes. Does not read or write them."""

from collections.abc import Callable, Hashable, Iterable
from dataclasses import replace
from typing import Final, NamedTuple, TypeVar

from mock_server.adapters.memory import Ledger, Records
from mock_server.adapters.records import (
    ACCOUNT,
    COUNTER,
    DECLARED,
    ENTRY,
    INBOX,
    JOB,
    MESSAGE,
    WORLD,
    Codec,
)
from mock_server.adapters.snapshot_document import Whole, wakes_of
from mock_server.adapters.sqlite.file import Row
from mock_server.domain.faults import FaultCounter
from mock_server.domain.inbox import Inbox, Message
from mock_server.domain.jobs import Job
from mock_server.domain.world import Anchor, ClockMode
from mock_server.ports import Clock, StoreUnusable

R = TypeVar("R")
K = TypeVar("K", bound=Hashable)
ReadTable = Callable[[str], Iterable[Row]]
Numbered = list[tuple[int, Hashable]]

SETTINGS: Final = "settings"  # the rows of the world
CLOCK: Final = "clock"


class StoredClock(NamedTuple):
    """Where virtual time stood at an instant of the calendar's time, and how fast it goes."""

    mode: ClockMode
    rate: float
    virtual: int
    wall: int

    @classmethod
    def of(cls, anchor: Anchor, clock: Clock) -> "StoredClock":
        return cls(anchor.mode, anchor.rate, anchor.at(clock.real()), clock.wall())

    def anchor(self, clock: Clock) -> Anchor:
        """What has passed since then counts, at the clock's rate; a calendar that was set back moves nothing."""
        passed = max(clock.wall() - self.wall, 0)
        return Anchor(self.mode, self.rate, self.virtual + int(passed * self.rate), clock.real())


STORED_CLOCK: Final = Codec(StoredClock)


class Contents(NamedTuple):
    """All that a file holds, and the numbers and keys of its rows by table."""

    whole: Whole
    numbered: dict[str, Numbered]


def name_of(*parts: str) -> bytes:
    """The name of a row: any texts, of which only the last may hold a NUL."""
    return "\0".join(parts).encode("utf-8", "surrogatepass")


def parts_of(name: bytes, count: int) -> list[str]:
    return name.decode("utf-8", "surrogatepass").split("\0", count - 1)


def contents_of(read: ReadTable, clock: Clock) -> Contents | None:
    """None for a file that is new; raises StoreUnusable for a record that cannot be read."""
    reader = _Reader(read)
    parts = reader.names("world")
    if not parts:
        return None
    if missing := {SETTINGS, CLOCK} - parts.keys():
        raise StoreUnusable(f"a record of world: there is no {missing.pop()}")  # noqa: TRY003 - says which
    settings = decoded("world", WORLD, parts[SETTINGS])
    anchor = decoded("world", STORED_CLOCK, parts[CLOCK]).anchor(clock)
    people = reader.read("people", DECLARED, lambda name, _: parts_of(name, 1)[0])
    jobs, finished = reader.jobs()
    for job in jobs.values():  # whoever was sending is gone
        job.pending = tuple(each._replace(sent_at=None) for each in job.pending)
    records = Records(
        reader.read("accounts", ACCOUNT, lambda _, account: account.api_key),
        jobs,
        reader.ledgers(),
        reader.read("counters", COUNTER, _counter_key),
        finished,
    )
    whole = Whole(
        replace(settings, anchor=anchor, people=people),
        records,
        sorted(wakes_of(jobs.values()), key=lambda each: each.due),
        reader.inboxes(),
    )
    return Contents(whole, reader.numbered)


class _Reader:
    """Reads tables, and remembers the numbers and keys of their rows."""

    def __init__(self, read: ReadTable) -> None:
        self._rows = read
        self.numbered: dict[str, Numbered] = {}

    def read(self, table: str, codec: Codec[R], key_of: Callable[[bytes, R], K]) -> dict[K, R]:
        """The records of a table by key, in their order."""
        found: dict[K, R] = {}
        numbered = self.numbered[table] = []
        for number, name, data in self._rows(table):
            record = decoded(table, codec, data)
            key = key_of(name, record)
            found[key] = record
            numbered.append((number, key))
        return found

    def jobs(self) -> tuple[dict[str, Job], dict[str, int]]:
        """The jobs, and the places of those that are finished."""
        places: list[tuple[int, str]] = []

        def key_of(place: bytes, job: Job) -> str:
            if place.isdigit():
                places.append((int(place), job.tracking_id))
            elif place:
                raise StoreUnusable(f"a record of jobs: its place is {place!r}")  # noqa: TRY003 - says where
            return job.tracking_id

        jobs = self.read("jobs", JOB, key_of)
        return jobs, {tracking_id: place for place, tracking_id in sorted(places)}

    def names(self, table: str) -> dict[str, bytes]:
        """The bytes of a table's rows by name, in their order."""
        rows = list(self._rows(table))
        self.numbered[table] = [(each.number, parts_of(each.key, 1)[0]) for each in rows]
        return {parts_of(each.key, 1)[0]: each.record for each in rows}

    def ledgers(self) -> dict[str, Ledger]:
        ledgers: dict[str, Ledger] = {}
        entries = self.read("ledger", ENTRY, lambda name, entry: (parts_of(name, 1)[0], entry.key))
        for (api_key, key), entry in entries.items():
            ledgers.setdefault(api_key, {})[key] = entry
        return ledgers

    def inboxes(self) -> dict[str, Inbox]:
        messages: dict[str, list[Message]] = {}
        came = self.read("messages", MESSAGE, _message_key)
        for (_, inbox), message in came.items():
            messages.setdefault(inbox, []).append(message)
        states = self.read("inboxes", INBOX, lambda name, _: parts_of(name, 1)[0])
        return {name: state.inbox(messages.get(name, ())) for name, state in states.items()}


def decoded(table: str, codec: Codec[R], data: bytes) -> R:
    """Raises StoreUnusable."""
    try:
        return codec.decode(data)
    except ValueError as error:
        raise StoreUnusable(f"a record of {table}: {error}") from None  # noqa: TRY003 - names the table


def _counter_key(name: bytes, _: FaultCounter) -> tuple[str, str]:
    fault_id, api_key = parts_of(name, 2)
    return fault_id, api_key


def _message_key(name: bytes, _: Message) -> tuple[int, str]:
    number, inbox = parts_of(name, 2)
    return int(number), inbox
