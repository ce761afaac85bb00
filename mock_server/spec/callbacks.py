"""Owns the callbacks of an operation: the documents that webhooks get, and for which plans."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from mock_server.domain.plans import Plan
from mock_server.spec.messages import problems
from mock_server.spec.outline import Found, methods, path_items
from mock_server.spec.responses import request_schema
from mock_server.spec.schemas import Schemas
from mock_server.spec.source import At, Source

PLANS: Final = "x-plans"


@dataclass(frozen=True, slots=True)
class Callback:
    """One form of a webhook's document, and the plans that get it."""

    plans: tuple[str, ...]
    _schemas: Schemas
    _at: At

    def is_valid(self, document: Any) -> bool:
        """Whether the document has the form that the file gives it."""
        return self._schemas.compiled(self._at).is_valid(document)

    def problems(self, document: Any) -> list[str]:
        """Tell what is wrong with the document, one sentence each."""
        return problems(self._schemas, self._at, document)


def callback_nodes(source: Source, found: Found) -> Mapping[str, tuple[Any, At]]:
    """Return the callbacks of an operation by name, and where each is."""
    at = (*found.at, "callbacks")
    nodes = source.mapping(found.node.get("callbacks", {}), at)
    return {name: source.follow(node, (*at, name)) for name, node in nodes.items()}


def read_callbacks(
    source: Source, schemas: Schemas, nodes: Mapping[str, tuple[Any, At]], plans: Mapping[str, Plan]
) -> Mapping[str, Callback]:
    """Return the callbacks, whose plans and the plans' payloads have to say the same."""
    return {name: _callback(source, schemas, name, nodes[name], plans) for name in nodes}


def _callback(
    source: Source, schemas: Schemas, name: str, callback: tuple[Any, At], plans: Mapping[str, Plan]
) -> Callback:
    node, at = next(_posted(source, *callback), (None, None))
    schema = request_schema(source, node, at)[0] if node and at else None
    if schema is None or node is None or at is None:
        raise source.error(callback[1], "should have one operation with a JSON body and its schema")
    schemas.check_at(schema)
    listed = node.get(PLANS)
    if not isinstance(listed, list):
        raise source.error((*at, PLANS), "should be the list of the plans that get this document")
    for n, each in enumerate(listed):
        if each not in plans:
            known = ", ".join(sorted(plans))
            raise source.error((*at, PLANS, n), f"{each} is no plan, use one of: {known}")
    for plan in plans.values():
        if plan.payload == name and plan.name not in listed:
            raise source.error((*at, PLANS), f"lacks {plan.name}, whose payload this is")
    return Callback(tuple(listed), schemas, schema)


def _posted(source: Source, node: Any, at: At) -> Iterator[tuple[dict[str, Any], At]]:
    for _, item, place in path_items(source, node, at):
        for _, operation, where in methods(source, item, place):
            yield operation, where
