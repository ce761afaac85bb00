"""Owns the body of an error: the file's template around the documented example of the status."""

from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any

from mock_server.domain.templates import Template
from mock_server.spec.responses import Documented, Responses


class ErrorBodies:
    """Makes the errors of all operations."""

    def __init__(self, template: Template, operations: Iterable[Responses]) -> None:
        self._template = template
        self._elsewhere: dict[int, Documented] = {}
        for responses in operations:
            self._elsewhere = {**responses.by_status, **self._elsewhere}

    def body(self, own: Responses, status: int, message: str | None) -> dict[str, Any]:
        """Return the body; without a message it has the example's, or the status' name."""
        example = self._example(own, status)
        words = message if message is not None else str(example.get("message", _phrase(status)))
        body: dict[str, Any] = self._template(
            {"example": example, "message": words, "status": status}
        )
        return body

    def _example(self, own: Responses, status: int) -> Mapping[str, Any]:
        response = own.of(status)
        documented = response.documented if response else self._elsewhere.get(status)
        if documented and isinstance(documented.body, dict):
            return documented.body
        return {"statusCode": status, "error": _phrase(status), "message": _phrase(status)}


def _phrase(status: int) -> str:
    return HTTPStatus(status).phrase if status in set(HTTPStatus) else "Error"
