"""Owns sending: one document to one receiver, and how that ended. Does not decide on retries.

aiohttp is imported with the first attempt, in a thread: it takes 0.15 s and 10 MB that many runs
never need. No request is ever sent twice within an attempt: a second copy that no record tells of
would be worse than a failed attempt. A connection is reused only within a second; if it proves
closed before anything was written, a fresh one takes its place.
"""

import asyncio
import os
import re
import socket
import threading
from collections.abc import AsyncIterator, Callable, Hashable, Sequence
from contextlib import suppress
from functools import cache, lru_cache
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final, cast

from mock_server.adapters.targets import Targets, is_local, needs_no_lookup
from mock_server.domain.jobs import Outcome
from mock_server.ports import USER_AGENT, Clock, Post, Receipt

if TYPE_CHECKING:
    from aiohttp import ClientResponse, ClientSession, StreamReader
    from aiohttp.abc import AbstractResolver
    from yarl import URL

PER_PATH: Final = 64  # attempts at once
PER_ORIGIN: Final = 256
LOOKUPS: Final = 256  # threads at once that wait for the name service
HOPS: Final = 3
CONNECT: Final = 3.0  # seconds
REUSE: Final = 1.0  # seconds
SPARE: Final = 3  # connections that prove closed
WHOLE: Final = 64 * 1024  # bytes that aiohttp writes in one go
MEMORY: Final = 1024  # receivers whose URL need not be judged again
READ: Final = 64 * 1024  # bytes of an answer
REDIRECTS: Final = frozenset({301, 302, 307, 308})  # 303 asks for a GET, which delivers nothing
NO_ANSWER: Final = "the receiver closed the connection without an answer"
CUT: Final = "cut in mid-body on purpose"

_PRINTABLE: Final = re.compile("[!-~]+")

LookUp = Callable[[str], Sequence[str]]
WhyRefused = Callable[[str, int], str | None]


def look_up(host: str) -> Sequence[str]:
    """Ask the name service and wait; a name that does not resolve has no addresses."""
    with suppress(OSError, ValueError):  # ValueError: no name at all, such as one with a NUL
        infos = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
        return list(dict.fromkeys(str(info[4][0]) for info in infos))
    return ()


class _RefusedError(Exception):
    """The target is not allowed."""


class _CutError(Exception):
    """Half of the body is out."""


class _Lane(asyncio.Semaphore):
    users = 0


class _Lanes:
    """Bounds the attempts of a key that run at once. Others wait in order; no idle key is kept."""

    def __init__(self, width: int) -> None:
        self._width = width
        self._lanes: dict[Hashable, _Lane] = {}

    def __len__(self) -> int:
        return len(self._lanes)

    def join(self, key: Hashable) -> _Lane:
        if (lane := self._lanes.get(key)) is None:
            lane = self._lanes[key] = _Lane(self._width)
        lane.users += 1
        return lane

    def leave(self, key: Hashable) -> None:
        lane = self._lanes[key]
        lane.users -= 1
        if not lane.users:
            del self._lanes[key]


class _Resolver:
    """Gives aiohttp the addresses that are allowed, which it then connects to.

    A lookup has a thread of its own, so that a dead name server holds up neither other names nor
    the end of the process; aiohttp asks once for all who want the same name at the same time.
    """

    def __init__(self, targets: Targets, look_up: LookUp) -> None:
        self._targets = targets
        self._look_up = look_up
        self._room = asyncio.Semaphore(LOOKUPS)

    async def resolve(self, host: str, port: int, family: int) -> list[dict[str, Any]]:
        async with self._room:
            addresses = await self._ask(host)
        reasons = {at: self._targets.why_refused(host, port, at) for at in addresses}
        if reasons and None not in reasons.values():
            raise _RefusedError(next(iter(reasons.values())))
        return [
            {
                "hostname": host,
                "host": address,
                "port": port,
                "family": family,
                "proto": socket.IPPROTO_TCP,
                "flags": socket.AI_NUMERICHOST,
            }
            for address, why in reasons.items()
            if why is None
        ]

    async def _ask(self, host: str) -> Sequence[str]:
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Sequence[str]] = loop.create_future()

        def settle(addresses: Sequence[str]) -> None:
            if not answer.done():
                answer.set_result(addresses)

        def ask() -> None:
            addresses = self._look_up(host)
            with suppress(RuntimeError):  # the loop is closed, nobody waits any more
                loop.call_soon_threadsafe(settle, addresses)

        threading.Thread(target=ask, name=f"look up {host}", daemon=True).start()
        addresses = await answer
        if not addresses:
            raise socket.gaierror(socket.EAI_NONAME, "no address")
        return addresses

    async def close(self) -> None:
        """Nothing is open; aiohttp asks for it."""


def _spelled(text: str) -> "URL":
    """Take the URL as it is; only what cannot stand in a request (spaces, umlauts) is encoded."""
    from yarl import URL  # noqa: PLC0415 - comes with aiohttp

    return URL(text, encoded=bool(_PRINTABLE.fullmatch(text)))


@lru_cache(MEMORY)
def _url(text: str) -> "URL":
    return _checked(_spelled(text))


def _checked(url: "URL") -> "URL":
    if url.scheme not in {"http", "https"} or not url.raw_host:
        raise ValueError("it is not http://host/path or https://host/path")  # noqa: TRY003
    return url


def _origin(url: "URL") -> Hashable:
    return url.scheme, (url.raw_host or "").casefold(), url.port


async def _half(body: bytes) -> AsyncIterator[bytes]:
    yield body[: len(body) // 2]
    raise _CutError


async def _read(content: "StreamReader") -> None:
    """Read to the end, or as far as anybody is interested."""
    left = READ
    while left > 0 and (chunk := await content.read(left)):
        left -= len(chunk)


class _Attempt:
    """One attempt on its way. `status` is what the last answer began with, even if it broke off."""

    def __init__(self, session: "ClientSession", why_refused: WhyRefused, post: Post) -> None:
        self._session = session
        self._why_refused = why_refused
        self._post = post
        self._headers = post.headers
        self.status: int | None = None

    async def send(self, url: "URL") -> str | None:
        """Tell why it failed; None if it was delivered."""
        for _ in range(1 + HOPS):
            location = await self._exchange(url)
            if self._post.truncate:
                return CUT
            if not (self._post.follow_redirects and location and self.status in REDIRECTS):
                return None if self._is_good() else f"answered {self.status}, not 2xx"
            url = self._redirected(url, location)
        return f"redirected more than {HOPS} times"

    def _is_good(self) -> bool:
        return self.status is not None and self.status // 100 == 2  # noqa: PLR2004 - 2xx

    def _redirected(self, url: "URL", location: str) -> "URL":
        target = _checked(url.join(_spelled(location)))
        if _origin(target) != _origin(url):  # a secret of one origin is none of another's business
            self._headers = tuple(h for h in self._headers if h[0].lower() != "authorization")
        return target

    async def _exchange(self, url: "URL") -> str | None:
        """Send to one address, read the answer and return where it points to."""
        host = url.raw_host or ""
        if (why := self._why_refused(host, url.port or 0)) is not None:
            raise _RefusedError(why)
        # After two rounds of the loop aiohttp knows which connections were closed before now.
        await asyncio.sleep(0)  # noqa: TID251 - waits for no time
        await asyncio.sleep(0)  # noqa: TID251 - waits for no time
        answer = await self._post_once(url)
        try:
            self.status = answer.status
            if self._is_good():
                await _read(answer.content)
            return answer.headers.get("Location")
        finally:
            answer.release()  # closes the connection unless all was read

    async def _post_once(self, url: "URL", spare: int = SPARE) -> "ClientResponse":
        verify = url.scheme != "https" or not is_local(url.raw_host or "")
        try:
            return await self._session.post(
                url, allow_redirects=False, ssl=verify, **self._content()
            )
        except OSError as error:
            if not spare or not self._is_unsent(error):
                raise
        return await self._post_once(url, spare - 1)

    def _is_unsent(self, error: OSError) -> bool:
        """Tell that nothing of it left; a longer body is written in parts."""
        return _found_closed(error) and len(self._post.body) < WHOLE

    def _content(self) -> dict[str, Any]:
        body = self._post.body
        if not self._post.truncate:
            return {"data": body, "headers": self._headers}
        length = ("Content-Length", str(len(body)))
        return {"data": _half(body), "headers": (*self._headers, length)}


def _found_closed(error: BaseException) -> bool:
    """Tell that aiohttp was about to write to a connection that is closed."""
    return (
        isinstance(error, OSError)
        and isinstance(error.__cause__, ConnectionResetError)
        and error.errno is None
    )


@cache
def _reasons() -> Sequence[tuple[type[BaseException], str]]:
    """Say what an error means; the first that fits counts."""
    import aiohttp  # noqa: PLC0415 - see above

    return (
        (aiohttp.ConnectionTimeoutError, f"no connection within {CONNECT:g} s"),
        (TimeoutError, "timed out after {timeout:g} s"),
        (aiohttp.ClientConnectorDNSError, "the name {error.host} does not resolve"),
        (aiohttp.ClientConnectorCertificateError, "TLS: {error.certificate_error}"),
        (aiohttp.ClientSSLError, "TLS: {error.os_error}"),
        (aiohttp.ClientConnectorError, "{reason}"),
        (aiohttp.ServerDisconnectedError, NO_ANSWER),
        (aiohttp.ClientPayloadError, "the receiver broke its answer off"),
        (aiohttp.ClientResponseError, "what the receiver answered is not HTTP: {error.message}"),
        (aiohttp.ClientOSError, "{reason}"),
        (ValueError, "the URL or the headers cannot be sent: {error}"),
    )


def _why(error: BaseException, timeout: float) -> str:
    if isinstance(error.__cause__, _CutError):
        return CUT
    if _found_closed(error):
        return NO_ANSWER
    number = error.errno if isinstance(error, OSError) else None
    reason = os.strerror(number).lower() if number else str(error)
    for kind, text in _reasons():
        if isinstance(error, kind):
            said = text.format(error=error, timeout=timeout, reason=reason)
            break
    else:
        said = f"{type(error).__name__}: {error}"
    return " ".join(said.split())[:200]


class HttpWebhooks:
    """Sends over HTTP, within one event loop at a time.

    A slow or dead receiver delays nobody else. TLS certificates are verified, except for receivers
    whose URL names this machine or a private address: developers sign those themselves.
    """

    def __init__(self, targets: Targets, clock: Clock, look_up: LookUp = look_up) -> None:
        self._targets = targets
        self._why_refused = lru_cache(MEMORY)(self._without_lookup)
        self._clock = clock
        self._look_up = look_up
        self._loop: asyncio.AbstractEventLoop | None = None
        self._session: ClientSession | None = None
        self._paths = _Lanes(PER_PATH)
        self._origins = _Lanes(PER_ORIGIN)

    async def send(self, post: Post) -> Receipt:
        """Never raises for what a receiver does; the timeout begins when it is this one's turn."""
        session = await self._opened()
        try:
            url = _url(post.url)
        except ValueError as error:
            return Receipt(Outcome.FAILED, None, _why(error, post.timeout), 0)
        origin = _origin(url)
        path = origin, url.raw_path
        lanes = self._paths.join(path), self._origins.join(origin)
        try:
            async with lanes[0], lanes[1]:
                return await self._attempt(session, post, url)
        finally:
            self._paths.leave(path)
            self._origins.leave(origin)

    async def close(self) -> None:
        session, self._session, self._loop = self._session, None, None
        if session is not None:
            await session.close()

    async def _attempt(self, session: "ClientSession", post: Post, url: "URL") -> Receipt:
        began = self._clock.real()
        attempt = _Attempt(session, self._why_refused, post)
        outcome = Outcome.FAILED
        try:
            async with asyncio.timeout(post.timeout):
                error = await attempt.send(url)
            outcome = Outcome.FAILED if error else Outcome.DELIVERED
        except _RefusedError as refused:
            outcome, error = Outcome.BLOCKED, str(refused)
        except Exception as trouble:  # noqa: BLE001 - whatever a receiver does is a failed attempt
            error = _why(trouble, post.timeout)
        return Receipt(outcome, attempt.status, error, (self._clock.real() - began) / 1000)

    async def _opened(self) -> "ClientSession":
        loop = asyncio.get_running_loop()
        if self._session is not None and self._loop is loop:
            return self._session
        await asyncio.to_thread(import_module, "aiohttp")
        if self._session is None or self._loop is not loop:  # nobody else opened it meanwhile
            left, self._loop, self._session = self._session, loop, self._open()
            if left is not None:
                await left.close()
        return self._session

    def _without_lookup(self, host: str, port: int) -> str | None:
        return self._targets.why_refused(host, port, host) if needs_no_lookup(host) else None

    def _open(self) -> "ClientSession":
        import aiohttp  # noqa: PLC0415 - see above

        resolver = cast("AbstractResolver", _Resolver(self._targets, self._look_up))
        return aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                resolver=resolver, ttl_dns_cache=0, limit=0, keepalive_timeout=REUSE
            ),
            cookie_jar=aiohttp.DummyCookieJar(),
            headers={"User-Agent": USER_AGENT},
            skip_auto_headers=("Accept", "Accept-Encoding", "Content-Type"),
            timeout=aiohttp.ClientTimeout(connect=CONNECT),
            auto_decompress=False,
        )
