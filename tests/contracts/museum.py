"""Owns the healthy target and how it is tampered with: requests, answers, webhooks, balances and the file it obeys."""

import asyncio
import json
import tempfile
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import yaml

from contracts.history import Role
from contracts.target import MAGIC_PEOPLE, Identity, People, Target, Timing
from mock_server import ControlClient, create_app, openapi_path
from mock_server.serving import Server, bind, loop_factory

RATE = 60
UNHURRIED = 20  # a rate at which a window takes 3 s: no slow machine sees it end too soon
SETTLE = 0.12
TIMEOUT = 10.0
MATCH = "/api/v1/search/people/phone/match"
TRACK = "/api/v1/search/people/track/"
CREDITS = "/api/v1/credits"
Document = dict[str, Any]


@dataclass
class Call:
    """A request on its way to the healthy app; may be changed."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def key(self) -> str | None:
        return self.headers.get("x-api-key")

    @key.setter
    def key(self, key: str) -> None:
        self.headers["x-api-key"] = key

    @property
    def is_match(self) -> bool:
        return self.path == MATCH

    @property
    def is_track(self) -> bool:
        return self.path.startswith(TRACK)

    @property
    def is_credits(self) -> bool:
        return self.path == CREDITS

    @property
    def tracking_id(self) -> str:
        return self.path.removeprefix(TRACK)

    @property
    def json(self) -> Any:
        try:
            return json.loads(self.body)
        except ValueError:
            return None

    @json.setter
    def json(self, document: Any) -> None:
        self.body = json.dumps(document).encode()

    @property
    def fields(self) -> Document:
        document = self.json
        return document if isinstance(document, dict) else {}

    def say(self, **fields: Any) -> None:
        """Change fields of the body; `...` takes one away."""
        document = self.fields | fields
        self.json = {name: value for name, value in document.items() if value is not ...}


@dataclass
class Answer:
    """An answer on its way back; may be changed."""

    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=lambda: {"content-type": "application/json"})

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @json.setter
    def json(self, document: Any) -> None:
        self.body = json.dumps(document).encode()

    @property
    def is_result(self) -> bool:
        return self.status == 200 and (
            b'"providers"' in self.body or b'"phoneNumbers"' in self.body
        )


def error(status: int, message: str = "no") -> Answer:
    return Answer(
        status, json.dumps({"statusCode": status, "error": "x", "message": message}).encode()
    )


@dataclass
class Hook:
    """A webhook on its way to the receiver; `nth` counts the deliveries of its job."""

    url: str
    json: Any
    call: Call
    nth: int
    headers: dict[str, str] = field(default_factory=lambda: {"content-type": "application/json"})
    method: str = "POST"
    follow: bool = False
    answered: int | None = None  # what the sender is told instead of what the receiver said


OnRequest = Callable[["Museum", Call], Answer | None]
OnAnswer = Callable[["Museum", Call, Answer], Answer | Awaitable[None] | None]
OnWebhook = Callable[["Museum", Hook], list[Hook] | None]
OnSpec = Callable[[Document], None]


@dataclass
class Tampering:
    """What is wrong, or merely otherwise, with a target."""

    request: OnRequest | None = None
    answer: OnAnswer | None = None
    webhook: OnWebhook | None = None
    spec: OnSpec | None = None


class Museum:
    """The healthy app with something put between it and the world."""

    def __init__(self, tampering: Tampering, folder: Path, scale: float) -> None:
        self._tampering = tampering
        self._app = create_app(clock=f"x{scale}", seed=1, spec=_edited(tampering.spec, folder))
        self._hooks: dict[str, tuple[str, Call]] = {}
        self._counts: dict[str, int] = {}
        self._session: aiohttp.ClientSession | None = None
        self.keys: dict[str, str] = {}
        self.charged: dict[str, int] = {}  # by key, beside what the healthy app charged
        self.seen: set[str] = set()  # whatever a bug has to remember
        self.url = ""

    def role(self, key: str | None) -> str:
        """Whose key it is; empty for nobody's."""
        return next((role for role, each in self.keys.items() if each == key), "")

    def charge(self, key: str | None, amount: int) -> None:
        self.charged[key or ""] = self.charged.get(key or "", 0) + amount

    def once(self, mark: str) -> bool:
        """Whether this is the first time."""
        fresh = mark not in self.seen
        self.seen.add(mark)
        return fresh

    async def post(self, url: str, document: Any) -> None:
        assert self._session is not None
        async with self._session.post(url, json=document):
            pass

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if self._session is None:
            self._session = aiohttp.ClientSession()
        call = Call(
            scope["method"],
            scope["raw_path"].decode(),
            {name.decode().lower(): value.decode("latin-1") for name, value in scope["headers"]},
            await _body(receive),
        )
        if call.path.startswith("/_relay/"):
            answer = await self._relayed(call)
        elif call.path.startswith("/_mock"):
            answer = await self._healthy(scope, call)
        else:
            answer = await self._tampered(scope, call)
        await _send(send, answer)

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()

    async def _tampered(self, scope: Any, call: Call) -> Answer:
        own = self._tampering.request and self._tampering.request(self, call)
        if not own:
            self._redirect(call)
            own = await self._healthy(scope, call)
            if call.is_credits and own.status == 200:
                own.json = self._overlaid(call, own.json)
        if self._tampering.answer is not None:
            changed = self._tampering.answer(self, call, own)
            if isinstance(changed, Awaitable):
                await changed
            elif changed is not None:
                own = changed
        return own

    def _overlaid(self, call: Call, balance: Document) -> Document:
        extra = self.charged.get(call.key or "", 0)
        for name, sign in (("remainingCredits", -1), ("directDials", 1)):
            if extra and name in balance:
                balance[name] += sign * extra
        return balance

    def _redirect(self, call: Call) -> None:
        url = call.fields.get("webhookUrl")
        if self._tampering.webhook is None or not isinstance(url, str) or not call.is_match:
            return
        if url.startswith("http://"):
            name = str(len(self._hooks))
            self._hooks[name] = url, call
            call.say(webhookUrl=f"{self.url}/_relay/{name}")

    async def _relayed(self, call: Call) -> Answer:
        name = call.path.removeprefix("/_relay/")
        url, origin = self._hooks[name]
        self._counts[name] = nth = self._counts.get(name, 0) + 1
        hook = Hook(url, call.json, origin, nth)
        assert self._tampering.webhook is not None
        hooks = self._tampering.webhook(self, hook)
        statuses = [await self._deliver(each) for each in ([hook] if hooks is None else hooks)]
        return Answer(hook.answered or (statuses[0] if statuses else 200), b"{}")

    async def _deliver(self, hook: Hook) -> int:
        assert self._session is not None
        body = json.dumps(hook.json).encode()
        try:
            async with self._session.request(
                hook.method, hook.url, data=body, headers=hook.headers, allow_redirects=hook.follow
            ) as answer:
                return answer.status
        except aiohttp.ClientError:
            return 500

    async def _healthy(self, scope: Any, call: Call) -> Answer:
        sent: list[Any] = []
        headers = [(name.encode(), value.encode("latin-1")) for name, value in call.headers.items()]
        headers = [each for each in headers if each[0] != b"content-length"]
        headers.append((b"content-length", str(len(call.body)).encode()))
        inner = scope | {
            "headers": headers,
            "path": call.path.partition("?")[0],
            "raw_path": call.path.encode(),
        }

        async def receive() -> Any:
            return {"type": "http.request", "body": call.body, "more_body": False}

        async def send(message: Any) -> None:
            sent.append(message)

        await self._app(inner, receive, send)
        start = sent[0]
        kept = {
            name.decode().lower(): value.decode()
            for name, value in start["headers"]
            if name.lower() != b"content-length"
        }
        return Answer(start["status"], b"".join(each.get("body", b"") for each in sent[1:]), kept)


async def _body(receive: Any) -> bytes:
    body, more = b"", True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    return body


async def _send(send: Any, answer: Answer) -> None:
    headers = {**answer.headers, "content-length": str(len(answer.body))}
    raw = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": answer.status, "headers": raw})
    await send({"type": "http.response.body", "body": answer.body})


def _edited(edit: OnSpec | None, folder: Path) -> Path | None:
    """The file with one edit; None: as it is."""
    if edit is None:
        return None
    document = yaml.safe_load(openapi_path().read_text("utf-8"))
    edit(document)
    path = folder / "openapi.yaml"
    path.write_text(yaml.safe_dump(document, sort_keys=False, allow_unicode=True), "utf-8")
    return path


@contextmanager
def exhibited(tampering: Tampering, **timing: float) -> Iterator[Target]:
    """The tampered target on a free port, with an account for every role."""
    settle = SETTLE * RATE / timing.get("scale", RATE)
    waits = {"result_timeout_seconds": TIMEOUT, "settle_seconds": settle, "scale": RATE} | timing
    with tempfile.TemporaryDirectory() as folder:
        museum = Museum(tampering, Path(folder), waits["scale"])
        ready = threading.Event()
        listener = bind("127.0.0.1", 0)
        museum.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        server = Server(museum, started=ready.set)

        async def serve() -> None:
            await server.serve(sockets=[listener])
            await museum.close()

        def run() -> None:
            with asyncio.Runner(loop_factory=loop_factory()) as runner:
                runner.run(serve())

        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        ready.wait()
        try:
            yield _target(museum, Timing(**waits))
        finally:
            server.stop()
            thread.join(10)


def _target(museum: Museum, timing: Timing) -> Target:
    client = ControlClient(museum.url)
    identities = {}
    for role, options in ACCOUNTS.items():
        key = f"live-{role}-5d41402abc"
        account = client.account(api_key=key, **options)
        museum.keys[str(role)] = key
        limit = 1 if role is Role.THROTTLED else None
        identities[role] = Identity(role, account.plan, key, limit)
    return Target(museum.url, identities, People(**MAGIC_PEOPLE), timing)


ACCOUNTS: dict[Role, dict[str, Any]] = {
    Role.MAIN: {"requests_per_minute": 100_000},
    Role.STANDARD: {"plan": "prospect", "requests_per_minute": 100_000},
    Role.FREE: {"plan": "free_forever", "requests_per_minute": 100_000},
    Role.OTHER: {"requests_per_minute": 100_000},
    Role.EXHAUSTED: {"credits": 0},
    Role.LOW: {"credits": 13},
    Role.THROTTLED: {"requests_per_minute": 1},
    Role.NO_ACCESS: {"api_access": False},
}
