"""Owns the connections to PostgreSQL: the pool, transactions, and what is told while it is away."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager, suppress
from typing import Any, Final, Protocol
from urllib.parse import urlsplit

import asyncpg

from mock_server.ports import StoreAway, T

SCHEMA: Final = "clodura_kit"
CONNECTIONS: Final = 10  # of a worker at most; its engine and its listener have one more each
CONNECT_SECONDS: Final = 3.0
STATEMENT_SECONDS: Final = 20.0  # a database that does not answer for so long is away
VANISHED_SECONDS: Final = 10  # after which the database ends what a vanished host has begun
ATTEMPTS: Final = 5  # of a transaction that met another one
CROWDED: Final = "too many change the same at once"
_AWAY: Final = (
    "08",
    "53",
    "57",
)  # SQLSTATE classes: connection lost, no resources, shut down or cancelled
_READ_ONLY: Final = "25006"  # a standby that is not promoted yet
_VANISHED: Final = "25P03"  # it was taken for one that vanished
_AGAIN: Final = (
    asyncpg.DeadlockDetectedError,
    asyncpg.SerializationError,
    asyncpg.UniqueViolationError,
)

Row = Sequence[Any]


class Connection(Protocol):
    """What we use of asyncpg's connection, which has no types."""

    async def execute(self, query: str, *args: Any, timeout: float | None = None) -> str: ...  # noqa: ASYNC109 - asyncpg's
    async def copy_records_to_table(
        self, table_name: str, *, columns: Sequence[str], records: Iterable[Row]
    ) -> str: ...
    def transaction(self, *, isolation: str) -> AbstractAsyncContextManager[Any]: ...
    async def fetch(self, query: str, *args: Any) -> list[Row]: ...
    async def fetchrow(self, query: str, *args: Any) -> Row | None: ...
    async def fetchval(self, query: str, *args: Any) -> Any: ...


class _Connection(asyncpg.Connection):  # type: ignore[misc]  # it has no types
    """Goes back to the pool as it is: nothing here changes a session, and a reset costs a round trip."""

    def get_reset_query(self) -> str:
        return ""


class Conflict(Exception):
    """Another transaction was faster: what was read is no more so."""


def raw(text: str) -> bytes:
    """Any string, also one that `text` of PostgreSQL refuses."""
    return text.encode("utf-8", "surrogatepass")


def text(data: bytes) -> str:
    return data.decode("utf-8", "surrogatepass")


def place(url: str) -> str:
    """Where a URL leads, without what must not be shown."""
    parts = urlsplit(url)
    where = parts.netloc.rpartition("@")[2] or "the local socket"
    return f"PostgreSQL at {where}{parts.path}"


class Database:
    """The database that a URL names, for the event loop that runs."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._pool: Any = None
        self._loop: asyncio.AbstractEventLoop | None = None

    async def connect(self) -> Any:
        """A connection outside of the pool; raises StoreAway, or ValueError for a URL that is none."""
        with self.telling():
            connecting = asyncio.ensure_future(asyncpg.connect(self._url, **_HOW))
            try:
                return await asyncio.shield(connecting)
            except asyncio.CancelledError:  # a connection that is half made would stay open
                with suppress(Exception):
                    (await connecting).terminate()
                raise

    def close(self) -> None:
        """Let go of the pool, if there is one."""
        self._drop(self._pool)

    def _drop(self, pool: Any) -> None:
        if pool is self._pool and pool is not None:
            self._pool = None
            pool.terminate()

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        """A connection of the pool, each statement on its own; raises StoreAway."""
        with self.telling():
            pool = await self._running_pool()
            async with pool.acquire() as connection:
                with self._giving_up():
                    yield connection

    @asynccontextmanager
    async def transaction(self, isolation: str = "read_committed") -> AsyncIterator[Connection]:
        """All statements or none; raises StoreAway, and Conflict where it is to be tried again."""
        try:
            async with (
                self.connection() as connection,
                connection.transaction(isolation=isolation),
            ):
                with self._giving_up():  # before a rollback that would get no answer either
                    yield connection
        except _AGAIN as error:
            raise Conflict(error) from None

    async def run(self, work: Callable[[Connection], Awaitable[T]]) -> T:
        """A transaction, begun anew where another one was faster; raises StoreAway where that goes on."""
        for _ in range(ATTEMPTS):
            try:
                async with self.transaction() as connection:
                    return await work(connection)
            except Conflict:
                continue
        raise StoreAway(CROWDED)

    async def _running_pool(self) -> Any:
        """A pool belongs to a loop; clients within a process may bring a new one with each request."""
        loop = asyncio.get_running_loop()
        if self._pool is None or self._loop is not loop:
            self._loop = loop
            self._pool = asyncpg.create_pool(
                self._url, min_size=0, max_size=CONNECTIONS, max_queries=_NEVER, **_HOW
            )
            await self._pool  # connects at first use
        return self._pool

    @contextmanager
    def _giving_up(self) -> Iterator[None]:
        """After an answer that did not come, none will on any connection that was made before."""
        pool = self._pool
        try:
            yield
        except TimeoutError:
            self._drop(pool)
            raise

    @contextmanager
    def telling(self) -> Iterator[None]:
        """Raises StoreAway for what the driver raises where the database is away."""
        try:
            yield
        except (OSError, asyncpg.InterfaceError, asyncpg.InternalClientError) as error:
            raise self._away(error) from error
        except asyncpg.PostgresError as error:
            state = error.sqlstate or ""
            if state[:2] in _AWAY or state in (_READ_ONLY, _VANISHED):
                raise self._away(error) from error
            raise

    def _away(self, error: Exception) -> StoreAway:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        return StoreAway(f"{place(self._url)} is away: {reason}")


_NEVER: Final = 1 << 62
_HOW: Final = {
    "timeout": CONNECT_SECONDS,
    "command_timeout": STATEMENT_SECONDS,
    "connection_class": _Connection,
    "server_settings": {
        "search_path": SCHEMA,
        "application_name": "clodura-kit",
        "idle_in_transaction_session_timeout": f"{VANISHED_SECONDS}s",
        "tcp_keepalives_idle": "4",
        "tcp_keepalives_interval": "2",
        "tcp_keepalives_count": "3",
    },
}
