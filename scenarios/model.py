"""Owns the form of a story: the fields of Arazzo that are played, and their types. Knows no file and no network."""

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Annotated, Any, Final, Literal, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator
from pydantic.alias_generators import to_camel

from scenarios.criteria import Criterion, jsonpath, regex, simple
from scenarios.expressions import expressions

LONGEST_RETRY: Final = 100_000_000  # seconds of virtual time
_NAMES: Final = r"^[A-Za-z0-9_\-]+$"
NOT_PLAYED: Final = {
    "components": "repeat what it holds where it is used",
    "reference": "repeat the component that it names",
    "failureActions": "give each step its own onFailure",
    "successActions": "steps follow each other in the order of the file",
    "onSuccess": "steps follow each other in the order of the file",
    "operationPath": "name the operation by its operationId",
    "replacements": "write the payload as it is sent",
    "stepId": "only the failed step itself is tried again",
    "workflowId": "only the failed step itself is tried again",
}


def _without_extensions(value: Any) -> Any:
    if not isinstance(value, Mapping):
        return value
    return {name: each for name, each in value.items() if name == "x-facts" or name[:2] != "x-"}


def _with_expressions(value: Any) -> Any:
    list(expressions(value))
    return value


Name = Annotated[str, Field(pattern=_NAMES)]
Text = Annotated[str, Field(min_length=1, pattern=r"\S")]
Filled = Annotated[Any, AfterValidator(_with_expressions)]  # may hold runtime expressions


class Node(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, alias_generator=to_camel)

    facts: list[str] = Field(default=[], alias="x-facts")

    _own = model_validator(mode="before")(_without_extensions)


class Info(Node):
    title: Text
    version: Text
    summary: str = ""
    description: str = ""


def _openapi(kind: object) -> object:
    if kind == "arazzo":
        message = "a source of type arazzo is not played: put its workflows into this file"
        raise ValueError(message)
    return kind


class Source(Node):
    name: Name
    url: Text
    type: Annotated[Literal["openapi"], BeforeValidator(_openapi)] = "openapi"


class Parameter(Node):
    """One value of a request; without `in` it is an input of the workflow that a step calls."""

    name: Text
    value: Filled
    where: Literal["path", "query", "header", "cookie"] | None = Field(default=None, alias="in")


class Body(Node):
    payload: Filled
    content_type: Text = "application/json"


def _criterion_type(kind: object) -> object:
    if kind == "xpath" or isinstance(kind, Mapping):
        name = "xpath" if kind == "xpath" else "a type with a version"
        message = (
            f"{name} is Arazzo, but is not played: there are simple, regex and jsonpath (RFC 9535)"
        )
        raise ValueError(message)
    return kind


class Expectation(Node):
    """A success criterion as it is written; `criterion` is what it means."""

    condition: Text
    context: str | None = None
    type: Annotated[Literal["simple", "regex", "jsonpath"], BeforeValidator(_criterion_type)] = (
        "simple"
    )

    @model_validator(mode="after")
    def _that_can_be_checked(self) -> Self:
        _ = self.criterion
        return self

    @cached_property
    def criterion(self) -> Criterion:
        if self.type == "simple":
            return simple(self.condition)
        if self.context is None:
            message = f"needs a context, the expression that {self.type} looks at"
            raise ValueError(message)
        return (regex if self.type == "regex" else jsonpath)(self.condition, self.context)


def _retry(kind: object) -> object:
    if kind in ("end", "goto"):
        message = f"{kind} is Arazzo, but is not played: the only action is retry; a failed step ends its story"
        raise ValueError(message)
    return kind


class Retry(Node):
    """What to do about a failure; `retry_after` in seconds of virtual time, a `Retry-After` header comes first."""

    name: Text
    type: Annotated[Literal["retry"], BeforeValidator(_retry)]
    retry_after: Annotated[float, Field(ge=0, le=LONGEST_RETRY, allow_inf_nan=False)] = 0
    retry_limit: Annotated[int, Field(ge=1, le=1000)] = 1
    criteria: list[Expectation] = []


class Step(Node):
    """One call of an operation, or of another workflow of the file."""

    step_id: Name
    description: str = ""
    operation_id: str | None = None
    workflow_id: str | None = None
    parameters: list[Parameter] = []
    request_body: Body | None = None
    success_criteria: list[Expectation] = []
    outputs: dict[Name, Filled] = {}
    on_failure: list[Retry] = []

    @model_validator(mode="after")
    def _that_does_one_thing(self) -> Self:
        if (self.operation_id is None) == (self.workflow_id is None):
            message = "should have either operationId or workflowId"
            raise ValueError(message)
        if self.workflow_id and (self.request_body or self.success_criteria or self.on_failure):
            message = (
                "calls a workflow, whose own steps have requestBody, successCriteria and onFailure"
            )
            raise ValueError(message)
        if any((each.where is None) is (self.workflow_id is None) for each in self.parameters):
            message = "needs `in` for each parameter of an operation, and for none of a workflow"
            raise ValueError(message)
        return self


class Inputs(BaseModel):
    """A JSON Schema; of it, the names and the defaults count."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    properties: dict[Name, dict[str, Any]] = {}

    def values(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """The given inputs, and the defaults of the others that have one."""
        defaults = {n: each["default"] for n, each in self.properties.items() if "default" in each}
        return {**defaults, **given}


def _of_requests(parameters: list[Parameter]) -> list[Parameter]:
    if any(each.where is None for each in parameters):
        message = "needs `in` for each parameter: they go with every request of the workflow"
        raise ValueError(message)
    return parameters


class Workflow(Node):
    workflow_id: Name
    summary: str = ""
    description: str = ""
    inputs: Inputs = Inputs()
    depends_on: list[str] = []
    parameters: Annotated[list[Parameter], AfterValidator(_of_requests)] = []
    steps: Annotated[list[Step], Field(min_length=1)]
    outputs: dict[Name, Filled] = {}


class Document(Node):
    """The whole file, as it is written."""

    arazzo: Annotated[str, Field(pattern=r"^1\.0\.\d+$")]
    info: Info
    source_descriptions: Annotated[list[Source], Field(min_length=1)]
    workflows: Annotated[list[Workflow], Field(min_length=1)]

    def called(self) -> Iterator[str]:
        """The workflows that a step of another one calls: they are not played on their own."""
        steps = (step for each in self.workflows for step in each.steps)
        yield from (step.workflow_id for step in steps if step.workflow_id)
