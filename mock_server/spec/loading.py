"""Owns the way from the file to the specification, and where the file is found."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from mock_server.domain.rules import Rules
from mock_server.packaged import openapi_path
from mock_server.spec.callbacks import Callback, callback_nodes, read_callbacks
from mock_server.spec.operations import Operation, OperationReader
from mock_server.spec.outline import REVEAL, find_operations
from mock_server.spec.rules import read_rules
from mock_server.spec.schemas import Schemas
from mock_server.spec.source import Source


@dataclass(frozen=True, slots=True)
class Spec:
    """Everything that the file decides, checked. `callbacks` are those of revealPhone."""

    rules: Rules
    operations: tuple[Operation, ...]
    text: bytes
    path: Path
    callbacks: Mapping[str, Callback]


def load_spec(path: Path | None = None) -> Spec:
    """Read this file, by default the one that comes with the package; raises SpecError."""
    source = Source(path or openapi_path())
    found = find_operations(source)
    reveal = next(each for each in found if each.operation_id == REVEAL)
    nodes = callback_nodes(source, reveal)
    rules = read_rules(source, {each.operation_id for each in found}, nodes)
    schemas = Schemas(source, rules.violations)
    _check_components(source, schemas)
    return Spec(
        rules=rules,
        operations=OperationReader(source, schemas, rules).all(found),
        text=source.text,
        path=source.path,
        callbacks=read_callbacks(source, schemas, nodes, rules.plans),
    )


def _check_components(source: Source, schemas: Schemas) -> None:
    components = source.mapping(source.document.get("components", {}), ("components",))
    at = ("components", "schemas")
    for name, schema in source.mapping(components.get("schemas", {}), at).items():
        schemas.check(schema, (*at, name))
