"""Owns the form of `x-mock`: its fields and their types, not what they refer to."""

from typing import Annotated, Any, Final, Literal, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from mock_server.spec.source import At, Source

AT: Final = "x-mock"
PROVIDERS_OWN_PRICE: Final = "provider"
ASSUMPTIONS: Final = (AT, "assumptions")

_M = TypeVar("_M", bound=BaseModel)


def _price(value: object) -> object:
    if value == PROVIDERS_OWN_PRICE:
        return None
    if type(value) is int and 0 <= value <= 10**12:
        return value
    message = f"should be a whole number of credits from 0, or `{PROVIDERS_OWN_PRICE}`"
    raise ValueError(message)


def _asked(value: object) -> object:
    if value in ("all", "own") or (
        isinstance(value, list) and value and all(isinstance(each, str) for each in value)
    ):
        return value
    message = "should be `all`, `own` or a list of the names of providers"
    raise ValueError(message)


def _answered(value: object) -> object:
    if value == "accept" or (type(value) is int and 400 <= value <= 599):  # noqa: PLR2004 an error's status
        return value
    message = "should be a status from 400 to 599, or `accept`"
    raise ValueError(message)


Text = Annotated[str, Field(min_length=1, pattern=r"\S")]
Slug = Annotated[str, Field(pattern=r"^[A-Za-z0-9]([A-Za-z0-9_-]*[A-Za-z0-9])?$")]
Whole = Annotated[int, Field(ge=0, le=10**12)]
Seconds = Annotated[float, Field(ge=0, le=100_000_000, allow_inf_nan=False)]
SomeSeconds = Annotated[float, Field(ge=0.001, le=100_000_000, allow_inf_nan=False)]
ErrorStatus = Annotated[int, Field(ge=400, le=599)]


class _Table(BaseModel):
    model_config = ConfigDict(
        extra="forbid", frozen=True, strict=True, alias_generator=to_camel, defer_build=True
    )


class ProviderEntry(_Table):
    name: Text
    price: Whole
    seconds: Seconds
    partner: bool = False


class PlanEntry(_Table):
    title: Text
    payload: str
    providers: Annotated[Literal["all", "own"] | list[str], BeforeValidator(_asked)]
    prices: dict[Slug, Annotated[int | None, BeforeValidator(_price)]]
    starting_credits: dict[str, Whole]
    requests_per_minute: Whole
    balance: dict[str, Any]


class TestKeyEntry(_Table):
    plan: str
    credits: Whole | None = None
    api_access: bool = True
    requests_per_minute: Whole | None = None


class RateLimit(_Table):
    window_seconds: SomeSeconds
    operations: list[str]


class Retries(_Table):
    timeout_seconds: SomeSeconds
    delays_seconds: list[Seconds]


class StepStatuses(_Table):
    found: Text
    not_found: Text
    insufficient_credits: Text


class ViolationEntry(_Table):
    status: Annotated[int, Field(ge=400, le=499)]
    message: Text | None = None


class Assumption(_Table):
    value: Any
    reason: Text


class XMock(_Table):
    providers: Annotated[list[ProviderEntry], Field(min_length=1)]
    plans: Annotated[dict[Slug, PlanEntry], Field(min_length=1)]
    test_keys: dict[Slug, TestKeyEntry]
    rate_limit: RateLimit
    retry_schedule: Retries
    step_statuses: StepStatuses
    payloads: dict[Text, Any]
    error_template: Any
    violations: dict[Text, ViolationEntry]
    assumptions: dict[Text, Assumption]


class Waterfall(_Table):
    after_found: Literal["stop", "continue"]
    not_asked: Literal["absent", "notFound"]


class SignatureEntry(_Table):
    header: Annotated[str, Field(pattern=r"^[A-Za-z0-9!#$%&'*+.^_`|~-]+$")]
    secret: Text


class Sending(_Table):
    follow_redirects: bool
    signature: SignatureEntry | None


class Running(_Table):
    status: Annotated[int, Field(ge=200, le=599)]
    body: Any


class Assumed(BaseModel):
    """The values of those assumptions that have no other place in the file."""

    model_config = ConfigDict(extra="ignore", frozen=True, strict=True, defer_build=True)

    foreign_job: ErrorStatus = Field(alias="AUTH-3a")
    identifier: Literal["personId", "linkedinUrl"] = Field(alias="REQ-2")
    no_number: Annotated[int | Literal["accept"], BeforeValidator(_answered)] = Field(alias="RES-3")
    no_person: Annotated[int | Literal["accept"], BeforeValidator(_answered)] = Field(alias="RES-4")
    waterfall: Waterfall = Field(alias="WH-8a")
    sending: Sending = Field(alias="WH-10a")
    running: Running = Field(alias="TRK-2")
    booking: Literal["found", "delivered"] = Field(alias="CR-5a")
    charged_again: bool = Field(alias="CR-8")
    balance_check: Literal["everyProvider", "finder"] = Field(alias="CR-6b")
    charged: Literal["first", "each"] = Field(alias="CR-6a")
    order: list[ErrorStatus] = Field(alias="ERR-B")
    exhausted_below: Literal["cheapest", "zero"] = Field(alias="ERR-E")

    @classmethod
    def facts(cls) -> frozenset[str]:
        """Return the fact ids of these assumptions."""
        return frozenset(str(each.alias) for each in cls.model_fields.values())


def read_x_mock(source: Source) -> XMock:
    """Return `x-mock` with every reference replaced, apart from the assumptions' values."""
    tables = source.mapping(source.document.get(AT), (AT,))
    expanded = {
        key: value if key == ASSUMPTIONS[-1] else source.expanded(value, (AT, key))
        for key, value in tables.items()
    }
    return _read(source, XMock, expanded, (AT,))


def read_assumed(source: Source, assumptions: dict[str, Assumption]) -> Assumed:
    """Return the assumptions that are values; what others refer to need only exist."""
    values = {}
    for fact, each in assumptions.items():
        at = (*ASSUMPTIONS, fact, "value")
        if fact in Assumed.facts():
            values[fact] = source.expanded(each.value, at)
        else:
            source.follow(each.value, at)
    return _read(source, Assumed, values, ASSUMPTIONS, inside=("value",))


def _read(source: Source, model: type[_M], value: dict[str, Any], at: At, inside: At = ()) -> _M:
    try:
        return model.model_validate(value)
    except ValidationError as error:
        first, *others = error.errors(include_url=False, include_input=False)
        head, *rest = (step for step in first["loc"] if step != "[key]")
        place = (*at, head, *(inside if head in value else ()), *rest)
        more = f" (and {len(others)} more)" if others else ""
        raise source.error(place, _words(first["type"], first["msg"]) + more) from None


def _words(kind: str, message: str) -> str:
    known = {
        "missing": "is missing, add it",
        "extra_forbidden": "is not known here, correct its name or remove it",
    }
    words = message.removeprefix("Value error, ").removeprefix("Input ").removeprefix("String ")
    return known.get(kind, words)
