"""The file: one process, one schema, and nothing is touched that is not ours or too new."""

import shutil
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typing_extensions import override

from mock_server import MockServer
from mock_server.adapters.sqlite.file import (
    APPLICATION_ID,
    LOG_BYTES,
    MIGRATIONS,
    QUICK_BYTES,
    QUICK_ROWS,
    TABLES,
    Batch,
    Row,
    StateFile,
    Writes,
)
from mock_server.ports import StoreUnusable


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state.sqlite"


def made(path: Path, *statements: str) -> bytes:
    """A database that another program has written."""
    connection = sqlite3.connect(path)
    for each in statements:
        connection.execute(each)
    connection.close()
    return path.read_bytes()


def refusal(path: Path) -> str:
    with pytest.raises(StoreUnusable) as refused:
        StateFile(path)
    assert str(path) in str(refused.value)
    return str(refused.value)


def test_a_new_file_has_its_tables_and_says_whose_it_is(path: Path) -> None:
    StateFile(path).close()

    connection = sqlite3.connect(path)
    application = connection.execute("PRAGMA application_id").fetchone()[0]
    mode = connection.execute("PRAGMA journal_mode").fetchone()[0]
    tables = {each[0] for each in connection.execute("SELECT name FROM sqlite_master")}
    connection.close()
    assert (application, mode, tables) == (APPLICATION_ID, "wal", set(TABLES))


def test_an_empty_file_is_taken_for_a_new_one(path: Path) -> None:
    path.touch()

    StateFile(path).close()

    assert path.stat().st_size


@pytest.mark.parametrize(("power", "level"), [(False, 1), (True, 2)])
def test_durability_is_how_a_commit_is_written(path: Path, power: bool, level: int) -> None:
    file = StateFile(path, power=power)

    assert file._connection.execute("PRAGMA synchronous").fetchone()[0] == level
    file.close()


def test_a_second_server_is_told_of_the_first(path: Path) -> None:
    first = StateFile(path)

    assert "is in use by another server" in refusal(path)
    first.close()
    StateFile(path).close()


def test_another_name_of_the_file_is_the_same_file(path: Path) -> None:
    link = path.with_name("link")
    link.symlink_to(path)
    first = StateFile(path)

    assert "is in use" in refusal_of(link)
    first.close()


def refusal_of(path: Path) -> str:
    with pytest.raises(StoreUnusable) as refused:
        StateFile(path)
    return str(refused.value)


@pytest.mark.parametrize("content", [b"no database at all" * 100, b"\0" * 5000, b"x"])
def test_a_file_of_something_else_is_left_untouched(path: Path, content: bytes) -> None:
    path.write_bytes(content)

    assert "cannot be read: file is not a database" in refusal(path)
    assert path.read_bytes() == content
    assert [each.name for each in path.parent.iterdir()] == [path.name]


def test_a_database_of_another_program_is_left_untouched(path: Path) -> None:
    content = made(path, "CREATE TABLE bookmarks (url TEXT)")

    assert "is a database, but not of clodura-kit" in refusal(path)
    assert path.read_bytes() == content


def test_a_file_of_a_newer_version_is_left_untouched(path: Path) -> None:
    StateFile(path).close()
    content = made(path, "PRAGMA user_version = 99")

    assert "newer clodura-kit (schema 99, this one reads up to 2)" in refusal(path)
    assert path.read_bytes() == content


def test_a_newer_version_is_seen_also_in_the_log_of_one_that_was_killed(path: Path) -> None:
    StateFile(path).close()
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 99")
    grave = path.with_name("grave")
    grave.mkdir()
    for each in (path, path.with_name(f"{path.name}-wal")):
        shutil.copy(each, grave)
    connection.close()

    assert "newer clodura-kit" in refusal(grave / path.name)


def test_a_damaged_file_is_refused(path: Path) -> None:
    file = StateFile(path)
    rows = [Row(n, b"key", b"x" * 1000) for n in range(1, 200)]
    file.write({"jobs": Writes(False, [], rows)})
    file.close()
    content = bytearray(path.read_bytes())
    content[4096:] = b"\xff" * (len(content) - 4096)
    path.write_bytes(content)

    file = StateFile(path)
    with pytest.raises(sqlite3.DatabaseError):
        list(file.read("jobs"))
    file.close()
    with pytest.raises(StoreUnusable, match="cannot be read"):
        MockServer(state=path).start()


def test_a_directory_is_no_file(tmp_path: Path) -> None:
    assert "is a directory" in refusal(tmp_path)


def test_where_there_is_no_directory_nothing_can_be_made(tmp_path: Path) -> None:
    assert "there is no directory" in refusal(tmp_path / "nowhere" / "state")


def test_what_cannot_be_opened_is_told(tmp_path: Path) -> None:
    path = tmp_path / ("x" * 300)

    assert "cannot be" in refusal(path)


def test_where_nothing_can_be_locked_it_is_told(path: Path) -> None:
    path.with_name(f"{path.name}-lock").mkdir()

    assert "cannot be locked" in refusal(path)


def test_an_older_file_is_brought_forward_with_all_that_is_in_it(path: Path) -> None:
    file = StateFile(path)
    file.write({"jobs": Writes(False, [], [Row(1, b"key", b"record")])})
    file.close()
    newer = (*MIGRATIONS, "CREATE TABLE more (number INTEGER); UPDATE jobs SET record = x'6e6577'")

    file = StateFile(path, migrations=newer)
    rows = list(file.read("jobs"))
    file.close()

    assert rows == [Row(1, b"key", b"new")]
    assert "newer clodura-kit (schema 3" in refusal(path)


def test_the_finished_jobs_of_a_first_version_keep_their_places(path: Path) -> None:
    file = StateFile(path, migrations=MIGRATIONS[:1])
    jobs = [
        Row(n, name, b"record") for n, name in enumerate((b"a", b"waits", b"c", b"\xed\xa0\x80"))
    ]
    finished = [Row(7, b"c", b""), Row(12, b"a", b""), Row(30, b"\xed\xa0\x80", b"")]
    file.write({"jobs": Writes(False, [], jobs), "finished": Writes(False, [], finished)})
    file.close()

    file = StateFile(path)
    keys = [each.key for each in file.read("jobs")]
    file.close()

    assert keys == [b"12", b"", b"7", b"30"]


def test_a_migration_happens_whole_or_not_at_all(path: Path) -> None:
    StateFile(path).close()
    content = path.read_bytes()
    broken = (*MIGRATIONS, "CREATE TABLE more (number INTEGER); NONSENSE")

    with pytest.raises(StoreUnusable, match="cannot be used"):
        StateFile(path, migrations=broken)

    assert path.read_bytes() == content


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StateFile]:
    file = StateFile(tmp_path_factory.mktemp("state") / "state")
    yield file
    file.close()


@given(count=st.integers(0, 200), dropped=st.sets(st.integers(1, 200)), wipe=st.booleans())
def test_what_is_written_is_read(
    file: StateFile, count: int, dropped: set[int], wipe: bool
) -> None:
    rows = [Row(n, b"%d" % n, b"r" * n) for n in range(1, count + 1)]
    file.write({"jobs": Writes(True, [], rows)})

    file.write({"jobs": Writes(wipe, sorted(dropped), [Row(500, b"last", b"")])})

    kept = [] if wipe else [each for each in rows if each.number not in dropped]
    assert list(file.read("jobs")) == [*kept, Row(500, b"last", b"")]


def test_a_batch_is_written_whole_or_not_at_all(file: StateFile) -> None:
    before = [list(file.read(each)) for each in TABLES]
    wrong = [Row(1, b"key", b"record"), Row(2, b"key", None)]  # type: ignore[arg-type]

    with pytest.raises(sqlite3.IntegrityError):
        file.write({"people": Writes(False, [], wrong[:1]), "jobs": Writes(False, [], wrong)})

    assert [list(file.read(each)) for each in TABLES] == before


# Writing without waiting


def of_jobs(*numbers: int, wipe: bool = False, size: int = 1) -> Batch:
    return {"jobs": Writes(wipe, [], [Row(each, b"", b"x" * size) for each in numbers])}


def kept(file: StateFile) -> list[int]:
    return [each.number for each in file.read("jobs")]


@pytest.fixture
def begun(path: Path) -> Iterator[StateFile]:
    file = StateFile(path)
    assert not file.begins_checkpoint(), "there is no log yet"
    file.write(of_jobs(1))
    yield file
    file.close()


def test_a_small_batch_is_written_at_once(begun: StateFile) -> None:
    assert begun.write_at_once(of_jobs(*range(2, QUICK_ROWS + 2)))
    assert kept(begun) == list(range(1, QUICK_ROWS + 2))


@pytest.mark.parametrize(
    "batch",
    [
        of_jobs(*range(2, QUICK_ROWS + 3)),
        of_jobs(2, wipe=True),
        of_jobs(2, 3, size=QUICK_BYTES // 2 + 1),
    ],
)
def test_what_may_take_long_is_not_begun(begun: StateFile, batch: Batch) -> None:
    assert not begun.write_at_once(batch)
    assert kept(begun) == [1]


def test_where_each_commit_waits_for_the_disk_nothing_is_written_at_once(path: Path) -> None:
    file = StateFile(path, power=True)
    file.write(of_jobs(1))

    assert not file.write_at_once(of_jobs(2))
    assert kept(file) == [1]
    file.close()


def test_another_program_that_holds_the_file_is_waited_for_only_by_who_may_wait(path: Path) -> None:
    file = StateFile(path)
    assert file._connection.execute("PRAGMA busy_timeout").fetchone()[0] == 0
    other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")

    assert not file.write_at_once(of_jobs(1))
    leaves = threading.Timer(0.1, other.execute, ["COMMIT"])
    leaves.start()
    file.write(of_jobs(2))
    assert kept(file) == [2]
    leaves.join()
    other.close()
    file.close()


class Interrupted(StateFile):
    """Has a commit end with an error of that code."""

    code = 0

    @override
    def _commit(self, batch: Batch) -> None:
        error = sqlite3.OperationalError("as SQLite says")
        error.sqlite_errorcode = self.code
        raise error


@pytest.mark.parametrize("code", [sqlite3.SQLITE_BUSY, sqlite3.SQLITE_BUSY_RECOVERY])
def test_a_file_that_is_in_use_in_whatever_way_is_left_to_who_may_wait(
    path: Path, code: int
) -> None:
    file = Interrupted(path)
    file.code = code

    assert not file.write_at_once(of_jobs(1))
    file.close()


def test_any_other_error_is_told_at_once(path: Path) -> None:
    file = Interrupted(path)
    file.code = sqlite3.SQLITE_FULL

    with pytest.raises(sqlite3.OperationalError, match="as SQLite says"):
        file.write_at_once(of_jobs(1))
    file.close()


def log_bytes(file: StateFile) -> int:
    return file.path.with_name(f"{file.path.name}-wal").stat().st_size


def test_a_long_log_is_moved_into_the_file_by_who_may_wait(begun: StateFile) -> None:
    begun.write(of_jobs(2, size=LOG_BYTES))
    assert log_bytes(begun) > LOG_BYTES

    begun.write(of_jobs(3))

    assert log_bytes(begun) < LOG_BYTES
    assert kept(begun) == [1, 2, 3]


def test_a_checkpoint_is_made_beside_commits_and_ended_by_who_may_wait(begun: StateFile) -> None:
    assert not begun.begins_checkpoint()
    begun.write(of_jobs(2, size=LOG_BYTES))
    assert [begun.begins_checkpoint() for _ in range(2)] == [True, False], "one at a time"
    assert begun.write_at_once(of_jobs(3))

    begun.checkpoint()

    assert not begun.write_at_once(of_jobs(4)), "what is left of the log would never be moved"
    begun.write(of_jobs(5))
    assert log_bytes(begun) < LOG_BYTES
    assert begun.write_at_once(of_jobs(6))
    assert not begun.begins_checkpoint()
    assert kept(begun) == [1, 2, 3, 5, 6]


def test_a_checkpoint_that_fails_loses_nothing_and_makes_no_file(begun: StateFile) -> None:
    moved = begun.path.rename(begun.path.with_name("moved"))

    begun.checkpoint()

    assert not begun.path.exists()
    moved.rename(begun.path)
    begun.write(of_jobs(2))
    assert kept(begun) == [1, 2]


def test_a_reader_that_needs_the_log_is_not_waited_for(begun: StateFile) -> None:
    reader = sqlite3.connect(begun.path, isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT * FROM jobs").fetchall()
    begun.write(of_jobs(2, size=LOG_BYTES))
    said: list[str] = []
    begun._connection.set_trace_callback(said.append)

    begun.write(of_jobs(3))

    assert said[:2] == ["PRAGMA wal_checkpoint(TRUNCATE)", "PRAGMA busy_timeout = 5000"]
    assert begun._connection.execute("PRAGMA busy_timeout").fetchone()[0] == 0
    reader.close()
    begun.write(of_jobs(4))
    assert log_bytes(begun) < LOG_BYTES
    assert kept(begun) == [1, 2, 3, 4]
