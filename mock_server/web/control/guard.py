"""Owns who may use the control API: the token, the origin, the host. Decides on headers alone."""

import hmac
from collections.abc import Collection
from typing import Final
from urllib.parse import parse_qs, urlsplit

from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from mock_server.web.control.problems import Problem, problem_response
from mock_server.web.wire import header

COOKIE: Final = "clodura_kit_token"
LOCAL_HOSTS: Final = frozenset(("localhost", "127.0.0.1", "::1", "host.docker.internal"))
_READING: Final = frozenset(("GET", "HEAD", "OPTIONS"))


class Guard:
    """Lets a request through or answers 401 or 403. `token` or `hosts` None: that is not looked at."""

    def __init__(self, app: ASGIApp, token: str | None, hosts: Collection[str] | None) -> None:
        self._app = app
        self._token = token
        self._hosts = hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        problem = self._strange_host(scope) or _strange_origin(scope)
        if problem is None and self._token is not None and not _exempt(scope):
            if self._brings_token(scope):
                await _welcome(self._token)(scope, receive, send)
                return
            problem = self._without_token(scope)
        if problem is None:
            await self._app(scope, receive, send)
        else:
            await problem_response(problem)(scope, receive, send)

    def _strange_host(self, scope: Scope) -> Problem | None:
        name = _name_of(header(scope, b"host") or b"")
        if self._hosts is None or name.rstrip(".") in self._hosts:
            return None
        return Problem(
            403,
            f"the Host {name!r} is not this machine's: a page of another site may have been bound to this address; "
            "start the server with --allow-host to let it through",
        )

    def _brings_token(self, scope: Scope) -> bool:
        given = parse_qs(scope["query_string"].decode("latin-1")).get("token", [""])[0]
        page = scope["method"] == "GET" and scope["path"].rstrip("/") == "/_mock"
        return page and self._same(given)

    def _without_token(self, scope: Scope) -> Problem | None:
        scheme, _, given = (header(scope, b"authorization") or b"").decode("latin-1").partition(" ")
        if scheme.lower() == "bearer" and self._same(given.strip()):
            return None
        if self._same(_cookie(scope)):
            return None
        return Problem(401, "the control API of this server needs Authorization: Bearer <token>")

    def _same(self, given: str) -> bool:
        return self._token is not None and hmac.compare_digest(given.encode(), self._token.encode())


def _strange_origin(scope: Scope) -> Problem | None:
    """A page of another origin may change nothing; it cannot read, because no answer allows it to."""
    if scope["method"] in _READING:
        return None
    origin, host = header(scope, b"origin"), header(scope, b"host")
    same = origin is None or origin.partition(b"://")[2] == host
    if same and header(scope, b"sec-fetch-site") in (None, b"same-origin", b"none"):
        return None
    return Problem(403, "a page of another origin may not change anything here")


def _name_of(host: bytes) -> str:
    """The name without the port; all of it where it is no name."""
    text = host.decode("latin-1")
    try:
        return text if "@" in text else urlsplit(f"//{text}").hostname or ""
    except ValueError:
        return text


def _exempt(scope: Scope) -> bool:
    method, path = scope["method"], scope["path"]
    to_inbox = method == "POST" and path.startswith("/_mock/inbox/")
    return to_inbox or (method in ("GET", "HEAD") and path == "/_mock/health")


def _cookie(scope: Scope) -> str:
    for part in (header(scope, b"cookie") or b"").decode("latin-1").split(";"):
        name, _, value = part.strip().partition("=")
        if name == COOKIE:
            return value
    return ""


def _welcome(token: str) -> RedirectResponse:
    response = RedirectResponse("/_mock/", 303)
    response.set_cookie(COOKIE, token, httponly=True, samesite="strict", path="/_mock")
    return response
