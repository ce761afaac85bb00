"""Owns the outline of the paths: which operations there are, and where in the file they stand."""

import re
from collections.abc import Iterator, Sequence
from typing import Any, Final, NamedTuple

from mock_server.spec.source import At, Source

REVEAL: Final = "revealPhone"
TRACK: Final = "trackReveal"
CREDITS: Final = "getCredits"
BEHAVIOURS: Final = (REVEAL, TRACK, CREDITS)

_METHODS: Final = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
_VERSION: Final = re.compile(r"3\.1\.\d+")


class Found(NamedTuple):
    """One operation, where it stands, and the parameters that it shares with others of its path."""

    operation_id: str
    method: str
    path: str
    node: dict[str, Any]
    at: At
    shared: tuple[Any, At]


def find_operations(source: Source) -> list[Found]:
    """Return the operations in the file's order; those with a behaviour must be among them."""
    version = source.document.get("openapi")
    if not isinstance(version, str) or not _VERSION.fullmatch(version):
        raise source.error(("openapi",), "should be the text of a version 3.1.x, as in 3.1.0")
    found = list(_operations(source))
    _check_ids(source, found)
    return found


def path_items(source: Source, paths: Any, at: At) -> Iterator[tuple[str, dict[str, Any], At]]:
    """Return the entries of `paths` or of a callback, with their references followed."""
    for path, value in source.mapping(paths, at).items():
        if not path.startswith("x-"):
            item, place = source.follow(value, (*at, path))
            yield path, source.mapping(item, place), place


def methods(
    source: Source, item: dict[str, Any], at: At
) -> Iterator[tuple[str, dict[str, Any], At]]:
    """Return the operations of one path."""
    for name, node in item.items():
        if name in _METHODS:
            yield name, source.mapping(node, (*at, name)), (*at, name)


def _operations(source: Source) -> Iterator[Found]:
    for path, item, at in path_items(source, source.document.get("paths"), ("paths",)):
        if not path.startswith("/"):
            raise source.error(("paths", path), "should begin with a slash")
        shared = (item.get("parameters", []), (*at, "parameters"))
        for method, node, place in methods(source, item, at):
            operation_id = node.get("operationId")
            if not isinstance(operation_id, str) or not operation_id:
                raise source.error(
                    (*place, "operationId"), "is missing or no text, name the operation"
                )
            yield Found(operation_id, method.upper(), path, node, place, shared)


def _check_ids(source: Source, found: Sequence[Found]) -> None:
    by_id: dict[str, Found] = {}
    for each in found:
        if each.operation_id in by_id:
            what = f"{each.operation_id} is the id of two operations, rename one"
            raise source.error((*each.at, "operationId"), what)
        by_id[each.operation_id] = each
    for operation_id in BEHAVIOURS:
        if operation_id not in by_id:
            raise source.error(
                ("paths",), f"has no operation {operation_id}, which the fake cannot do without"
            )
    if "{trackingId}" not in by_id[TRACK].path:
        raise source.error(
            by_id[TRACK].at[:-1], f"should have {{trackingId}}, as the path of {TRACK}"
        )
