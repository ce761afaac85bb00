"""Owns what a story may call: the operations of its source descriptions. Reads files, sends nothing."""

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final, NamedTuple
from urllib.parse import urlsplit

from mock_server.spec.outline import methods, path_items
from mock_server.spec.source import Source

_PLACE: Final = re.compile(r"\{([^{}]+)\}")


class Operation(NamedTuple):
    """One operation; `path` is that below the host, with its places in braces."""

    source: str
    operation_id: str
    method: str
    path: str
    summary: str

    @property
    def places(self) -> frozenset[str]:
        return frozenset(_PLACE.findall(self.path))

    def at(self, values: Mapping[str, str]) -> str:
        """The path with its places filled by texts that are quoted already."""
        return _PLACE.sub(lambda place: values[place[1]], self.path)


def read_operations(name: str, path: Path) -> dict[str, Operation]:
    """The operations of one OpenAPI file by their ids; raises SpecError."""
    return _read(name, path, path.stat().st_mtime_ns)


@cache
def _read(name: str, path: Path, _changed: int) -> dict[str, Operation]:
    """Most stories have the same two sources."""
    source = Source(path)
    prefix = _prefix(source.document)
    return {
        node["operationId"]: Operation(
            name, node["operationId"], method.upper(), prefix + at, str(node.get("summary", ""))
        )
        for at, item, place in path_items(source, source.document.get("paths"), ("paths",))
        for method, node, _ in methods(source, item, place)
        if isinstance(node.get("operationId"), str)
    }


def _prefix(document: Mapping[str, Any]) -> str:
    """The path of the first server: its host is the target's."""
    match document.get("servers"):
        case [{"url": str(url)}, *_]:
            return urlsplit(url).path.rstrip("/")
        case _:
            return ""
