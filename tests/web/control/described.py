"""Owns the control API's own description as a judge, and a fake whose every control answer is judged by it."""

import json
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final, NamedTuple
from urllib.parse import unquote

import orjson
import yaml
from jsonschema_rs import Draft202012, Draft202012Validator, Registry
from typing_extensions import override

from mock_server.client import Answer
from mock_server.web.control.events import name_of, view_of
from tests.states import MockServer

FILE: Final = Path(__file__).parents[3] / "mock_server" / "control.yaml"
PREFIX: Final = "/_mock"
_BASE: Final = "urn:control"


class Operation(NamedTuple):
    """One call as the file describes it."""

    operation_id: str
    method: str
    path: str
    node: Mapping[str, Any]

    @property
    def statuses(self) -> set[str]:
        return set(self.node["responses"])


@cache
def document() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(FILE.read_text())
    return loaded


@cache
def operations() -> dict[str, Operation]:
    """All calls by their operationId."""
    return {
        node["operationId"]: Operation(node["operationId"], method.upper(), path, node)
        for path, calls in document()["paths"].items()
        for method, node in calls.items()
    }


def operation_of(method: str, target: str) -> Operation | None:
    """The call that a request means."""
    path = unquote(target.partition("?")[0]).removeprefix(PREFIX)
    found = [
        each
        for each in operations().values()
        if each.method == method and re.fullmatch(re.sub(r"\{\w+\}", "(.+)", each.path), path)
    ]
    return max(found, key=lambda each: len(each.path), default=None)


def problems(operation: Operation | None, answer: Answer) -> list[str]:
    """What the file does not allow of an answer; where it knows no such call, the answer is to be a problem."""
    media_type = answer.headers.get("content-type", "").partition(";")[0]
    if operation is None:
        return _wrong(("components", "schemas", "Problem"), answer.body)
    at: tuple[str, ...] = ("paths", operation.path, operation.method.lower(), "responses")
    key = str(answer.status) if str(answer.status) in operation.statuses else "default"
    if key not in operation.statuses:
        return [f"{answer.status} is not documented"]
    node = operation.node["responses"][key]
    if "$ref" in node:
        at = ("components", "responses")
        key = node["$ref"].rpartition("/")[2]
        node = document()["components"]["responses"][key]
    content = node.get("content", {})
    if media_type not in content:
        return [f"a body of {media_type!r} is not documented"] if answer.body or content else []
    if not media_type.endswith("json"):
        return []
    return _wrong((*at, key, "content", media_type, "schema"), answer.body)


def event_problems(name: str, data: Any) -> list[str]:
    """What the file does not allow of an event's data."""
    return _wrong(("components", "schemas", "Events"), json.dumps({name: data}).encode())


def _wrong(at: tuple[str, ...], body: bytes) -> list[str]:
    errors = _validator(at).iter_errors(json.loads(body))
    return [f"{'.'.join(map(str, each.instance_path))}: {each.message}" for each in errors]


@cache
def _validator(at: tuple[str, ...]) -> Draft202012Validator:
    steps = "/".join(each.replace("~", "~0").replace("/", "~1") for each in at)
    pointer = steps.replace("{", "%7B").replace("}", "%7D").replace("+", "%2B")
    registry = Registry([(_BASE, document())], draft=Draft202012)
    return Draft202012Validator({"$ref": f"{_BASE}#/{pointer}"}, registry=registry, offline=True)


class CheckedServer(MockServer):
    """A fake that fails the test at the first control answer that the file does not allow."""

    @override
    def exchange(
        self, method: str, path: str, body: bytes | None, headers: Mapping[str, str]
    ) -> Answer:
        answer = super().exchange(method, path, body, headers)
        if path.startswith(PREFIX) and method != "HEAD":
            wrong = problems(operation_of(method, path), answer)
            assert wrong == [], f"{method} {path} answered {answer.status} {answer.body[:300]!r}"
            assert "x-mock" in answer.headers
        return answer

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
        """One control call as a foreign client makes it; bytes go as they are. The status and the document."""
        content = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        answer = self.exchange(method, PREFIX + path, content, named)
        is_json = answer.headers.get("content-type", "").endswith("json")
        return answer.status, json.loads(answer.body) if is_json else answer.body

    def engine_events(self) -> str:
        """Everything that the stream of events would tell, from its beginning."""
        assert self._fake is not None
        _, noted = self._fake.engine.journal.since(0, 10_000)
        for each in noted:
            data = json.loads(orjson.dumps(view_of(each)))
            assert event_problems(name_of(each), data) == [], each
        return json.dumps([view_of(each) for each in noted])

    def mocked(self) -> list[Any]:
        """Everything about the world that can be listed."""
        paths = ("/accounts", "/people", "/jobs", "/faults", "/clock", "/inbox/t")
        return [_timeless(self.ask("GET", path)[1]) for path in paths]


def _timeless(document: Any) -> Any:
    """Without what was measured in real time."""
    if isinstance(document, list):
        return [_timeless(each) for each in document]
    if not isinstance(document, dict):
        return document
    return {name: _timeless(each) for name, each in document.items() if name != "durationMs"}
