"""Owns the reading of the file: YAML as JSON values, references, errors with line and field."""

import math
import re
from collections.abc import Sequence
from itertools import accumulate
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote

import yaml

At = tuple[str | int, ...]  # where a value is: the keys and indexes that lead to it

REF: Final = "$ref"
_TAG: Final = "tag:yaml.org,2002:"
_COLLECTIONS: Final = (f"{_TAG}map", f"{_TAG}seq")
_LOADER: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_DEEPEST: Final = (
    900  # libyaml recurses: older versions end the process, newer ones refuse in words of their own
)
_INTEGERS: Final = range(-(2**63), 2**64)


class SpecError(ValueError):
    """The file cannot drive the fake; one line says where and why."""

    def __init__(self, path: Path, line: int, at: At, what: str) -> None:
        super().__init__(" ".join(f"{path}:{line}: {dotted(at)}: {what}".split()))


class Source:
    """One file, read; `document` holds nothing that JSON could not."""

    def __init__(self, path: Path, kind: str = "OpenAPI") -> None:
        self.path = path
        self.text = self._bytes()
        document = self._document()
        if not isinstance(document, dict):
            raise self.error((), f"should be a mapping with the fields of an {kind} document")
        self.document: dict[str, Any] = document

    def error(self, at: At, what: str) -> SpecError:
        """Make an error; where the place does not exist, with the line of the nearest above it."""
        line = 1
        node: yaml.Node | None = yaml.compose(self.text, _LOADER)
        for step in at:
            node, line = _child(node, step, line)
        return SpecError(self.path, line, at, what)

    def referred(self, reference: object, at: At) -> tuple[Any, At]:
        """Tell what a `$ref` points to, and where that is."""
        if not isinstance(reference, str) or not (reference == "#" or reference.startswith("#/")):
            raise self.error(
                at, "should refer to a place of this file, as in '#/components/schemas/Name'"
            )
        found: Any = self.document
        place: At = ()
        for step in unquote(reference).split("/")[1:]:
            key = _step(found, step.replace("~1", "/").replace("~0", "~"))
            if key is None:
                raise self.error(at, f"{reference} does not exist, correct the reference")
            found, place = found[key], (*place, key)
        return found, place

    def follow(self, value: Any, at: At) -> tuple[Any, At]:
        """Return the value itself, or what its `$ref` points to in the end, and where that is."""
        seen = set()
        while isinstance(value, dict) and REF in value:
            if at in seen:
                raise self.error(at, "refers to itself in a circle, let one of the references end")
            seen.add(at)
            value, at = self.referred(value[REF], (*at, REF))
        return value, at

    def expanded(self, value: Any, at: At, within: frozenset[At] = frozenset()) -> Any:
        """Return a copy in which every `$ref` is replaced by what it points to."""
        value, at = self.follow(value, at)
        if not isinstance(value, dict | list):
            return value
        if at in within:
            raise self.error(at, "contains itself by reference, let one of the references end")
        within |= {at}
        if isinstance(value, list):
            return [self.expanded(each, (*at, n), within) for n, each in enumerate(value)]
        return {key: self.expanded(each, (*at, key), within) for key, each in value.items()}

    def mapping(self, value: Any, at: At) -> dict[str, Any]:
        """Return the value, which has to be a mapping."""
        if not isinstance(value, dict):
            raise self.error(at, "should be a mapping")
        return value

    def _bytes(self) -> bytes:
        try:
            return self.path.read_bytes()
        except OSError as error:
            raise SpecError(self.path, 1, (), f"cannot be read, {error.strerror}") from None

    def _document(self) -> Any:
        try:
            # PyYAML would guess UTF-16 from a byte order mark, which OpenAPI does not allow.
            loader = _LOADER(self.text.decode("utf-8-sig"))
            if _depth(self.text) > _DEEPEST:
                raise self._too_deep()
            node = loader.get_single_node()
            return _Values(self.path, loader).of(node, ()) if node else None
        except UnicodeDecodeError as error:
            line = self.text.count(b"\n", 0, error.start) + 1
            raise SpecError(self.path, line, (), "is not UTF-8, save it as such") from None
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            problem = getattr(error, "problem", None) or str(error)
            line = mark.line + 1 if mark else 1
            raise SpecError(
                self.path, line, (), f"is not YAML: {problem}, correct the syntax"
            ) from None
        except RecursionError:
            raise self._too_deep() from None

    def _too_deep(self) -> SpecError:
        return SpecError(self.path, 1, (), "is nested too deep, make it flatter")


class _Values:
    """Turns the nodes of YAML into values, and refuses what JSON does not have."""

    def __init__(self, path: Path, loader: yaml.SafeLoader) -> None:
        self._path = path
        self._loader = loader
        self._done: dict[int, Any] = {}  # an alias is the node of its anchor
        self._open: set[int] = set()

    def of(self, node: yaml.Node, at: At) -> Any:
        if isinstance(node, yaml.ScalarNode):
            return self._scalar(node, at)
        key = id(node)
        if key not in self._done:
            if key in self._open or node.tag not in _COLLECTIONS:
                raise self._error(
                    node, at, "is no JSON value, write it as plain mapping or sequence"
                )
            self._open.add(key)
            self._done[key] = self._collection(node, at)
            self._open.discard(key)
        return self._done[key]

    def _collection(self, node: yaml.Node, at: At) -> Any:
        if isinstance(node, yaml.MappingNode):
            return self._fields(node, at)
        return [self.of(each, (*at, n)) for n, each in enumerate(node.value)]

    def _fields(self, node: yaml.MappingNode, at: At) -> dict[str, Any]:
        fields: dict[str, Any] = {}
        merged: dict[str, Any] = {}
        for key, child in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise self._error(key, at, "has a key that is no text, quote it")
            place = (*at, key.value)
            if key.tag == f"{_TAG}merge":
                merged |= self._merged(child, place)
            elif key.value in fields:
                raise self._error(key, place, "is given twice, remove one of the two")
            else:
                fields[key.value] = self.of(child, place)
        return merged | fields

    def _merged(self, node: yaml.Node, at: At) -> dict[str, Any]:
        value = self.of(node, at)
        merged: dict[str, Any] = {}
        for each in reversed(value if isinstance(value, list) else [value]):
            if not isinstance(each, dict):
                raise self._error(node, at, "should be a mapping to merge")
            merged |= each
        return merged

    def _scalar(self, node: yaml.ScalarNode, at: At) -> Any:
        kind, text = node.tag.removeprefix(_TAG), node.value
        # OpenAPI has YAML 1.2, where the times, sixties and yes and no of YAML 1.1 are texts.
        if kind in {"str", "timestamp"} or (kind in {"int", "float"} and ":" in text):
            return text
        if kind == "null":
            return None
        if kind == "bool":
            return text.lower() == "true" if text.lower() in {"true", "false"} else text
        number = self._number(kind, node)
        if number is None:
            raise self._error(node, at, f"is no JSON value: {text!r}, quote it")
        return number

    def _number(self, kind: str, node: yaml.ScalarNode) -> float | None:
        try:
            if kind == "int":
                whole: int = self._loader.construct_yaml_int(node)
                return whole if whole in _INTEGERS else None
            number = self._loader.construct_yaml_float(node) if kind == "float" else math.nan
        except ValueError:
            return None
        return number if math.isfinite(number) else None

    def _error(self, node: yaml.Node, at: At, what: str) -> SpecError:
        return SpecError(self._path, node.start_mark.line + 1, at, what)


def dotted(at: Sequence[str | int]) -> str:
    """Return a place as text: `x-mock.providers[0].name`."""
    steps = (f"[{step}]" if isinstance(step, int) else f".{step}" for step in at)
    return "".join(steps).removeprefix(".") or "(document)"


def _depth(text: bytes) -> int:
    """Estimate how deep the collections are nested that can be so on a single line."""
    brackets = (1 if each in b"[{" else -1 for each in re.findall(rb"[\[\]{}]", text))
    dashes = max((len(each) // 2 for each in re.findall(rb"(?:[-?] ){9,}", text)), default=0)
    return max(dashes, *accumulate(brackets, initial=0))


def _step(value: object, step: str) -> str | int | None:
    if isinstance(value, dict):
        return step if step in value else None
    if isinstance(value, list) and step.isdecimal() and int(step) < len(value):
        return int(step)
    return None


def _child(node: yaml.Node | None, step: str | int, line: int) -> tuple[yaml.Node | None, int]:
    """Return the node one step below and its line, or none and the line so far."""
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        child: yaml.Node = node.value[step]
        return child, child.start_mark.line + 1
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value == step:
                return value, key.start_mark.line + 1
    return None, line
