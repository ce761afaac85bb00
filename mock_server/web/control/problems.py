"""Owns the errors of the control API: `application/problem+json` with the field, what was expected, an example."""

from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from starlette.responses import Response

from mock_server.web.wire import X_MOCK, encode, reason_of

if TYPE_CHECKING:  # the API's errors do without
    import pydantic
    from pydantic_core import ErrorDetails

UNKNOWN: Final = "unknown_field"  # an error of ours: a body has a field that the call does not take
_SHOULD_BE: Final = "Input should be "


class Problem(Exception):  # the name of RFC 9457
    """A request that the control API cannot carry out; `more` are further members of the document."""

    def __init__(self, status: int, detail: str, **more: Any) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.more = more


def invalid(error: "pydantic.ValidationError", example: Any) -> Problem:
    """The first thing that is wrong with a body: 400 where it is no JSON, else 422."""
    first, *others = error.errors(include_url=False)
    if first["type"] == "json_invalid":
        why = first["ctx"]["error"]
        return Problem(
            400, f"the body is no JSON: {why}", field="body", expected="JSON", example=example
        )
    field, expected = _field(first), _expected(first)
    further = f" ({len(others)} more)" if others else ""
    detail = f"{field}: expected {expected}{further}"
    return Problem(422, detail, field=field, expected=expected, example=example)


def _field(error: "ErrorDetails") -> str:
    place = [*error["loc"], *([error["ctx"]["name"]] if error["type"] == UNKNOWN else [])]
    return ".".join(map(str, place)) or "body"


def _expected(error: "ErrorDetails") -> str:
    if error["type"] == "missing":
        return "a value, it is required"
    return error["msg"].removeprefix(_SHOULD_BE)


def problem_response(problem: Problem) -> Response:
    """The error, with its reason where every answer that is not the API's has it."""
    document = {
        "type": "about:blank",
        "title": HTTPStatus(problem.status).phrase,
        "status": problem.status,
        "detail": problem.detail,
        **problem.more,
    }
    response = JsonResponse(document, problem.status, "application/problem+json")
    response.headers["x-mock-reason"] = reason_of(problem.detail)
    return response


class JsonResponse(Response):
    """A document as JSON."""

    def __init__(
        self, document: Any, status: int = 200, media_type: str = "application/json"
    ) -> None:
        super().__init__(encode(document), status, media_type=media_type)
        self.raw_headers.append(X_MOCK)
