"""Owns the life of a job: its states, the one table of transitions, its steps and attempts. Does not ask or send."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, NamedTuple

from mock_server.domain.people import Hook, Person


class JobState(StrEnum):
    QUEUED = "queued"
    SEARCHING = "searching"
    FINISHED = "finished"


class Happening(StrEnum):
    """What can happen to a job."""

    PROVIDER_ASKED = "provider asked"
    NUMBER_FOUND = "number found"
    CREDITS_RAN_OUT = "credits ran out"
    PROVIDERS_EXHAUSTED = "providers exhausted"


TRANSITIONS: Final = {
    (JobState.QUEUED, Happening.PROVIDER_ASKED): JobState.SEARCHING,
    (JobState.QUEUED, Happening.CREDITS_RAN_OUT): JobState.FINISHED,
    (JobState.QUEUED, Happening.PROVIDERS_EXHAUSTED): JobState.FINISHED,
    (JobState.SEARCHING, Happening.PROVIDER_ASKED): JobState.SEARCHING,
    (JobState.SEARCHING, Happening.NUMBER_FOUND): JobState.FINISHED,
    (JobState.SEARCHING, Happening.CREDITS_RAN_OUT): JobState.FINISHED,
    (JobState.SEARCHING, Happening.PROVIDERS_EXHAUSTED): JobState.FINISHED,
}


class IllegalTransition(ValueError):
    """A job cannot live through that now."""

    def __init__(self, state: JobState, happening: Happening) -> None:
        super().__init__(f"a {state} job cannot live through: {happening}")


def after(state: JobState, happening: Happening) -> JobState:
    """The state that follows; raises IllegalTransition."""
    try:
        return TRANSITIONS[state, happening]
    except KeyError:
        raise IllegalTransition(state, happening) from None


class Status(StrEnum):
    """A provider's outcome; `stepStatuses` of the file says how it is spelled."""  # WH-5

    FOUND = "found"
    NOT_FOUND = "notFound"
    INSUFFICIENT_CREDITS = "insufficientCredits"


class Step(NamedTuple):
    """One provider's answer. Times in microseconds."""

    provider: str
    status: Status
    numbers: tuple[str, ...]
    asked_at: int
    answered_at: int
    why: str


class Outcome(StrEnum):
    """How one attempt to deliver ended."""

    DELIVERED = "delivered"
    FAILED = "failed"
    BLOCKED = "blocked"
    DROPPED = "dropped"


class Attempt(NamedTuple):
    """One attempt to deliver the webhook, done. `url` without secrets; `duration_ms` of real time."""

    attempt: int
    due_at: int
    sent_at: int
    url: str
    outcome: Outcome
    status_code: int | None
    error: str | None
    duration_ms: float
    why: str


class Pending(NamedTuple):
    """An attempt that waits for its time; `tries` counts within one series of retries."""

    attempt: int
    tries: int
    due_at: int
    why: str
    sent_at: int | None = None  # taken by a process that is sending it now


@dataclass(slots=True)
class Job:
    """One reveal. A record: use cases change it within their transaction. Times in microseconds."""

    tracking_id: str
    api_key: str
    plan: str
    person: Person
    hook: Hook
    via_partners: bool
    webhook_url: str | None
    created_at: int
    state: JobState = JobState.QUEUED
    finished_at: int | None = None
    asking: int = -1  # index of the provider that is being asked
    asked_at: int = 0
    due_at: int = 0  # when that provider answers
    steps: tuple[Step, ...] = ()
    charges: dict[str, int] = field(default_factory=dict)  # credits per kind
    charged_why: str = ""
    unbooked: tuple[str, ...] = ()  # providers charged with the delivery (CR-5a)
    pending: tuple[Pending, ...] = ()
    attempts: tuple[Attempt, ...] = ()
    scheduled: int = 0  # attempts numbered so far
    copies: int = 0  # how often the webhook is still to be sent once more on purpose

    def waits(self) -> bool:
        """Whether anything is still to be done; such a job is never forgotten."""
        return self.state is not JobState.FINISHED or bool(self.pending)
