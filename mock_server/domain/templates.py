"""Owns the templates of `x-mock`: documents whose `{names}` are replaced by values; knows nothing of jobs."""

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

Scope = Mapping[str, Any]
Template = Callable[[Scope], Any]

EACH: Final = "$each"
ITEM: Final = "$item"
SPREAD: Final = "$spread"
_NAME: Final = re.compile(r"\{([A-Za-z_][\w.]*)(!s)?\}")


class TemplateError(ValueError):
    """A template asks for something that does not exist."""


def compile_template(document: object) -> Template:
    """Turn a document of the file into a function from names to the finished document.

    `{name}` alone keeps the value's type, `{name!s}` and a name inside a text become text; `{a.b}` reads `b` of `a`.
    `$each: '{list}'` with `$item` repeats the item, which sees the element as `item`; `$spread` copies
    a document's fields.
    """
    if isinstance(document, str):
        return _text(document)
    if isinstance(document, list):
        parts = [compile_template(each) for each in document]
        return lambda scope: [part(scope) for part in parts]
    if isinstance(document, dict):
        return _repeated(document) if EACH in document else _fields(document)
    return lambda _: document


def _text(text: str) -> Template:
    alone = _NAME.fullmatch(text)
    if alone and not alone[2]:
        return _lookup(alone[1])
    lookups = {match[1]: _lookup(match[1]) for match in _NAME.finditer(text)}
    if not lookups:
        return lambda _: text
    return lambda scope: _NAME.sub(lambda match: str(lookups[match[1]](scope)), text)


def _lookup(name: str) -> Template:
    head, *rest = name.split(".")

    def value(scope: Scope) -> Any:
        try:
            found = scope[head]
            for each in rest:
                found = found[each]
        except (KeyError, TypeError):
            message = f"{{{name}}} is not known here"
            raise TemplateError(message) from None
        return found

    return value


def _fields(document: Mapping[str, object]) -> Template:
    spread = compile_template(document[SPREAD]) if SPREAD in document else None
    fields = [(name, compile_template(value)) for name, value in document.items() if name != SPREAD]
    if spread is None:
        return lambda scope: {name: value(scope) for name, value in fields}
    return lambda scope: {**spread(scope), **{name: value(scope) for name, value in fields}}


def _repeated(document: Mapping[str, object]) -> Template:
    elements, item = compile_template(document[EACH]), compile_template(document[ITEM])
    return lambda scope: [item({**scope, "item": element}) for element in elements(scope)]
