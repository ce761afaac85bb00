"""Owns the webhook receiver of the benchmarks: as cheap as can be, remembers when each tracking id came.

It is run as a file, `python sink.py PORT`. `GET /arrivals` tells how many came; `GET /times` when each came first.
"""

import asyncio
import json
import re
import sys
import time
from typing import cast

import httptools
import uvloop
from typing_extensions import override

_TRACKING_ID = re.compile(rb'"trackingId":"([^"]+)"')
_OK = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"


class Arrivals:
    def __init__(self) -> None:
        self.times: dict[str, float] = {}
        self.deliveries = 0
        self.last = 0.0

    def note(self, body: bytes) -> None:
        found = _TRACKING_ID.search(body)
        self.deliveries += 1
        self.last = time.monotonic()
        self.times.setdefault(found[1].decode() if found else "none", self.last)

    def tell(self, url: bytes) -> bytes:
        if url == b"/times":
            return json.dumps(self.times).encode()
        told = {"deliveries": self.deliveries, "unique": len(self.times), "last": self.last}
        return json.dumps(told).encode()


class Receiver(asyncio.Protocol):
    def __init__(self, arrivals: Arrivals) -> None:
        self._arrivals = arrivals
        self._parser = httptools.HttpRequestParser(self)
        self._transport: asyncio.Transport | None = None
        self._url = b""
        self._body: list[bytes] = []

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is no subclass

    @override
    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_message_begin(self) -> None:
        self._url, self._body = b"", []

    def on_url(self, url: bytes) -> None:
        self._url += url

    def on_body(self, body: bytes) -> None:
        self._body.append(body)

    def on_message_complete(self) -> None:
        assert self._transport is not None
        if self._parser.get_method() == b"POST":
            self._arrivals.note(b"".join(self._body))
            self._transport.write(_OK)
            return
        body = self._arrivals.tell(self._url)
        self._transport.write(
            b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n%s" % (len(body), body)
        )


async def serve(port: int) -> None:
    arrivals = Arrivals()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Receiver(arrivals), "127.0.0.1", port, backlog=1024)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(serve(int(sys.argv[1])))
