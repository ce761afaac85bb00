"""Owns what a journey can do at a target: send, poll, wait, read balances, buy within the purse. Judges nothing."""

import asyncio
import json
import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from contracts.client import Call, Client
from contracts.history import Absence, Exchange, Job, Role, Spending
from contracts.listener import Listener
from contracts.purse import Purse
from contracts.reading import Balance
from contracts.recording import Recording
from contracts.specification import CREDITS, MATCH, TRACK, specification
from contracts.surroundings import Stopwatch
from contracts.target import Identity, Target
from contracts.verdicts import Reason

NOBODY: Final = "clodura-kit-nobody"  # for bodies that are refused before anybody is looked up
NOWHERE: Final = "https://webhook.invalid/clodura-kit"  # where nobody listens, by RFC 2606
POLL_FIRST: Final = 0.05
POLL_GROWTH: Final = 1.5
LATER_POLLS: Final = 3
SETTLES: Final = 4  # quiet periods that are waited for at most


@dataclass(slots=True)
class World:
    """What all journeys of a run share."""

    target: Target
    client: Client
    recording: Recording
    purse: Purse
    watch: Stopwatch
    listener: Listener | None
    seed: int
    examples: int
    restless: set[str] = field(default_factory=set)  # roles whose balance moves by itself
    buying: asyncio.Lock = field(default_factory=asyncio.Lock)  # a limited budget is spent in turn
    # All by role. A turn: while a balance is watched for one thing, nothing else is asked of its account.
    turns: defaultdict[str, asyncio.Lock] = field(default_factory=lambda: defaultdict(asyncio.Lock))
    rested: dict[str, Exchange] = field(default_factory=dict)  # the balance since the last match
    counted: dict[str, Exchange] = field(default_factory=dict)  # where a charge was noticed last
    limited: set[tuple[str, str]] = field(
        default_factory=set
    )  # role, operation: waited for in vain
    webhook_lost: bool = False  # one never came: the others are not waited for as long


class Visit:
    """One journey's hands. `role` is whose key is used."""

    def __init__(self, world: World, journey: str, role: Role) -> None:
        self.world = world
        self.journey = journey
        self.role = role

    @property
    def identity(self) -> Identity:
        return self.world.target.identities[self.role]

    @property
    def is_standard(self) -> bool:
        return specification().is_standard(self.identity.plan)

    def person(self, name: str) -> str:
        """The id or profile of a known person; journeys say which they need."""
        value = getattr(self.world.target.people, name)
        assert isinstance(value, str)
        return value

    def safe(self, label: str, **fields: Any) -> dict[str, Any]:
        """A valid body that costs nothing: the person that nobody has a number of, and a webhook of ours."""
        body: dict[str, Any] = {
            "personId": self.world.target.people.none or NOBODY,
            "revealPhoneNumberViaPartners": True,
            "webhookUrl": self.hook(label),
        }
        return {name: value for name, value in (body | fields).items() if value is not ...}

    def hook(self, label: str, answers: Sequence[int] = (200,)) -> str:
        """A webhook URL of its own for one job."""
        listener = self.world.listener
        return f"{NOWHERE}/{label}" if listener is None else listener.expect(label, answers)

    def absent(self, reason: Reason, detail: str = "") -> None:
        self.world.recording.note(Absence(self.journey, reason, detail))

    async def match(self, probe: str, body: Any = None, **options: Any) -> Exchange:
        """POST a body; `content`, `content_type`, `key` and `role` may be given."""
        content = options.pop("content", None)
        if content is None:
            content = json.dumps(body).encode()
        return await self._patiently(MATCH, probe, content=content, **options)

    async def track(self, tracking_id: str, probe: str, **options: Any) -> Exchange:
        return await self._patiently(TRACK, probe, tracking_id=tracking_id, **options)

    async def balance(self, probe: str = "balance", **options: Any) -> Exchange:
        return await self._patiently(CREDITS, probe, **options)

    async def _patiently(self, operation: str, probe: str, **options: Any) -> Exchange:
        """Send; where the rate is limited, again after the time that was asked for, in bounded time.

        Where that was in vain once, the next calls of the kind are tried for as long as a balance takes to settle.
        """
        impatient = options.pop("impatient", False)
        kind = (options.get("role", self.role), operation)
        deadline, pause = self.world.watch.now() + self._patience(kind), POLL_FIRST
        while True:
            exchange = await self._send(operation, probe, **options)
            if not exchange.limited and "key" not in options:
                self.world.limited.discard(kind)
            if not exchange.limited or impatient:
                return exchange
            wait = max((retry_after(exchange) or 0) / self.world.target.timing.scale, pause)
            if self.world.watch.now() + wait > deadline:
                self.world.limited.add(kind)
                return exchange
            await self.world.watch.sleep(wait)
            pause *= POLL_GROWTH

    def _patience(self, kind: tuple[str, str]) -> float:
        timing = self.world.target.timing
        in_vain = kind in self.world.limited
        longest = timing.settle_seconds if in_vain else timing.result_timeout_seconds
        return min(longest, timing.result_timeout_seconds)

    async def _send(self, operation: str, probe: str, **options: Any) -> Exchange:
        role = options.pop("role", self.role)
        key = options.pop("key", self.world.target.identities[role].key)
        if operation == MATCH:
            self.world.rested.pop(str(role), None)
        return await self.world.client.send(
            Call(self.journey, role, operation, probe, key, **options)
        )

    async def job(
        self,
        label: str,
        person: str,
        *,
        body: Mapping[str, Any] | None = None,
        partners: bool = True,
        answers: Sequence[int] = (200,),
        watched: bool = True,
    ) -> Job:
        """Send a match that should be accepted, and note it. Without a body: a safe one."""
        given = self.safe(label) if body is None else dict(body)
        hook = self.hook(label, answers)
        if "webhookUrl" in given:
            given["webhookUrl"] = hook
        listener = self.world.listener
        sent = await self.match(f"job:{label}", given)
        job = Job(
            label=label,
            journey=self.journey,
            role=str(self.role),
            plan=self.identity.plan,
            person=person,
            partners=partners,
            submitted=sent.number,
            webhook=listener.path(label) if listener and "webhookUrl" in given else None,
            by_url="personId" not in given,
            watched=watched,
            expects_retry=answers[0] != 200,  # noqa: PLR2004 - OK
        )
        self.world.recording.note(job)
        return job

    async def follow(self, job: Job) -> Exchange | None:
        """Poll until the result is there and its webhook came, in bounded time; the last poll."""
        sent = self.exchange(job.submitted)
        tracking_id = sent.tracking_id
        if tracking_id is None:
            return None
        deadline = self.world.watch.now() + self.world.target.timing.result_timeout_seconds
        poll = await self._until_final(job, tracking_id, deadline)
        if job.webhook is not None:
            await self._await_webhook(job, deadline)
            if not poll.is_final:  # TRK-1: what the webhook tells, a poll tells too
                poll = await self.track(tracking_id, f"poll:{job.label}")
        return poll

    async def _until_final(self, job: Job, tracking_id: str, deadline: float) -> Exchange:
        pause = POLL_FIRST
        longest = max(POLL_FIRST, self.world.target.timing.result_timeout_seconds / 60)
        while True:
            poll = await self.track(tracking_id, f"poll:{job.label}")
            left = deadline - self.world.watch.now()
            if poll.is_final or left <= 0 or not _may_change(poll):
                return poll
            await self.world.watch.sleep(min(pause, left))
            pause = min(pause * POLL_GROWTH, longest)

    async def _await_webhook(self, job: Job, deadline: float) -> None:
        assert self.world.listener is not None
        left = deadline - self.world.watch.now()
        if self.world.webhook_lost:
            left = min(left, self.world.target.timing.settle_seconds)
        if not await self.world.listener.wait(job.label, 1, left):
            self.world.webhook_lost = True

    async def await_retry(self, job: Job) -> None:
        """Wait for the second attempt of a delivery whose first was not accepted."""
        if self.world.listener is not None and self.world.listener.came(job.label):
            await self.world.listener.wait(job.label, 2, self.world.recording.setting.retry_wait)

    async def poll_again(self, job: Job) -> None:
        """A few more polls of a finished job: nothing may change."""
        tracking_id = self.exchange(job.submitted).tracking_id
        if tracking_id is not None:
            for _ in range(LATER_POLLS):
                await self.track(tracking_id, f"poll:{job.label}")

    async def settled(self, probe: str = "balance") -> Exchange:
        """The balance once it rests: unchanged for the settling time."""
        last = await self.balance(probe)
        for _ in range(SETTLES):
            await self.world.watch.sleep(self.world.target.timing.settle_seconds)
            now = await self.balance(probe)
            if now.balance == last.balance:
                return now
            last = now
        return last

    def spending(self, what: str, before: Exchange, after: Exchange, label: str = "") -> int | None:
        """Note a change of the balance; what went, None if it cannot be told."""
        self.world.recording.note(
            Spending(
                self.journey,
                before.role,
                self.world.target.identities[Role(before.role)].plan,
                what,
                before.number,
                after.number,
                label,
            )
        )
        return gone(before.balance, after.balance)

    def free(self, what: str, before: Exchange, after: Exchange, label: str = "") -> None:
        """The same for what costs nothing. Raises UnexpectedCharge, but where somebody else spends too.

        Of journeys that share an account, each sees the charge; it is counted once.
        """
        self.spending(what, before, after, label)
        role, counted = before.role, self.world.counted
        since = max(before, counted.get(role, before), key=lambda each: each.number)
        amount = gone(since.balance, after.balance) or 0
        if amount > 0 and role not in self.world.restless:
            counted[role] = after
            self.world.purse.lose(amount)

    async def refused(self, probe: str, body: Any = None, **options: Any) -> Exchange:
        """A probe that should be refused and free: the balance is read before the next. Raises UnexpectedCharge."""
        role, rested = str(self.role), self.world.rested
        async with self.world.turns[role]:
            before = rested.get(role) or await self.balance("refusal")
            exchange = await self.match(probe, body, **options)
            rested[role] = after = await self.balance("refusal")
            self.free("refused", before, after, str(exchange.number))
        return exchange

    def exchange(self, number: int) -> Exchange:
        return next(
            each
            for each in reversed(self.world.recording.records)
            if isinstance(each, Exchange) and each.number == number
        )


def gone(before: Balance | None, after: Balance | None) -> int | None:
    """Credits that went between two balances; None if it cannot be told."""
    return after.spent_since(before) if before is not None and after is not None else None


def retry_after(exchange: Exchange) -> float | None:
    """Seconds of the target's time that a 429 asks to wait; None where it does not say."""
    try:
        seconds = float(exchange.headers.get("retry-after", ""))
    except ValueError:
        return None
    return max(seconds, 0) if math.isfinite(seconds) else None


def _may_change(poll: Exchange) -> bool:
    """Whether it makes sense to poll again: running, or not answered at all."""
    return poll.status is None or poll.accepted or poll.limited or poll.status in range(500, 600)
