"""A server that is started again goes on where it was: time, money, people, faults, inboxes, what was left waiting."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typing_extensions import override

from mock_server import MockServer
from mock_server.adapters.clocks import StoppedClock
from mock_server.adapters.records import ACCOUNT
from mock_server.adapters.sqlite import Book, StateFile
from mock_server.adapters.sqlite.contents import STORED_CLOCK, StoredClock
from mock_server.adapters.sqlite.file import Batch, Row, Writes
from mock_server.adapters.sqlite.mirror import Shelf
from mock_server.bootstrap import build
from mock_server.domain.accounts import Account
from mock_server.domain.instants import MANUAL_START, SECOND
from mock_server.domain.world import Anchor, ClockMode
from mock_server.ports import StoreUnusable
from mock_server.settings import Settings
from tests.api import match, track
from tests.web.receivers import receiving, status

KEY = "test_max_t"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state.sqlite"


@contextmanager
def serving(path: Path, **options: Any) -> Iterator[MockServer]:
    with MockServer(state=path, **options) as mock:
        yield mock


class Calendar(StoppedClock):
    """A clock whose calendar and whose real time are set apart."""

    def __init__(self, real: int, wall: int) -> None:
        super().__init__(real)
        self._wall = wall

    @override
    def wall(self) -> int:
        return self._wall


def test_all_that_a_snapshot_tells_is_there_again(path: Path) -> None:
    with serving(path, clock="manual", seed=7) as mock:
        inbox = mock.inbox("a")
        inbox.answer_with(500, 200)
        mock.person("p-1", numbers={"wiza": ["+12025550143"]})
        mock.person("p-2", numbers={})
        mock.fault({"headers": {"x-a": "b"}}, times=3)
        for who in ("mock-found-wiza", "mock-none", "mock-found-hook-shuffled", "p-1"):
            body = {"personId": who, "webhookUrl": inbox.url, "revealPhoneNumberViaPartners": True}
            assert match(mock, body).status == 200
        mock.account("payg", api_key="other", credits=3).top_up(4)
        mock.advance(30)
        before = mock.snapshot()

    with serving(path) as again:
        after = again.snapshot()

    assert json.loads(after) == json.loads(before)
    assert after == before


def test_a_snapshot_moves_into_a_file_and_out_of_it(path: Path) -> None:
    with MockServer(clock="manual", seed=3) as memory:
        match(memory, {"personId": "mock-found", "webhookUrl": memory.inbox("a").url})
        memory.advance(0.5)
        snapshot = memory.snapshot()
    with serving(path, clock="manual") as file:
        match(file, {"personId": "mock-none"})
        file.inbox("b").answer_with(500)
        file.restore(snapshot)
    with serving(path) as again:
        assert again.snapshot() == snapshot
        moved = again.snapshot()
    with MockServer(clock="manual") as memory:
        memory.restore(moved)
        assert memory.snapshot() == snapshot


def test_a_reset_empties_the_file(path: Path) -> None:
    with serving(path, clock="manual", seed=3) as mock:
        match(mock, {"personId": "mock-found"})
        mock.person("p-1", numbers={})
        mock.reset(seed=4)
        empty = mock.snapshot()

    with serving(path, seed=4) as again:
        assert (again.snapshot(), again.jobs()) == (empty, [])


def test_ids_go_on_and_are_not_given_twice(path: Path) -> None:
    given_ids = []
    for _ in range(3):
        with serving(path, clock="manual") as mock:
            given_ids.append(match(mock, {"personId": "mock-found"}).body["trackingId"])
            new = mock.account("max").api_key
            given_ids.append(new)

    assert len(set(given_ids)) == 6


def test_another_seed_is_refused_and_the_same_is_not(path: Path) -> None:
    with serving(path, seed=5):
        pass
    with serving(path, seed=5):
        pass

    with pytest.raises(StoreUnusable, match=r"has the seed 5, not 6: leave --seed away"):
        MockServer(state=path, seed=6).start()
    with serving(path):
        pass


def written(path: Path, table: str, record: bytes) -> None:
    file = StateFile(path)
    file.write({table: Writes(False, [], [Row(1, b"key", record)])})
    file.close()


def test_a_file_whose_plan_the_spec_lacks_is_refused(path: Path) -> None:
    with serving(path):
        pass
    written(path, "accounts", ACCOUNT.encode(Account("key", "gold", 0, 300, {})))

    with pytest.raises(StoreUnusable, match=r"not fit this server: accounts: .* no plan gold"):
        MockServer(state=path).start()


def test_a_record_that_cannot_be_read_is_told(path: Path) -> None:
    with serving(path):
        pass
    written(path, "jobs", b'["half')

    with pytest.raises(StoreUnusable, match="cannot be read: a record of jobs"):
        MockServer(state=path).start()


class ReadOnlyFile(StateFile):
    @override
    def write(self, batch: Batch) -> None:
        raise sqlite3.OperationalError("attempt to write a readonly database")


@pytest.mark.parametrize(
    ("statement", "why"),
    [
        ("UPDATE jobs SET key = x'616263'", "a record of jobs: its place is b'abc'"),
        ("DELETE FROM world WHERE key = x'636c6f636b'", "a record of world: there is no clock"),
    ],
)
def test_a_row_that_makes_no_sense_is_told(path: Path, statement: str, why: str) -> None:
    with serving(path) as mock:
        match(mock, {"personId": "mock-found"})
    with sqlite3.connect(path) as connection:
        connection.execute(statement)
    connection.close()

    with pytest.raises(StoreUnusable, match=why):
        MockServer(state=path).start()


def test_a_file_that_cannot_be_written_is_told_at_the_start(path: Path) -> None:
    with pytest.raises(StoreUnusable, match="cannot be written: attempt to write a readonly"):
        build(Settings(state=str(path)), open_file=ReadOnlyFile)
    with serving(path):
        pass


def test_a_file_that_was_emptied_behind_its_back_does_not_come_back(path: Path) -> None:
    file = StateFile(path)
    book = Book(file, StoppedClock(), lambda _: None)

    with pytest.raises(StoreUnusable, match="cannot be read: it is empty"):
        book._recover()

    file.close()


def test_a_manual_clock_stays_where_it_was(path: Path) -> None:
    with serving(path, clock="manual") as mock:
        mock.advance(90)
        now = mock.clock()["now"]

    with serving(path) as again:
        assert (again.clock()["mode"], again.clock()["now"]) == ("manual", now)


def test_another_clock_goes_on_from_where_time_stands(path: Path) -> None:
    with serving(path, clock="manual") as mock:
        mock.advance(90)

    with serving(path, clock="x2") as again:
        clock = again.clock()

    assert (clock["mode"], clock["rate"]) == ("scaled", 2)
    assert clock["now"].startswith("2026-01-01T00:0")


@given(rate=st.sampled_from([0.0, 1.0, 60.0]), passed=st.integers(-(10**9), 10**9))
def test_the_time_of_a_pause_counts_at_the_clock_s_rate(rate: float, passed: int) -> None:
    before, after = Calendar(5, 1_000), Calendar(90, 1_000 + passed)
    stood = Anchor(ClockMode.SCALED, rate, MANUAL_START, 5)

    anchor = StoredClock.of(stood, before).anchor(after)

    assert anchor.at(after.real()) == MANUAL_START + int(max(passed, 0) * rate)
    assert anchor.at(after.real() + SECOND) == anchor.at(after.real()) + int(SECOND * rate)


def test_what_is_stored_of_a_clock_is_its_time_now() -> None:
    clock = Calendar(10 * SECOND, 77)
    anchor = Anchor(ClockMode.SCALED, 60, MANUAL_START, 0)

    stored = STORED_CLOCK.decode(STORED_CLOCK.encode(StoredClock.of(anchor, clock)))

    assert stored == StoredClock(ClockMode.SCALED, 60, MANUAL_START + 600 * SECOND, 77)


def test_what_was_left_waiting_falls_due_without_any_request(path: Path) -> None:
    with receiving(status(200)) as receiver:
        with serving(path, clock="manual") as mock:
            match(mock, {"personId": "mock-found", "webhookUrl": receiver.url})
        with serving(path, clock="x1000"):
            assert receiver.wait(1)


def test_an_attempt_that_was_under_way_is_made_again(path: Path) -> None:
    with receiving(lambda _: None, status(200)) as receiver:
        with serving(path, clock="x1000") as mock:
            match(mock, {"personId": "mock-found", "webhookUrl": receiver.url})
            assert receiver.wait(1)
        with serving(path) as again:
            assert receiver.wait(2)
            [job] = again.jobs()

    assert job["charged"] == 10


def test_what_is_forgotten_stays_forgotten(path: Path) -> None:
    with serving(path, clock="manual", retention=2) as mock:
        for _ in range(5):
            match(mock, {"personId": "mock-found"})
            mock.advance(to="idle")
        snapshot = mock.snapshot()

    with serving(path, retention=2) as again:
        assert (len(again.jobs()), again.snapshot()) == (2, snapshot)


def test_the_first_that_finished_is_forgotten_first_also_by_later_servers(path: Path) -> None:
    def accepted(mock: MockServer, person: str) -> str:
        return str(match(mock, {"personId": person}).body["trackingId"])

    def finished(mock: MockServer) -> list[str]:
        mock.advance(to="idle")
        return list(json.loads(mock.snapshot())["finished"])

    with serving(path, clock="manual", retention=3) as mock:
        last, *order = [
            accepted(mock, each) for each in ("mock-found-after-90", *["mock-found"] * 2)
        ]
        order.append(last)
        assert finished(mock) == order
    for _ in range(3):
        with serving(path, retention=3) as again:
            order.append(accepted(again, "mock-found"))
            assert finished(again) == order[-3:]


def test_what_a_reader_has_forgotten_leaves_the_file_too(path: Path) -> None:
    with serving(path, clock="manual") as mock:
        accepted = [match(mock, {"personId": "mock-found"}).body["trackingId"] for _ in range(9)]
        mock.advance(to="idle")

    with serving(path, retention=4) as again:  # nothing is changed, only looked at
        assert track(again, accepted[-1]).status == 200
        assert len(again.jobs()) == 4

    with serving(path) as later:
        assert [each["trackingId"] for each in later.jobs()] == accepted[-4:]


@pytest.mark.parametrize("how", ["backup", "VACUUM INTO"])
def test_a_copy_made_while_it_serves_is_a_whole_state(path: Path, how: str) -> None:
    copy = path.with_name("copy.sqlite")
    with serving(path, clock="manual") as mock:
        match(mock, {"personId": "mock-found", "webhookUrl": mock.inbox("a").url})
        reader, target = sqlite3.connect(path), sqlite3.connect(copy)
        if how == "backup":
            reader.backup(target)
        else:
            reader.execute("VACUUM INTO ?", (str(copy),))
        target.close()
        reader.close()
        snapshot = mock.snapshot()
        mock.advance(60)

    with serving(copy) as restored:
        assert restored.snapshot() == snapshot


def test_a_removed_account_and_an_emptied_inbox_stay_away(path: Path) -> None:
    with serving(path, clock="manual") as mock:
        inbox = mock.inbox("a")
        match(mock, {"personId": "mock-found", "webhookUrl": inbox.url})
        mock.advance(to="idle")
        assert len(inbox.messages()) == 1
        inbox.empty()
        mock.account("max", api_key="gone").remove()

    with serving(path) as again:
        assert again.inbox("a").messages() == []
        assert [each["apiKey"] for each in again.call("GET", "/accounts")["accounts"]] == [KEY]


def test_an_inbox_that_overflows_keeps_the_newest(path: Path) -> None:
    big = b"x" * 1_000_000
    with serving(path, clock="manual") as mock:
        for n in range(70):
            mock.send("POST", "/_mock/inbox/a", b"%d" % n + big)
        kept = mock.call("GET", "/inbox/a")["messages"]

    with serving(path) as again:
        assert again.call("GET", "/inbox/a")["messages"] == kept
    assert 50 < len(kept) < 70


def test_a_name_that_goes_and_comes_again_is_the_newest() -> None:
    held = {"a": b"1", "b": b"2"}
    shelf = Shelf[str](lambda key: held[key], None, str.encode)
    shelf.have(held)
    shelf.writes()

    del held["a"]
    shelf.go_all(lambda key: key not in held)
    held["a"] = b"3"
    shelf.change("a")

    writes = shelf.writes()
    assert writes is not None
    assert (writes.drop, writes.put) == ([1], [Row(3, b"a", b"3")])
