"""Owns the reading of a request's body: media type, JSON and schema; refuses and never raises."""

from typing import Any, Final, NamedTuple

from jsonschema_rs import Draft202012Validator
from orjson import loads

from mock_server.domain.errors import Refusal
from mock_server.spec.refusals import CONTENT_TYPE, UNREADABLE, Refusals
from mock_server.spec.source import At

JSON: Final = b"application/json"


class Body(NamedTuple):
    """What a request's body says, and everything that it is to be refused for."""

    document: Any
    refusals: list[Refusal]


class BodyReader:
    """Reads the bodies of one operation."""

    __slots__ = ("_at", "_is_valid", "_refusals", "_required", "_validator")

    def __init__(
        self, validator: Draft202012Validator, at: At, refusals: Refusals, *, required: bool
    ) -> None:
        self._validator = validator
        self._is_valid = validator.is_valid
        self._at = at
        self._refusals = refusals
        self._required = required

    def read(self, content_type: bytes | None, raw: bytes) -> Body:
        """Return the body as a document. The hot path: a valid one costs nothing more."""
        if not raw and not self._required:
            return Body(None, [])
        if content_type != JSON and not is_json(content_type):
            return self._refused(CONTENT_TYPE, "The Content-Type must be application/json.")
        try:
            document = loads(raw)
            if self._is_valid(document):
                return Body(document, [])
            return Body(
                document, self._refusals.of_body(self._validator.iter_errors(document), self._at)
            )
        except ValueError:  # no JSON, or nested deeper than the validator goes
            return self._refused(
                UNREADABLE, "The body is not valid JSON." if raw else "The body is empty."
            )

    def _refused(self, violation: str, message: str) -> Body:
        return Body(None, [self._refusals.named(violation, message)])


def is_json(content_type: bytes | None) -> bool:
    """Whether a Content-Type means JSON, whatever its case and parameters."""
    essence = (content_type or b"").partition(b";")[0].strip().lower()
    return essence == JSON or (essence.startswith(b"application/") and essence.endswith(b"+json"))
