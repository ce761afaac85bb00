"""Owns the state machine: any order of reveals, polls, reads and time against a fake, beside a model of the balance.

Only for our fake: it spends without limit and moves the clock. `reveal_machine(mock)` makes a class for Hypothesis.
"""

import json
from dataclasses import dataclass, field
from http.client import HTTPConnection
from typing import Any, ClassVar
from urllib.parse import urlsplit

from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule
from typing_extensions import override

from contracts.reading import balance_in, read, tracking_id_in
from contracts.specification import CREDITS, MATCH, TRACK, specification
from mock_server import MockServer

PEOPLE = {
    "mock-found": "Clodura",
    "mock-found-signalhire": "SignalHire",
    "mock-found-wiza": "Wiza",
    "mock-found-findymail": "Findymail",
    "mock-none": None,
}
HOUR = 3600


@dataclass
class Reveal:
    """A job as the model knows it; `price` is what it must cost in the end."""

    tracking_id: str
    price: int
    inbox: str | None
    final: Any = None
    seen: list[str] = field(default_factory=list)


class RevealMachine(RuleBasedStateMachine):
    """Invariants: no balance below zero, what is final stays, charges add up; webhook and poll agree."""

    mock: ClassVar[MockServer]
    jobs: Bundle[Reveal] = Bundle("jobs")

    @initialize(credits=st.sampled_from([0, 13, 25, 100, 10_000]))
    def open_accounts(self, credits: int) -> None:
        self.account = self.mock.account(credits=credits, requests_per_minute=10**6)
        self.other = self.mock.account()
        self.others = self.other.credits()
        self.start = credits
        self.count = 0
        self.open: list[Reveal] = []

    @rule(target=jobs, person=st.sampled_from(sorted(PEOPLE)), hooked=st.booleans())
    def reveal(self, person: str, *, hooked: bool) -> Any:
        self.count += 1
        inbox = f"{self.account.api_key}-{self.count}"
        body: dict[str, Any] = {"personId": person}
        if hooked:
            body |= {"revealPhoneNumberViaPartners": True, "webhookUrl": self.mock.inbox(inbox).url}
        status, document = self._call("POST", MATCH, body)
        left = self._balance()
        if status == 200:  # noqa: PLR2004 - RES-1
            price = specification().prices.get(PEOPLE[person] or "", 0)
            job = Reveal(str(tracking_id_in(document)), price, inbox if hooked else None)
            assert all(job.tracking_id != each.tracking_id for each in self.open)
            self.open.append(job)
            return job
        expected = {402, 404} if left < min(specification().prices.values()) else {404}
        assert status in expected, (status, person, left)
        return Reveal("", 0, None)

    @rule(seconds=st.sampled_from([0.5, 1, 5, 30]))
    def time_passes(self, seconds: float) -> None:
        self.mock.advance(seconds)

    @rule(job=jobs)
    def poll(self, job: Reveal) -> None:
        if not job.tracking_id:
            return
        status, document = self._call("GET", TRACK, tracking_id=job.tracking_id)
        reading = read(document)
        assert status == 200  # noqa: PLR2004 - TRK-1
        assert reading is not None
        if reading.is_result:
            assert job.final in (None, document), "what is final stays"
            job.final = document
        else:
            assert job.final is None, "a poll never goes back"

    @rule(job=jobs)
    def another_key_polls(self, job: Reveal) -> None:
        tracking_id = job.tracking_id or "nothing"
        status, _ = self._call("GET", TRACK, tracking_id=tracking_id, key=self.other.api_key)
        assert status == 404  # noqa: PLR2004 - AUTH-3a

    @rule()
    def read_the_balance(self) -> None:
        assert self._balance() <= self.start

    @invariant()
    def no_balance_is_negative(self) -> None:
        assert self._balance() >= 0

    @override
    def teardown(self) -> None:
        self.mock.advance(HOUR)
        spent = 0
        for job in self.open:
            self.poll(job)
            reading = read(job.final)
            assert reading is not None, "every job is finished after an hour"
            spent += job.price if reading.found else 0
            self._delivered(job)
        assert self._balance() == self.start - spent, "the charges are those of the numbers found"
        assert self.other.credits() == self.others, "nobody else pays"
        self.account.remove()
        self.other.remove()

    def _delivered(self, job: Reveal) -> None:
        if job.inbox is not None:
            messages = self.mock.inbox(job.inbox).messages()
            assert [each["body"] for each in messages] == [job.final], "webhook and poll agree"

    def _balance(self) -> int:
        _, document = self._call("GET", CREDITS)
        balance = balance_in(document)
        assert balance is not None
        assert balance.left is not None
        return balance.left

    def _call(
        self,
        method: str,
        operation: str,
        body: Any = None,
        *,
        tracking_id: str = "",
        key: str | None = None,
    ) -> tuple[int, Any]:
        connection = HTTPConnection(urlsplit(self.mock.url).netloc, timeout=30)
        path = specification().paths[operation].replace("{trackingId}", tracking_id)
        headers = {"X-API-KEY": key or self.account.api_key, "Content-Type": "application/json"}
        connection.request(method, path, None if body is None else json.dumps(body), headers)
        answer = connection.getresponse()
        document = json.loads(answer.read())
        connection.close()
        return answer.status, document


def reveal_machine(mock: MockServer) -> type[RevealMachine]:
    """A machine over this fake, which must have a manual clock."""
    return type("RevealMachineOfMock", (RevealMachine,), {"mock": mock})
