"""Owns reading a request's body and writing a JSON answer, on plain ASGI."""

from collections.abc import Iterable, Sequence
from typing import Any, Final

import orjson
from starlette.types import Receive, Scope, Send

from mock_server._version import __version__

MIB: Final = 1024 * 1024
SHOWN: Final = 500  # characters of an explanation
DRAINED: Final = 64 * MIB  # of what is too long
X_MOCK: Final = (b"x-mock", f"clodura-kit/{__version__}".encode())
JSON: Final = (b"content-type", b"application/json")
ONLY_JSON: Final = (JSON,)

FRAMING: Final = frozenset(("connection", "content-length", "transfer-encoding"))
NO_CONTENT: Final = frozenset((204, 205, 304))

RawHeaders = list[tuple[bytes, bytes]]


class Disconnected(Exception):
    """The client went away before its request was whole."""


async def read_body(receive: Receive, limit: int) -> bytes | None:
    """The whole body, or None where it is longer than `limit` bytes; raises Disconnected.

    What is too long is still read, or else a client that sends on would see its connection reset and no answer.
    """
    message = await receive()
    body: bytes = message.get("body", b"")
    if message["type"] == "http.request" and not message.get("more_body", False):
        return body if len(body) <= limit else None
    chunks, size = [body], len(body)
    while message.get("more_body", False) and size <= limit + DRAINED:
        message = await receive()
        body = message.get("body", b"")
        size += len(body)
        if size <= limit:
            chunks.append(body)
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


def shown(text: str) -> str:
    """The beginning of what may be long, such as what a client has sent."""
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}..."


def reason_of(why: str) -> str:
    """An explanation as the value of the header X-Mock-Reason."""
    return shown(ascii(why)[1:-1])


def raw_headers(headers: Iterable[tuple[str, str]]) -> RawHeaders:
    """Header names and values as bytes, without what cannot be a value, and what the server itself says."""
    return [
        (name.lower().encode("latin-1"), value.encode("latin-1"))
        for name, value in headers
        if value.isprintable() and value.isascii() and name.lower() not in FRAMING
    ]


async def send_body(
    send: Send, status: int, body: bytes, headers: Sequence[tuple[bytes, bytes]] = ONLY_JSON
) -> RawHeaders:
    """Answer; returns the headers as they were sent."""
    if status in NO_CONTENT:  # HTTP gives these no body; a client would take it for the next answer
        body, whole = b"", [X_MOCK, *(each for each in headers if each[0] != b"content-type")]
    else:
        whole = [(b"content-length", b"%d" % len(body)), X_MOCK, *headers]
    await send({"type": "http.response.start", "status": status, "headers": whole})
    await send({"type": "http.response.body", "body": body})
    return whole


async def send_json(
    send: Send, status: int, document: Any, headers: Sequence[tuple[bytes, bytes]] = ONLY_JSON
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
