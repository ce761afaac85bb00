"""Owns runtime expressions: their grammar, what they refer to, and their values. Pure."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

Scope = Mapping[
    str, Any
]  # what expressions can speak of: `statusCode`, `response`, `inputs`, `steps`, ...

_NAME: Final = r"[A-Za-z0-9_\-]+"
_HEADER: Final = r"[A-Za-z0-9!#$%&'*+.^_`|~\-]+"
_FORMS: Final = (
    re.compile(r"(?P<path>url|method|statusCode)"),
    re.compile(rf"(?P<path>(request|response)\.header\.{_HEADER})"),
    re.compile(rf"(?P<path>request\.(query|path)\.{_NAME})"),
    re.compile(r"(?P<path>(request|response)\.body)(#(?P<pointer>(/[^\s]*)?))?"),
    re.compile(rf"(?P<path>(inputs|outputs)\.{_NAME})(#(?P<pointer>/[^\s]*))?"),
    re.compile(rf"(?P<path>steps\.{_NAME}\.outputs\.{_NAME})(#(?P<pointer>/[^\s]*))?"),
    re.compile(rf"(?P<path>workflows\.{_NAME}\.(inputs|outputs)\.{_NAME})(#(?P<pointer>/[^\s]*))?"),
    re.compile(rf"(?P<path>sourceDescriptions\.{_NAME}\.url)"),
)
_DEEPEST: Final = 100
_EMBEDDED: Final = re.compile(r"\{(\$[^{}]*)\}")


class Unresolved(LookupError):
    """An expression speaks of something that is not there."""


@dataclass(frozen=True, slots=True)
class Expression:
    """One runtime expression, such as `$response.body#/trackingId`."""

    text: str
    path: tuple[str, ...]
    pointer: tuple[str, ...] = ()

    @classmethod
    def parse(cls, text: str) -> "Expression":
        """Raises ValueError, in words for the author of the file."""
        for form in _FORMS:
            if text[:1] == "$" and (match := form.fullmatch(text, 1)):
                found = match.groupdict()
                return cls(text, _path(found["path"]), _pointer(found.get("pointer") or ""))
        message = (
            f"{text} is no runtime expression that is played here; docs/scenarios.md lists them"
        )
        raise ValueError(message)

    def value(self, scope: Scope) -> Any:
        """What it stands for; raises Unresolved."""
        found: Any = scope
        for step in (*self.path, *self.pointer):
            found = self._below(found, step)
        return found

    def _below(self, found: Any, step: str) -> Any:
        if isinstance(found, Mapping) and step in found:
            return found[step]
        if isinstance(found, list) and step.isdecimal() and int(step) < len(found):
            return found[int(step)]
        message = f"{self.text} is not there ({step} is missing)"
        raise Unresolved(message)


def expressions(value: Any, depth: int = 0) -> Iterator[Expression]:
    """The expressions in a value of the file; raises ValueError for what is none, or is nested too deep."""
    if depth > _DEEPEST:
        message = "is nested too deep, make it flatter"
        raise ValueError(message)
    if isinstance(value, str):
        texts = [value] if value.startswith("$") else _EMBEDDED.findall(value)
        yield from map(Expression.parse, texts)
    elif isinstance(value, Mapping | list):
        for each in value.values() if isinstance(value, Mapping) else value:
            yield from expressions(each, depth + 1)


def filled(value: Any, scope: Scope) -> Any:
    """The value with each expression in it replaced; raises Unresolved."""
    if isinstance(value, str):
        if value.startswith("$"):
            return Expression.parse(value).value(scope)
        return _EMBEDDED.sub(lambda found: text(Expression.parse(found[1]).value(scope)), value)
    if isinstance(value, Mapping):
        return {name: filled(each, scope) for name, each in value.items()}
    return [filled(each, scope) for each in value] if isinstance(value, list) else value


def text(value: Any) -> str:
    """How a value reads within a text: strings as they are, everything else as JSON."""
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _path(dotted: str) -> tuple[str, ...]:
    head, _, rest = dotted.partition(".")
    if rest.startswith("header."):
        return head, "header", rest.removeprefix("header.").lower()  # header names have no case
    return (head, *rest.split(".")) if rest else (head,)


def _pointer(pointer: str) -> tuple[str, ...]:
    """The steps of an RFC 6901 pointer."""
    return tuple(step.replace("~1", "/").replace("~0", "~") for step in pointer.split("/")[1:])
