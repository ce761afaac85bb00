"""Owns the life of a lookup in the database: each function is one step, to be run in a transaction."""

import hmac
import json
import secrets
import sqlite3
from typing import Any
from uuid import uuid4

from enrichment.results import OPEN, Result, State

Connection = sqlite3.Connection
_OPEN = ", ".join(f"'{each}'" for each in OPEN)
# A trackingId, but for one that another lookup has.
_UNTAKEN = "CASE WHEN ? IN (SELECT tracking_id FROM lookups) THEN NULL ELSE ? END"


class UnknownTokenError(LookupError):
    """Nobody was given a webhook URL with this token."""


class AnotherJobError(ValueError):
    """The result is of another job than the one that the URL was made for."""


def enqueue(connection: Connection, person_id: str, now: float) -> sqlite3.Row:
    """The person's lookup: the one there is, so that nobody is paid for twice, or a new one."""
    known: sqlite3.Row | None = connection.execute(
        "SELECT * FROM lookups WHERE person_id = ? AND state NOT IN ('refused', 'outOfCredits', 'lost')",
        (person_id,),
    ).fetchone()
    if known:
        return known
    row: sqlite3.Row = connection.execute(
        "INSERT INTO lookups (id, person_id, token, state, due_at) VALUES (?, ?, ?, 'queued', ?) RETURNING *",
        (str(uuid4()), person_id, secrets.token_urlsafe(24), now),
    ).fetchone()
    return row


def take_queued(
    connection: Connection, now: float, lease: float, limit: int, only: str | None = None
) -> list[sqlite3.Row]:
    """Lookups to be sent now. They are `asking` before the request leaves: after a crash none is sent twice."""
    return connection.execute(
        "UPDATE lookups SET state = 'asking', asked_at = :now, due_at = :now + :lease WHERE id IN ("
        " SELECT id FROM lookups WHERE state = 'queued' AND due_at <= :now AND id = coalesce(:only, id)"
        " ORDER BY due_at LIMIT :limit) RETURNING *",
        {"now": now, "lease": lease, "only": only, "limit": limit},
    ).fetchall()


def take_unfinished(
    connection: Connection, now: float, limit: int, only: str | None = None
) -> list[sqlite3.Row]:
    """Lookups whose webhook has not come in time."""
    return connection.execute(
        "SELECT * FROM lookups WHERE state IN ('asking', 'waiting') AND due_at <= ? AND id = coalesce(?, id)"
        " ORDER BY due_at LIMIT ?",
        (now, only, limit),
    ).fetchall()


def accept(connection: Connection, lookup_id: str, tracking_id: str, now: float) -> None:
    """The match was accepted. Its result may be here already: under its token, or as a stray. A trackingId that
    another lookup has is no answer: this one waits for its webhook.
    """
    stray = connection.execute(
        "DELETE FROM lookups WHERE tracking_id = ? AND token IS NULL RETURNING *", (tracking_id,)
    ).fetchone()
    connection.execute(
        "UPDATE OR IGNORE lookups SET state = CASE state WHEN 'asking' THEN 'waiting' ELSE state END, tries = 0,"
        " tracking_id = coalesce(tracking_id, ?) WHERE id = ?",
        (tracking_id, lookup_id),
    )
    if stray:
        numbers = tuple(json.loads(stray["numbers"]))
        result = Result(
            State(stray["state"]), tracking_id, None, provider=stray["provider"], numbers=numbers
        )
        apply(connection, lookup_id, result, now)


def put_back(connection: Connection, lookup_id: str, due_at: float, why: str) -> None:
    """It was not accepted; it is sent again later."""
    connection.execute(
        "UPDATE lookups SET state = 'queued', due_at = ?, why = ?, tries = tries + 1"
        " WHERE id = ? AND state = 'asking'",
        (due_at, why, lookup_id),
    )


def put_off(connection: Connection, lookup_id: str, due_at: float, why: str | None) -> None:
    """Look at it again later."""
    connection.execute(
        "UPDATE lookups SET due_at = ?, why = ?, tries = tries + 1"
        f" WHERE id = ? AND state IN ({_OPEN})",
        (due_at, why, lookup_id),
    )


def close(connection: Connection, lookup_id: str, state: State, why: str) -> bool:
    """It ends without a result; False where one had come meanwhile."""
    done = connection.execute(
        f"UPDATE lookups SET state = ?, why = ? WHERE id = ? AND state IN ({_OPEN})",
        (state, why, lookup_id),
    )
    return done.rowcount == 1


def apply(connection: Connection, lookup_id: str, result: Result, now: float) -> bool:
    """The result takes effect, once: False where one had before. Number and debit are one step."""
    done = connection.execute(
        "UPDATE lookups SET state = ?, provider = ?, numbers = ?, why = NULL, applied = applied + 1,"
        f" tracking_id = coalesce(tracking_id, {_UNTAKEN}), person_id = coalesce(person_id, ?)"
        f" WHERE id = ? AND state IN ({_OPEN})",
        (
            result.state,
            result.provider,
            json.dumps(result.numbers),
            result.tracking_id,
            result.tracking_id,
            result.person_id,
            lookup_id,
        ),
    )
    if done.rowcount and result.credits:
        connection.execute(
            "INSERT INTO ledger (lookup_id, at, provider, credits) VALUES (?, ?, ?, ?)",
            (lookup_id, now, result.provider, result.credits),
        )
    return done.rowcount == 1


def receive(
    connection: Connection, token: str, result: Result | None, now: float, open_token: str = ""
) -> None:
    """A webhook. Raises UnknownTokenError, AnotherJobError; whatever it repeats changes nothing."""
    lookup = _by_token(connection, token)
    if lookup is None and not (
        open_token and hmac.compare_digest(token.encode(), open_token.encode())
    ):
        raise UnknownTokenError
    if result is None:
        return
    if (
        lookup
        and None not in (lookup["tracking_id"], result.tracking_id)
        and (lookup["tracking_id"] != result.tracking_id)
    ):
        raise AnotherJobError
    lookup = lookup or find(connection, result.tracking_id, result.person_id)
    apply(connection, lookup["id"] if lookup else _stray(connection, now), result, now)


def find(
    connection: Connection, tracking_id: str | None, person_id: str | None
) -> sqlite3.Row | None:
    """By trackingId, or the person's newest lookup, an open one first."""
    row: sqlite3.Row | None = connection.execute(
        "SELECT * FROM lookups WHERE tracking_id = ? OR (? IS NULL AND person_id = ?)"
        f" ORDER BY state IN ({_OPEN}) DESC, rowid DESC LIMIT 1",
        (tracking_id, tracking_id, person_id),
    ).fetchone()
    return row


def get(connection: Connection, lookup_id: str) -> sqlite3.Row | None:
    row: sqlite3.Row | None = connection.execute(
        "SELECT * FROM lookups WHERE id = ?", (lookup_id,)
    ).fetchone()
    return row


def next_due(connection: Connection, only: str | None = None) -> float | None:
    """When there is something to do, if nothing comes in before."""
    due: float | None = connection.execute(
        "SELECT min(due_at) FROM lookups WHERE state IN ('queued', 'asking', 'waiting') AND id = coalesce(?, id)",
        (only,),
    ).fetchone()[0]
    return due


def shown(row: sqlite3.Row) -> dict[str, Any]:
    """As the application's own API tells it."""
    return {
        "id": row["id"],
        "personId": row["person_id"],
        "state": row["state"],
        "phoneNumbers": json.loads(row["numbers"]),
        "why": row["why"],
    }


def _by_token(connection: Connection, token: str) -> sqlite3.Row | None:
    row: sqlite3.Row | None = connection.execute(
        "SELECT * FROM lookups WHERE token = ?", (token,)
    ).fetchone()
    return row


def _stray(connection: Connection, now: float) -> str:
    """A place for a result that was asked for elsewhere."""
    lookup_id = str(uuid4())
    connection.execute(
        "INSERT INTO lookups (id, state, due_at) VALUES (?, 'waiting', ?)", (lookup_id, now)
    )
    return lookup_id
