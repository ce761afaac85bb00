"""Owns the bytes of one connection. Unlike asyncio's StreamReader it gives what came before a reset."""

import asyncio
import socket
import struct
from contextlib import suppress
from typing import cast

from typing_extensions import override

from contracts.receiver.endpoint import Endpoint


class Stream(asyncio.Protocol):
    """Reads and writes. A receiver that has answered may close while we write: what it said can still be read."""

    def __init__(self) -> None:
        self._came = bytearray()
        self._stirred = asyncio.Event()
        self._writable = asyncio.Event()
        self._lost = False
        self._ended = False

    @classmethod
    async def open(cls, endpoint: Endpoint) -> "Stream":
        """Raises OSError."""
        _, stream = await asyncio.get_running_loop().create_connection(
            cls,
            endpoint.address,
            endpoint.port,
            ssl=endpoint.tls,
            server_hostname=endpoint.host if endpoint.tls else None,
        )
        return stream

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._writable.set()

    @override
    def data_received(self, data: bytes) -> None:
        self._came += data
        self._stirred.set()

    @override
    def eof_received(self) -> bool:
        self._ended = True
        self._stirred.set()
        return self._transport.get_extra_info("ssl_object") is None  # keep our direction open

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self._lost = self._ended = True
        self._stirred.set()
        self._writable.set()

    @override
    def pause_writing(self) -> None:
        self._writable.clear()

    @override
    def resume_writing(self) -> None:
        self._writable.set()

    async def read(self) -> bytes:
        """What came since the last time; nothing at the end."""
        while not self._came and not self._ended:
            self._stirred.clear()
            await self._stirred.wait()
        data = bytes(self._came)
        self._came.clear()
        return data

    async def write(self, content: bytes) -> None:
        if (
            not self._lost and not self._transport.is_closing()
        ):  # pragma: no branch - it may have gone in just this moment
            self._transport.write(content)
            await self._writable.wait()

    def end(self) -> None:
        """Say that nothing more comes."""
        with suppress(OSError, NotImplementedError):  # TLS has no half-closed connections
            self._transport.write_eof()

    def reset(self) -> None:
        """Break off with a RST, so that the receiver cannot take it for an orderly end."""
        raw: socket.socket = self._transport.get_extra_info("socket")
        with suppress(OSError):
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._transport.abort()

    def close(self) -> None:
        """End it in order, or break it off where the receiver has left something unread."""
        secure = (
            self._transport.get_extra_info("ssl_object") is not None
        )  # whose farewell nobody waits for
        if secure or self._transport.get_write_buffer_size():
            self._transport.abort()
        else:
            self._transport.close()
