"""Owns what the file decides: plans, prices, schedules, templates and assumptions as one value."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple

from mock_server.domain.accounts import test_key
from mock_server.domain.errors import Violation
from mock_server.domain.jobs import Status
from mock_server.domain.people import People
from mock_server.domain.plans import Booking, Plan, Provider, TestKey
from mock_server.domain.retries import RetrySchedule
from mock_server.domain.templates import Template
from mock_server.domain.waterfall import AfterFound, BalanceCheck

Answered = int | Literal["accept"]  # a status, or a job that finds nothing


class Signature(NamedTuple):
    """How deliveries are signed: HMAC-SHA256 of the body in hexadecimal."""  # WH-10a

    header: str
    secret: str


@dataclass(frozen=True, slots=True)
class Assumptions:
    """What the vendor does not document and the file decides by a value of its own, by fact id."""

    foreign_job: int  # AUTH-3a
    person_id_wins: bool  # REQ-2
    no_number: Answered  # RES-3
    no_person: Answered  # RES-4
    after_found: AfterFound  # WH-8a
    not_asked: Literal["absent", "notFound"]  # WH-8a
    follow_redirects: bool  # WH-10a
    signature: Signature | None  # WH-10a
    processing_status: int  # TRK-2
    processing: Template  # TRK-2
    booking: Booking  # CR-5a
    charged_again: bool  # CR-8
    balance_check: BalanceCheck  # CR-6b
    charged: Literal["first", "each"]  # CR-6a
    order: tuple[int, ...]  # ERR-B
    exhausted_below: Literal["cheapest", "zero"]  # ERR-E


@dataclass(frozen=True, slots=True)
class Rules:
    """`x-mock` as values. Durations in microseconds."""

    providers: tuple[Provider, ...]
    plans: Mapping[str, Plan]
    test_keys: Mapping[str, TestKey]
    window: int  # ERR-D
    limited: frozenset[str]  # the operations that count in the window (ERR-D)
    retries: RetrySchedule  # WH-9
    statuses: Mapping[Status, str]  # WH-5
    payloads: Mapping[str, Template]
    error: Template  # ERR-C
    violations: Mapping[str, Violation]  # ERR-A
    assumptions: Assumptions
    people: People

    def test_key(self, api_key: str) -> TestKey | None:
        """The ready-made account of this key, if it is one."""
        return test_key(api_key, self.plans, self.test_keys)
