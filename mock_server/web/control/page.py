"""Owns the dashboard's files: the page at /_mock/, its modules and styles, and the policy that they are served with."""

from functools import cache
from importlib.resources import files
from typing import Final, NamedTuple

from starlette.requests import Request
from starlette.responses import Response

from mock_server.web.control.problems import Problem
from mock_server.web.control.query import filters
from mock_server.web.engine import Engine

PAGE: Final = "index.html"
MEDIA_TYPES: Final = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
HEADERS: Final = {
    "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src 'self' data:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    "cache-control": "no-store",  # a page and modules of two versions would not fit together
    "referrer-policy": "no-referrer",  # the address may have held the token
    "x-content-type-options": "nosniff",
}


class File(NamedTuple):
    content: bytes
    media_type: str


@cache
def dashboard() -> dict[str, File]:
    """The files by their names; there are no others."""
    folder = files("mock_server.web").joinpath("dashboard")
    return {
        each.name: File(each.read_bytes(), media_type)
        for each in folder.iterdir()
        for suffix, media_type in MEDIA_TYPES.items()
        if each.name.endswith(suffix)
    }


async def show(_engine: Engine, request: Request) -> Response:
    filters(request, "token")
    return _response(dashboard()[PAGE])


async def file(_engine: Engine, request: Request) -> Response:
    filters(request)
    name = request.path_params["file"]
    found = dashboard().get(name)
    if found is None:
        raise Problem(404, f"the dashboard has no file {name!r}")
    return _response(found)


def _response(found: File) -> Response:
    return Response(found.content, media_type=found.media_type, headers=HEADERS)
