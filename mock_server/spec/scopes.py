"""Owns which names a template of `x-mock` may use; a template is proved by filling in a sample."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from mock_server.domain.templates import (
    EACH,
    ITEM,
    SPREAD,
    Scope,
    Template,
    TemplateError,
    compile_template,
)
from mock_server.spec.source import At, Source

_TEXT: Final = "text"
_PERSON: Final = {"personId": _TEXT, "firstName": _TEXT, "lastName": _TEXT}
_NUMBERS: Final = [_TEXT]
_STEP: Final = {"provider": _TEXT, "status": _TEXT, "phoneNumbers": _NUMBERS}

ACCEPTED: Final = {"trackingId": _TEXT, "person": _PERSON, "plan": _TEXT}
PROCESSING: Final = {"trackingId": _TEXT}
RESULT: Final = {**ACCEPTED, "personId": _TEXT, "numbers": _NUMBERS, "steps": [_STEP]}
TRACK: Final = {"trackingId": _TEXT, "result": {}}
ERROR: Final = {"example": {}, "message": _TEXT, "status": 400}
NOT_RESULTS: Final[Mapping[str, Scope]] = {
    "accepted": ACCEPTED,
    "processing": PROCESSING,
    "track": TRACK,
}


def balance(kinds: Iterable[str]) -> Scope:
    """Tell what the balance of a plan with these kinds of credit may use."""
    return {"credits": 0, **{kind: {"granted": 0, "used": 0, "left": 0} for kind in kinds}}


def payload(name: str) -> Scope:
    """Tell what this template of `payloads` may use; any but the known ones is a result."""
    return NOT_RESULTS.get(name, RESULT)


def template(source: Source, document: Any, at: At, scope: Scope) -> Template:
    """Return the template, compiled, once every name in it is known to exist."""
    _check(source, document, at, scope)
    return compile_template(document)


def _check(source: Source, document: Any, at: At, scope: Scope) -> None:
    if isinstance(document, str):
        try:
            compile_template(document)(scope)
        except TemplateError as error:
            names = ", ".join(sorted(_names(scope)))
            raise source.error(at, f"{error}, use one of: {names}") from None
    elif isinstance(document, list):
        for n, each in enumerate(document):
            _check(source, each, (*at, n), scope)
    elif isinstance(document, dict) and (EACH in document or ITEM in document):
        _check_repeated(source, document, at, scope)
    elif isinstance(document, dict):
        _check_fields(source, document, at, scope)


def _check_fields(source: Source, document: dict[str, Any], at: At, scope: Scope) -> None:
    for name, value in document.items():
        _check(source, value, (*at, name), scope)
    if SPREAD in document and not isinstance(compile_template(document[SPREAD])(scope), dict):
        raise source.error((*at, SPREAD), "should be the name of a document in braces")


def _check_repeated(source: Source, document: dict[str, Any], at: At, scope: Scope) -> None:
    if document.keys() != {EACH, ITEM}:
        raise source.error(at, f"should have {EACH} and {ITEM} and nothing else")
    _check(source, document[EACH], (*at, EACH), scope)
    elements = compile_template(document[EACH])(scope)
    if not isinstance(elements, list):
        raise source.error((*at, EACH), "should be the name of a list in braces")
    for element in elements:
        _check(source, document[ITEM], (*at, ITEM), {**scope, "item": element})


def _names(scope: Scope) -> Iterable[str]:
    for name, value in scope.items():
        if isinstance(value, dict) and value:
            yield from (f"{{{name}.{each}}}" for each in value)
        else:
            yield f"{{{name}}}"
