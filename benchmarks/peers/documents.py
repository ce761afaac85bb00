"""Owns `openapi.yaml` as the peers can read it: without callbacks, in version 3.0, as Mockoon's or WireMock's file."""

import copy
import json
import uuid
from collections.abc import Iterator
from typing import Any

import yaml

from benchmarks.fake import MATCH, SPEC

Document = dict[str, Any]

_NOT_IN_3_0 = frozenset(
    ("if", "then", "else", "patternProperties", "callbacks", "links", "identifier")
)
_JSON = {"Content-Type": "application/json"}


def original() -> Document:
    document: Document = yaml.load(SPEC.read_bytes(), Loader=yaml.CSafeLoader)
    return document


def calling_back(*names: str) -> Document:
    """With these callbacks only: Prism sends each for every call, also where it names no `webhookUrl`."""
    document = original()
    callbacks = _match(document).pop("callbacks")
    if names:
        _match(document)["callbacks"] = {name: callbacks[name] for name in names}
    return document


def version_3_0(check: str) -> Document:
    """What connexion reads: no 3.1, no callbacks; `check` names the function that knows the keys."""
    document: Document = _downgraded(original())
    document["openapi"] = "3.0.3"
    del document["info"]["summary"]
    document["components"]["securitySchemes"]["apiKey"]["x-apikeyInfoFunc"] = check
    return document


def mockoon(*, with_webhook: bool) -> Document:
    """An environment for Mockoon, which validates nothing by the file: the rules are ours."""
    callback = _id("callback")
    accepted = _response(200, accepted_example(), [callback] if with_webhook else [])
    refused = _response(400, refusal_example(), [])
    refused["rules"] = [_is_null("body", "personId"), _is_null("body", "linkedinUrl")]
    unauthorized = _response(401, _error_example("Unauthorized"), [])
    unauthorized["rules"] = [_is_null("header", "X-API-KEY")]
    route = {
        "uuid": _id("route"), "type": "http", "documentation": "", "method": "post", "endpoint": MATCH.lstrip("/"),
        "responseMode": None, "streamingMode": None, "streamingInterval": 0,
        "responses": [unauthorized, refused, {**accepted, "default": True}],
    }  # fmt: skip
    sent = {
        "uuid": callback, "id": "hook", "name": "webhook", "documentation": "", "method": "post",
        "uri": "{{body 'webhookUrl'}}", "headers": _headers(), "body": json.dumps(result_example()),
        "bodyType": "INLINE", "filePath": "", "sendFileAsBody": False, "databucketID": "",
    }  # fmt: skip
    return {
        "uuid": _id("environment"), "lastMigration": 33, "name": "benchmark", "endpointPrefix": "", "latency": 0,
        "port": 3000, "hostname": "127.0.0.1", "folders": [], "routes": [route], "data": [], "headers": [],
        "rootChildren": [{"type": "route", "uuid": route["uuid"]}], "proxyMode": False, "proxyHost": "",
        "proxyRemovePrefix": False, "proxyReqHeaders": [], "proxyResHeaders": [], "cors": False,
        "callbacks": [sent] if with_webhook else [],
        "tlsOptions": {"enabled": False, "type": "CERT", "pfxPath": "", "certPath": "", "keyPath": "", "caPath": "",
                       "passphrase": ""},
    }  # fmt: skip


def wiremock(*, with_webhook: bool) -> Document:
    """Mappings for WireMock: the request's schema is the file's, what follows from it is ours."""
    keyed = {"method": "POST", "urlPath": MATCH, "headers": {"X-API-KEY": {"matches": ".+"}}}
    body = {"matchesJsonSchema": json.dumps(request_schema()), "schemaVersion": "V202012"}
    accepted: Document = {
        "priority": 1,
        "request": {**keyed, "bodyPatterns": [body]},
        "response": {"status": 200, "headers": _JSON, "jsonBody": accepted_example()},
    }
    if with_webhook:
        parameters = {
            "method": "POST", "url": "{{jsonPath originalRequest.body '$.webhookUrl'}}",
            "headers": _JSON, "body": json.dumps(result_example()),
        }  # fmt: skip
        accepted["serveEventListeners"] = [{"name": "webhook", "parameters": parameters}]
    others = [
        {"priority": 2, "request": keyed, "response": _wiremock_error(400, refusal_example())},
        {
            "priority": 3,
            "request": {"method": "POST", "urlPath": MATCH},
            "response": _wiremock_error(401, _error_example("Unauthorized")),
        },
    ]
    return {"mappings": [accepted, *others]}


def request_schema() -> Document:
    """The schema of a match's body, self-contained."""
    document = original()
    schema = _match(document)["requestBody"]["content"]["application/json"]["schema"]
    inlined: Document = _plain(_resolved(schema, document))
    return inlined


def accepted_example() -> Document:
    content = _match(original())["responses"]["200"]["content"]["application/json"]
    example: Document = content["examples"]["queued"]["value"]
    return example


def result_example() -> Document:
    callback = _match(original())["callbacks"]["multiProvider"]
    content = next(iter(callback.values()))["post"]["requestBody"]["content"]["application/json"]
    example: Document = content["examples"]["foundByPartner"]["value"]
    return example


def refusal_example() -> Document:
    return _error_example("BadRequest")


def _error_example(name: str) -> Document:
    example: Document = original()["components"]["responses"][name]["content"]["application/json"][
        "example"
    ]
    return copy.deepcopy(example)


def _match(document: Document) -> Document:
    operation: Document = document["paths"][MATCH]["post"]
    return operation


def _resolved(schema: Any, document: Document) -> Any:
    """With what it refers to in its place."""
    if isinstance(schema, list):
        return [_resolved(each, document) for each in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        found = document
        for step in schema["$ref"].removeprefix("#/").split("/"):
            found = found[step]
        return _resolved(found, document)
    return {name: _resolved(each, document) for name, each in schema.items()}


def _plain(schema: Any) -> Any:
    """Without what only tools read."""
    if isinstance(schema, list):
        return [_plain(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    kept = {
        name: each
        for name, each in schema.items()
        if not name.startswith("x-") and name != "examples"
    }
    return {name: _plain(each) for name, each in kept.items()}


def _downgraded(part: Any) -> Any:
    if isinstance(part, list):
        return [_downgraded(each) for each in part]
    if not isinstance(part, dict):
        return part
    return dict(_fields_of_3_0(part))


def _fields_of_3_0(part: Document) -> Iterator[tuple[str, Any]]:
    for name, value in part.items():
        if name == "const":
            yield "enum", [value]
        elif (
            name.startswith("x-")
            or name in _NOT_IN_3_0
            or (name == "examples" and isinstance(value, list))
        ):
            continue
        else:
            yield name, _downgraded(value)


def _response(status: int, body: Document, callbacks: list[str]) -> Document:
    return {
        "uuid": _id(f"response {status}"), "body": json.dumps(body), "latency": 0, "statusCode": status, "label": "",
        "headers": _headers(), "bodyType": "INLINE", "filePath": "", "databucketID": "", "sendFileAsBody": False,
        "rules": [], "rulesOperator": "AND", "disableTemplating": False, "fallbackTo404": False, "default": False,
        "crudKey": "id", "callbacks": [{"uuid": each, "latency": 0} for each in callbacks],
    }  # fmt: skip


def _is_null(target: str, name: str) -> Document:
    return {"target": target, "modifier": name, "value": "", "invert": False, "operator": "null"}


def _headers() -> list[Document]:
    return [{"key": name, "value": value} for name, value in _JSON.items()]


def _wiremock_error(status: int, body: Document) -> Document:
    return {"status": status, "headers": _JSON, "jsonBody": body}


def _id(name: str) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_URL, name))
