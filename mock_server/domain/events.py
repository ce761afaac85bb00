"""Owns the facts that happened to accounts, jobs, money and webhooks. Frozen, in the past tense, with their instant."""

from typing import NamedTuple


class AccountOpened(NamedTuple):
    at: int
    api_key: str
    plan: str


class AccountChanged(NamedTuple):
    at: int
    api_key: str
    why: str


class AccountClosed(NamedTuple):
    at: int
    api_key: str


class JobQueued(NamedTuple):
    at: int
    api_key: str
    tracking_id: str
    person_id: str


class ProviderAsked(NamedTuple):
    at: int
    api_key: str
    tracking_id: str
    provider: str
    answers_at: int


class ProviderAnswered(NamedTuple):
    at: int
    api_key: str
    tracking_id: str
    provider: str
    status: str
    why: str


class CreditsCharged(NamedTuple):
    at: int
    api_key: str
    tracking_id: str
    kind: str
    amount: int
    balance_after: int
    why: str


class JobFinished(NamedTuple):
    at: int
    api_key: str
    tracking_id: str
    charged: int
    why: str


class DeliveryScheduled(NamedTuple):
    at: int
    api_key: str
    tracking_id: str
    attempt: int
    due_at: int
    why: str


class DeliveryAttempted(NamedTuple):
    at: int
    api_key: str
    tracking_id: str
    attempt: int
    outcome: str
    status_code: int | None
    error: str | None
    duration_ms: float
    sent_at: int | None
    why: str


class DeliveryGivenUp(NamedTuple):
    at: int
    api_key: str
    tracking_id: str
    attempt: int
    why: str


class ClockMoved(NamedTuple):
    at: int
    mode: str
    rate: float


class FaultAdded(NamedTuple):
    at: int
    fault_id: str


class FaultRemoved(NamedTuple):
    at: int
    fault_id: str


class PersonDeclared(NamedTuple):
    at: int
    person_id: str


class MessageReceived(NamedTuple):
    at: int
    inbox: str
    message: int


class WorldReset(NamedTuple):
    at: int
    why: str


Event = (
    AccountOpened
    | AccountChanged
    | AccountClosed
    | JobQueued
    | ProviderAsked
    | ProviderAnswered
    | CreditsCharged
    | JobFinished
    | DeliveryScheduled
    | DeliveryAttempted
    | DeliveryGivenUp
    | ClockMoved
    | FaultAdded
    | FaultRemoved
    | PersonDeclared
    | MessageReceived
    | WorldReset
)
