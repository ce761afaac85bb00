"""Owns what processes tell each other: short messages through the database, heard by all of them."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final

from mock_server.adapters.postgres.database import Connection, Database
from mock_server.ports import StoreAway

CHANNEL: Final = "clodura_kit"
AGAIN: Final = 0.2  # seconds between two tries to reach a database that is away
SILENCE: Final = 2.0  # seconds after which it is asked whether it is still there
ANSWER_SECONDS: Final = 3.0

WORLD: Final = "world"  # it has another version
NOTED: Final = "noted"  # the journal has more
FLUSH: Final = "flush"  # somebody reads the journal: write what you have
FLUSHED: Final = "flushed"
INBOX: Final = "inbox"  # a message came to the inbox of that name
ATTEMPTED: Final = "attempted"  # a webhook of that job was answered
ANSWER: Final = "answer"  # the delayed answer of that name is due
ANSWERED: Final = "answered"
RESTART: Final = "restart"  # there is another world: break off what belongs to the old one

Heard = Callable[[str], Any]


async def tell(connection: Connection, topic: str, subject: str = "") -> None:
    """All processes hear it once the transaction is committed, this one too."""
    await connection.execute("SELECT pg_notify($1, $2)", CHANNEL, f"{topic} {subject}")


async def set_by(event: asyncio.Event, ends: float) -> bool:
    """Whether the event is set by then, in the loop's time; a statement is not broken off for that."""
    remaining = ends - asyncio.get_running_loop().time()
    with suppress(TimeoutError):
        return remaining > 0 and await asyncio.wait_for(event.wait(), remaining)
    return False


class Listener:
    """Hears with a connection of its own; after a silence each topic is heard without a subject: it may be any."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._topics: dict[str, list[Heard]] = {}

    def on(self, topic: str, heard: Heard) -> None:
        self._topics.setdefault(topic, []).append(heard)

    async def run(self) -> None:
        """Listen, for ever."""
        while True:
            with suppress(StoreAway), self._database.telling():
                await self._listen()
            await asyncio.sleep(AGAIN)  # noqa: TID251 - real time: the database is away

    async def _listen(self) -> None:
        connection = await self._database.connect()
        lost = asyncio.Event()
        connection.add_termination_listener(lambda _: lost.set())
        try:
            await connection.add_listener(CHANNEL, self._came)
            for topic in self._topics:
                self._hear(topic, "")
            while not await set_by(lost, asyncio.get_running_loop().time() + SILENCE):
                await connection.execute("SELECT", timeout=ANSWER_SECONDS)
        finally:
            connection.terminate()

    def _came(self, _connection: Any, _pid: int, _channel: str, payload: str) -> None:
        topic, _, subject = payload.partition(" ")
        self._hear(topic, subject)

    def _hear(self, topic: str, subject: str) -> None:
        for heard in self._topics.get(topic, ()):
            heard(subject)
