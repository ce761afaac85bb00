"""Owns reading a request's body and writing a JSON answer, on plain ASGI."""

from collections.abc import Iterable, Sequence
from typing import Any, Final

import orjson
from starlette.types import Receive, Scope, Send

from mock_server._version import __version__

MIB: Final = 1024 * 1024
X_MOCK: Final = (b"x-mock", f"clodura-kit/{__version__}".encode())
JSON: Final = (b"content-type", b"application/json")
PROBLEM: Final = (b"content-type", b"application/problem+json")

RawHeaders = list[tuple[bytes, bytes]]


class Disconnected(Exception):
    """The client went away before its request was whole."""


async def read_body(receive: Receive, limit: int) -> bytes | None:
    """The whole body, or None where it is longer than `limit` bytes; raises Disconnected."""
    message = await receive()
    body: bytes = message.get("body", b"")
    if message["type"] == "http.request" and not message.get("more_body", False):
        return body if len(body) <= limit else None
    chunks, size = [body], len(body)
    while message.get("more_body", False) and size <= limit:
        message = await receive()
        chunks.append(message.get("body", b""))
        size += len(chunks[-1])
    if message["type"] == "http.disconnect":
        raise Disconnected
    return b"".join(chunks) if size <= limit else None


def header(scope: Scope, name: bytes) -> bytes | None:
    """The first header of that lower-case name."""
    return next((value for key, value in scope["headers"] if key == name), None)


def encode(document: Any) -> bytes:
    """JSON; also of numbers and strings that orjson refuses (huge, lone surrogates)."""
    try:
        return orjson.dumps(document)
    except (TypeError, orjson.JSONEncodeError):
        import json  # noqa: PLC0415 - rarely needed

        return json.dumps(document).encode()


def raw_headers(headers: Iterable[tuple[str, str]]) -> RawHeaders:
    """Header names and values as bytes; what cannot be a header value is dropped."""
    return [
        (name.lower().encode("latin-1"), value.encode("latin-1"))
        for name, value in headers
        if value.isprintable() and value.isascii()
    ]


async def send_body(
    send: Send, status: int, body: bytes, headers: Sequence[tuple[bytes, bytes]] = (JSON,)
) -> RawHeaders:
    """Answer; returns the headers as they were sent."""
    whole = [(b"content-length", b"%d" % len(body)), X_MOCK, *headers]
    await send({"type": "http.response.start", "status": status, "headers": whole})
    await send({"type": "http.response.body", "body": body})
    return whole


async def send_json(
    send: Send, status: int, document: Any, headers: Sequence[tuple[bytes, bytes]] = (JSON,)
) -> None:
    await send_body(send, status, encode(document), headers)


async def disconnect(scope: Scope, receive: Receive) -> None:
    """Break the connection off without an answer."""
    abort: Any = scope.get("state", {}).get("abort")
    if abort is None:  # a client within the process has no connection
        raise ConnectionResetError
    abort()
    while (await receive())["type"] != "http.disconnect":
        pass
