"""Owns the bodies that the control API takes: their fields, limits and examples."""

import re
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Final, Literal, TypeVar

import pydantic
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainValidator,
    model_validator,
)
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticCustomError
from starlette.requests import Request

from mock_server.domain.people import Hook
from mock_server.domain.world import FASTEST
from mock_server.web.control.problems import UNKNOWN, Problem, invalid
from mock_server.web.wire import MIB, Disconnected, read_body

Input = TypeVar("Input", bound="Body")

_FRAMING: Final = frozenset(("connection", "content-length", "transfer-encoding"))
_STATUSES: Final = range(200, 600)


def _text(pattern: str, expected: str) -> AfterValidator:
    """Text of a form that is told in words."""
    form = re.compile(pattern)

    def check(text: str) -> str:
        if not form.fullmatch(text):
            raise PydanticCustomError("text", "{expected}", {"expected": expected})
        return text

    return AfterValidator(check)


def _integral(value: Any) -> Any:
    """JSON has one kind of number: 2.0 is a whole one."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _answer(value: Any) -> int | Literal["disconnect"]:
    value = _integral(value)
    if value == "disconnect" or (type(value) is int and value in _STATUSES):
        known: int | Literal["disconnect"] = value
        return known
    raise PydanticCustomError("answer", 'a status from 200 to 599, or "disconnect"')


def _own_header(name: str) -> str:
    if name.lower() not in _FRAMING:
        return name
    raise PydanticCustomError("header", "a header that does not frame the answer's body")


ApiKey = Annotated[
    str, _text(r"[\x21-\x7e]{1,256}", "1 to 256 visible ASCII characters without blanks")
]
Whole = Annotated[int, BeforeValidator(_integral)]
Credits = Annotated[Whole, Field(ge=0, le=1_000_000_000)]
PerMinute = Annotated[Whole, Field(ge=0, le=1_000_000_000)]
Seconds = Annotated[float, Field(ge=0, le=100_000_000, allow_inf_nan=False)]
Number = Annotated[
    str, _text(r"\+[1-9][0-9]{6,14}", "a phone number in E.164, such as +12025550143")
]
ProfileUrl = Annotated[
    str,
    Field(max_length=2048),
    _text(
        r"https?://[^/?#\x00-\x20]+(/[^/?#\x00-\x20]+)+/?([?#][^\x00-\x20]*)?",
        "the URL of a profile, such as https://www.linkedin.com/in/asha-verma",
    ),
]
Answer = Annotated[int | Literal["disconnect"], PlainValidator(_answer)]
ContentType = Annotated[str, _text(r"[\x20-\x7e]{1,200}", "1 to 200 printable ASCII characters")]
HeaderName = Annotated[
    str,
    _text(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,200}", "the name of a header, such as Retry-After"),
    AfterValidator(_own_header),
]
HeaderValue = Annotated[
    str, _text(r"[\x20-\x7e]{0,4000}", "at most 4000 printable ASCII characters")
]


class Body(BaseModel):
    """A body of the control API; unknown fields are errors, types are not guessed."""

    model_config = ConfigDict(
        extra="forbid", strict=True, alias_generator=to_camel, validate_by_name=False
    )
    example: ClassVar[Mapping[str, Any]] = {}

    @model_validator(mode="before")
    @classmethod
    def _known(cls, document: Any) -> Any:
        known = [field.alias for field in cls.model_fields.values()]
        given = document if isinstance(document, dict) else {}
        unknown = [each for each in given if each not in known]
        if unknown:
            context = {"name": unknown[0], "known": ", ".join(map(str, known))}
            raise PydanticCustomError(UNKNOWN, "one of the fields {known}", context)
        return document


class NewAccount(Body):
    example: ClassVar[Mapping[str, Any]] = {"plan": "max", "credits": 100}

    plan: str
    api_key: ApiKey | None = None
    credits: Credits | None = None
    api_access: bool = True
    requests_per_minute: PerMinute | None = None


class AccountChange(Body):
    example: ClassVar[Mapping[str, Any]] = {"topUp": 50, "apiAccess": True}

    plan: str | None = None
    credits: Credits | None = None
    top_up: Annotated[Whole, Field(ge=-1_000_000_000, le=1_000_000_000)] | None = None
    api_access: bool | None = None
    requests_per_minute: PerMinute | None = None

    @model_validator(mode="after")
    def _one_way(self) -> "AccountChange":
        if self.credits is not None and self.top_up is not None:
            raise PydanticCustomError("together", "either credits or topUp, not both")
        return self


class NewPerson(Body):
    example: ClassVar[Mapping[str, Any]] = {"numbers": {"Wiza": ["+12025550143"]}, "seconds": 2}

    linkedin_url: ProfileUrl | None = None
    first_name: str = ""
    last_name: str = ""
    numbers: dict[str, list[Number]] = {}
    seconds: Seconds | None = None
    api_key: ApiKey | None = None


class ClockChange(Body):
    example: ClassVar[Mapping[str, Any]] = {"mode": "scaled", "rate": 60}

    mode: Literal["real", "manual", "scaled"]
    rate: Annotated[float, Field(gt=0, le=FASTEST, allow_inf_nan=False)] | None = None

    @model_validator(mode="after")
    def _rate_where_it_belongs(self) -> "ClockChange":
        if (self.mode == "scaled") != (self.rate is not None):
            raise PydanticCustomError("together", "a rate for a scaled clock, and none for another")
        return self


class Advance(Body):
    example: ClassVar[Mapping[str, Any]] = {"seconds": 60}

    seconds: Seconds | None = None
    to: Literal["next", "idle"] | None = None
    timeout_seconds: Annotated[float, Field(gt=0, le=3600, allow_inf_nan=False)] = 60

    @model_validator(mode="after")
    def _one_goal(self) -> "Advance":
        if (self.seconds is None) == (self.to is None):
            raise PydanticCustomError("together", 'either seconds or to ("next" or "idle")')
        return self


class FaultWhen(Body):
    api_key: str | None = None
    operation_id: str | None = None
    person_id: str | None = None
    nth: Annotated[Whole, Field(ge=1, le=1_000_000_000)] | None = None


class FaultWebhook(Body):
    drop: bool = False
    times: Annotated[Whole, Field(ge=1, le=100)] = 1
    delay_seconds: Seconds = 0
    early: bool = False
    truncate: bool = False
    content_type: ContentType | None = None
    shuffle: bool = False
    fail: Annotated[Whole, Field(ge=0, le=1000)] = 0

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


class FaultThen(Body):
    status: Annotated[Whole, Field(ge=200, le=599)] | None = None
    headers: dict[HeaderName, HeaderValue] = {}
    body: Any = None
    delay_seconds: Seconds = 0
    disconnect: bool = False
    webhook: FaultWebhook | None = None


class Chaos(Body):
    rate: Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
    effects: Annotated[list[FaultThen], Field(min_length=1, max_length=100)]


class NewFault(Body):
    example: ClassVar[Mapping[str, Any]] = {
        "when": {"operationId": "revealPhone", "nth": 2},
        "then": {"status": 500},
    }

    when: FaultWhen = FaultWhen()
    times: Annotated[Whole, Field(ge=1, le=1_000_000_000)] | None = None
    then: FaultThen | None = None
    chaos: Chaos | None = None

    @model_validator(mode="after")
    def _one_effect(self) -> "NewFault":
        if (self.then is None) == (self.chaos is None):
            raise PydanticCustomError("together", "either then or chaos")
        return self


class InboxBehaviour(Body):
    example: ClassVar[Mapping[str, Any]] = {"answers": [500, 200], "delaySeconds": 0.5}

    answers: Annotated[list[Answer], Field(min_length=1, max_length=10_000)] = [200]
    delay_seconds: Annotated[float, Field(ge=0, le=600, allow_inf_nan=False)] = 0


class Reset(Body):
    example: ClassVar[Mapping[str, Any]] = {"seed": 7}

    seed: Annotated[Whole, Field(ge=0, le=2**63 - 1)] | None = None


async def read(request: Request, model: type[Input]) -> Input:
    """The request's body as the model; raises Problem (400, 413, 422). No body is an empty one."""
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
