"""Owns the query strings of the control API: the known parameters, everything else is an error."""

import re
from collections.abc import Sequence
from typing import Final

from starlette.requests import Request

from mock_server.web.control.problems import Problem

_DECIMAL: Final = re.compile(r"[0-9]{1,18}(\.[0-9]{1,18})?")
_WHOLE: Final = re.compile(r"[0-9]{1,18}")


def filters(request: Request, *known: str) -> dict[str, str]:
    """The query's parameters; raises Problem (422) for one that is not known or given twice."""
    given: dict[str, str] = {}
    for name, value in request.query_params.multi_items():
        if name not in known:
            expected = f"one of {', '.join(known)}" if known else "no parameter"
            detail = f"{name}: unknown in the query, expected {expected}"
            raise Problem(422, detail, field=name, expected=expected)
        if name in given:
            raise Problem(422, f"{name}: given twice", field=name, expected="one value")
        given[name] = value
    return given


def number(given: dict[str, str], name: str, default: float, highest: float) -> float:
    """A number from 0 to `highest`; raises Problem (422)."""
    text = given.get(name)
    if text is None:
        return default
    if not _DECIMAL.fullmatch(text) or float(text) > highest:
        raise _wrong(name, f"a number from 0 to {highest:g}", text, 1)
    return float(text)


def whole(given: dict[str, str], name: str, default: int, highest: int) -> int:
    """A whole number from 0 to `highest`; raises Problem (422)."""
    text = given.get(name)
    if text is None:
        return default
    if not _WHOLE.fullmatch(text) or int(text) > highest:
        raise _wrong(name, f"a whole number from 0 to {highest}", text, 1)
    return int(text)


def one_of(given: dict[str, str], name: str, choices: Sequence[str]) -> str | None:
    """One of the choices, or None where it is not given; raises Problem (422)."""
    value = given.get(name)
    if value is not None and value not in choices:
        raise _wrong(name, f"one of {', '.join(choices)}", value, choices[0])
    return value


def _wrong(name: str, expected: str, text: str, example: object) -> Problem:
    detail = f"{name}: expected {expected}, not {text[:40]!r}"
    return Problem(422, detail, field=name, expected=expected, example=example)
