"""What every store keeps, what it forgets, and that the ledger still adds up: in memory, in a file, in PostgreSQL.

A file holds the same as memory.
"""

import asyncio
import tempfile
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import nullcontext
from copy import deepcopy
from dataclasses import replace
from functools import partial
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mock_server.adapters.clocks import StoppedClock
from mock_server.adapters.memory import MemoryStore
from mock_server.adapters.sqlite import Book, FileInboxes, FileStore, StateFile
from mock_server.domain.accounts import Account
from mock_server.domain.credits import CARRIED, Credits, LedgerEntry
from mock_server.domain.events import FaultAdded
from mock_server.domain.faults import FaultCounter
from mock_server.domain.instants import MANUAL_START
from mock_server.domain.jobs import Job, JobState, Pending, Status, Step
from mock_server.domain.people import WELL_BEHAVED
from mock_server.domain.rules import Rules
from mock_server.domain.world import Anchor, ClockMode, World
from mock_server.journal import Journal
from mock_server.ports import Keys, StoreAway, T, Tx, UseCase, Wake
from mock_server.service.accounts import top_up
from mock_server.service.charge import book
from tests.builders import NUMBER, assuming, every_job, person, spec
from tests.mirrored import assert_mirrored

MAX = spec().rules.plans["max"]


class Armed:
    """Keeps what it is to ring."""

    def __init__(self) -> None:
        self.wakes: list[Wake] = []

    def arm(self, wakes: Sequence[Wake]) -> None:
        self.wakes += wakes


class Shelf:
    """A store, and what tests do with it; `end` checks that a file holds what memory held."""

    def __init__(
        self, retention: int = 3, rules: Rules | None = None, kind: str = "memory"
    ) -> None:
        self.journal = Journal()
        self.armed = Armed()
        self.clock = StoppedClock()
        self.rules, self.retention, self.kind = rules or spec().rules, retention, kind
        self._directory = tempfile.TemporaryDirectory() if kind == "sqlite" else None
        self.store: Any = self._made()

    def _made(self) -> Any:
        store = self._in_file() if self._directory else self._in_memory()
        store.wake(self.armed)
        return store

    def _in_memory(self) -> MemoryStore:
        return MemoryStore(self.rules, World(1), self.clock, self.journal, retention=self.retention)

    def _in_file(self) -> MemoryStore:
        assert self._directory is not None
        self.path = f"{self._directory.name}/state.sqlite"
        self.book = Book(StateFile(self.path), self.clock, lambda _: None)
        store = FileStore(self.rules, World(1), self.clock, self.journal, self.book, self.retention)
        FileInboxes(self.book)
        self.book.begin()
        return store

    def end(self) -> None:
        if self._directory is not None:
            asyncio.run(self.book.close())
            with self._directory:
                assert_mirrored(self.path, self.store)

    @property
    def wakes(self) -> list[Wake]:
        return self.armed.wakes

    def wait(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run(work)

    def run(self, use_case: UseCase[T], keys: Keys) -> T:
        async def transaction() -> T:
            result: T = await self.store.transact(keys, use_case)
            return result

        return self.wait(transaction())

    def open(self, api_key: str = "key", credits: int = 10_000) -> None:
        self.run(partial(opened, credits=credits), Keys(api_key))

    def queue(self, *names: str, api_key: str = "key") -> None:
        for name in names:
            self.run(partial(queued, name=name), Keys(api_key))

    def finish(self, *names: str) -> None:
        for name in names:
            self.run(finished, Keys(tracking_id=name))

    def charge(self, *names: str, providers: Sequence[str] = ("Clodura",)) -> None:
        for name in names:
            self.run(partial(charged, providers=providers), Keys(tracking_id=name))

    @property
    def names(self) -> list[str]:
        return self.wait(every_job(self.store, lambda job: job.tracking_id))

    def ledger(self, api_key: str = "key") -> list[LedgerEntry]:
        return self.wait(self.store.ledger(api_key))

    def left(self) -> int:
        return self.run(
            lambda tx: tx.account.purse["unified"].left if tx.account else -1, Keys("key")
        )


Shelves = Callable[..., Shelf]
_MADE: dict[int, Shelf] = {}


@pytest.fixture(scope="module", params=["memory", "sqlite", "postgresql"])
def shelves(request: pytest.FixtureRequest) -> Shelves:
    """Makes stores of one kind; one at a time of each number."""
    return partial(_made, request.param)


@pytest.fixture(scope="module", params=["memory", "sqlite"])
def local_shelves(request: pytest.FixtureRequest) -> Shelves:
    """Makes stores that keep their records in this process."""
    return partial(_made, request.param)


def _made(kind: str, retention: int = 3, rules: Rules | None = None, number: int = 0) -> Shelf:
    if number in _MADE:
        _MADE.pop(number).end()
    shelf = (
        _shared(retention, rules, number) if kind == "postgresql" else Shelf(retention, rules, kind)
    )
    return _MADE.setdefault(number, shelf)


def _shared(retention: int, rules: Rules | None, number: int) -> Shelf:
    from tests.postgres.shelf import SharedShelf  # noqa: PLC0415 - starts a server, and is one of these

    return SharedShelf(retention, rules, number)


@pytest.fixture(autouse=True)
def _ended() -> Iterator[None]:
    yield
    while _MADE:
        _MADE.popitem()[1].end()


def opened(tx: Tx, credits: int) -> None:
    tx.open(Account(tx.keys.api_key or "", "max", tx.now, 300, {"unified": Credits(credits)}))


def queued(tx: Tx, name: str) -> None:
    who = person("Clodura")
    tx.queue(Job(name, tx.keys.api_key or "", "max", who, WELL_BEHAVED, True, None, tx.now))


def finished(tx: Tx) -> None:
    assert tx.job is not None
    tx.job.state = JobState.FINISHED


def charged(tx: Tx, providers: Sequence[str]) -> None:
    """The job finds a number with each of these, pays for it and is finished."""
    assert tx.job is not None
    for each in MAX.providers:
        if each.name in providers:
            tx.job.steps += (Step(each.name, Status.FOUND, (NUMBER,), 0, 0, ""),)
            book(tx, tx.job, each, tx.now)
    tx.job.state = JobState.FINISHED


# What a transaction sees and saves


def test_a_transaction_sees_its_account_and_its_job(shelves: Shelves) -> None:
    shelf = shelves()
    shelf.open()
    shelf.queue("a")

    seen = shelf.run(lambda tx: (tx.account, tx.job), Keys("key", "a"))

    assert [each is not None for each in seen] == [True, True]


def test_without_a_key_it_sees_the_job_s_own_account(shelves: Shelves) -> None:
    shelf = shelves()
    shelf.open()
    shelf.queue("a")

    account = shelf.run(lambda tx: tx.account, Keys(tracking_id="a"))

    assert account is not None
    assert account.api_key == "key"


@pytest.mark.parametrize(
    "keys", [Keys(), Keys("nobody"), Keys(tracking_id="none"), Keys("", "none")]
)
def test_what_does_not_exist_is_not_seen(shelves: Shelves, keys: Keys) -> None:
    assert shelves().run(lambda tx: (tx.account, tx.job), keys) == (None, None)


def test_wakes_and_events_leave_once_the_transaction_is_saved(local_shelves: Shelves) -> None:
    shelf, wake = local_shelves(), Wake(1, "a", "search", 0)

    def noted(tx: Tx) -> None:
        tx.wakes.append(wake)
        tx.events.append(FaultAdded(1, "f"))

    shelf.run(noted, Keys())

    assert (shelf.wakes, shelf.journal.noted) == ([wake], 1)


def test_the_wakes_of_a_job_leave_with_it_and_events_once_it_is_saved(shelves: Shelves) -> None:
    shelf, wakes = shelves(), [Wake(9, "a", "search", 0), Wake(1, "a", "deliver", 1)]
    shelf.open()

    def noted(tx: Tx) -> None:
        queued(tx, "a")
        tx.wakes += wakes
        tx.events.append(FaultAdded(1, "f"))

    shelf.run(noted, Keys("key"))

    assert (sorted(shelf.wakes), shelf.journal.noted) == (sorted(wakes), 1)


def test_a_use_case_that_fails_wakes_nobody(shelves: Shelves) -> None:
    shelf = shelves()

    def broken(tx: Tx) -> None:
        tx.open(Account("key", "max", 0, 300, {}))
        tx.wakes.append(Wake(1, "a", "search", 0))
        raise LookupError

    with pytest.raises(LookupError):
        shelf.run(broken, Keys("key"))

    assert (shelf.wakes, shelf.wait(shelf.store.accounts(lambda account: account))) == (
        [],
        [],
    )


def test_without_an_alarm_wakes_are_dropped() -> None:
    store = MemoryStore(spec().rules, World(1), StoppedClock(), Journal(), retention=3)

    asyncio.run(store.transact(Keys(), lambda tx: tx.wakes.append(Wake(1, "a", "search", 0))))

    assert store.now() == MANUAL_START


def test_virtual_time_is_the_world_s(shelves: Shelves) -> None:
    shelf = shelves()
    anchor = Anchor(ClockMode.SCALED, 60, 100, 0)

    shelf.wait(shelf.store.change(lambda world: replace(world, anchor=anchor)))
    shelf.clock.instant = 2

    assert shelf.store.now() == 220


def test_a_job_can_be_read_without_a_transaction(local_shelves: Shelves) -> None:
    shelf = local_shelves()
    shelf.queue("a")

    assert [shelf.store.job(each) is not None for each in "ab"] == [True, False]


# Forgetting


@given(order=st.permutations("abcdef"), retention=st.integers(1, 8))
@settings(max_examples=25)
def test_the_finished_ones_that_ended_first_are_forgotten(
    shelves: Shelves, order: list[str], retention: int
) -> None:
    shelf = shelves(retention)
    shelf.queue(*"abcdef")

    shelf.finish(*order)

    assert set(shelf.names) == set(order[-retention:])


def test_a_job_that_waits_is_never_forgotten(shelves: Shelves) -> None:
    shelf = shelves(1)
    shelf.queue("waits", *"abcd")

    shelf.finish(*"abcd")

    assert shelf.names == ["waits", "d"]


def test_a_job_whose_webhook_waits_is_never_forgotten(shelves: Shelves) -> None:
    shelf = shelves(1)
    shelf.queue(*"abcd")

    def still_sending(tx: Tx) -> None:
        finished(tx)
        assert tx.job is not None
        tx.job.pending += (Pending(1, 1, 0, "why"),)

    shelf.run(still_sending, Keys(tracking_id="a"))
    shelf.finish(*"bcd")

    assert shelf.names == ["a", "d"]


def test_a_job_that_is_sent_again_is_kept_until_that_is_done(shelves: Shelves) -> None:
    shelf = shelves(2)
    shelf.queue(*"abcd")
    shelf.finish("a", "b")

    def again(tx: Tx) -> None:
        assert tx.job is not None
        tx.job.pending += (Pending(1, 1, 0, "why"),)

    def done(tx: Tx) -> None:
        assert tx.job is not None
        tx.job.pending = ()

    shelf.run(again, Keys(tracking_id="a"))
    shelf.finish("c", "d")
    before = shelf.names
    shelf.run(done, Keys(tracking_id="a"))

    assert (before, shelf.names) == (["a", "c", "d"], ["a", "d"])


def test_reading_a_job_does_not_keep_it_longer(shelves: Shelves) -> None:
    shelf = shelves(2)
    shelf.queue(*"abc")
    shelf.finish("a", "b")

    shelf.run(lambda tx: tx.job, Keys(tracking_id="a"))
    shelf.finish("c")

    assert shelf.names == ["b", "c"]


@given(
    jobs=st.lists(st.lists(st.sampled_from([each.name for each in MAX.providers]), unique=True)),
    topups=st.lists(st.integers(0, 50), max_size=5),
    retention=st.integers(1, 5),
)
@settings(max_examples=25)
def test_the_ledger_adds_up_also_after_forgetting(
    shelves: Shelves,  # CR-6
    jobs: list[list[str]],
    topups: list[int],
    retention: int,
) -> None:
    shelf = shelves(retention, assuming(after_found="continue", charged="each"))
    shelf.open(credits=100_000)

    for amount in topups:
        shelf.run(partial(top_up, amount=amount, why=""), Keys("key"))
    for n, providers in enumerate(jobs):
        shelf.queue(str(n))
        shelf.charge(str(n), providers=providers)

    assert shelf.left() == 100_000 + sum(each.amount for each in shelf.ledger())


@given(count=st.integers(0, 12), retention=st.integers(1, 5))
@settings(max_examples=25)
def test_the_rows_of_forgotten_jobs_fold_into_one(
    shelves: Shelves, count: int, retention: int
) -> None:
    shelf = shelves(retention)
    shelf.open()
    names = [str(n) for n in range(count)]

    shelf.queue(*names)
    shelf.charge(*names)

    carried = [CARRIED] if count > retention else []
    kept = names[-retention:]
    assert [each.tracking_id for each in shelf.ledger()] in ([*carried, *kept], [*kept, *carried])


def test_a_forgotten_job_that_cost_nothing_leaves_no_row(shelves: Shelves) -> None:
    shelf = shelves(1)
    shelf.open()
    shelf.queue("a", "b")

    shelf.finish("a", "b")

    assert shelf.ledger() == []


def test_a_row_is_kept_once_per_job_and_kind(shelves: Shelves) -> None:  # CR-5
    shelf = shelves()
    shelf.open()
    row = LedgerEntry(0, "a", "unified", -10, "Clodura", 90, "")

    shelf.run(lambda tx: tx.entries.append(row), Keys("key"))
    with (
        pytest.raises(StoreAway) if shelf.kind == "postgresql" else nullcontext()
    ):  # it refuses that
        shelf.run(lambda tx: tx.entries.append(row), Keys("key"))

    assert shelf.ledger() == [row]


def test_thousands_of_jobs_come_and_go_and_the_ledger_adds_up(shelves: Shelves) -> None:
    shelf = shelves(100)
    count = {"memory": 50_000, "sqlite": 2_000, "postgresql": 250}[shelf.kind]
    shelf.wait(_many(shelf.store, count))

    left = 1_000_000 - 10 * count
    assert (len(shelf.names), shelf.left(), len(shelf.ledger())) == (100, left, 101)


async def _many(store: MemoryStore, count: int) -> None:
    await store.transact(Keys("key"), partial(opened, credits=1_000_000))
    for n in range(count):
        await store.transact(Keys("key"), partial(queued, name=str(n)))
        await store.transact(Keys(tracking_id=str(n)), partial(charged, providers=["Clodura"]))


# Removing


def test_a_removed_account_takes_its_jobs_ledger_and_counters_along(shelves: Shelves) -> None:
    shelf = shelves()
    shelf.open()
    shelf.queue("a", "b")
    shelf.charge("a")
    counters = {("f", "key"): FaultCounter(1, 1), ("f", "other"): FaultCounter(2, 2)}
    shelf.run(lambda tx: tx.counters.update(counters), Keys("key"))

    shelf.wait(shelf.store.forget("key"))

    assert (shelf.names, shelf.ledger(), shelf.wait(shelf.store.counted("f"))) == (
        [],
        [],
        [FaultCounter(2, 2)],
    )


def test_a_removed_account_takes_nothing_of_another_along(shelves: Shelves) -> None:
    shelf = shelves()
    for each in ("key", "other"):
        shelf.open(each)
        shelf.queue(f"{each} 1", f"{each} 2", api_key=each)
        shelf.charge(f"{each} 1")

    shelf.wait(shelf.store.forget("key"))

    assert (shelf.names, len(shelf.ledger("other"))) == (["other 1", "other 2"], 1)


def test_what_was_removed_is_not_forgotten_again(shelves: Shelves) -> None:
    shelf = shelves(1)
    shelf.open()
    shelf.queue("a")
    shelf.finish("a")
    shelf.wait(shelf.store.forget("key"))
    shelf.queue("b", "c")

    shelf.finish("b", "c")

    assert shelf.names == ["c"]


def test_the_counters_of_removed_faults_are_forgotten(shelves: Shelves) -> None:
    shelf = shelves()
    shelf.open()
    counters = {(each, "key"): FaultCounter(1, 1) for each in "abc"}
    shelf.run(lambda tx: tx.counters.update(counters), Keys("key"))

    shelf.wait(shelf.store.uncount({"a", "b"}))

    assert [len(shelf.wait(shelf.store.counted(each))) for each in "abc"] == [0, 0, 1]


def test_after_a_reset_there_is_another_world_and_nothing_in_it(shelves: Shelves) -> None:
    shelf = shelves()
    shelf.open()
    shelf.queue("a")
    shelf.charge("a")

    shelf.wait(shelf.store.reset(World(7)))

    records = shelf.wait(shelf.store.records(lambda records: records))
    assert (shelf.store.world.seed, [len(each) for each in records]) == (7, [0] * len(records))


def test_records_that_are_loaded_are_forgotten_in_their_order(shelves: Shelves) -> None:
    shelf, other = shelves(2), shelves(2, number=1)
    shelf.queue(*"abc")
    shelf.finish("b", "a")

    records = shelf.wait(shelf.store.records(deepcopy))
    other.wait(other.store.load(World(1), records))
    other.finish("c")

    assert other.names == ["a", "c"]
