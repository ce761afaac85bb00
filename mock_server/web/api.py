"""Owns the API's endpoints: a request into a call, its answer onto the wire. Decides nothing."""

import asyncio
import re
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Final
from urllib.parse import parse_qsl

from starlette.types import Receive, Scope, Send

from mock_server.domain.errors import Refusal
from mock_server.ports import Keys
from mock_server.service.calls import Call, Reply, answer
from mock_server.service.operations import behaviour_of
from mock_server.spec import Operation
from mock_server.web.engine import Engine
from mock_server.web.wire import (
    JSON,
    MIB,
    Disconnected,
    disconnect,
    encode,
    raw_headers,
    read_body,
    send_body,
    send_json,
)

BODY_LIMIT: Final = MIB
_PREFERRED: Final = re.compile(rb'(?:^|[,;\s])code\s*=\s*"?(\d{3})"?\s*(?=$|[,;])', re.IGNORECASE)


class Endpoint:
    """One operation of the file, as an ASGI application."""

    def __init__(self, engine: Engine, operation: Operation) -> None:
        self._engine = engine
        self._operation = operation
        self._behaviour = behaviour_of(operation.operation_id)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        engine = self._engine
        started = engine.recorder.start()
        engine.alarm.attend()
        try:
            body = await read_body(receive, BODY_LIMIT)
        except Disconnected:
            return
        call = self._call(scope, body)
        keys = Keys(call.api_key or "", call.parameters.get("trackingId"))
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
                api_key = value.decode("latin-1")
            elif name == b"content-type":
                content_type = value
            elif name == b"prefer":
                prefer = _preferred(value)
        operation, parameters = self._operation, scope["path_params"]
        if body is None:
            status, message = self._engine.store.rules.violations["tooLarge"]
            why = f"the body is longer than {BODY_LIMIT} bytes (ERR-400)"
            refusal = Refusal(status, why, message or why, reason="a body of at most 1 MiB is read")
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
        content = b"" if reply.body is None else encode(reply.body)
        headers = [JSON, *raw_headers(reply.headers.items())] if reply.headers else [JSON]
        if "content-type" in reply.headers:
            headers.remove(JSON)
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
    """All operations of one path; another method is 405 with `Allow`."""

    def __init__(self, engine: Engine, operations: Mapping[str, Operation]) -> None:
        self._endpoints = {
            method: Endpoint(engine, operation) for method, operation in operations.items()
        }
        if "GET" in self._endpoints:
            self._endpoints.setdefault("HEAD", self._endpoints["GET"])
        self._allow = ", ".join(sorted(self._endpoints))
        self._engine = engine

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        endpoint = self._endpoints.get(scope["method"])
        if endpoint is not None:
            await endpoint(scope, receive, send)
            return
        why = f"{scope['path']} takes {self._allow}"
        await _ours(self._engine, scope, send, (405, why, [(b"allow", self._allow.encode())]))


class UnknownPath:
    """What is asked for and does not exist."""

    def __init__(self, engine: Engine, paths: Sequence[str]) -> None:
        self._engine = engine
        self._paths = ", ".join(paths)

    async def __call__(self, scope: Scope, _receive: Receive, send: Send) -> None:
        why = f"no operation of openapi.yaml has the path {scope['path']}; it has {self._paths}"
        await _ours(self._engine, scope, send, (404, why, []))


async def _ours(
    engine: Engine, scope: Scope, send: Send, what: tuple[int, str, list[tuple[bytes, bytes]]]
) -> None:
    """An answer that the API does not have, marked as the fake's own."""
    status, why, headers = what
    error = {404: "Not Found", 405: "Method Not Allowed"}[status]
    document = {"statusCode": status, "error": error, "message": why}
    reason = ascii(why)[1:-1].encode()
    whole = [JSON, (b"x-mock-reason", reason), *headers]
    engine.recorder.record(
        at=engine.store.now(),
        started=engine.recorder.start(),
        request=(scope["method"], scope["path"], scope["headers"], b""),
        operation_id=None,
        api_key=None,
        response=(status, whole, encode(document)),
        tracking_id=None,
        why=f"{status}: {why}",
    )
    await send_json(send, status, document, whole)


def _preferred(value: bytes) -> int | None:
    match = _PREFERRED.search(value)
    return int(match[1]) if match else None


def paths_of(operations: Sequence[Operation]) -> dict[str, dict[str, Operation]]:
    """The operations by path and method, in the file's order."""
    paths: dict[str, dict[str, Operation]] = {}
    for operation in operations:
        paths.setdefault(operation.path, {})[operation.method] = operation
    return paths
