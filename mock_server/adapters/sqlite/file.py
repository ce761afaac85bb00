"""Owns the SQLite file: its lock, its schema, reading and writing rows. Knows nothing of what they hold."""

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from itertools import chain
from pathlib import Path
from typing import Final, Literal, NamedTuple, NoReturn

from mock_server.ports import StoreUnusable, T

APPLICATION_ID: Final = (
    0x436C6F64  # "Clod", in the file's header: another program's database is refused
)
BUSY_SECONDS: Final = 5  # how long a write waits for another program that holds the file
LOG_BYTES: Final = 16 * 1024 * 1024  # of the log, from which on a checkpoint moves it into the file
QUICK_ROWS: Final = 512  # are written within some 3 ms, and so are as many bytes:
QUICK_BYTES: Final = 1024 * 1024
SMALLEST: Final = 512  # bytes of a database that is one
AT_ONCE: Final = 64  # rows in one statement, which gives up the interpreter's lock only once
# A tenth cheaper than REPLACE, which deletes the old row first.
IN_PLACE: Final = "ON CONFLICT (number) DO UPDATE SET key = excluded.key, record = excluded.record"
PREPARED: Final = 1_024  # statements that are kept: one for each table and number of rows

TABLES: Final = (
    "world", "people", "accounts", "jobs", "ledger", "counters", "inboxes", "messages",
)  # fmt: skip
# One script per version of the schema; a file of an older version is brought forward, one of a newer is refused.
MIGRATIONS: Final = (
    "".join(
        f"CREATE TABLE {each} (number INTEGER PRIMARY KEY, key BLOB NOT NULL, record BLOB NOT NULL);"
        for each in (*TABLES, "finished")
    ),
    # The key of a job, which its record has too, tells its place among the finished ones: no second row for each.
    """CREATE INDEX finished_keys ON finished (key);
    UPDATE jobs SET key = coalesce((SELECT CAST(number AS BLOB) FROM finished WHERE key = jobs.key), x'');
    DROP TABLE finished""",
)


class Row(NamedTuple):
    """A record; rows are read in the order of their numbers."""

    number: int
    key: bytes
    record: bytes


class Writes(NamedTuple):
    """What is to be done to one table: all of its rows forgotten, some dropped, some put."""

    wipe: bool
    drop: Sequence[int]
    put: Sequence[Row]


Batch = Mapping[str, Writes]


class StateFile:
    """An open file, locked for this process. `power`: a commit survives a power cut, not only the process."""

    def __init__(
        self, path: str | Path, *, power: bool = False, migrations: Sequence[str] = MIGRATIONS
    ) -> None:
        """Raises StoreUnusable and leaves the file as it was."""
        self.path = Path(path).resolve()
        self._checkpoint: Literal["none", "under way", "ended"] = "none"
        self._log = Path(f"{self.path}-wal")
        self._power = power
        self._migrations = migrations
        self._examine()
        self._lock = self._locked()
        try:
            self._connection = self._open()
        except BaseException:
            self._lock.close()
            raise

    def read(self, table: str) -> Iterator[Row]:
        """The rows of a table; raises sqlite3.Error, now or later."""
        query = f"SELECT number, key, record FROM {table} ORDER BY number"  # noqa: S608 - one of TABLES
        return map(Row._make, self._connection.execute(query))

    def write(self, batch: Batch) -> None:
        """Commit a batch, whole or not at all, however long the disk or another program takes; raises sqlite3.Error."""
        if self._log_is_long():
            with suppress(sqlite3.Error):  # the log grows until the next time
                self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        self._checkpoint = "none"
        _wait_for_others(self._connection, BUSY_SECONDS)
        try:
            self._commit(batch)
        finally:
            _wait_for_others(self._connection, 0)

    def write_at_once(self, batch: Batch) -> bool:
        """The same, unless it may take long: then it is False, and nothing was done."""
        if self._power or self._checkpoint == "ended" or not _is_quick(batch):
            return False
        try:
            self._commit(batch)
        except sqlite3.OperationalError as error:
            if not _is_busy(error):
                raise
            return False
        return True

    def begins_checkpoint(self) -> bool:
        """Whether `checkpoint` is to be called now; one at a time."""
        if self._checkpoint != "none" or not self._log_is_long():
            return False
        self._checkpoint = "under way"
        return True

    def checkpoint(self) -> None:
        """Move the log into the file while commits go on; the next one is left what came meanwhile, which is little."""
        with suppress(sqlite3.Error), closing(self._beside()) as connection:
            connection.execute("PRAGMA wal_checkpoint(PASSIVE)")
        self._checkpoint = "ended"

    def reopen(self) -> None:
        """Begin anew after an error; raises sqlite3.Error or StoreUnusable where the file is still away."""
        self._connection.close()
        self._connection = self._open()

    def close(self) -> None:
        self._connection.close()
        self._lock.close()

    def _commit(self, batch: Batch) -> None:
        with _transaction(self._connection) as connection:
            for table, writes in batch.items():
                _write(connection, table, writes)

    def _log_is_long(self) -> bool:
        try:
            return self._log.stat().st_size >= LOG_BYTES
        except OSError:  # there is none yet
            return False

    def _beside(self) -> sqlite3.Connection:
        return sqlite3.connect(f"{self.path.as_uri()}?mode=rw", uri=True)

    def _examine(self) -> None:
        """Look at a file that exists, without touching it."""
        try:
            if self.path.is_dir():
                self._refuse("is a directory")
            if not self.path.parent.is_dir():
                self._refuse(f"cannot be made: there is no directory {self.path.parent}")
            size = self.path.stat().st_size if self.path.exists() else 0
            if 0 < size < SMALLEST:  # SQLite would take it for a new one, and write over it
                self._refuse("cannot be read: file is not a database")
            if size:
                self._examine_content()
        except (sqlite3.Error, OSError) as error:
            self._refuse(f"cannot be read: {error}")

    def _examine_content(self) -> None:
        connection = sqlite3.connect(f"{self.path.as_uri()}?mode=ro&immutable=1", uri=True)
        try:
            self._examine_header(connection)
        finally:
            connection.close()

    def _examine_header(self, connection: sqlite3.Connection) -> int:
        """The version of the file's schema, 0 for none yet."""
        if not _pragma(connection, "schema_version"):
            return 0
        if _pragma(connection, "application_id") != APPLICATION_ID:
            self._refuse("is a database, but not of clodura-kit")
        version, newest = _pragma(connection, "user_version"), len(self._migrations)
        if version > newest:
            self._refuse(
                f"was written by a newer clodura-kit (schema {version}, this one reads up to {newest})"
            )
        return version

    def _locked(self) -> sqlite3.Connection:
        """A lock that ends with the process, however it ends; SQLite has one that works on every system."""
        name, lock = f"{self.path}-lock", None
        try:
            lock = sqlite3.connect(name, timeout=0, isolation_level=None, check_same_thread=False)
            lock.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as error:
            if lock is not None:
                lock.close()
            if _is_busy(error):
                self._refuse(
                    "is in use by another server; one process may use it, several can share a postgresql:// state"
                )
            self._refuse(f"cannot be locked: {error}")
        return lock

    def _open(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self.path,
            timeout=BUSY_SECONDS,
            isolation_level=None,
            check_same_thread=False,
            cached_statements=PREPARED,
        )
        try:
            self._migrate(connection)
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute(f"PRAGMA synchronous = {'FULL' if self._power else 'NORMAL'}")
            # By itself SQLite would make checkpoints, which wait for the disk, within any commit.
            connection.execute("PRAGMA wal_autocheckpoint = 0")
            _wait_for_others(connection, 0)
        except BaseException as error:
            connection.close()
            if isinstance(error, sqlite3.Error):
                self._refuse(f"cannot be used: {error}")
            raise
        return connection

    def _migrate(self, connection: sqlite3.Connection) -> None:
        version = self._examine_header(connection)
        if version == len(self._migrations):
            return
        with _transaction(connection):
            for script in self._migrations[version:]:
                for statement in script.split(";"):
                    connection.execute(statement)
            connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            connection.execute(f"PRAGMA user_version = {len(self._migrations)}")

    def _refuse(self, why: str) -> NoReturn:
        raise StoreUnusable(f"the state {self.path} {why}")  # noqa: TRY003 - names the file


@contextmanager
def _transaction(connection: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield connection
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:  # some errors have rolled it back already
            connection.execute("ROLLBACK")
        raise


# The names of tables below are those of TABLES, and never a user's.


def _is_quick(batch: Batch) -> bool:
    rows = size = 0
    for wipe, drop, put in batch.values():
        if wipe:
            return False
        rows += len(drop) + len(put)
        size += sum(len(record) for _, _, record in put)
    return rows <= QUICK_ROWS and size <= QUICK_BYTES


def _write(connection: sqlite3.Connection, table: str, writes: Writes) -> None:
    if writes.wipe:
        connection.execute(f"DELETE FROM {table}")  # noqa: S608
    for some in _portions(writes.drop):
        places = ", ".join("?" * len(some))
        connection.execute(f"DELETE FROM {table} WHERE number IN ({places})", some)  # noqa: S608
    for rows in _portions(writes.put):
        places = ", ".join(["(?, ?, ?)"] * len(rows))
        connection.execute(f"INSERT INTO {table} VALUES {places} {IN_PLACE}", tuple(chain(*rows)))  # noqa: S608


def _portions(items: Sequence[T]) -> Iterator[Sequence[T]]:
    for start in range(0, len(items), AT_ONCE):
        yield items[start : start + AT_ONCE]


def _is_busy(error: sqlite3.OperationalError) -> bool:
    """Whether another program holds the file; the upper bytes of a code say more about it."""
    return error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY


def _wait_for_others(connection: sqlite3.Connection, seconds: int) -> None:
    """How long a statement waits for another program that holds the file."""
    connection.execute(f"PRAGMA busy_timeout = {1000 * seconds}")


def _pragma(connection: sqlite3.Connection, name: str) -> int:
    value: int = connection.execute(f"PRAGMA {name}").fetchone()[0]
    return value
