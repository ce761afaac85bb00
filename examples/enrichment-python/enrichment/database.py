"""Owns the SQLite file: its tables, and one transaction at a time on a thread of its own. Knows no lookup."""

import asyncio
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

T = TypeVar("T")
BUSY = (
    2.0  # seconds to wait for the other process; then the webhook is answered 503 and comes again
)

TABLES = """
CREATE TABLE IF NOT EXISTS lookups (
    id          TEXT PRIMARY KEY,
    person_id   TEXT,
    tracking_id TEXT UNIQUE,
    token       TEXT UNIQUE,
    state       TEXT NOT NULL,
    provider    TEXT,
    numbers     TEXT NOT NULL DEFAULT '[]',
    why         TEXT,
    asked_at    REAL,
    due_at      REAL NOT NULL,               -- when to send it or to poll; means nothing once it is closed
    tries       INTEGER NOT NULL DEFAULT 0,
    applied     INTEGER NOT NULL DEFAULT 0   -- how often a result took effect; more than once is a defect
);
CREATE INDEX IF NOT EXISTS lookups_person ON lookups (person_id);
CREATE INDEX IF NOT EXISTS lookups_due ON lookups (state, due_at);
CREATE TABLE IF NOT EXISTS ledger (
    lookup_id   TEXT PRIMARY KEY REFERENCES lookups ON DELETE CASCADE,
    at          REAL NOT NULL,
    provider    TEXT,
    credits     INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS hold (            -- at most one row: why nothing is sent
    only        INTEGER PRIMARY KEY CHECK (only = 1),
    kind        TEXT NOT NULL,               -- 'pause', 'credits' or 'owner': see money.hold
    until       REAL NOT NULL,
    why         TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS notices (at REAL NOT NULL, text TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS balance (at REAL NOT NULL, credits INTEGER NOT NULL, spent INTEGER NOT NULL);
"""


class Database:
    """What `run` returned is on the disk. Several processes may use the file."""

    def __init__(self, path: Path) -> None:
        """Open or make it; raises sqlite3.Error."""
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="database")
        self._connection = self._thread.submit(_open, path).result()

    async def run(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Work in one transaction, which another process cannot interleave; raises sqlite3.Error."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._transact, work)

    def close(self) -> None:
        self._thread.submit(self._connection.close).result()
        self._thread.shutdown()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def _transact(self, work: Callable[[sqlite3.Connection], T]) -> T:
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            done = work(self._connection)
            self._connection.execute("COMMIT")
        except BaseException:
            if self._connection.in_transaction:  # some errors have rolled it back by themselves
                self._connection.execute("ROLLBACK")
            raise
        return done


def _open(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=BUSY, isolation_level=None)
    connection.row_factory = sqlite3.Row
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")  # 2xx is a promise: it outlives the power too
    connection.execute("PRAGMA foreign_keys = ON")
    connection.executescript(TABLES)
    return connection
