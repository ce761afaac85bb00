"""Owns the page at /_mock/: what this is and where its parts are. The dashboard comes later."""

from importlib.resources import files
from typing import Final

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from mock_server.web.control.query import filters
from mock_server.web.engine import Engine

_HEADERS: Final = {
    "content-security-policy": "default-src 'none'; style-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'",
    "cache-control": "no-store",
    "referrer-policy": "no-referrer",  # the address may have held the token
    "x-content-type-options": "nosniff",
}


async def show(_engine: Engine, request: Request) -> Response:
    filters(request, "token")
    text = files(__package__).joinpath("page.html").read_text(encoding="utf-8")
    return HTMLResponse(text, headers=_HEADERS)
