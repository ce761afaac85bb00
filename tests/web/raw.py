"""Owns how tests speak HTTP by the byte: whole answers with their headers, and what is no HTTP at all."""

import json
import socket
from collections.abc import Mapping
from http.client import HTTPConnection
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from tests.states import MockServer

KEY = "test_max_raw"


class Whole(NamedTuple):
    status: int
    headers: Mapping[str, str]  # by lower-case name
    content: bytes

    @property
    def body(self) -> Any:
        return json.loads(self.content)


def exchange(
    mock: MockServer,
    method: str,
    path: str,
    content: bytes | None = None,
    headers: Mapping[str, str] | None = None,
    *,
    key: str | None = KEY,
) -> Whole:
    """One request with an own connection."""
    target = urlsplit(mock.url)
    connection = HTTPConnection(target.hostname or "", target.port, timeout=30)
    try:
        known = {} if key is None else {"X-API-KEY": key}
        sent = {"Content-Type": "application/json", **known, **(headers or {})}
        connection.request(method, path, content, sent)
        return read(connection)
    finally:
        connection.close()


def read(connection: HTTPConnection) -> Whole:
    response = connection.getresponse()
    headers = {name.lower(): value for name, value in response.getheaders()}
    return Whole(response.status, headers, response.read())


def connect(mock: MockServer) -> socket.socket:
    target = urlsplit(mock.url)
    return socket.create_connection((target.hostname or "", target.port or 0), timeout=30)


def talk(mock: MockServer, sent: bytes, *, half: bool = False) -> bytes:
    """Send bytes and read until the server closes; `half` closes our direction first."""
    with connect(mock) as connection:
        received = b""
        try:
            connection.sendall(sent)
            if half:
                connection.shutdown(socket.SHUT_WR)
            while chunk := connection.recv(65536):
                received += chunk
        except ConnectionError:  # closed while we were still sending: what came until then counts
            pass
        return received


def answers(received: bytes) -> list[Whole]:
    """The answers in a stream that closed, one after the other; interim ones are skipped."""
    found = []
    while received:
        head, _, received = received.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        version, status, *_ = first.split(" ")
        assert version == "HTTP/1.1", first
        headers = dict(line.lower().split(": ", 1) for line in lines)
        if status == "100":
            continue
        length = int(headers.get("content-length", 0))
        found.append(Whole(int(status), headers, received[:length]))
        received = received[length:]
    return found


def post(
    body: bytes,
    *,
    content_type: bytes | None = b"application/json",
    more: bytes = b"",
    length: bool = True,
    close: bool = True,
) -> bytes:
    """The bytes of a match."""
    lines = [b"POST /api/v1/search/people/phone/match HTTP/1.1", b"Host: localhost"]
    lines.append(b"X-API-KEY: " + KEY.encode())
    if close:
        lines.append(b"Connection: close")
    if content_type is not None:
        lines.append(b"Content-Type: " + content_type)
    if length:
        lines.append(b"Content-Length: %d" % len(body))
    return b"\r\n".join(lines) + b"\r\n" + more + b"\r\n" + body


def get(path: bytes, *more: bytes) -> bytes:
    lines = (b"GET " + path + b" HTTP/1.1", b"Host: localhost", b"Connection: close", *more)
    return b"\r\n".join(lines) + b"\r\n\r\n"
