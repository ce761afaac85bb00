"""Owns the full loop: our fake stands in for the API, and the user's command makes the application send it a match."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final, Protocol

from contracts.receiver import commands
from contracts.receiver.judgement import Undecided
from contracts.receiver.pace import now, pause
from contracts.receiver.payloads import Event, Outcome, Payloads
from contracts.verdicts import Reason

ARRIVAL: Final = 15.0  # seconds until the application's match has to be at the fake
AFTERWARDS: Final = (
    3.0  # the same, counted from the end of the command: the application may send it behind
)
POLLING: Final = 15.0  # seconds that an application gets to find a lost result by polling
BETWEEN: Final = 0.05
SEARCH: Final = 0.3  # seconds that the fake searches
Document = Mapping[str, Any]


class Fake(Protocol):
    """What is asked of the fake: a part of the control API's client."""

    url: str

    def person(
        self, person_id: str, numbers: Mapping[str, Sequence[str]], *, seconds: float
    ) -> Any: ...
    def fault(self, then: Mapping[str, Any], *, when: Mapping[str, Any]) -> Any: ...
    def account(self, plan: str) -> Any: ...
    def jobs(self) -> Sequence[Any]: ...
    def job(self, tracking_id: str) -> Any: ...
    def redeliver(self, tracking_id: str) -> Any: ...
    def requests(self, *, operation_id: str) -> Sequence[Any]: ...
    def call(self, method: str, path: str, body: Any = None) -> Any: ...


@dataclass(frozen=True, slots=True)
class Reveal:
    """One match that the application sent, on its way through the fake."""

    drive: "Drive"
    person_id: str
    tracking_id: str
    numbers: tuple[str, ...]

    async def job(
        self, until: Callable[[Document], bool] = lambda _: True, limit: float = ARRIVAL
    ) -> Document:
        """The fake's record of it, as soon as it fits or the limit is over."""
        job: Document = await _watched(lambda: self.drive.fake.job(self.tracking_id), until, limit)
        return job

    async def event(self) -> Event:
        """What the application should make of it, once the search is over."""
        job = await self.job(lambda each: each["result"] is not None)
        return self.drive.event(job, self.numbers)

    async def delivered(self, count: int = 1, limit: float = ARRIVAL) -> Document:
        """The job when so many attempts were answered 2xx, or the limit is over."""
        return await self.job(lambda each: _delivered(each) >= count, limit)

    async def redeliver(self) -> None:
        await asyncio.to_thread(self.drive.fake.redeliver, self.tracking_id)

    async def polled(self, limit: float = POLLING) -> bool:
        """Whether the application has asked for the finished result within so many seconds."""
        finished = (await self.job(lambda each: each["result"] is not None))["finishedAt"]

        def polls() -> bool:
            seen = self.drive.fake.requests(operation_id="trackReveal")
            return any(
                each["trackingId"] == self.tracking_id and each["at"] >= finished for each in seen
            )

        return bool(await _watched(polls, bool, limit))


class Drive:
    """Sends matches through the application, by the user's command."""

    def __init__(self, command: str, fake: Fake, payloads: Payloads, webhook_url: str) -> None:
        self.fake = fake
        self._command = command
        self._payloads = payloads
        self._webhook_url = webhook_url

    @asynccontextmanager
    async def reveal(
        self, *, numbers: Sequence[str], webhook: Document | None = None
    ) -> AsyncIterator[Reveal]:
        """A match for a new person with these numbers; the command is ended afterwards. Raises Undecided."""
        async with self._sent(numbers, webhook or {}) as (person_id, running):
            jobs = await self._arrived(person_id, running)
            if not jobs:
                raise Undecided(await self._why_nothing_came(person_id, running), Reason.NOT_SEEN)
            yield Reveal(self, person_id, jobs[0]["trackingId"], tuple(numbers))

    @asynccontextmanager
    async def nobody(self) -> AsyncIterator[Reveal | None]:
        """A match for a person without a number: no job where the application does not ask partners (RES-3)."""
        async with self._sent((), {}) as (person_id, running):
            jobs = await self._arrived(person_id, running, refused_is_enough=True)
            yield Reveal(self, person_id, jobs[0]["trackingId"], ()) if jobs else None

    async def jobs(self, person_id: str) -> list[Document]:
        found = await asyncio.to_thread(self.fake.jobs)
        return [each for each in found if each["personId"] == person_id]

    def event(self, job: Document, numbers: tuple[str, ...]) -> Event:
        """What a finished job means."""
        forms = self._payloads.forms
        form = forms.multi if forms.multi.is_valid(job["result"]) else forms.standard
        outcome = Outcome.FOUND if numbers else Outcome.NOT_FOUND
        return Event(form, job["result"][form.id_field], job["result"], outcome, numbers)

    @asynccontextmanager
    async def _sent(
        self, numbers: Sequence[str], webhook: Document
    ) -> AsyncIterator[tuple[str, commands.Running]]:
        person_id = f"person-{self._payloads.fresh_id()}"
        key = await asyncio.to_thread(self._prepare, person_id, numbers, webhook)
        environment = {
            "CLODURA_BASE_URL": self.fake.url,
            "CLODURA_API_KEY": key,
            "CLODURA_PERSON_ID": person_id,
            "CLODURA_WEBHOOK_URL": self._webhook_url,
        }
        running = await commands.start(self._command, environment)
        try:
            yield person_id, running
        finally:
            try:
                await running.stop()
            finally:
                running.close()

    def _prepare(self, person_id: str, numbers: Sequence[str], webhook: Document) -> str:
        own = self._payloads.forms.providers[
            0
        ]  # asked whether the application wants partners or not
        self.fake.person(person_id, {own: numbers} if numbers else {}, seconds=SEARCH)
        if webhook:
            self.fake.fault({"webhook": webhook}, when={"personId": person_id})
        key: str = self.fake.account("max").api_key
        return key

    async def _arrived(
        self, person_id: str, running: commands.Running, *, refused_is_enough: bool = False
    ) -> list[Document]:
        """The person's jobs, as soon as there are any or none can come."""
        end = now() + ARRIVAL
        while not (jobs := await self.jobs(person_id)) and now() < end:
            if running.ended:
                end = min(end, running.ended_at + AFTERWARDS)
            if (refused_is_enough and await self._refused(person_id)) or running.failed:
                break
            await pause(BETWEEN)
        return jobs

    async def _refused(self, person_id: str) -> bool:
        seen = await asyncio.to_thread(self.fake.requests, operation_id="revealPhone")
        return any(person_id in str(each["request"]) for each in seen)

    async def _why_nothing_came(self, person_id: str, running: commands.Running) -> str:
        if running.failed:
            return f"--drive {(await running.wait()).trouble}"
        if await self._refused(person_id):
            return "the match that --drive sent was refused by the fake; clodura-kit serve --log text shows why"
        return (
            f"--drive made no match for $CLODURA_PERSON_ID arrive at {self.fake.url} ($CLODURA_BASE_URL)"
            f" within {ARRIVAL:g} s, or {AFTERWARDS:g} s after its end"
        )


async def _watched(look: Callable[[], Any], until: Callable[[Any], bool], limit: float) -> Any:
    """What is seen, as soon as it fits or the limit is over."""
    end = now() + limit
    while True:
        seen = await asyncio.to_thread(look)
        if until(seen) or now() > end:
            return seen
        await pause(BETWEEN)


def _delivered(job: Document) -> int:
    return sum(each["outcome"] == "delivered" for each in job["deliveries"])
