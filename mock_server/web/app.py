"""Owns the table of routes: the operations of the file, the control API, and what does not exist."""

from asyncio import CancelledError
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from contextlib import asynccontextmanager
from functools import cached_property
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Mount, Route, Router
from starlette.types import ASGIApp, Receive, Scope, Send

from mock_server.web.api import Api
from mock_server.web.engine import Engine
from mock_server.web.wire import JSON, send_json

CONTROL: Final = "/_mock"
REASON: Final = "the server was stopped while this answer was waiting"
ENDING: Final = {"statusCode": 503, "error": "Service Unavailable", "message": REASON}


class _Control:
    """The control API, loaded with its first call: what reads its bodies takes longer to import than a start may."""

    def __init__(self, engine: Engine, token: str | None, hosts: Collection[str] | None) -> None:
        self._of = engine, token, hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app(scope, receive, send)

    @cached_property
    def _app(self) -> ASGIApp:
        from mock_server.web.control.app import create_control

        return create_control(*self._of)


async def _to_page(_request: Request) -> Response:
    return RedirectResponse("/_mock/")


def create_web(
    engine: Engine,
    start: Callable[[], Awaitable[None]],
    close: Callable[[], Awaitable[None]],
    *,
    token: str | None = None,
    hosts: Collection[str] | None = None,
) -> ASGIApp:
    """The whole server as an ASGI application; `start` is awaited when it begins to serve, `close` when it ends.

    `token` is what the control API asks for, `hosts` are the names it may be called by; None: neither is checked.
    """

    @asynccontextmanager
    async def lifespan(_app: Any) -> AsyncIterator[None]:
        await start()
        yield
        await close()

    api = Api(engine)
    router = Router(
        [
            Mount(CONTROL, _Control(engine, token, hosts)),
            Route(CONTROL, _to_page),
        ],
        redirect_slashes=False,
        default=api,
        lifespan=lifespan,
    )

    async def web(scope: Scope, receive: Receive, send: Send) -> None:
        is_api = (
            scope["type"] == "http" and CONTROL not in scope["path"]
        )  # spares it the routes: 4 % of a match
        try:
            await (api if is_api else router)(scope, receive, send)
        except CancelledError:
            if not scope.get("state", {}).get("ends", _never)():
                raise
            await send_json(send, 503, ENDING, (JSON, (b"x-mock-reason", REASON.encode())))

    return web


def _never() -> bool:
    """A client within the process gives its own request up."""
    return False
