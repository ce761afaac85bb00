"""Owns the journal that all processes share: one bounded table, written in batches, numbered without a gap."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from itertools import accumulate
from typing import Any, Final

from mock_server.adapters.postgres.database import Connection, Database
from mock_server.adapters.postgres.listener import CHANNEL, FLUSH, FLUSHED, NOTED, set_by, tell
from mock_server.adapters.records import Codec
from mock_server.domain import events
from mock_server.journal import KEPT, Exchange, Journal, Noted
from mock_server.ports import StoreAway

BATCH: Final = 1000
PAUSE: Final = 0.02  # seconds of real time in which events gather
PATIENCE: Final = 0.5  # seconds that a reader waits for what other processes have not written yet
PAGE: Final = 500
WRITE: Final = """
    WITH counted AS (
        UPDATE journal SET noted = noted + $1, exchanges = exchanges + $2
        RETURNING noted - $1 AS noted, exchanges - $2 AS exchanges
    ), written AS (
        INSERT INTO noted (number, exchange, kind, record)
        SELECT counted.noted + new.number, counted.exchanges + new.exchange, new.kind, new.record
        FROM counted, unnest($3::bigint[], $4::bigint[], $5::text[], $6::bytea[])
        AS new (number, exchange, kind, record)
    ) SELECT pg_notify($7, $8) FROM counted
"""  # the one row of `journal` is the lock: numbers become visible in their order
KINDS: Final = (Exchange, *events.Event.__args__)
CODECS: Final[dict[str, Codec[Any]]] = {kind.__name__: Codec(kind) for kind in KINDS}


class Chronicle:
    """Writes what this process notes, reads what all have noted."""

    def __init__(self, database: Database, journal: Journal) -> None:
        self._database = database
        self._journal = journal
        self._written = 0
        self._writing = asyncio.Lock()
        self._timer: asyncio.TimerHandle | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._listeners: set[Callable[[], None]] = set()
        self._flushed = asyncio.Event()
        self._unlisten = journal.listen(self._noted)

    async def exchanges(self, wanted: Callable[[Exchange], bool], limit: int) -> list[Exchange]:
        await self._flush_all()
        found: list[Exchange] = []
        async with self._database.transaction("repeatable_read") as connection:
            cleared, before = await _bounds(connection)
            while len(found) < limit:
                rows = await connection.fetch(
                    "SELECT exchange, record FROM noted WHERE exchange > $1 AND exchange < $2"
                    " ORDER BY exchange DESC LIMIT $3",
                    cleared, before, PAGE,
                )  # fmt: skip
                page = [_numbered(n, CODECS["Exchange"].decode(each)) for n, each in rows]
                found += filter(wanted, page)
                if len(rows) < PAGE:
                    break
                before = rows[-1][0]
        return found[:limit]

    async def since(self, number: int, most: int) -> tuple[int, list[Noted]]:
        async with self._database.transaction("repeatable_read") as connection:
            last: int = await connection.fetchval("SELECT noted FROM journal")
            before = max(min(number, last), last - KEPT, 0)
            rows = await connection.fetch(
                "SELECT number, kind, exchange, record FROM noted WHERE number > $1 ORDER BY number LIMIT $2",
                before, most,
            )  # fmt: skip
        return before, [_decoded(*each[1:]) for each in rows]

    async def last(self) -> int:
        await self._flush_all()
        async with self._database.connection() as connection:
            last: int = await connection.fetchval("SELECT noted FROM journal")
        return last

    async def clear(self) -> None:
        await self._flush_all()
        async with self._database.connection() as connection:
            await connection.execute("UPDATE journal SET cleared = exchanges")

    def listen(self, listener: Callable[[], None]) -> Callable[[], None]:
        self._listeners.add(listener)
        return lambda: self._listeners.discard(listener)

    def came(self) -> None:
        """Something was noted, somewhere."""
        for listener in list(self._listeners):
            listener()

    def flushed(self) -> None:
        """Some process wrote what it had."""
        self._flushed.set()

    async def flush(self) -> None:
        """Write what this process has noted until now; raises StoreAway."""
        noted = self._journal.noted
        async with self._writing:
            while self._written < noted:
                before, batch = self._journal.since(self._written, BATCH)
                async with self._database.connection() as connection:
                    await _write(connection, batch)
                self._written = before + len(batch)

    async def stop(self) -> None:
        """Begin to write no more by itself; wait for what is being written."""
        self._unlisten()
        if self._timer is not None:
            self._timer.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def trim(self) -> None:
        """Forget what is too much."""
        async with self._database.connection() as connection:
            await connection.execute(
                "DELETE FROM noted USING journal WHERE number <= journal.noted - $1"
                " AND (exchange IS NULL OR exchange <= greatest(journal.exchanges - $1, journal.cleared))",
                KEPT,
            )

    def _noted(self) -> None:
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(PAUSE, self._start)

    def _start(self) -> None:
        self._timer = None
        task = asyncio.ensure_future(self._write())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _write(self) -> None:
        with suppress(StoreAway):  # what comes next is written with it
            await self.flush()

    async def _flush_all(self) -> None:
        """Have every process write what it has; one that does not answer in time is not waited for."""
        await self.flush()
        async with self._database.connection() as connection:
            asked: int = await connection.fetchval("SELECT nextval('flushes')")
            if await connection.fetchval("SELECT count(*) FROM workers") < 2:  # noqa: PLR2004 - one is this
                return
            await tell(connection, FLUSH, str(asked))
        ends = asyncio.get_running_loop().time() + PATIENCE
        while await self._others_to_flush(asked) and await set_by(self._flushed, ends):
            self._flushed.clear()

    async def _others_to_flush(self, asked: int) -> int:
        async with self._database.connection() as connection:
            count: int = await connection.fetchval(
                "SELECT count(*) FROM workers WHERE flushed < $1", asked
            )
        return count

    async def flush_for(self, worker: int, asked: int) -> None:
        """Another process reads."""
        with suppress(StoreAway):
            await self.flush()
            async with self._database.connection() as connection:
                await connection.execute(
                    "UPDATE workers SET flushed = $2 WHERE worker = $1", worker, asked
                )
                await tell(connection, FLUSHED)


async def _bounds(connection: Connection) -> tuple[int, int]:
    row = await connection.fetchrow("SELECT exchanges, cleared FROM journal")
    assert row is not None
    exchanges, cleared = row
    return max(cleared, exchanges - KEPT), exchanges + 1


async def _write(connection: Connection, batch: Sequence[Noted]) -> None:
    served = list(accumulate(isinstance(each, Exchange) for each in batch))
    await connection.execute(
        WRITE,
        len(batch),
        served[-1],
        list(range(1, len(batch) + 1)),
        [n if isinstance(each, Exchange) else None for n, each in zip(served, batch, strict=True)],
        [type(each).__name__ for each in batch],
        [CODECS[type(each).__name__].encode(each) for each in batch],
        CHANNEL,
        f"{NOTED} ",
    )


def _decoded(kind: str, exchange: int | None, record: bytes) -> Noted:
    noted: Noted = CODECS[kind].decode(record)
    return noted if exchange is None else _numbered(exchange, noted)


def _numbered(number: int, exchange: Any) -> Exchange:
    """Each process counts its own; here they are counted together."""
    numbered: Exchange = exchange._replace(number=number)
    return numbered
