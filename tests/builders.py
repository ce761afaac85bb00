"""Owns how tests arrange the domain and the use cases: people, rules, and a bench to run use cases on."""

import heapq
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache, partial
from typing import Any, NamedTuple

import orjson

from mock_server.domain.accounts import Account
from mock_server.domain.credits import LedgerEntry, opening
from mock_server.domain.events import Event
from mock_server.domain.faults import Effect, Fault, FaultCounter, When
from mock_server.domain.instants import MANUAL_START, microseconds
from mock_server.domain.jobs import Job, Outcome
from mock_server.domain.people import Declared, Hook, Person
from mock_server.domain.plans import TestKey
from mock_server.domain.rules import Rules
from mock_server.domain.world import World
from mock_server.ports import Keys, Receipt, Store, T, Tx, UseCase, Wake
from mock_server.service import deliver
from mock_server.service.accounts import new_account, open_account
from mock_server.service.calls import Call, Reply, answer
from mock_server.service.operations import behaviour_of
from mock_server.service.search import take_answer
from mock_server.spec import Operation, Spec, load_spec

NUMBER = "+12025550143"
HOOK_URL = "http://127.0.0.1:9/hook"
JSON = b"application/json"


@cache
def spec() -> Spec:
    return load_spec()


@cache
def operation(operation_id: str) -> Operation:
    return next(each for each in spec().operations if each.operation_id == operation_id)


async def every_job(store: Store, look: Callable[[Job], T]) -> list[T]:
    return await store.jobs(lambda _: True, 1_000_000, look)


def assuming(**changes: Any) -> Rules:
    """The file's rules with other assumptions."""
    rules = spec().rules
    return replace(rules, assumptions=replace(rules.assumptions, **changes))


def person(
    *finders: str, person_id: str = "p-1", seconds: float | None = None, **hook: Any
) -> Person:
    """Somebody whose number these providers have."""
    numbers = dict.fromkeys(finders, (NUMBER,))
    return Person(person_id, "Asha", "Verma", numbers, seconds, Hook(**hook))


def fault(fault_id: str = "fault-1", *effects: Effect, **fields: Any) -> Fault:
    """A fault; fields of its `when` may be named with the rest."""
    when = {name: fields.pop(name) for name in When.__slots__ if name in fields}
    return Fault(fault_id, When(**when), effects or (Effect(status=500),), **fields)


class Sent(NamedTuple):
    """One webhook as it left."""

    at: int
    tracking_id: str
    attempt: int
    truncate: bool


class Bench:
    """Runs use cases on a few records, as a store and an alarm clock do, but at once and by hand."""

    def __init__(self, rules: Rules | None = None, *, seed: int = 1) -> None:
        self.rules = rules or spec().rules
        self.world = World(seed)
        self.now = MANUAL_START
        self.accounts: dict[str, Account] = {}
        self.jobs: dict[str, Job] = {}
        self.counters: dict[tuple[str, str], FaultCounter] = {}
        self.entries: list[LedgerEntry] = []
        self.events: list[Event] = []
        self.wakes: list[Wake] = []
        self.statuses: Sequence[int] = (200,)  # what receivers answer, the last one for ever
        self.sent: list[Sent] = []

    def run(self, use_case: UseCase[T], keys: Keys) -> T:
        tx = Tx(keys, self.now, self.world, self.rules)
        tx.counters = self.counters
        tx.job = self.jobs.get(keys.tracking_id or "")
        owner = keys.api_key if keys.api_key is not None else tx.job.api_key if tx.job else ""
        tx.account = self.accounts.get(owner)
        result = use_case(tx)
        if tx.account is not None:
            self.accounts[tx.account.api_key] = tx.account
        if tx.job is not None:
            self.jobs[tx.job.tracking_id] = tx.job
        self.entries += tx.entries
        self.events += tx.events
        for wake in tx.wakes:
            heapq.heappush(self.wakes, wake)
        return result

    def account(self, api_key: str = "key", plan: str = "max", **what: Any) -> Account:
        def opened(tx: Tx) -> Account:
            return open_account(tx, new_account(tx.rules, api_key, TestKey(plan, **what), tx.now))

        return self.run(opened, Keys(api_key))

    def knows(self, *people: Person, linkedin_url: str | None = None) -> "Bench":
        """Declare people."""
        for each in people:
            slug = linkedin_url and linkedin_url.rpartition("/")[2]
            self.world = self.world.with_person(Declared(each, slug, None, linkedin_url))
        return self

    def has(self, *faults: Fault) -> "Bench":
        for each in faults:
            self.world = self.world.with_fault(each)
        return self

    def call(
        self,
        operation_id: str,
        document: Any = None,
        *,
        api_key: str | None = "key",
        prefer: int | None = None,
        tracking_id: str | None = None,
    ) -> Reply:
        """One request, read as the web reads it."""
        called = operation(operation_id)
        raw = b"" if document is None else orjson.dumps(document)
        body = called.read_body(JSON, raw)
        call = Call(called, api_key, body.document, {}, body.refusals, prefer)
        use_case = partial(answer, call=call, behaviour=behaviour_of(operation_id))
        return self.run(use_case, Keys(api_key or "", tracking_id))

    def reveal(
        self, person_id: str = "p-1", *, partners: bool = True, api_key: str = "key", **body: Any
    ) -> Reply:
        document = {
            "personId": person_id,
            "revealPhoneNumberViaPartners": partners,
            "webhookUrl": HOOK_URL,
            **body,
        }
        given = {name: value for name, value in document.items() if value is not None}
        return self.call("revealPhone", given, api_key=api_key)

    def job(self, person_id: str = "p-1", **how: Any) -> Job:
        """The job of a reveal that is accepted."""
        reply = self.reveal(person_id, **how)
        assert reply.tracking_id is not None, reply.why
        return self.jobs[reply.tracking_id]

    def track(self, job: Job, api_key: str = "key") -> Reply:
        return self.call("trackReveal", api_key=api_key, tracking_id=job.tracking_id)

    def begin(self, job: Job, number: int = 1) -> deliver.Sending | None:
        return self.run(partial(deliver.begin, number=number), Keys(tracking_id=job.tracking_id))

    def finish(self, job: Job, number: int = 1, status: int | None = 200) -> None:
        receipt = Receipt(Outcome.FAILED, status, "no 2xx", 1.0)
        if status is not None and 200 <= status < 300:
            receipt = Receipt(Outcome.DELIVERED, status, None, 1.0)
        self.end(job, receipt, number)

    def end(self, job: Job, receipt: Receipt, number: int = 1) -> None:
        use_case = partial(deliver.finish, number=number, receipt=receipt)
        self.run(use_case, Keys(tracking_id=job.tracking_id))

    def ring(self, wake: Wake) -> None:
        """Do what the wake reminds of, the sending included."""
        keys = Keys(tracking_id=wake.tracking_id)
        if wake.step == "search":
            self.run(partial(take_answer, index=wake.number), keys)
            return
        sending = self.run(partial(deliver.begin, number=wake.number), keys)
        if sending is not None:
            self.sent.append(Sent(self.now, wake.tracking_id, sending.attempt, sending.truncate))
            status = self.statuses[min(len(self.sent), len(self.statuses)) - 1]
            self.finish(sending.job, wake.number, status)

    def advance(self, seconds: float = 100_000) -> None:
        """Move time on and do all that falls due, in order."""
        until = self.now + microseconds(seconds)
        while self.wakes and self.wakes[0].due <= until:
            wake = heapq.heappop(self.wakes)
            self.now = max(self.now, wake.due)
            self.ring(wake)
        self.now = until

    def finished(self, person_id: str = "p-1", **how: Any) -> Job:
        """The job of a reveal, searched and delivered."""
        job = self.job(person_id, **how)
        self.advance()
        return job

    def adds_up(self, api_key: str = "key") -> bool:
        """Whether opening and ledger give the balance, kind by kind, and no balance is negative."""
        account = self.accounts[api_key]
        opened = opening(self.rules.plans[account.plan], None)
        jobs = {each.tracking_id for each in self.jobs.values() if each.api_key == api_key}
        rows = [each for each in self.entries if each.tracking_id in jobs]
        return all(
            credits.left >= credits.free >= 0
            and credits.left
            == credits.granted + sum(each.amount for each in rows if each.kind == kind)
            for kind, credits in account.purse.items()
            if kind in opened
        )


def statuses_of(job: Job) -> list[str]:
    """What the providers answered, in order."""
    return [str(each.status) for each in job.steps]
