"""Owns the API's endpoints: a request into a call, its answer onto the wire. Decides nothing."""

import asyncio
import re
from collections.abc import Mapping, Sequence
from functools import partial
from http import HTTPStatus
from typing import Final
from urllib.parse import parse_qsl

from starlette.types import Receive, Scope, Send

from mock_server.domain.errors import Refusal
from mock_server.domain.redaction import without_key
from mock_server.journal import Headers
from mock_server.ports import Keys, StoreAway
from mock_server.service.calls import Call, Reply, answer
from mock_server.service.operations import behaviour_of
from mock_server.spec import Operation
from mock_server.spec.bodies import is_json
from mock_server.web.engine import Engine
from mock_server.web.wire import (
    JSON,
    MIB,
    ONLY_JSON,
    Disconnected,
    disconnect,
    encode,
    header,
    raw_headers,
    read_body,
    reason_of,
    send_body,
    send_json,
    shown,
)

BODY_LIMIT: Final = MIB
_QUOTED: Final = re.compile(rb'"((?:[^"\\]|\\.)*)"')
_STATUS: Final = re.compile(rb"\d{3}")
_PREFERRED: Final = re.compile(rb"(?:^|[,;])\s*code\s*=\s*(\d{3})\s*(?=$|[,;])", re.IGNORECASE)
_PARAMETER: Final = re.compile(r"\{([^{}/]+)\}")


class Endpoint:
    """One operation of the file, as an ASGI application."""

    def __init__(self, engine: Engine, operation: Operation) -> None:
        self._engine = engine
        self._operation = operation
        self._behaviour = behaviour_of(operation.operation_id)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        engine = self._engine
        started = engine.recorder.now()
        engine.timeline.attend()
        try:
            body = await read_body(receive, BODY_LIMIT)
        except Disconnected:
            return
        call = self._call(scope, body)
        keys = Keys(
            call.api_key or "",
            call.parameters.get("trackingId"),
            reads_job=True,
            reads_account=self._operation.method == "GET",  # which at most opens it
        )
        reply = await engine.store.transact(
            keys, partial(answer, call=call, behaviour=self._behaviour)
        )
        if reply.hold is not None:
            await engine.waiting.first_attempt(reply.hold)
        if not reply.delay_seconds:
            await self._answer(scope, (receive, send), call, (started, body or b"", reply))
            return
        answered = asyncio.Event()
        try:
            await engine.waiting.delay(reply.delay_seconds, answered)
            await self._answer(scope, (receive, send), call, (started, body or b"", reply))
        finally:
            answered.set()

    def _call(self, scope: Scope, body: bytes | None) -> Call:
        api_key = content_type = prefer = None
        for name, value in scope["headers"]:
            if name == b"x-api-key":
                given = value.decode("latin-1")
                api_key = given if api_key is None else f"{api_key}, {given}"  # as HTTP joins them
            elif name == b"content-type":
                content_type = value
            elif name == b"prefer" and prefer is None:  # of several, the first counts (RFC 7240)
                prefer = _preferred(value)
        operation, parameters = self._operation, scope["path_params"]
        if body is None:
            status, message = self._engine.store.rules.violations["tooLarge"]
            why = "The body is longer than 1 MiB"
            refusal = Refusal(
                status,
                f"{why} (ERR-400, ERR-A)",
                message or f"{why}.",
                reason="a body of at most 1 MiB is read",
            )
            return Call(operation, api_key, None, parameters, [refusal], prefer)
        read = operation.read_body(content_type, body)
        refusals: Sequence[Refusal] = read.refusals
        if operation.has_parameters:
            refusals = [*self._parameter_refusals(scope), *refusals]
        return Call(operation, api_key, read.document, parameters, refusals, prefer)

    def _parameter_refusals(self, scope: Scope) -> Sequence[Refusal]:
        query = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
        headers = {
            name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]
        }
        return self._operation.read_parameters(scope["path_params"], query, headers)

    async def _answer(
        self,
        scope: Scope,
        wire: tuple[Receive, Send],
        call: Call,
        done: tuple[int, bytes, Reply],
    ) -> None:
        engine, (started, body, reply) = self._engine, done
        if engine.self_check is not None:
            engine.self_check.response(call.operation, reply)
        headers: Headers = ONLY_JSON
        content = b""
        if reply.headers:
            headers = raw_headers({"content-type": "application/json", **reply.headers}.items())
        if reply.body is not None:
            content = _content(reply)
        engine.recorder.record(
            at=engine.store.now(),
            started=started,
            request=(scope["method"], scope["path"], scope["headers"], body),
            operation_id=call.operation.operation_id,
            api_key=call.api_key,
            response=(reply.status, headers, content),
            tracking_id=reply.tracking_id,
            why=reply.why,
        )
        receive, send = wire
        if reply.disconnect:
            await disconnect(scope, receive)
        else:
            await send_body(send, reply.status, content, headers)


class Path:
    """All operations of one path, by method."""

    def __init__(self, engine: Engine, operations: Mapping[str, Operation]) -> None:
        self.endpoints = {
            method: Endpoint(engine, operation) for method, operation in operations.items()
        }
        if "GET" in self.endpoints:
            self.endpoints.setdefault("HEAD", self.endpoints["GET"])
        self.allow = ", ".join(sorted(self.endpoints))


class Api:
    """All paths of the file. One without parameters comes before one with, as OpenAPI demands.

    A path that the file does not have is 404, a method that its path does not have is 405 with `Allow`.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        paths = _paths_of(engine.spec.operations)
        self._known = ", ".join(paths)
        self._plain = {path: Path(engine, paths[path]) for path in paths if "{" not in path}
        self._templated = [
            (*_pattern(path), Path(engine, paths[path]))
            for path in sorted(paths, key=_concrete_first)
            if "{" in path
        ]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"].removeprefix(scope.get("root_path", ""))
        scope["path_params"] = {}
        found = self._plain.get(path) or self._by_template(scope, path)
        if found is None:
            why = f"no operation of openapi.yaml has the path {_shown_path(scope, path)}; it has {self._known}"
            await _ours(self._engine, scope, send, (404, why, []))
            return
        endpoint = found.endpoints.get(scope["method"])
        if endpoint is None:
            why = f"{_shown_path(scope, scope['path'])} takes {found.allow}"
            await _ours(self._engine, scope, send, (405, why, [(b"allow", found.allow.encode())]))
            return
        try:
            await endpoint(scope, receive, send)
        except StoreAway as away:
            retry = (b"retry-after", b"%d" % away.retry_after)
            await _ours(self._engine, scope, send, (503, away.reason, [retry]))

    def _by_template(self, scope: Scope, path: str) -> Path | None:
        for names, pattern, found in self._templated:
            if match := pattern.fullmatch(path):
                scope["path_params"] = dict(zip(names, match.groups(), strict=True))
                return found
        return None


async def _ours(
    engine: Engine, scope: Scope, send: Send, what: tuple[int, str, list[tuple[bytes, bytes]]]
) -> None:
    """An answer that the API does not have, marked as the fake's own."""
    status, why, headers = what
    error = HTTPStatus(status).phrase
    document = {"statusCode": status, "error": error, "message": why}
    whole = [JSON, (b"x-mock-reason", reason_of(why).encode()), *headers]
    engine.recorder.record(
        at=engine.store.now(),
        started=engine.recorder.now(),
        request=(scope["method"], _without_key(scope, scope["path"]), scope["headers"], b""),
        operation_id=None,
        api_key=None,
        response=(status, whole, encode(document)),
        tracking_id=None,
        why=f"{status}: {why}",
    )
    await send_json(send, status, document, whole)


def _shown_path(scope: Scope, path: str) -> str:
    return shown(_without_key(scope, path))


def _without_key(scope: Scope, text: str) -> str:
    """A path may name the key that the request has."""  # AUTH-4
    key = header(scope, b"x-api-key")
    return without_key(text, key.decode("latin-1")) if key else text


def _preferred(value: bytes) -> int | None:
    match = _PREFERRED.search(_QUOTED.sub(_unquoted, value))
    return int(match[1]) if match else None


def _unquoted(match: re.Match[bytes]) -> bytes:
    """The status of a quoted text that is nothing else; of any other text, nothing."""
    return match[1] if _STATUS.fullmatch(match[1]) else b"_"


def _content(reply: Reply) -> bytes:
    """The body as JSON, but a text of another type as it is."""
    media_type = reply.headers.get("content-type")
    if media_type is None or not isinstance(reply.body, str) or is_json(media_type.encode()):
        return encode(reply.body)
    return reply.body.encode("utf-8", "replace")


def _paths_of(operations: Sequence[Operation]) -> dict[str, dict[str, Operation]]:
    """The operations by path and method, in the file's order."""
    paths: dict[str, dict[str, Operation]] = {}
    for operation in operations:
        paths.setdefault(operation.path, {})[operation.method] = operation
    return paths


def _concrete_first(path: str) -> list[bool]:
    return ["{" in step for step in path.split("/")]


def _pattern(path: str) -> tuple[list[str], re.Pattern[str]]:
    """The names in a path, and what fits it."""
    texts_and_names = _PARAMETER.split(path)
    texts = map(re.escape, texts_and_names[::2])
    return texts_and_names[1::2], re.compile("([^/]+)".join(texts))
