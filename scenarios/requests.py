"""Owns how a step becomes a request: path, query, headers and body out of its parameters and payload. Pure."""

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode

from scenarios.expressions import Scope, filled, text
from scenarios.model import Parameter, Step, Workflow
from scenarios.operations import Operation
from scenarios.target import Request

Values = Mapping[str, Mapping[str, Any]]  # by place: path, query, header, cookie


def values_of(step: Step, workflow: Workflow, scope: Scope) -> Values:
    """The parameters' values, a step's own before the workflow's; raises Unresolved."""
    values: dict[str, dict[str, Any]] = {"path": {}, "query": {}, "header": {}, "cookie": {}}
    for each in (*workflow.parameters, *step.parameters):
        values[each.where or "query"][_name(each)] = filled(each.value, scope)
    return values


def request_of(operation: Operation, step: Step, values: Values, payload: Any) -> Request:
    path = operation.at({name: quote(text(each), safe="") for name, each in values["path"].items()})
    if values["query"]:
        path += "?" + urlencode({name: text(each) for name, each in values["query"].items()})
    headers = {name: text(each) for name, each in values["header"].items()}
    if values["cookie"]:
        cookies = (f"{name}={quote(text(each))}" for name, each in values["cookie"].items())
        headers["cookie"] = "; ".join(cookies)
    if step.request_body is None:
        return Request(operation.method, path, headers, None)
    headers = {"content-type": step.request_body.content_type, **headers}
    return Request(operation.method, path, headers, _body(payload, step.request_body.content_type))


def _name(parameter: Parameter) -> str:
    return parameter.name.lower() if parameter.where == "header" else parameter.name


def _body(payload: Any, content_type: str) -> bytes:
    """JSON, or for another type a text as it stands."""
    if isinstance(payload, str) and "json" not in content_type:
        return payload.encode()
    return json.dumps(payload, ensure_ascii=False).encode()
