"""Owns the alarm clock that all processes share: wakes are rows beside the records, PgQueuer rings them."""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from contextlib import suppress
from contextvars import ContextVar
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

import orjson
from pgqueuer.db import AsyncpgDriver
from pgqueuer.errors import RetryRequested
from pgqueuer.models import Job
from pgqueuer.qm import QueueManager

from mock_server.adapters.postgres.database import Connection, Database, raw, text
from mock_server.adapters.postgres.schema import QUEUE
from mock_server.adapters.postgres.statement import Statement, columns
from mock_server.adapters.postgres.worlds import Worlds
from mock_server.domain.instants import SECOND
from mock_server.ports import Clock, Handle, StoreAway, Tx, Wake

Key = tuple[str, int]  # of a wake within its job: step and number

HORIZON: Final = (
    10  # seconds of real time: what is due later is told to PgQueuer when that comes near
)
LATE: Final = 5  # seconds of real time after which it is told again
AT_ONCE: Final = 500  # wakes told in one transaction
ENTRY: Final = "wake"
POLL: Final = timedelta(
    milliseconds=5
)  # PgQueuer's shortest pause; its default makes webhooks 40 ms late
IDLE: Final = timedelta(seconds=1)  # its longest
HEARTBEAT: Final = timedelta(seconds=4)  # after which another process takes what was being done
BATCH: Final = 50
AGAIN: Final = 0.2  # seconds between two tries to reach a database that is away

ADVANCING: Final = 0xC10D_0002  # the lock of the one process that advances
MAY_ARM: Final = "SELECT pg_try_advisory_xact_lock_shared($1)"

by_hand: ContextVar[bool] = ContextVar("by_hand", default=False)
"""Whether `advance` rings: what is armed meanwhile is left to it."""


class Engine:
    """Tells PgQueuer what is due, in the transaction that decided it, and does what PgQueuer rings for."""

    def __init__(self, database: Database, worlds: Worlds, clock: Clock) -> None:
        self.worker = 0
        self._database = database
        self._worlds = worlds
        self._clock = clock
        self._handle: Handle | None = None
        self._running: dict[asyncio.Task[int | None], Wake] = {}
        self._at_once: set[asyncio.Task[None]] = set()
        logging.getLogger("pgqueuer").setLevel(
            logging.CRITICAL
        )  # what goes wrong there is tried again here

    def ring_with(self, handle: Handle) -> None:
        """What to do with each wake."""
        self._handle = handle

    def settle(
        self, changes: Statement, jobs: Sequence[tuple[str, Mapping[Key, bool], Mapping[Key, bool]]]
    ) -> None:
        """Forget the wakes of jobs that are done; mark those that this process takes, or gives back.

        Of each job: what it waited for, and what it waits for now, with whether somebody is at it.
        """
        gone = [
            (raw(tracking_id), *key)
            for tracking_id, before, after in jobs
            for key in before.keys() - after.keys()
        ]
        moved = [
            (raw(tracking_id), *key, self.worker if after[key] else None)
            for tracking_id, before, after in jobs
            for key in before.keys() & after.keys()
            if before[key] != after[key]
        ]
        if gone:
            changes.add(
                "DELETE FROM wakes USING unnest({}::bytea[], {}::text[], {}::int[])"
                " AS gone (tracking_id, step, number)"
                " WHERE wakes.tracking_id = gone.tracking_id AND wakes.step = gone.step AND wakes.number = gone.number",
                *columns(gone),
            )
        if moved:
            changes.add(
                "UPDATE wakes SET worker = new.worker, armed = false"
                " FROM unnest({}::bytea[], {}::text[], {}::int[], {}::bigint[])"
                " AS new (tracking_id, step, number, worker)"
                " WHERE wakes.tracking_id = new.tracking_id AND wakes.step = new.step AND wakes.number = new.number",
                *columns(moved),
            )

    def note(self, changes: Statement, done: Sequence[Tx]) -> list[Wake]:
        """Keep the wakes of use cases; returns those of which PgQueuer is to be told."""
        wakes = [(each, tx.job) for tx in done for each in tx.wakes]
        mine = [each for each, job in wakes if job and each.tracking_id == job.tracking_id]
        others = [each for each, job in wakes if not job or each.tracking_id != job.tracking_id]
        armed = [each for each, _ in wakes if self._is_near(each.due)]
        if mine:
            changes.add(
                "INSERT INTO wakes (tracking_id, step, number, due, armed)"
                " SELECT * FROM unnest({}::bytea[], {}::text[], {}::int[], {}::bigint[], {}::bool[])",
                *columns((*_row(each), each in armed) for each in mine),
            )
        if others:  # held back until now; done already, if there is no such row
            changes.add(
                "UPDATE wakes SET due = new.due, armed = new.armed, sequence = nextval('wakes_sequence_seq')"
                " FROM unnest({}::bytea[], {}::text[], {}::int[], {}::bigint[], {}::bool[])"
                " AS new (tracking_id, step, number, due, armed)"
                " WHERE wakes.tracking_id = new.tracking_id AND wakes.step = new.step AND wakes.number = new.number"
                " AND wakes.worker IS NULL",
                *columns((*_row(each), each in armed) for each in others),
            )
        return armed

    async def arm(self, connection: Connection, wakes: Sequence[Wake]) -> Sequence[Wake]:
        """Tell PgQueuer, within the transaction; returns what is due already, to be rung here after the commit."""
        due = [each for each in wakes if not self._seconds_until(each.due)]
        await self._tell(connection, [each for each in wakes if each not in due])
        return due

    def ring(self, wakes: Sequence[Wake]) -> None:
        """Do at once what is due: PgQueuer would hand it out a few milliseconds later.

        What this process does not get to is told to PgQueuer after LATE seconds.
        """
        for wake in wakes:
            task = asyncio.ensure_future(self._do_now(wake))
            self._at_once.add(task)
            task.add_done_callback(self._at_once.discard)

    async def _do_now(self, wake: Wake) -> None:
        with suppress(StoreAway):
            await self._do(wake)

    async def _tell(self, connection: Connection, wakes: Sequence[Wake]) -> None:
        if not wakes:
            return
        queue = replace(QUEUE, driver=AsyncpgDriver(connection))
        await queue.enqueue(
            [ENTRY] * len(wakes),
            [orjson.dumps(tuple(each)) for each in wakes],
            [0] * len(wakes),
            [timedelta(seconds=self._seconds_until(each.due)) for each in wakes],
            [f"{each.key}@{each.due}" for each in wakes],
            on_conflict="skip",
        )

    async def arm_near(self) -> None:
        """Tell PgQueuer what has come near, and again what should have been done; not while somebody advances."""
        anchor = self._worlds.now.anchor
        now = anchor.at(self._clock.real())

        async def work(connection: Connection) -> None:
            if not await connection.fetchval(MAY_ARM, ADVANCING):
                return
            await connection.execute(
                "UPDATE wakes SET armed = false WHERE armed AND worker IS NULL AND due < $1",
                now - int(LATE * SECOND * anchor.rate),
            )
            rows = await connection.fetch(
                "UPDATE wakes SET armed = true WHERE (tracking_id, step, number) IN"
                " (SELECT tracking_id, step, number FROM wakes"
                " WHERE NOT armed AND worker IS NULL AND due <= $1"
                " ORDER BY due, sequence LIMIT $2 FOR UPDATE SKIP LOCKED)"
                " RETURNING due, tracking_id, step, number",
                now + int(HORIZON * SECOND * anchor.rate),
                AT_ONCE,
            )
            await self._tell(connection, [wake_of(each) for each in rows])

        await self._database.run(work)

    async def trim(self) -> None:
        """Forget what PgQueuer has logged."""
        async with self._database.connection() as connection:
            await replace(QUEUE, driver=AsyncpgDriver(connection)).clear_queue_log()

    async def run(self) -> None:
        """Ring, for ever; a database that went away is waited for."""
        while True:
            try:
                await self._ring_on(await self._database.connect())
            except Exception:  # noqa: BLE001 - PgQueuer and its driver raise whatever the network does
                await asyncio.sleep(AGAIN)  # noqa: TID251 - real time: the database is away

    async def do(self, wake: Wake) -> int:
        """Do what the wake reminds of, known as this process's work meanwhile."""
        assert self._handle is not None
        task = asyncio.ensure_future(self._handle(wake))
        self._running[task] = wake
        try:
            return await task or 0
        except asyncio.CancelledError:
            task.cancel()
            raise
        finally:
            del self._running[task]

    def at_work(self) -> set[tuple[str, str, int]]:
        return {each[1:] for each in self._running.values()}

    async def break_off(self) -> None:
        """What is being done is given back."""
        tasks = list(self._running)
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=1)

    async def _ring_on(self, connection: Any) -> None:
        try:
            queue = QueueManager(
                replace(QUEUE, driver=AsyncpgDriver(connection)), QUEUE.qbe.settings.channel
            )
            queue.min_dequeue_poll_interval = POLL
            queue.entrypoint(ENTRY)(self._ring)
            await queue.run(
                dequeue_timeout=IDLE,
                batch_size=BATCH,
                heartbeat_timeout=HEARTBEAT,
                log_aggregation_interval=timedelta(0),
            )
        finally:
            connection.terminate()

    async def _ring(self, job: Job) -> None:
        wake = Wake(*orjson.loads(job.payload or b"[]"))
        while seconds := self._seconds_until(wake.due):
            if seconds > IDLE.total_seconds():
                return  # time goes slower than when it was told; it is told again
            await asyncio.sleep(seconds)  # noqa: TID251 - the database's clock is a trifle ahead; a sleep may end early
        try:
            await self._do(wake)
        except (StoreAway, asyncio.CancelledError):
            raise RetryRequested(IDLE) from None

    async def _do(self, wake: Wake) -> None:
        """As `do`; a defect in one wake must not lose the others."""
        try:
            _ = await self.do(wake)
        except StoreAway:
            raise
        except Exception as problem:  # noqa: BLE001 - as said above
            context = {"message": f"{wake.key} could not be handled", "exception": problem}
            asyncio.get_running_loop().call_exception_handler(context)

    def _is_near(self, due: int) -> bool:
        return not by_hand.get() and self._seconds_until(due) < HORIZON

    def _seconds_until(self, due: int) -> float:
        """Of real time."""
        anchor = self._worlds.now.anchor
        left = due - anchor.at(self._clock.real())
        if left <= 0:
            return 0.0
        return left / SECOND / anchor.rate if anchor.rate else float("inf")


async def disarm(connection: Connection) -> None:
    """Virtual time goes another way: what PgQueuer was told is void."""
    await connection.execute("UPDATE wakes SET armed = false WHERE armed AND worker IS NULL")
    await replace(QUEUE, driver=AsyncpgDriver(connection)).clear_queue(ENTRY)


def wake_of(row: Sequence[Any]) -> Wake:
    due, tracking_id, step, number = row
    return Wake(due, text(tracking_id), step, number)


def _row(wake: Wake) -> tuple[bytes, str, int, int]:
    return raw(wake.tracking_id), wake.step, wake.number, wake.due
