"""Owns the kit's own webhook receiver: an unguessable path, a query per job, answers as a journey asks for."""

import asyncio
import json
import socket
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from hmac import compare_digest
from typing import Any, Final
from urllib.parse import urlsplit

from aiohttp import ClientError, ClientSession, web

from contracts.history import ELSEWHERE
from contracts.redaction import Redactor
from contracts.surroundings import fresh_secret

MAX_BYTES: Final = 1 << 20
READ_SECONDS: Final = 10
STOP_SECONDS: Final = 1  # for deliveries that are half received when the run is over
ACCEPTING: Final = (
    3  # turns of the loop until a connection that it has accepted is known to the server
)


class ListenerError(RuntimeError):
    """Webhooks cannot be received as asked."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """A delivery as it came; `leaks_key` was found before anything was redacted."""

    label: str
    method: str
    path: str
    headers: dict[str, str]
    document: Any
    text: str | None
    answered: int
    leaks_key: bool


@dataclass(slots=True)
class _Box:
    answers: Sequence[int]
    private: bool = False  # a nonce of ours, which is no webhook
    came: int = 0
    path: str = ""  # of the last that came, as it arrived
    arrived: asyncio.Condition = field(default_factory=asyncio.Condition)


class Listener:
    """Receives webhooks in this process's event loop; `heard` is told of each as soon as it was answered for."""

    def __init__(self, keys: Sequence[str], redactor: Redactor, secret: str) -> None:
        self._keys = keys
        self._redactor = redactor
        self._secret = secret
        self._boxes: dict[str, _Box] = {}
        self._runner: web.ServerRunner | None = None
        self._socket: socket.socket | None = None
        self._base = self._prefix = ""
        self.heard: Callable[[Arrival], None] = lambda _: None

    async def start(self, host: str, port: int, public_url: str | None = None) -> None:
        """Listen, and say by which URL it is reached. Raises ListenerError."""
        self._runner = web.ServerRunner(web.Server(self._receive), shutdown_timeout=STOP_SECONDS)
        await self._runner.setup()
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        try:
            self._socket = socket.create_server((host, port), family=family)
            await web.SockSite(self._runner, self._socket).start()
        except OSError as error:
            await self._runner.cleanup()
            message = f"cannot listen on {host}:{port}: {error.strerror or error}"
            raise ListenerError(message) from None
        bound = self._socket.getsockname()[1]
        shown = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - read, not bound
        own = f"http://{f'[{shown}]' if ':' in shown else shown}:{bound}"
        self._base = (public_url or own).rstrip("/")
        self._prefix = urlsplit(self._base).path

    async def prove(self, seconds: float) -> None:
        """Post a nonce of ours through the public URL. Raises ListenerError if it does not come back."""
        nonce = fresh_secret()
        url = self.expect(nonce)
        self._boxes[nonce].private = True
        try:
            async with (
                asyncio.timeout(seconds),
                ClientSession() as session,
                session.post(url, json={"nonce": nonce}),
            ):
                pass
            arrived = self._boxes[nonce].path
        except (TimeoutError, ClientError, OSError):
            arrived = ""
        del self._boxes[nonce]
        if arrived.endswith(self._path(nonce)):  # a tunnel may keep its own path to itself
            self._prefix = arrived.removesuffix(self._path(nonce))
        if not arrived:
            message = (
                f"{self._base} does not lead to --listen: what was posted there did not arrive here"
            )
            raise ListenerError(message)

    async def stop(self) -> None:
        """Accept no more, and close what is open.

        What was accepted in just this moment is let in before: to a server that is closed it would stay open for ever.
        """
        if self._runner is None or self._socket is None:
            return
        with suppress(NotImplementedError):  # Windows' loop has no readers
            asyncio.get_running_loop().remove_reader(self._socket)
        for _ in range(ACCEPTING):
            await asyncio.sleep(0)  # noqa: TID251 - a turn of the loop, not time
        await self._runner.cleanup()

    def expect(self, label: str, answers: Sequence[int] = (200,)) -> str:
        """The URL for one job; its deliveries are answered so, the last one for ever."""
        self._boxes[label] = _Box(answers)
        return f"{self._base}{self._path(label)}"

    def path(self, label: str) -> str:
        """Path and query that a delivery to `label` must come to."""
        return f"{self._prefix}{self._path(label)}"

    def came(self, label: str) -> int:
        """How many deliveries came for a job."""
        return self._boxes[label].came

    async def wait(self, label: str, count: int, seconds: float) -> bool:
        """Whether so many deliveries came within the time."""
        box = self._boxes[label]
        try:
            async with asyncio.timeout(max(seconds, 0)), box.arrived:
                await box.arrived.wait_for(lambda: box.came >= count)
        except TimeoutError:
            pass
        return box.came >= count

    def _path(self, label: str) -> str:
        return f"/{self._secret}/{label}?job={label}&via=clodura-kit%20contract"

    async def _receive(self, request: web.BaseRequest) -> web.StreamResponse:
        label = self._label(request.path)
        box = self._boxes.get(label)
        if box is None:
            return web.Response(status=404)
        body = await _bounded(request)
        answer = box.answers[min(box.came, len(box.answers) - 1)]
        if not box.private:
            self.heard(self._arrival(label, request, body, answer))
        box.came, box.path = box.came + 1, request.raw_path
        async with box.arrived:
            box.arrived.notify_all()
        headers = {}
        if answer in range(300, 400):
            self._boxes.setdefault(ELSEWHERE, _Box((200,)))
            headers["Location"] = f"{self._base}/{self._secret}/{ELSEWHERE}?from={label}"
        return web.Response(status=answer, headers=headers)

    def _label(self, path: str) -> str:
        """The job that a path belongs to, however much stands before it; empty for a stranger's."""
        parts = path.split("/")
        if len(parts) < 2 or not compare_digest(parts[-2].encode(), self._secret.encode()):  # noqa: PLR2004 - secret and label
            return ""
        return parts[-1]

    def _arrival(self, label: str, request: web.BaseRequest, body: bytes, answer: int) -> Arrival:
        headers = {name.lower(): value for name, value in request.headers.items()}
        raw = body.decode(errors="replace")
        everything = f"{request.raw_path}\n{headers}\n{raw}".lower()
        try:
            document, text = self._redactor.document(json.loads(body)), None
        except (ValueError, RecursionError):
            document, text = None, self._redactor.text(raw[:2048])
        return Arrival(
            label=label,
            method=request.method,
            path=request.raw_path,
            headers=self._redactor.headers(headers),
            document=document,
            text=text,
            answered=answer,
            leaks_key=any(key in everything for key in self._keys),
        )


async def _bounded(request: web.BaseRequest) -> bytes:
    """The body, as far as it comes in bounded time and size."""
    body = b""
    try:
        async with asyncio.timeout(READ_SECONDS):
            async for chunk in request.content.iter_any():
                body += chunk
                if len(body) > MAX_BYTES:
                    break
    except (TimeoutError, ConnectionError, web.HTTPException):
        pass
    return body[:MAX_BYTES]
