"""Owns what was seen in a run: exchanges, webhooks, jobs and what was spent, in order and redacted. Judges nothing."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import Any, Final

from contracts.reading import Balance, Reading, balance_in, read, tracking_id_in
from contracts.specification import CREDITS, MATCH, TRACK, Specification, specification
from contracts.verdicts import Reason

TWO_HUNDREDS: Final = range(200, 300)
CUT: Final = frozenset(
    {Reason.STOPPED, Reason.NO_ANSWER}
)  # a journey begun perhaps, and not finished
WINDOW: Final = 60  # seconds of the target's time: limits are told a minute
ELSEWHERE: Final = "elsewhere"  # the label of where a redirect points to


class Role(StrEnum):
    """What an identity is good for."""

    MAIN = "main"
    STANDARD = "standard"
    FREE = "free"
    OTHER = "other"
    EXHAUSTED = "exhausted"
    LOW = "low"
    THROTTLED = "throttled"
    NO_ACCESS = "no_access"


@dataclass(frozen=True)
class Exchange:
    """One request and its answer. `probe` says what it was for; `status` is None where no answer came."""

    number: int
    at: float  # seconds since the run began
    seconds: float  # until the answer was there
    journey: str
    role: str
    operation: str
    probe: str
    method: str
    path: str
    request_headers: Mapping[str, str]
    request: Any
    status: int | None
    headers: Mapping[str, str] = field(default_factory=dict)  # names in lower case
    document: Any = None
    text: str | None = None  # what came, where it is no JSON
    error: str | None = None
    leaks_key: bool = False

    @property
    def is_json(self) -> bool:
        return self.status is not None and self.text is None

    @property
    def accepted(self) -> bool:
        return self.status in TWO_HUNDREDS

    @property
    def refused(self) -> bool:
        return self.status is not None and 400 <= self.status < 500  # noqa: PLR2004 - HTTP's classes

    @property
    def limited(self) -> bool:
        return self.status == 429  # noqa: PLR2004 - Too Many Requests

    @cached_property
    def tracking_id(self) -> str | None:
        return tracking_id_in(self.document) if self.accepted else None

    @cached_property
    def reading(self) -> Reading | None:
        return read(self.document) if self.is_json else None

    @cached_property
    def balance(self) -> Balance | None:
        return balance_in(self.document) if self.accepted else None

    @property
    def is_final(self) -> bool:
        """Whether a poll tells the result."""
        reading = self.reading if self.status == 200 else None  # noqa: PLR2004 - TRK-1
        return reading is not None and reading.is_result and not reading.is_running


@dataclass(frozen=True)
class Webhook:
    """One delivery to the kit's receiver, and what it was answered."""

    number: int
    at: float
    label: str  # of the job whose URL it came to; empty for none
    method: str
    path: str
    headers: Mapping[str, str]
    document: Any
    text: str | None
    answered: int
    leaks_key: bool = False

    @cached_property
    def reading(self) -> Reading | None:
        return read(self.document) if self.text is None else None


@dataclass(frozen=True, slots=True)
class Job:
    """A match that was sent to be accepted. `person` is the role of the person: none, found, partner, unknown."""

    label: str
    journey: str
    role: str
    plan: str
    person: str
    partners: bool
    submitted: int  # the number of the exchange
    webhook: str | None = None  # the path and query that were given
    by_url: bool = False
    watched: bool = True  # followed until the end
    expects_retry: bool = False


@dataclass(frozen=True, slots=True)
class Spending:
    """The balance before and after something, by the numbers of the two exchanges; `settled`: it came to rest."""

    journey: str
    role: str
    plan: str
    what: str  # refused, free, bought, polled, idle, read
    before: int
    after: int
    label: str = ""


@dataclass(frozen=True, slots=True)
class Absence:
    """A journey, or a part of it, that was not made, and why."""

    journey: str
    reason: Reason
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Ending:
    """The last record: how the run ended, and what was remarked."""

    stopped: bool  # by an unexpected charge
    interrupted: bool
    calls: int
    seconds: float
    notes: Sequence[str] = ()


Record = Exchange | Webhook | Job | Spending | Absence | Ending


@dataclass(frozen=True, slots=True)
class Setting:
    """What the run was told of its target, without keys."""

    plans: Mapping[str, str]  # by role
    people: Mapping[str, str]
    settle_seconds: float
    result_timeout_seconds: float
    webhooks: bool
    limits: Mapping[str, int] = field(default_factory=dict)  # requests a minute, by role
    scale: float = 1  # seconds of the target's time per second
    retry_wait: float = 0  # how long the second attempt was waited for


@dataclass(frozen=True)
class History:
    """Everything that was seen, with the questions that rules ask."""

    setting: Setting
    records: Sequence[Record]
    spec: Specification = field(default_factory=specification)

    @cached_property
    def exchanges(self) -> list[Exchange]:
        return [each for each in self.records if isinstance(each, Exchange)]

    @cached_property
    def webhooks(self) -> list[Webhook]:
        return [each for each in self.records if isinstance(each, Webhook)]

    @cached_property
    def jobs(self) -> list[Job]:
        """The jobs that were accepted."""
        jobs = (each for each in self.records if isinstance(each, Job))
        return [each for each in jobs if self.exchange(each.submitted).accepted]

    @cached_property
    def attempts(self) -> list[Job]:
        """The matches that were meant to be accepted, whether they were or not."""
        return [each for each in self.records if isinstance(each, Job)]

    @cached_property
    def absences(self) -> dict[str, Absence]:
        return {each.journey: each for each in self.records if isinstance(each, Absence)}

    @property
    def ending(self) -> Ending | None:
        """None where the run was killed, or goes on."""
        last = self.records[-1] if self.records else None
        return last if isinstance(last, Ending) else None

    @cached_property
    def _numbered(self) -> dict[int, Exchange]:
        return {each.number: each for each in self.exchanges}

    @cached_property
    def _last(self) -> dict[tuple[str, ...], int]:
        return {_identity(each): each.number for each in self.exchanges}

    def exchange(self, number: int) -> Exchange:
        return self._numbered[number]

    def probes(self, *names: str, operation: str | None = None) -> list[Exchange]:
        """The exchanges whose probe is, or begins with, one of the names; what was sent again counts once."""
        return [
            each
            for each in self.exchanges
            if each.probe.split(":")[0] in names or each.probe in names
            if operation in (None, each.operation)
            if not (each.limited and self._last[_identity(each)] > each.number)
        ]

    def matches(self) -> list[Exchange]:
        return [each for each in self.exchanges if each.operation == MATCH]

    def spendings(self, *what: str) -> list[Spending]:
        return [each for each in self.records if isinstance(each, Spending) and each.what in what]

    def was_cut(self, job: Job) -> bool:
        """Whether the run ended before the job's journey did: what did not come says nothing then."""
        absence = self.absences.get(job.journey)
        return absence is not None and absence.reason in CUT

    def polls(self, job: Job) -> list[Exchange]:
        """The polls of the job by the key that made it, in order."""
        return [
            each
            for each in self.exchanges
            if each.operation == TRACK and each.probe == f"poll:{job.label}"
        ]

    def deliveries(self, job: Job) -> list[Webhook]:
        return [each for each in self.webhooks if each.label == job.label]

    def tracking_id(self, job: Job) -> str | None:
        return self.exchange(job.submitted).tracking_id

    def final_poll(self, job: Job) -> Exchange | None:
        return next((each for each in self.polls(job) if each.is_final), None)

    def result(self, job: Job) -> Reading | None:
        """The job's result as it was first understood, by poll or webhook."""
        poll = self.final_poll(job)
        readings = [poll.reading] if poll else []
        readings += [each.reading for each in self.deliveries(job)]
        return next((each for each in readings if each is not None and each.is_result), None)

    def results(self) -> Iterator[tuple[Job, Webhook | Exchange, Reading]]:
        """Every result that came, by webhook or by poll."""
        for job in self.jobs:
            sources: list[Webhook | Exchange] = [
                *self.deliveries(job),
                *(each for each in self.polls(job) if each.is_final),
            ]
            for source in sources:
                if (reading := source.reading) is not None and reading.is_result:
                    yield job, source, reading

    def spent(self, spending: Spending) -> int | None:
        """What went between the two; None if a balance could not be read."""
        before, after = (self.exchange(each).balance for each in (spending.before, spending.after))
        return after.spent_since(before) if before and after else None

    def is_standard(self, plan: str) -> bool:
        return self.spec.is_standard(plan)

    def balances(self, role: str | None = None) -> list[Exchange]:
        return [
            each
            for each in self.exchanges
            if each.operation == CREDITS and each.accepted and role in (None, each.role)
        ]


def _identity(exchange: Exchange) -> tuple[str, ...]:
    """What two sendings of the same request have in common."""
    return exchange.journey, exchange.role, exchange.probe, exchange.path
