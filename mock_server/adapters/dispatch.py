"""Owns what is done when a wake rings: a use case, the webhook it asks for, and the use case that records the end."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any, Final

import orjson

from mock_server.domain.instants import microseconds
from mock_server.domain.jobs import Outcome
from mock_server.ports import (
    ANSWER,
    SEARCH,
    Answered,
    Handled,
    Keys,
    Post,
    StoreAway,
    Transactions,
    Tx,
    Wake,
    Wakeups,
    Webhooks,
)
from mock_server.service import deliver
from mock_server.service.results import result_of
from mock_server.service.search import take_answer

Check = Callable[[str, Any], None]
"""Looks whether a webhook's body is as the file says, given the name of its payload."""

HELD_SECONDS: Final = 10  # how long an answer waits for the first attempt, in real time


class Dispatcher:
    """Handles wakes; lets answers wait for a delivery or for virtual time."""

    def __init__(
        self,
        store: Transactions,
        wakeups: Wakeups,
        webhooks: Webhooks,
        check: Check | None = None,
    ) -> None:
        self._check = check
        self._store = store
        self._wakeups = wakeups
        self._webhooks = webhooks
        self._held: dict[str, set[asyncio.Event]] = {}
        self._delayed: dict[str, tuple[asyncio.Future[None], Answered]] = {}
        self._delays = 0

    def handle(self, wake: Wake) -> Handled:
        """Do what the wake reminds of, if the record agrees; tells how many webhooks were sent, if any."""
        if wake.step == SEARCH:
            keys = Keys(tracking_id=wake.tracking_id)
            return self._store.transact(keys, partial(take_answer, index=wake.number))
        if wake.step == ANSWER:
            return self._let_answer(wake.tracking_id)
        return self._deliver(wake)

    def is_delayed(self, name: str) -> bool:
        """Whether an answer of that name still waits."""
        return name in self._delayed

    async def delay(self, seconds: float, done: Answered) -> None:
        """Wait for virtual time; `done` is set by the caller once it has answered."""
        self._delays += 1
        name = f"answer-{self._delays}"
        future = asyncio.get_running_loop().create_future()
        self._delayed[name] = (future, done)
        self._wakeups.arm([Wake(self._store.now() + microseconds(seconds), name, ANSWER, 1)])
        try:
            await future
        finally:
            self._delayed.pop(name, None)

    async def first_attempt(self, tracking_id: str) -> None:
        """Wait until the first attempt to deliver was answered, at most 10 s of real time."""
        attempted = asyncio.Event()
        self._held.setdefault(tracking_id, set()).add(attempted)
        try:
            async with asyncio.timeout(HELD_SECONDS):
                keys = Keys(tracking_id=tracking_id, reads_job=True, reads_account=True)
                if not await self._store.transact(keys, _was_attempted):
                    await attempted.wait()
        except TimeoutError:
            pass
        finally:
            self._held[tracking_id].discard(attempted)
            if not self._held[tracking_id]:
                del self._held[tracking_id]

    def attempted(self, tracking_id: str) -> None:
        """An attempt to deliver was answered: what waits for the first need not wait longer."""
        for held in self._held.get(tracking_id, ()):
            held.set()

    async def _let_answer(self, name: str) -> None:
        delayed = self._delayed.get(name)
        if delayed is None:
            return
        future, done = delayed
        if not future.done():
            future.set_result(None)
            await done.wait()

    async def _deliver(self, wake: Wake) -> int:
        keys, number = Keys(tracking_id=wake.tracking_id, reads_account=True), wake.number
        sending = await self._store.transact(keys, partial(deliver.begin, number=number))
        if sending is None:
            return 0
        try:
            receipt = await self._webhooks.send(self._post(sending))
        except asyncio.CancelledError:  # its loop ends: the attempt is not lost
            with suppress(StoreAway):
                await self._store.transact(keys, partial(deliver.give_back, number=number))
            raise
        await self._store.transact(keys, partial(deliver.finish, number=number, receipt=receipt))
        self.attempted(sending.job.tracking_id)
        return int(receipt.outcome is not Outcome.BLOCKED)

    def _post(self, sending: deliver.Sending) -> Post:
        job, rules = sending.job, self._store.rules
        result = result_of(rules, job)
        if self._check is not None:
            self._check(rules.plans[job.plan].payload, result)
        body = orjson.dumps(result)
        return Post(
            url=job.webhook_url or "",
            body=body,
            headers=tuple(deliver.headers_of(rules, job, body).items()),
            timeout=rules.retries.timeout,
            follow_redirects=rules.assumptions.follow_redirects,
            truncate=sending.truncate,
        )


def _was_attempted(tx: Tx) -> bool:
    return tx.job is None or bool(tx.job.attempts)
