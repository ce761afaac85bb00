"""Owns the errors of the control API: `application/problem+json` with the field, what was expected, an example."""

from http import HTTPStatus
from typing import Any

import pydantic
from starlette.requests import Request
from starlette.responses import Response

from mock_server.web.wire import X_MOCK, encode


class Problem(Exception):  # noqa: N818 - the name of RFC 9457
    """A request that the control API cannot carry out; `more` are further members of the document."""

    def __init__(self, status: int, detail: str, **more: Any) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.more = more


def invalid(error: pydantic.ValidationError, example: Any) -> Problem:
    """The first thing that is wrong with a body; 422."""
    first, *others = error.errors(include_url=False, include_context=False)
    field = ".".join(map(str, first["loc"])) or "body"
    further = f" ({len(others)} more)" if others else ""
    detail = f"{field}: {first['msg']}{further}"
    return Problem(422, detail, field=field, expected=first["msg"], example=example)


async def answer_problem(_request: Request, problem: Exception) -> Response:
    assert isinstance(problem, Problem)
    return problem_response(problem)


def problem_response(problem: Problem) -> Response:
    document = {
        "type": "about:blank",
        "title": HTTPStatus(problem.status).phrase,
        "status": problem.status,
        "detail": problem.detail,
        **problem.more,
    }
    return JsonResponse(document, problem.status, "application/problem+json")


class JsonResponse(Response):
    """A document as JSON."""

    def __init__(
        self, document: Any, status: int = 200, media_type: str = "application/json"
    ) -> None:
        super().__init__(encode(document), status, media_type=media_type)
        self.raw_headers.append(X_MOCK)
