"""Owns a receiver of webhooks that is none of the servers': it outlives them, and counts."""

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import NamedTuple

from typing_extensions import override


class Receiver(NamedTuple):
    """How often each job's webhook came."""

    url: str
    came: Counter[str]


@contextmanager
def receiver() -> Iterator[Receiver]:
    came: Counter[str] = Counter()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            came[json.loads(body)["trackingId"]] += 1
            self.send_response(200)
            self.send_header("content-length", "0")
            self.end_headers()

        @override
        def log_message(self, format: str, *args: object) -> None:
            """Quiet."""

    class Server(ThreadingHTTPServer):
        request_queue_size = 128
        daemon_threads = True

    server = Server(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield Receiver(f"http://127.0.0.1:{server.server_port}/hook", came)
    finally:
        server.shutdown()
        server.server_close()
