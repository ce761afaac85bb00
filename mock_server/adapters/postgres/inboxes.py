"""Owns the built-in webhook receivers as all processes share them, and who waits here for what comes anywhere."""

import asyncio
from collections.abc import Sequence

from mock_server.adapters.postgres.database import Conflict, Connection, Database, raw
from mock_server.adapters.postgres.listener import INBOX as CAME
from mock_server.adapters.postgres.listener import set_by, tell
from mock_server.adapters.records import INBOX, MESSAGE, InboxState
from mock_server.domain.inbox import MAX_BYTES, MAX_MESSAGES, Answer, Inbox, Message, Reception

NEW = InboxState.of(Inbox())


class Inboxes:
    """All receivers by name; the row of one is its lock."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._waiters: dict[str, set[asyncio.Event]] = {}

    async def receive(self, name: str, message: Message) -> Reception:
        async def work(connection: Connection) -> Reception:
            inbox = await _locked(connection, name)
            reception = inbox.receive(message)
            await _save(connection, name, inbox)
            await connection.execute(
                "INSERT INTO messages VALUES ($1, $2, $3, $4)",
                raw(name), reception.number, len(message.raw), MESSAGE.encode(message),
            )  # fmt: skip
            await _trim(connection, name, reception.number)
            await tell(connection, CAME, raw(name).hex())
            return reception

        return await self._database.run(work)

    async def wait(self, name: str, count: int, seconds: float) -> Inbox:
        """The inbox once it has `count` messages, or as it is after `seconds` of real time."""
        came, key = asyncio.Event(), raw(name).hex()
        self._waiters.setdefault(key, set()).add(came)
        ends = asyncio.get_running_loop().time() + seconds
        try:
            while await self._count(name) < count and await set_by(came, ends):
                came.clear()
        finally:
            self._waiters[key].discard(came)
            if not self._waiters[key]:
                del self._waiters[key]
        return await self._read(name)

    async def behave(self, name: str, answers: Sequence[Answer], delay_seconds: float) -> None:
        async def work(connection: Connection) -> None:
            inbox = await _locked(connection, name)
            inbox.answers, inbox.answered, inbox.delay_seconds = answers, 0, delay_seconds
            await _save(connection, name, inbox)

        await self._database.run(work)

    async def empty(self, name: str) -> None:
        async with self._database.transaction() as connection:
            await connection.execute("DELETE FROM inboxes WHERE name = $1", raw(name))
            await connection.execute("DELETE FROM messages WHERE name = $1", raw(name))

    def came(self, key: str) -> None:
        """Something came to an inbox; to any, where none is named."""
        for waiters in [self._waiters.get(key, ())] if key else list(self._waiters.values()):
            for waiter in waiters:
                waiter.set()

    async def _count(self, name: str) -> int:
        async with self._database.connection() as connection:
            count: int = await connection.fetchval(
                "SELECT count(*) FROM messages WHERE name = $1", raw(name)
            )
        return count

    async def _read(self, name: str) -> Inbox:
        async with self._database.transaction("repeatable_read") as connection:
            record = await connection.fetchval(
                "SELECT record FROM inboxes WHERE name = $1", raw(name)
            )
            rows = await connection.fetch(
                "SELECT record FROM messages WHERE name = $1 ORDER BY number", raw(name)
            )
        state = NEW if record is None else INBOX.decode(record)
        return state.inbox([MESSAGE.decode(each) for (each,) in rows])


async def _locked(connection: Connection, name: str) -> Inbox:
    """The inbox without its messages, locked until the transaction ends."""
    await connection.execute(
        "INSERT INTO inboxes VALUES ($1, $2) ON CONFLICT (name) DO NOTHING",
        raw(name), INBOX.encode(NEW),
    )  # fmt: skip
    record = await connection.fetchval(
        "SELECT record FROM inboxes WHERE name = $1 FOR UPDATE", raw(name)
    )
    if record is None:
        raise Conflict(name)  # it was emptied in just that moment
    return INBOX.decode(record).inbox([])


async def _save(connection: Connection, name: str, inbox: Inbox) -> None:
    await connection.execute(
        "UPDATE inboxes SET record = $2 WHERE name = $1",
        raw(name), INBOX.encode(InboxState.of(inbox)),
    )  # fmt: skip


async def _trim(connection: Connection, name: str, newest: int) -> None:
    """Forget what is too much: in number, and, looked at now and then, in bytes."""
    await connection.execute(
        "DELETE FROM messages WHERE name = $1 AND number <= $2", raw(name), newest - MAX_MESSAGES
    )
    await connection.execute(
        "DELETE FROM messages WHERE name = $1 AND number <= (SELECT max(number) FROM (SELECT number, sum(size)"
        " OVER (ORDER BY number DESC) AS kept FROM messages WHERE name = $1) AS sizes WHERE kept > $2)",
        raw(name), MAX_BYTES,
    )  # fmt: skip
