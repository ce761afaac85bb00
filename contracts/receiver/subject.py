"""Owns the receiver under test as a check sees it: deliver to it, ask what became of it, note what was seen."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Final, TypeVar

from contracts.receiver import wire
from contracts.receiver.deliveries import Answer, Delivery
from contracts.receiver.drive import Drive
from contracts.receiver.endpoint import Endpoint
from contracts.receiver.hooks import Hooks
from contracts.receiver.judgement import Broken, Undecided, accepted, why_touched, why_wrong
from contracts.receiver.pace import now, pause
from contracts.receiver.payloads import Event, Payloads
from contracts.receiver.probe import Probe, ProbeError, Record
from contracts.verdicts import Reason

PATIENCE: Final = (
    5.0  # seconds that a result may take to show up behind the probe: a queue may lie between
)
SETTLED: Final = 0.2  # seconds after which it is asked again, lest a second application follows
BETWEEN: Final = 0.05  # seconds between two questions to the probe
LIMIT: Final = 120.0  # seconds of one check; none that works takes half of it
KEPT: Final = 3000  # exchanges that are remembered


Item = TypeVar("Item")
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Exchange:
    """One delivery and its answer, `at` seconds on the run's clock."""

    check: str
    at: float
    delivery: Delivery
    answer: Answer


@dataclass(slots=True)
class Rig:
    """What all checks of a run share. What was not given is None."""

    endpoint: Endpoint
    payloads: Payloads
    probe: Probe | None = None
    probe_is_slow: bool = False  # a process for each question: ask seldom
    hooks: Hooks = field(default_factory=Hooks)
    drive: Drive | None = None
    history: list[Exchange] = field(default_factory=list)
    calls: int = 0
    limit: float = LIMIT
    steady: asyncio.Event = field(default_factory=asyncio.Event)  # R16 lets the others go on


class Subject:
    """The receiver, for the check of that id."""

    def __init__(self, rig: Rig, check: str) -> None:
        self._rig = rig
        self._check = check
        self.payloads = rig.payloads
        self.hooks = rig.hooks
        self.steady = rig.steady

    @property
    def endpoint(self) -> Endpoint:
        return self._rig.endpoint

    @property
    def history(self) -> Sequence[Exchange]:
        """Everything that was exchanged in this run so far."""
        return self._rig.history

    @property
    def has_probe(self) -> bool:
        return self._rig.probe is not None

    @property
    def probe_is_slow(self) -> bool:
        return self._rig.probe_is_slow

    @property
    def drive(self) -> Drive:
        assert self._rig.drive is not None  # the check says that it needs it
        return self._rig.drive

    async def deliver(self, delivery: Delivery, limit: float = wire.TIMEOUT) -> Answer:
        """One delivery on a connection of its own, signed where the profile signs."""
        signed = self.payloads.signed(delivery)
        return self.note(delivery, await wire.exchange(self.endpoint, signed, limit))

    async def deliver_unsigned(self, delivery: Delivery) -> Answer:
        """The same without a signature of ours."""
        return self.note(delivery, await wire.exchange(self.endpoint, delivery))

    async def accept(self, delivery: Delivery) -> Answer:
        """The same, which has to be answered 2xx. Raises Broken."""
        return accepted(await self.deliver(delivery), delivery)

    @asynccontextmanager
    async def connected(self) -> AsyncIterator[wire.Connection]:
        """A connection, to be used by hand. Raises Broken where none can be made."""
        try:
            async with wire.connected(self.endpoint) as connection:
                yield connection
        except wire.NoAnswer as error:
            raise Broken("a connection", str(error)) from None

    def note(self, delivery: Delivery, answer: Answer) -> Answer:
        """Remember what was exchanged by hand."""
        self._rig.calls += 1
        if len(self._rig.history) < KEPT:
            self._rig.history.append(Exchange(self._check, now(), delivery, answer))
        return answer

    async def kept(
        self,
        event: Event,
        delivery: Delivery | None = None,
        *,
        once: bool = True,
        times: int = 1,
        patience: float = PATIENCE,
        settled: float = SETTLED,
    ) -> None:
        """Without a probe nothing; with one, the result has become what it should. Raises Broken."""
        if not self.has_probe:
            return
        record = await self.record(event, lambda each: _is_final(each, event, once=once), patience)
        if once and why_wrong(record, event) is None:
            await pause(settled)
            record = await self.record(event)
        if (wrong := why_wrong(record, event, once=once)) is not None:
            shown = delivery or event.delivery()
            raise Broken(wrong, f"the probe tells {record.told} after {shown.about}", shown, times)

    async def kept_all(self, events: Sequence[Event]) -> None:
        """The same for many that were delivered once; of a probe that is slow to ask, a few."""
        few = self.payloads.shuffled(events)[:4] if self.probe_is_slow else events
        await in_lanes(8, few, lambda event: self.kept(event, once=False))

    async def untouched(
        self, event: Event, delivery: Delivery, allowed: Collection[str] = ()
    ) -> None:
        """Without a probe nothing; with one, no number but those allowed was stored. Raises Broken."""
        if self.has_probe:
            record = await self.record(event)
            if (wrong := why_touched(record, allowed)) is not None:
                seen = f"the probe tells {record.told} after {delivery.about}"
                raise Broken(wrong, seen, delivery)

    async def record(
        self,
        event: Event,
        until: Callable[[Record], bool] = lambda _: True,
        patience: float = PATIENCE,
    ) -> Record:
        """What the probe says, asked again until it fits or the patience ends. Raises Undecided."""
        end = now() + patience
        while True:
            record = await self._ask(event)
            if until(record) or now() > end:
                return record
            await pause(BETWEEN)

    async def _ask(self, event: Event) -> Record:
        assert self._rig.probe is not None
        self._rig.calls += 1
        try:
            return await self._rig.probe(event.query)
        except ProbeError as error:
            raise Undecided(str(error), Reason.UNREADABLE) from None


async def in_lanes(
    lanes: int, items: Iterable[Item], work: Callable[[Item], Awaitable[Result]]
) -> list[Result]:
    """The results in order, several at once; the first exception ends it."""
    gate = asyncio.Semaphore(lanes)

    async def one(item: Item) -> Result:
        async with gate:
            return await work(item)

    tasks = [asyncio.ensure_future(one(each)) for each in items]
    try:
        return list(await asyncio.gather(*tasks))
    finally:
        for each in tasks:
            each.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _is_final(record: Record, event: Event, *, once: bool) -> bool:
    """Whether waiting longer changes nothing: it is right, or took effect too often."""
    return why_wrong(record, event, once=once) is None or (once and record.applied > 1)


def at_once(answers: Sequence[Answer]) -> str:
    """What several answers at once were, in words."""
    return ", ".join(str(each.status) if each.status else each.problem for each in answers)
