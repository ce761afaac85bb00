"""Owns the way to the target: one bounded request, kept as a redacted exchange. Follows nothing, retries nothing."""

import asyncio
import json
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any, Final, Self
from urllib.parse import quote

import httpx

from contracts.history import Exchange, Role
from contracts.recording import Recording
from contracts.redaction import Redactor
from contracts.specification import CREDITS, MATCH, TRACK, specification
from contracts.surroundings import Stopwatch
from contracts.target import Target

MAX_BYTES: Final = 1 << 20
CALL_SECONDS: Final = 30  # at most, for one answer
LOST_AFTER: Final = 4  # calls without an answer, one after the other
KEY_HEADER: Final = "X-API-KEY"
JSON_TYPE: Final = "application/json"
METHODS: Final = {MATCH: "POST", TRACK: "GET", CREDITS: "GET"}
_KEPT: Final = 4096  # characters of an answer that is no JSON


class TargetLost(Exception):
    """The target answers no more."""


@dataclass(frozen=True, slots=True)
class Call:
    """A request to make. `key` is that of the role unless given; None: no header. `content` is the raw body."""

    journey: str
    role: Role
    operation: str
    probe: str
    key: str | None
    content: bytes | None = None
    content_type: str | None = JSON_TYPE
    tracking_id: str = ""


class Client:
    """Sends calls to one target. Within one event loop, as a context manager."""

    def __init__(
        self, target: Target, recording: Recording, redactor: Redactor, watch: Stopwatch
    ) -> None:
        self._target = target
        self._keys = target.telling_keys()
        self._recording = recording
        self._redactor = redactor
        self._watch = watch
        self._seconds = min(CALL_SECONDS, target.timing.result_timeout_seconds)
        self._http = httpx.AsyncClient(
            timeout=None,  # noqa: S113 - each call is bounded as a whole
            trust_env=not target.is_loopback,
            verify=_trusted(by_environment=not target.is_loopback),
            follow_redirects=False,
            # The key alone says who asks: no session of one account goes with another's request.
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),
        )
        self._numbers = 0
        self._unanswered = 0

    @property
    def calls(self) -> int:
        return self._numbers

    async def __aenter__(self) -> Self:
        await self._http.__aenter__()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._http.aclose()

    async def send(self, call: Call) -> Exchange:
        """Make the call and keep what came. Raises TargetLost when several in a row brought no answer."""
        self._numbers += 1
        number, at = self._numbers, self._watch.now()
        path = specification().paths[call.operation]
        path = path.replace("{trackingId}", quote(call.tracking_id, safe=""))
        headers = self._headers(call)
        answer = await self._answer(METHODS[call.operation], path, headers, call.content)
        exchange = Exchange(
            number=number,
            at=round(at, 4),
            seconds=round(self._watch.now() - at, 4),
            journey=call.journey,
            role=str(call.role),
            operation=call.operation,
            probe=call.probe,
            method=METHODS[call.operation],
            path=path,
            request_headers=self._redactor.headers(headers),
            request=self._request(call.content),
            **answer,
        )
        self._recording.note(exchange)
        self._watch_over(exchange)
        return exchange

    def _headers(self, call: Call) -> dict[str, str]:
        headers = {} if call.key is None else {KEY_HEADER: call.key}
        if call.content is not None and call.content_type is not None:
            headers["Content-Type"] = call.content_type
        return headers

    def _request(self, content: bytes | None) -> Any:
        if content is None:
            return None
        try:
            return self._redactor.document(json.loads(content))
        except (ValueError, RecursionError):
            return self._redactor.text(content.decode(errors="replace"))

    async def _answer(
        self, method: str, path: str, headers: Mapping[str, str], content: bytes | None
    ) -> dict[str, Any]:
        url = f"{self._target.base_url}{path}"
        try:
            async with (
                asyncio.timeout(self._seconds),
                self._http.stream(method, url, headers=headers, content=content) as response,
            ):
                body = await _bounded(response)
        except TimeoutError:
            return {"status": None, "error": f"no whole answer within {self._seconds:g} s"}
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError) as error:
            return {"status": None, "error": _told(error)}
        if body is None:
            return {"status": None, "error": f"it answered more than {MAX_BYTES >> 20} MiB"}
        return self._kept(response, body)

    def _kept(self, response: httpx.Response, body: bytes) -> dict[str, Any]:
        raw = body.decode(errors="replace")
        everything = f"{response.headers.multi_items()}\n{raw}".lower()
        kept: dict[str, Any] = {
            "status": response.status_code,
            "headers": self._redactor.headers(
                {name.lower(): value for name, value in response.headers.items()}
            ),
            "leaks_key": any(key in everything for key in self._keys),
        }
        try:
            return {**kept, "document": self._redactor.document(json.loads(body))}
        except (ValueError, RecursionError):
            return {**kept, "text": self._redactor.text(raw[:_KEPT])}

    def _watch_over(self, exchange: Exchange) -> None:
        self._unanswered = 0 if exchange.status is not None else self._unanswered + 1
        if self._unanswered >= LOST_AFTER:
            raise TargetLost(exchange.error)


@cache
def _trusted(*, by_environment: bool) -> ssl.SSLContext:
    """Whom TLS trusts; reading that takes longer than many a call."""
    return httpx.create_ssl_context(trust_env=by_environment)


async def _bounded(response: httpx.Response) -> bytes | None:
    """The body; None if it is too long."""
    body = bytearray()
    async for chunk in response.aiter_bytes():
        body += chunk
        if len(body) > MAX_BYTES:
            return None
    return bytes(body)


def _told(error: Exception) -> str:
    """What went wrong, in words that hold no address."""
    if isinstance(error, httpx.ConnectError):
        return "nobody answers there"
    if isinstance(error, httpx.RemoteProtocolError | httpx.DecodingError):
        return "what answers there does not speak HTTP as it should"
    return f"the connection failed ({type(error).__name__})"
