"""Owns the table of routes: the operations of the file, the control API, and what does not exist."""

from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from contextlib import asynccontextmanager
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Mount, Route, Router
from starlette.types import ASGIApp

from mock_server.web.api import Api
from mock_server.web.control import create_control
from mock_server.web.engine import Engine


async def _to_page(_request: Request) -> Response:
    return RedirectResponse("/_mock/")


def create_web(
    engine: Engine,
    close: Callable[[], Awaitable[None]],
    *,
    token: str | None = None,
    hosts: Collection[str] | None = None,
) -> ASGIApp:
    """The whole server as an ASGI application; `close` is awaited when it is shut down.

    `token` is what the control API asks for, `hosts` are the names it may be called by; None: neither is checked.
    """

    @asynccontextmanager
    async def lifespan(_app: Any) -> AsyncIterator[None]:
        yield
        await close()

    return Router(
        [
            Mount("/_mock", create_control(engine, token, hosts)),
            Route("/_mock", _to_page),
        ],
        redirect_slashes=False,
        default=Api(engine),
        lifespan=lifespan,
    )
