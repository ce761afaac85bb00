"""Owns the query strings of the control API: the known filters, everything else is an error."""

from collections.abc import Sequence

from starlette.requests import Request

from mock_server.web.control.problems import Problem


def filters(request: Request, *known: str) -> dict[str, str]:
    """The query's parameters; raises Problem (422) for one that is not known or given twice."""
    given: dict[str, str] = {}
    for name, value in request.query_params.multi_items():
        if name not in known:
            takes = ", ".join(known) or "no parameter"
            raise Problem(422, f"{name}: unknown; this call takes {takes}", field=name, expected=takes)
        if name in given:
            raise Problem(422, f"{name}: given twice", field=name, expected="one value")
        given[name] = value
    return given


def number(given: dict[str, str], name: str, default: float, highest: float) -> float:
    """A number from 0 to `highest`; raises Problem (422)."""
    text = given.get(name)
    if text is None:
        return default
    expected = f"a number from 0 to {highest:g}"
    try:
        value = float(text)
    except ValueError:
        value = -1
    if not 0 <= value <= highest:
        raise Problem(422, f"{name}: {expected}, not {text!r}", field=name, expected=expected, example=1)
    return value


def one_of(given: dict[str, str], name: str, choices: Sequence[str]) -> str | None:
    """One of the choices, or None where it is not given; raises Problem (422)."""
    value = given.get(name)
    if value is not None and value not in choices:
        expected = f"one of {', '.join(choices)}"
        raise Problem(
            422, f"{name}: {expected}, not {value!r}", field=name, expected=expected, example=choices[0]
        )
    return value
