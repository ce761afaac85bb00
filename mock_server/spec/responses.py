"""Owns the documented responses of an operation: their statuses, examples and schemas."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import orjson

from mock_server.spec.bodies import JSON, is_json
from mock_server.spec.examples import sample
from mock_server.spec.messages import problems
from mock_server.spec.schemas import Schemas
from mock_server.spec.source import At, Source

_KEY: Final = re.compile(r"[1-5]\d\d|[1-5]XX|default")
_SUCCESSES: Final = range(200, 300)
_ERRORS: Final = range(400, 600)


class Documented(NamedTuple):
    """One response by its first example, or a sample of its schema; no content is None."""

    status: int
    body: Any
    headers: Mapping[str, str]


class Content(NamedTuple):
    """One media type of a content; `schema` only for JSON."""

    media_type: str
    node: Mapping[str, Any]
    at: At

    @property
    def schema(self) -> At | None:
        judged = is_json(self.media_type.encode()) and "schema" in self.node
        return (*self.at, "schema") if judged else None


@dataclass(frozen=True, slots=True)
class Response:
    """One entry of `responses`; a range and the default are documented as their first status."""

    documented: Documented
    schema: At | None
    has_content: bool


@dataclass(frozen=True, slots=True)
class Responses:
    """The responses of one operation, by their keys in the file."""

    by_key: Mapping[str, Response]
    schemas: Schemas
    by_status: Mapping[int, Documented]

    @property
    def success(self) -> Documented:
        """The documented success of the lowest status."""
        return next(each for status, each in self.by_status.items() if status in _SUCCESSES)

    @property
    def errors(self) -> frozenset[int]:
        """The documented statuses of errors; a range documents all of its statuses."""
        return frozenset(each for each in _ERRORS if self.of(each))

    def of(self, status: int) -> Response | None:
        """Return the response of this status: under its own key, its range's or the default."""
        named = self.by_key.get
        return named(str(status)) or named(f"{status // 100}XX") or named("default")

    def problems(self, status: int, document: Any) -> list[str]:
        """Tell what the file does not allow of this answer."""
        response = self.of(status)
        if response is None:
            return [f"{status} is not a documented status."]
        if response.schema:
            return problems(self.schemas, response.schema, document)
        return [] if response.has_content or document is None else [f"{status} has no content."]


def read_responses(source: Source, schemas: Schemas, node: Mapping[str, Any], at: At) -> Responses:
    """Return the responses of the operation at this place, one of which has to be a success."""
    at = (*at, "responses")
    by_key = {}
    for key, value in source.mapping(node.get("responses"), at).items():
        if not key.startswith("x-"):
            if not _KEY.fullmatch(key):
                raise source.error(
                    (*at, key), "should be a status such as 200, a range such as 4XX, or default"
                )
            response = _response(source, key, *source.follow(value, (*at, key)))
            schemas.check_at(response.schema)
            by_key[key] = response
    by_status = _by_status(by_key)
    if not any(status in _SUCCESSES for status in by_status):
        raise source.error(at, "documents no success, add a response of the range 2XX")
    return Responses(by_key, schemas, by_status)


def request_schema(source: Source, node: Mapping[str, Any], at: At) -> tuple[At | None, bool]:
    """Where the schema of the JSON body is, if there is one, and whether it is required."""
    if "requestBody" not in node:
        return None, False
    body, place = source.follow(node["requestBody"], (*at, "requestBody"))
    content = read_content(source, source.mapping(body, place).get("content"), (*place, "content"))
    return content.schema if content else None, body.get("required") is True


def read_content(source: Source, content: Any, at: At) -> Content | None:
    """Return the JSON of a `content`, else its first media type."""
    types = source.mapping(content, at)
    if not types:
        return None
    name = next((each for each in types if is_json(each.encode())), next(iter(types)))
    return Content(name, source.mapping(types[name], (*at, name)), (*at, name))


def _by_status(by_key: Mapping[str, Response]) -> Mapping[int, Documented]:
    """Return the examples by status; an exact status wins over a range and the default."""
    ordered = sorted(by_key, key=lambda key: not key.isdecimal(), reverse=True)
    documented = {by_key[key].documented.status: by_key[key].documented for key in ordered}
    return dict(sorted(documented.items()))


def _response(source: Source, key: str, value: Any, at: At) -> Response:
    node = source.mapping(value, at)
    status = 200 if key == "default" else int(key.replace("XX", "00"))
    headers = _headers(source, node.get("headers", {}), (*at, "headers"))
    content = read_content(source, node.get("content", {}), (*at, "content"))
    if content is None:
        return Response(Documented(status, None, headers), None, has_content=False)
    if content.media_type.encode() != JSON:
        headers["content-type"] = content.media_type
    example = _example(source, content.node, content.at)
    return Response(Documented(status, example, headers), content.schema, has_content=True)


def _headers(source: Source, headers: Any, at: At) -> dict[str, str]:
    """Those that are required or have an example, by lower-case name."""
    shown = {}
    for name, value in source.mapping(headers, at).items():
        header, place = source.follow(value, (*at, name))
        node = source.mapping(header, place)
        if node.get("required") or "example" in node or "examples" in node:
            example = _example(source, node, place)
            shown[name.lower()] = (
                example if isinstance(example, str) else orjson.dumps(example).decode()
            )
    return shown


def _example(source: Source, node: Mapping[str, Any], at: At) -> Any:
    for name, value in source.mapping(node.get("examples", {}), (*at, "examples")).items():
        example, place = source.follow(value, (*at, "examples", name))
        if "value" in source.mapping(example, place):
            return example["value"]
    return node["example"] if "example" in node else sample(source, node.get("schema"))
