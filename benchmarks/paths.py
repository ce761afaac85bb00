"""Owns the hot paths of the fake within this process: what is sent, and how many calls each piece of it makes."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.types import ASGIApp, Message

from benchmarks.calls import Calls, count
from benchmarks.fake import INVALID, MATCH, VALID, sink
from mock_server import create_app
from mock_server.serving import loop_factory

PIECES = 40  # requests of each path
TRACK = "/api/v1/search/people/track/"

Wrap = Callable[[ASGIApp], ASGIApp]


def measure(wrap: Wrap = lambda app: app) -> dict[str, Calls]:
    """The calls of each path, by its name; the application may be wrapped first."""
    with sink() as receiver, asyncio.Runner(loop_factory=loop_factory()) as runner:
        return runner.run(_measured(wrap(create_app(clock="manual", seed=1)), receiver.url))


class Client:
    """Sends requests to an ASGI application within the process, with as few calls as can be."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def send(self, method: str, path: str, body: str = "") -> bytes:
        """The body of a 200, or of a 400 to an invalid match."""
        told: list[Message] = []

        async def receive() -> Message:
            return {"type": "http.request", "body": body.encode()}

        async def send(message: Message) -> None:
            told.append(message)

        await self._app(_scope(method, path), receive, send)
        assert told[0]["status"] == (400 if body == INVALID else 200), told
        content: bytes = told[1]["body"]
        return content

    async def close(self) -> None:
        """Let the application close what it has opened."""
        messages = iter(({"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}))

        async def receive() -> Message:
            return next(messages)

        async def send(message: Message) -> None:
            assert not message["type"].endswith("failed"), message

        await self._app(
            {"type": "lifespan", "asgi": {"version": "3.0"}, "state": {}}, receive, send
        )


async def _measured(app: ASGIApp, receiver: str) -> dict[str, Calls]:
    client = Client(app)
    with_webhook = json.dumps({"personId": "mock-found", "webhookUrl": f"{receiver}/hook"})

    async def match(body: str = VALID) -> bytes:
        return await client.send("POST", MATCH, body)

    async def later() -> None:
        """Time goes on until all jobs are done and the rate window is empty."""
        done = await client.send("POST", "/_mock/clock/advance", '{"seconds": 100}')
        assert b'"complete":true' in done, done

    tracking_id = json.loads(await match(with_webhook))["trackingId"]
    await later()  # what happens once has happened
    valid = await count(lambda: _times(match), PIECES)
    search = await count(later, PIECES)
    await _times(lambda: match(with_webhook))
    delivery = await count(later, PIECES)
    invalid = await count(lambda: _times(lambda: match(INVALID)), PIECES)
    track = await count(lambda: _times(lambda: client.send("GET", TRACK + tracking_id)), PIECES)
    await client.close()
    return {
        "valid match": valid,
        "search and charge": search,
        "search, charge and delivery": delivery,
        "invalid match": invalid,
        "track": track,
    }


async def _times(work: Callable[[], Awaitable[object]]) -> None:
    for _ in range(PIECES):
        await work()


def _scope(method: str, path: str) -> dict[str, Any]:
    headers = {"host": "localhost", "content-type": "application/json", "x-api-key": "test_max"}
    return {
        "type": "http",
        "method": method,
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": b"",
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        "client": None,
        "server": None,
        "state": {},
    }
