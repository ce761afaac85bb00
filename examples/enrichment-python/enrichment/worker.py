"""Owns the work that nobody waits for: sending matches, polling what no webhook brought, watching the balance."""

import asyncio
import logging
import sqlite3
from collections.abc import Callable

from enrichment import lookups, money
from enrichment.clodura import Clodura
from enrichment.database import Database
from enrichment.decisions import (
    LONGEST_PAUSE,
    Accepted,
    Closed,
    Hold,
    Stop,
    Unsure,
    after_match,
    after_poll,
    credits_left,
    enough,
    pause_before_poll,
)
from enrichment.results import Result, State
from enrichment.settings import Settings

log = logging.getLogger("enrichment")
AT_ONCE = 8
IDLE = 0.5  # seconds between two looks into the database, where the web process puts new lookups


class Worker:
    """Does what is due, by the clock that it is given. With `only` it serves that one lookup."""

    def __init__(
        self,
        settings: Settings,
        database: Database,
        clodura: Clodura,
        clock: Callable[[], float],
        only: str | None = None,
    ) -> None:
        self._settings = settings
        self._database = database
        self._clodura = clodura
        self._clock = clock
        self._only = only

    async def run(self) -> None:
        """For ever. Where the database is locked or full, what was on its way is found again by its token."""
        while True:
            try:
                await self.tick()
            except sqlite3.Error:
                log.exception("the database refuses; trying again")
            await asyncio.sleep(IDLE)

    async def tick(self) -> float | None:
        """Do everything that is due; when the next thing is, if there is one."""
        if self._only is None:
            await self._watch_balance()
        while await self._may_send() and (batch := await self._take()):
            await asyncio.gather(*map(self._send, batch))
        for lookup in await self._unfinished():
            await self._poll(lookup)
        return await self._database.run(lambda db: lookups.next_due(db, self._only))

    async def _take(self) -> list[sqlite3.Row]:
        now, lease = self._clock(), self._settings.poll_after
        return await self._database.run(
            lambda db: lookups.take_queued(db, now, lease, AT_ONCE, self._only)
        )

    async def _unfinished(self) -> list[sqlite3.Row]:
        now = self._clock()
        return await self._database.run(
            lambda db: lookups.take_unfinished(db, now, AT_ONCE, self._only)
        )

    async def _send(self, lookup: sqlite3.Row) -> None:
        """No transaction is open while the answer is waited for: the webhook may come first."""
        url = f"{self._settings.public_url}/webhooks/clodura?token={lookup['token']}"
        answer = await self._clodura.match(lookup["person_id"], url)
        decision = after_match(answer, lookup["tries"])
        now = self._clock()
        await self._database.run(lambda db: _after_match(db, lookup["id"], decision, now))

    async def _poll(self, lookup: sqlite3.Row) -> None:
        now = self._clock()
        if now - lookup["asked_at"] >= self._settings.give_up_after:
            why = f"lookup {lookup['id']}: no result in {now - lookup['asked_at']:g} s; it may be paid for"
            await self._database.run(lambda db: _lose(db, lookup["id"], why, now))
            return
        pause = pause_before_poll(lookup["tries"], self._settings.poll_after)
        if lookup["tracking_id"] is None:
            await self._database.run(
                lambda db: lookups.put_off(db, lookup["id"], now + pause, lookup["why"])
            )
            return
        decision = after_poll(await self._clodura.track(lookup["tracking_id"]), pause)
        await self._database.run(lambda db: _after_poll(db, lookup["id"], decision, now))

    async def _may_send(self) -> bool:
        now = self._clock()
        hold = await self._database.run(money.held)
        if hold is None:
            return True
        if hold["kind"] == "owner" or hold["until"] > now:
            return False
        if hold["kind"] == "credits" and not enough((await self._clodura.credits()).document):
            await self._database.run(lambda db: money.look_again(db, now + LONGEST_PAUSE))
            return False
        await self._database.run(money.release)
        return True

    async def _watch_balance(self) -> None:
        if await self._database.run(money.wants_balance):
            left = credits_left((await self._clodura.credits()).document)
            if left is not None:
                now = self._clock()
                await self._database.run(lambda db: money.compare(db, now, left))


def _after_match(
    db: sqlite3.Connection,
    lookup_id: str,
    decision: Accepted | Closed | Hold | Stop | Unsure,
    now: float,
) -> None:
    match decision:
        case Accepted(tracking_id):
            lookups.accept(db, lookup_id, tracking_id, now)
        case Closed(state, why):
            lookups.close(db, lookup_id, state, why)
        case Hold(seconds, why):
            lookups.put_back(db, lookup_id, now + seconds, why)
            money.hold(db, "pause", now + seconds, why)
        case Stop(why, credits=credits):
            lookups.put_back(db, lookup_id, now, why)
            if money.hold(db, "credits" if credits else "owner", now + LONGEST_PAUSE, why):
                money.notify(db, now, f"sending has stopped: {why}")
        case Unsure(why):
            lookups.put_off(db, lookup_id, now + LONGEST_PAUSE, why)


def _after_poll(
    db: sqlite3.Connection, lookup_id: str, decision: Result | Closed | Hold, now: float
) -> None:
    match decision:
        case Result():
            lookups.apply(db, lookup_id, decision, now)
        case Closed(_, why):
            _lose(db, lookup_id, why, now)
        case Hold(seconds, why):
            lookups.put_off(db, lookup_id, now + seconds, why)


def _lose(db: sqlite3.Connection, lookup_id: str, why: str, now: float) -> None:
    if lookups.close(db, lookup_id, State.LOST, why):
        money.notify(db, now, why)
