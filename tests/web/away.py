"""Owns a fake whose store is away, and asking it within the process."""

import asyncio
from dataclasses import replace
from typing import Any, Final, NoReturn

import orjson
from starlette.types import Message

from mock_server.bootstrap import build
from mock_server.client import Answer
from mock_server.ports import StoreAway
from mock_server.settings import Settings
from mock_server.web.app import create_web

REASON: Final = "the state cannot be written: no space left on 日本"


class Away:
    """Says so, whatever it is asked to do."""

    def __init__(self, present: Any) -> None:
        self.present = present

    def __getattr__(self, name: str) -> Any:
        return getattr(self.present, name) if name in ("rules", "now", "attend") else _raise


async def _raise(*_: Any, **__: Any) -> NoReturn:
    raise StoreAway(REASON, retry_after=3)


async def _close() -> None: ...


def ask_away(method: str, target: str, document: Any = None) -> Answer:
    """What a fake whose store is away answers."""
    engine = build(Settings()).engine
    parts = ("store", "timeline", "inboxes", "snapshots")
    away: dict[str, Any] = {each: Away(getattr(engine, each)) for each in parts}
    app = create_web(replace(engine, **away), _close, _close)
    path, _, query = target.partition("?")
    body = b"" if document is None else orjson.dumps(document)
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    async def exchange() -> None:
        await app({**scope, "headers": [(b"host", b"localhost")]}, receive, send)

    scope = {"type": "http", "method": method, "path": path, "query_string": query.encode()}
    asyncio.run(exchange())
    headers = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return Answer(sent[0]["status"], headers, sent[1]["body"])
