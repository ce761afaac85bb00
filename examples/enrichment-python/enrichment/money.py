"""Owns what concerns the owner's money, in the database: the ledger, the hold on sending, notices, balances."""

import logging
import sqlite3
from typing import Any

Connection = sqlite3.Connection
log = logging.getLogger("enrichment")


def hold(connection: Connection, kind: str, until: float, why: str) -> bool:
    """Send nothing: `pause` until a time, `credits` until there are some, `owner` until they say so. A pause gives
    way to the others. True where it is news.
    """
    done = connection.execute(
        "INSERT INTO hold (only, kind, until, why) VALUES (1, :kind, :until, :why)"
        " ON CONFLICT DO UPDATE SET kind = :kind, until = :until, why = :why"
        " WHERE hold.kind = 'pause' AND (:kind <> 'pause' OR :until > hold.until)",
        {"kind": kind, "until": until, "why": why},
    )
    return done.rowcount == 1


def held(connection: Connection) -> sqlite3.Row | None:
    """Why nothing is sent at present."""
    row: sqlite3.Row | None = connection.execute("SELECT * FROM hold").fetchone()
    return row


def look_again(connection: Connection, until: float) -> None:
    """There are no credits yet."""
    connection.execute("UPDATE hold SET until = ?", (until,))


def release(connection: Connection) -> None:
    connection.execute("DELETE FROM hold")


def notify(connection: Connection, now: float, text: str) -> None:
    """Tell the owner: in the log, and at GET /status."""
    log.warning("%s", text)
    connection.execute("INSERT INTO notices (at, text) VALUES (?, ?)", (now, text))


def spent(connection: Connection) -> int:
    """Credits, by our own ledger."""
    total: int = connection.execute("SELECT coalesce(sum(credits), 0) FROM ledger").fetchone()[0]
    return total


def ledger(connection: Connection) -> list[dict[str, Any]]:
    return [dict(row) for row in connection.execute("SELECT * FROM ledger ORDER BY rowid")]


def notices(connection: Connection) -> list[str]:
    rows = connection.execute("SELECT text FROM notices ORDER BY rowid DESC LIMIT 20")
    return [row["text"] for row in rows]


def wants_balance(connection: Connection) -> bool:
    """Whether a look at the balance would tell something: money was spent since, and no search is on."""
    busy = connection.execute(
        "SELECT 1 FROM lookups WHERE state IN ('asking', 'waiting') LIMIT 1"
    ).fetchone()
    last = _last_balance(connection)
    return not busy and (last is None or last["spent"] != spent(connection))


def compare(connection: Connection, now: float, left: int) -> None:
    """Note the balance; tell the owner where less is left than the ledger explains."""
    last, total = _last_balance(connection), spent(connection)
    connection.execute("INSERT INTO balance VALUES (?, ?, ?)", (now, left, total))
    if last is not None:
        expected = last["credits"] - (total - last["spent"])
        if left < expected:
            unexplained = f"{expected - left} were charged that no result explains"
            text = f"{left} credits are left, and not {expected}: {unexplained}"
            notify(connection, now, text)


def _last_balance(connection: Connection) -> sqlite3.Row | None:
    row: sqlite3.Row | None = connection.execute(
        "SELECT * FROM balance ORDER BY rowid DESC LIMIT 1"
    ).fetchone()
    return row
