"""Owns a way to the database that can go silent as a network does: nothing is closed, nothing comes through."""

import asyncio
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

SOCKET = ".s.PGSQL.5432"


class Proxy:
    """Connections that are open when it goes silent stay so; those made later work."""

    def __init__(self, url: str, directory: str) -> None:
        there = parse_qs(urlsplit(url).query)["host"][0]
        self.url = url.replace(there, directory)
        self._socket = str(Path(there) / SOCKET)
        self._pumps: set[asyncio.Task[None]] = set()
        self._writers: set[asyncio.StreamWriter] = set()

    def silence(self) -> None:
        for pump in self._pumps:
            pump.cancel()

    async def connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there_reader, there_writer = await asyncio.open_unix_connection(self._socket)
        self._writers |= {writer, there_writer}
        for pump in (_pump(reader, there_writer), _pump(there_reader, writer)):
            task = asyncio.ensure_future(pump)
            self._pumps.add(task)
            task.add_done_callback(self._pumps.discard)

    async def close(self) -> None:
        self.silence()
        for writer in self._writers:
            writer.transport.abort()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
    writer.close()


@asynccontextmanager
async def proxy(url: str) -> AsyncIterator[Proxy]:
    with tempfile.TemporaryDirectory() as directory:
        between = Proxy(url, directory)
        server = await asyncio.start_unix_server(between.connect, str(Path(directory) / SOCKET))
        try:
            yield between
        finally:
            server.close()
            await between.close()
