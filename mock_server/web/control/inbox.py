"""Owns the built-in webhook receivers' HTTP: take a webhook, read what came, set the behaviour, empty."""

import asyncio
from base64 import b64encode
from typing import Any, Final
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from typing_extensions import override

from mock_server.domain.events import MessageReceived
from mock_server.domain.inbox import MAX_MESSAGES, Message
from mock_server.domain.instants import rfc3339
from mock_server.web.control import inputs
from mock_server.web.control.problems import JsonResponse, Problem
from mock_server.web.control.query import filters, number, whole
from mock_server.web.control.requests import document_of
from mock_server.web.engine import Engine
from mock_server.web.wire import MIB, X_MOCK, disconnect

MAX_NAME: Final = 256
MAX_WAIT: Final = 60  # seconds of real time


async def receive(engine: Engine, request: Request) -> Response:
    name, raw = _name(request), await inputs.read_raw(request, MIB)
    path = _as_it_came(request.scope)
    headers = tuple(
        (key.decode("latin-1"), value.decode("latin-1")) for key, value in request.scope["headers"]
    )
    now = engine.store.now()
    came = await engine.inboxes.receive(name, Message(now, path, headers, raw))
    engine.journal.note((MessageReceived(now, name, came.number),))
    if came.delay_seconds:
        await asyncio.sleep(came.delay_seconds)  # noqa: TID251 - real time, as a slow receiver's (design: inbox)
    if came.answer == "disconnect":
        return Disconnect()
    response = Response(status_code=came.answer)
    response.raw_headers.append(X_MOCK)
    return response


async def read(engine: Engine, request: Request) -> Response:
    given = filters(request, "count", "wait")
    count = whole(given, "count", 0, MAX_MESSAGES)
    wait = number(given, "wait", 0, MAX_WAIT)
    inbox = await engine.inboxes.wait(_name(request), count, wait)
    return JsonResponse({"messages": [_view(each) for each in inbox.messages]})


async def behave(engine: Engine, request: Request) -> Response:
    filters(request)
    body = await inputs.read(request, inputs.InboxBehaviour)
    await engine.inboxes.behave(_name(request), body.answers, body.delay_seconds)
    return JsonResponse(
        {"url": _url(request), "answers": body.answers, "delaySeconds": body.delay_seconds}
    )


async def empty(engine: Engine, request: Request) -> Response:
    filters(request)
    await engine.inboxes.empty(_name(request))
    return Response(status_code=204)


def _name(request: Request) -> str:
    name: str = request.path_params["name"]
    if not 1 <= len(name) <= MAX_NAME:
        expected = f"1 to {MAX_NAME} characters at the end of the path"
        detail = f"name: expected {expected}"
        raise Problem(422, detail, field="name", expected=expected, example="demo")
    return name


def _url(request: Request) -> str:
    """What goes into a request as its `webhookUrl`: the address under which this server was called."""
    path = quote(request.scope["path"])
    return f"{request.url.scheme}://{request.url.netloc}{path}"


class Disconnect(Response):
    """No answer: the connection is broken off."""

    @override
    async def __call__(self, scope: Scope, receive: Receive, _send: Send) -> None:
        await disconnect(scope, receive)


def _as_it_came(scope: Scope) -> str:
    path: bytes = scope.get("raw_path") or scope["path"].encode()
    query: bytes = scope["query_string"]
    return (path + (b"?" + query if query else b"")).decode("latin-1")


def _view(message: Message) -> dict[str, Any]:
    try:
        raw, encoding = message.raw.decode(), "utf-8"
    except UnicodeDecodeError:
        raw, encoding = b64encode(message.raw).decode(), "base64"
    return {
        "receivedAt": rfc3339(message.received_at),
        "path": message.path,
        "headers": dict(message.headers),
        "body": document_of(message.raw),
        "raw": raw,
        "rawEncoding": encoding,
    }
