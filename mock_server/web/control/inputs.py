"""Owns the bodies that the control API takes: their fields, limits and examples."""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal, TypeVar

import pydantic
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator
from pydantic.alias_generators import to_camel
from starlette.requests import Request

from mock_server.domain.people import Hook
from mock_server.web.control.problems import Problem, invalid
from mock_server.web.wire import MIB, Disconnected, read_body

Input = TypeVar("Input", bound="Body")
ApiKey = Annotated[str, StringConstraints(pattern=r"^[\x21-\x7e]{1,256}$")]
Credits = Annotated[int, Field(ge=0, le=1_000_000_000)]
PerMinute = Annotated[int, Field(ge=0, le=1_000_000_000)]
Seconds = Annotated[float, Field(ge=0, le=100_000_000, allow_inf_nan=False)]
Number = Annotated[str, StringConstraints(pattern=r"^\+[1-9][0-9]{6,14}$")]
PersonId = Annotated[str, StringConstraints(min_length=1, max_length=256)]


class Body(BaseModel):
    """A body of the control API; unknown fields are errors, types are not guessed."""

    model_config = ConfigDict(
        extra="forbid", strict=True, alias_generator=to_camel, validate_by_name=False
    )
    example: ClassVar[Mapping[str, Any]] = {}


class NewAccount(Body):
    example = {"plan": "max", "credits": 100}

    plan: str
    api_key: ApiKey | None = None
    credits: Credits | None = None
    api_access: bool = True
    requests_per_minute: PerMinute | None = None


class AccountChange(Body):
    example = {"topUp": 50, "apiAccess": True}

    plan: str | None = None
    credits: Credits | None = None
    top_up: Annotated[int, Field(ge=-1_000_000_000, le=1_000_000_000)] | None = None
    api_access: bool | None = None
    requests_per_minute: PerMinute | None = None

    @model_validator(mode="after")
    def _one_way(self) -> "AccountChange":
        if self.credits is not None and self.top_up is not None:
            raise ValueError("give either credits or topUp, not both")  # noqa: TRY003 - pydantic shows it
        return self


class NewPerson(Body):
    example = {"numbers": {"Wiza": ["+12025550143"]}, "seconds": 2}

    linkedin_url: Annotated[str, StringConstraints(max_length=2048)] | None = None
    first_name: str = ""
    last_name: str = ""
    numbers: dict[str, list[Number]] = {}
    seconds: Seconds | None = None
    api_key: ApiKey | None = None


class ClockChange(Body):
    example = {"mode": "scaled", "rate": 60}

    mode: Literal["real", "manual", "scaled"]
    rate: Annotated[float, Field(gt=0, le=1_000_000, allow_inf_nan=False)] | None = None

    @model_validator(mode="after")
    def _rate_where_it_belongs(self) -> "ClockChange":
        if (self.mode == "scaled") != (self.rate is not None):
            raise ValueError("a scaled clock needs a rate, others take none")  # noqa: TRY003 - as above
        return self


class Advance(Body):
    example = {"seconds": 60}

    seconds: Seconds | None = None
    to: Literal["next", "idle"] | None = None
    timeout_seconds: Annotated[float, Field(gt=0, le=3600, allow_inf_nan=False)] = 60

    @model_validator(mode="after")
    def _one_goal(self) -> "Advance":
        if (self.seconds is None) == (self.to is None):
            raise ValueError('give either seconds or to ("next" or "idle")')  # noqa: TRY003 - as above
        return self


class FaultWhen(Body):
    api_key: str | None = None
    operation_id: str | None = None
    person_id: str | None = None
    nth: Annotated[int, Field(ge=1, le=1_000_000_000)] | None = None


class FaultWebhook(Body):
    drop: bool = False
    times: Annotated[int, Field(ge=1, le=100)] = 1
    delay_seconds: Seconds = 0
    early: bool = False
    truncate: bool = False
    content_type: Annotated[str, StringConstraints(pattern=r"^[\x20-\x7e]{1,200}$")] | None = None
    shuffle: bool = False
    fail: Annotated[int, Field(ge=0, le=1000)] = 0

    def hook(self) -> Hook:
        return Hook(
            drop=self.drop,
            times=self.times,
            late_seconds=self.delay_seconds,
            early=self.early,
            truncate=self.truncate,
            shuffle=self.shuffle,
            fail=self.fail,
            content_type=self.content_type,
        )


HeaderName = Annotated[str, StringConstraints(pattern=r"^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,200}$")]
HeaderValue = Annotated[str, StringConstraints(pattern=r"^[\x20-\x7e]{0,4000}$")]


class FaultThen(Body):
    status: Annotated[int, Field(ge=200, le=599)] | None = None
    headers: dict[HeaderName, HeaderValue] = {}
    body: Any = None
    delay_seconds: Seconds = 0
    disconnect: bool = False
    webhook: FaultWebhook | None = None


class Chaos(Body):
    rate: Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
    effects: Annotated[list[FaultThen], Field(min_length=1, max_length=100)]


class NewFault(Body):
    example = {"when": {"operationId": "revealPhone", "nth": 2}, "then": {"status": 500}}

    when: FaultWhen = FaultWhen()
    times: Annotated[int, Field(ge=1, le=1_000_000_000)] | None = None
    then: FaultThen | None = None
    chaos: Chaos | None = None

    @model_validator(mode="after")
    def _one_effect(self) -> "NewFault":
        if (self.then is None) == (self.chaos is None):
            raise ValueError("give either then or chaos")  # noqa: TRY003 - as above
        return self


class InboxBehaviour(Body):
    example = {"answers": [500, 200], "delaySeconds": 0.5}

    answers: Annotated[
        list[Annotated[int, Field(ge=200, le=599)] | Literal["disconnect"]],
        Field(min_length=1, max_length=10_000),
    ] = [200]
    delay_seconds: Annotated[float, Field(ge=0, le=600, allow_inf_nan=False)] = 0


class Reset(Body):
    example = {"seed": 7}

    seed: Annotated[int, Field(ge=0, le=2**63 - 1)] | None = None


async def read(request: Request, model: type[Input]) -> Input:
    """The request's body as the model; raises Problem (413, 422). No body is an empty one."""
    raw = await read_raw(request, MIB)
    try:
        return model.model_validate_json(raw or b"{}")
    except pydantic.ValidationError as error:
        raise invalid(error, model.example) from None


async def read_raw(request: Request, limit: int) -> bytes:
    try:
        raw = await read_body(request.receive, limit)
    except Disconnected:
        raise Problem(400, "the connection was closed before the body was whole") from None
    if raw is None:
        raise Problem(413, f"the body is longer than {limit} bytes")
    return raw
