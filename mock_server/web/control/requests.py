"""Owns the control API's calls about the journal: what was asked, what was answered, and why."""

import re
from typing import Any, Final

import orjson
from starlette.requests import Request
from starlette.responses import Response

from mock_server.domain.instants import rfc3339
from mock_server.journal import Exchange, Headers
from mock_server.web.control.problems import JsonResponse, Problem
from mock_server.web.control.query import filters, whole
from mock_server.web.engine import Engine
from mock_server.web.recorder import KEPT_BYTES, tenant_of

MOST: Final = 1_000_000
_STATUS: Final = re.compile(r"[1-5]([0-9][0-9]|xx)", re.IGNORECASE)


async def list_all(engine: Engine, request: Request) -> Response:
    """Newest first."""
    given = filters(request, "apiKey", "operationId", "status", "trackingId", "limit")
    limit = whole(given, "limit", MOST, MOST)
    tenant = tenant_of(given["apiKey"]) if "apiKey" in given else None
    status = given.get("status")
    if status is not None and not _STATUS.fullmatch(status):
        expected = "a status such as 402, or a class such as 4xx"
        detail = f"status: expected {expected}"
        raise Problem(422, detail, field="status", expected=expected, example="402")
    begins = (status or "").lower().removesuffix("xx")

    def wanted(each: Exchange) -> bool:
        return (
            tenant in (None, each.tenant)
            and given.get("operationId", each.operation_id) == each.operation_id
            and given.get("trackingId", each.tracking_id) == each.tracking_id
            and str(each.status).startswith(begins)
        )

    found = await engine.chronicle.exchanges(wanted, limit)
    return JsonResponse({"requests": [view(each) for each in found]})


async def clear(engine: Engine, request: Request) -> Response:
    filters(request)
    await engine.chronicle.clear()
    return Response(status_code=204)


def view(exchange: Exchange) -> dict[str, Any]:
    return {
        "id": exchange.number,
        "at": rfc3339(exchange.at),
        "method": exchange.method,
        "path": exchange.path,
        "operationId": exchange.operation_id,
        "key": exchange.key,
        "status": exchange.status,
        "durationMs": exchange.duration / 1000,
        "request": _half(exchange.request_headers, exchange.request_body),
        "response": _half(exchange.response_headers, exchange.response_body),
        "trackingId": exchange.tracking_id,
        "why": exchange.why,
    }


def _half(headers: Headers, body: bytes) -> dict[str, Any]:
    return {
        "headers": {name.decode("latin-1"): value.decode("latin-1") for name, value in headers},
        "body": document_of(body),
        "cut": len(body) >= KEPT_BYTES,
    }


def document_of(body: bytes) -> Any:
    """JSON where it is that, and not nested deeper than orjson writes it; else text."""
    try:
        document = orjson.loads(body)
        orjson.dumps(document)
    except (orjson.JSONDecodeError, TypeError):
        return body.decode("utf-8", "replace")
    return document
