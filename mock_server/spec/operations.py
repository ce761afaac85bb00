"""Owns an operation: its route, what it demands of a request, and what it documents as answers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mock_server.domain.errors import Refusal
from mock_server.domain.rules import Rules
from mock_server.spec.bodies import Body, BodyReader
from mock_server.spec.error_bodies import ErrorBodies
from mock_server.spec.outline import BEHAVIOURS, REVEAL, Found
from mock_server.spec.parameters import ParameterReader, read_parameters
from mock_server.spec.refusals import Refusals
from mock_server.spec.responses import Documented, Responses, read_responses, request_schema
from mock_server.spec.schemas import Schemas
from mock_server.spec.source import Source


@dataclass(frozen=True, slots=True, eq=False)
class Operation:
    """One operation of the file; `responses` are the documented statuses with their examples."""

    operation_id: str
    method: str
    path: str
    secured: bool
    responses: Mapping[int, Documented]
    errors: frozenset[int]
    success: Documented
    _body: BodyReader | None
    _parameters: ParameterReader | None
    _documented: Responses
    _error_bodies: ErrorBodies

    def read_body(self, content_type: bytes | None, raw: bytes) -> Body:
        """Return the body and every reason to refuse it; none where the file has no body."""
        return Body(None, []) if self._body is None else self._body.read(content_type, raw)

    def read_parameters(
        self,
        path_params: Mapping[str, str],
        query: Sequence[tuple[str, str]],
        headers: Mapping[str, str],
    ) -> list[Refusal]:
        """Every reason to refuse the request's parameters; `headers` by lower-case name."""
        return (
            [] if self._parameters is None else self._parameters.read(path_params, query, headers)
        )

    @property
    def has_parameters(self) -> bool:
        """Whether there is anything for `read_parameters` to read."""
        return self._parameters is not None

    def error_body(self, status: int, message: str | None) -> dict[str, Any]:
        """Return the body of an error, without a message of its own as it is documented."""
        return self._error_bodies.body(self._documented, status, message)

    def response_problems(self, status: int, document: Any) -> list[str]:
        """Tell what the file does not allow of this answer, one sentence each."""
        return self._documented.problems(status, document)


class OperationReader:
    """Makes operations of what the outline found."""

    def __init__(self, source: Source, schemas: Schemas, rules: Rules) -> None:
        self._source = source
        self._schemas = schemas
        self._rules = rules
        self._refusals = Refusals(schemas, rules.violations)

    def all(self, found: Sequence[Found]) -> tuple[Operation, ...]:
        """Return the operations, in the same order."""
        documented = [
            read_responses(self._source, self._schemas, each.node, each.at) for each in found
        ]
        bodies = ErrorBodies(self._rules.error, documented)
        return tuple(
            self._operation(each, responses, bodies)
            for each, responses in zip(found, documented, strict=True)
        )

    def _operation(self, found: Found, documented: Responses, bodies: ErrorBodies) -> Operation:
        parameters = read_parameters(self._source, self._schemas, found)
        return Operation(
            operation_id=found.operation_id,
            method=found.method,
            path=found.path,
            secured=self._secured(found),
            responses=documented.by_status,
            errors=documented.errors,
            success=documented.success,
            _body=self._body(found),
            _parameters=ParameterReader(parameters, self._refusals) if parameters else None,
            _documented=documented,
            _error_bodies=bodies,
        )

    def _secured(self, found: Found) -> bool:
        demanded = found.node.get("security", self._source.document.get("security", []))
        if not isinstance(demanded, list):
            raise self._source.error((*found.at, "security"), "should be a list")
        secured = bool(demanded) and {} not in demanded  # an empty one makes the others optional
        if not secured and found.operation_id in BEHAVIOURS:
            place = (*found.at, "security")
            raise self._source.error(
                place, "should demand the key, which tells whose account it is"
            )
        return secured

    def _body(self, found: Found) -> BodyReader | None:
        at, required = request_schema(self._source, found.node, found.at)
        if at is None:
            if found.operation_id == REVEAL:
                place = (*found.at, "requestBody")
                raise self._source.error(
                    place, "should have a JSON body with a schema, which the fake reads"
                )
            return None
        self._schemas.check_at(at)
        return BodyReader(self._schemas.compiled(at), at, self._refusals, required=required)
