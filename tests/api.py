"""Owns how tests call the API of a running fake, as an integrator's client does."""

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from mock_server import MockServer

MATCH = "/api/v1/search/people/phone/match"
TRACK = "/api/v1/search/people/track/"
CREDITS = "/api/v1/credits"


class Answer(NamedTuple):
    status: int
    body: Any


def request(
    mock: MockServer,
    method: str,
    path: str,
    body: Any = None,
    *,
    api_key: str | None = "test_max_t",
    headers: Mapping[str, str] | None = None,
) -> Answer:
    """One request with a JSON body (bytes go as they are); the answer's status and document."""
    content = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
    sent = {"Content-Type": "application/json", **(headers or {})}
    if api_key is not None:
        sent["X-API-KEY"] = api_key
    status, answer = mock.send(method, path, content, sent)
    return Answer(status, json.loads(answer) if answer else None)


def match(mock: MockServer, body: Any, api_key: str = "test_max_t", **headers: str) -> Answer:
    """POST a match; header names with underscores."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return request(mock, "POST", MATCH, body, api_key=api_key, headers=named)


def track(mock: MockServer, tracking_id: str, api_key: str = "test_max_t") -> Answer:
    return request(mock, "GET", f"{TRACK}{tracking_id}", api_key=api_key)


def credits(mock: MockServer, api_key: str = "test_max_t") -> Any:
    return request(mock, "GET", CREDITS, api_key=api_key).body
