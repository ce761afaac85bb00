"""Owns the stream of everything that happens, as server-sent events that can be resumed."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send
from typing_extensions import override

from mock_server.domain.instants import rfc3339
from mock_server.domain.redaction import short_key
from mock_server.journal import Exchange, Noted
from mock_server.ports import Chronicle
from mock_server.web.control import requests
from mock_server.web.control.query import filters, whole
from mock_server.web.engine import Engine
from mock_server.web.wire import encode

AT_ONCE: Final = 500  # events in one write; a slow reader is waited for between two
HEARTBEAT: Final = 15  # seconds of real time


async def stream(engine: Engine, request: Request) -> Response:
    """From now on, or after the event that `Last-Event-ID` (or `lastEventId` in the query) names."""
    given = filters(request, "lastEventId")
    if text := request.headers.get("last-event-id"):
        given["lastEventId"] = text
    last = whole(given, "lastEventId", await engine.chronicle.last(), 10**18 - 1)
    content = () if request.method == "HEAD" else events_after(engine.chronicle, last, HEARTBEAT)
    headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
    return Stream(content, media_type="text/event-stream", headers=headers)


class Stream(StreamingResponse):
    """An answer without end; that the server ends is no error."""

    @override
    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        except asyncio.CancelledError:
            await send({"type": "http.response.body", "body": b""})


async def events_after(chronicle: Chronicle, last: int, heartbeat: float) -> AsyncGenerator[bytes]:
    """The stream, without end; `heartbeat` is the longest silence in seconds of real time."""
    came = asyncio.Event()
    stop = chronicle.listen(came.set)
    try:
        yield b": clodura-kit\n\n"
        while True:
            came.clear()
            before, events = await chronicle.since(last, AT_ONCE)
            if before > last:
                yield _message(before, "missed", {"events": before - last})
            last = before + len(events)
            if events:
                first = before + 1
                yield b"".join(_event(first + n, each) for n, each in enumerate(events))
            elif not await _happens(came, heartbeat):
                yield b": still here\n\n"
    finally:
        stop()


async def _happens(came: asyncio.Event, seconds: float) -> bool:
    try:
        await asyncio.wait_for(came.wait(), seconds)
    except TimeoutError:
        return False
    return True


def _event(number: int, event: Noted) -> bytes:
    return _message(number, name_of(event), view_of(event))


def name_of(event: Noted) -> str:
    """What an event is called outside, such as `jobQueued`."""
    name = "RequestAnswered" if isinstance(event, Exchange) else type(event).__name__
    return name[0].lower() + name[1:]


def view_of(event: Noted) -> dict[str, Any]:
    """An event's fields in camelCase; instants as text, keys shortened."""
    if isinstance(event, Exchange):
        return requests.view(event)
    document: dict[str, Any] = {}
    for name, value in event._asdict().items():
        if name == "at" or name.endswith("_at"):
            document[_camel(name)] = None if value is None else rfc3339(value)
        elif name == "api_key":
            document["key"] = short_key(value)
        else:
            document[_camel(name)] = value
    return document


def _camel(name: str) -> str:
    head, *rest = name.split("_")
    return head + "".join(map(str.capitalize, rest))


def _message(number: int, name: str, document: dict[str, Any]) -> bytes:
    return b"id: %d\nevent: %s\ndata: %s\n\n" % (number, name.encode(), encode(document))
