"""The load: what the bundled client and wrk are told to send is what was asked for, by accounts too."""

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from typing_extensions import override

from benchmarks import load
from benchmarks.load import Request

HEADERS = {"X-API-KEY": "key_"}


class Seen(BaseHTTPRequestHandler):
    """Remembers which key came with which body."""

    protocol_version = "HTTP/1.1"
    came: list[tuple[str, str]]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.came.append((self.headers["X-API-KEY"], body))
        self.send_response(404 if body == "bad" else 200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    @override
    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[ThreadingHTTPServer]:
    Seen.came = []
    with ThreadingHTTPServer(("127.0.0.1", 0), Seen) as each:
        thread = Thread(target=each.serve_forever)
        thread.start()
        yield each
        each.shutdown()
        thread.join()


def sent(server: ThreadingHTTPServer, request: Request, wrk: str | None) -> load.Load:
    url = f"http://127.0.0.1:{server.server_port}"
    return load.load(url, request, 1, connections=1, wrk=wrk)


CLIENTS = [
    pytest.param(None, id="bundled"),
    pytest.param(
        load.WRK,
        id="wrk",
        marks=pytest.mark.skipif(load.WRK is None, reason="wrk is not installed"),
    ),
]


@pytest.mark.parametrize("wrk", CLIENTS)
def test_bodies_are_sent_in_turn_and_what_is_refused_is_counted(
    server: ThreadingHTTPServer, wrk: str | None
) -> None:
    told = sent(server, Request("/", HEADERS, ["good", "bad"]), wrk)

    bodies = [body for _, body in Seen.came]
    assert bodies[:4] in (["good", "bad"] * 2, ["bad", "good"] * 2)
    assert told.requests == pytest.approx(len(bodies), abs=1)
    assert told.refused == pytest.approx(told.requests / 2, abs=1)
    assert told.broken == 0


@pytest.mark.parametrize("wrk", CLIENTS)
def test_accounts_take_turns_from_the_first_that_was_named(
    server: ThreadingHTTPServer, wrk: str | None
) -> None:
    sent(server, Request("/", HEADERS, ["good"], accounts=3, first=1), wrk)

    assert [key for key, _ in Seen.came[:4]] == ["key_1", "key_2", "key_0", "key_1"]
