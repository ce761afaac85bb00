"""Owns virtual time as all processes share it: the clock's settings, and advancing it with all that falls due."""

import asyncio
from contextlib import suppress
from dataclasses import replace
from typing import Any, Final

from mock_server.adapters.postgres.answers import Answers
from mock_server.adapters.postgres.chronicle import Chronicle
from mock_server.adapters.postgres.database import (
    VANISHED_SECONDS,
    Connection,
    Database,
    raw,
)
from mock_server.adapters.postgres.engine import ADVANCING, Engine, by_hand, disarm, wake_of
from mock_server.adapters.postgres.listener import RESTART, tell
from mock_server.adapters.postgres.store import Also, PostgresStore
from mock_server.adapters.postgres.worlds import AGE, Overtaken
from mock_server.domain.instants import END_OF_TIME
from mock_server.domain.world import ClockMode, World
from mock_server.ports import ANSWER, Advanced, Agenda, Clock, Until, Wake

IDLE: Final = "SELECT set_config('idle_in_transaction_session_timeout', $1, true)"
PAUSE: Final = 0.02  # seconds of real time between two looks at what others do
WAITING: Final = f"(worker IS NULL OR step = '{ANSWER}')"
NEXT: Final = f"SELECT count(*), min(due) FROM wakes WHERE {WAITING}"  # noqa: S608 - no input
DUE: Final = f"""
    SELECT version, due, tracking_id, step, number FROM world LEFT JOIN
    (SELECT * FROM wakes WHERE due <= $1 AND {WAITING} ORDER BY due, sequence LIMIT 1) AS wake ON true
"""  # noqa: S608 - no input
FORGET: Final = (
    "LOCK TABLE accounts, inboxes IN EXCLUSIVE MODE;"  # nobody begins anything meanwhile
    "DELETE FROM accounts; DELETE FROM jobs; DELETE FROM ledger; DELETE FROM counters;"
    "DELETE FROM wakes; DELETE FROM inboxes; DELETE FROM messages"
)


class SharedTimeline:
    """Rings by hand what is due, in order, wherever it was armed; engines ring meanwhile only what others arm."""

    def __init__(
        self,
        database: Database,
        store: PostgresStore,
        clock: Clock,
        engine: Engine,
        answers: Answers,
        chronicle: Chronicle,
    ) -> None:
        self._database = database
        self._store = store
        self._clock = clock
        self._engine = engine
        self._answers = answers
        self._forget_requests = chronicle.clear
        self._turn = asyncio.Lock()

    def attend(self) -> None:
        """The process attends from its start on."""

    async def agenda(self) -> Agenda:
        async with self._database.connection() as connection:
            row = await connection.fetchrow(NEXT)
        assert row is not None
        return Agenda(*row)

    async def go(self, mode: ClockMode, rate: float) -> None:
        real = self._clock.real()
        await self._store.change(
            lambda world: replace(world, anchor=world.anchor.going(mode, rate, real)),
            disarm,
        )
        await self._engine.arm_near()

    async def advance(self, until: Until, timeout: float) -> Advanced:  # noqa: ASYNC109 - as the port says
        ends = asyncio.get_running_loop().time() + timeout
        try:
            async with asyncio.timeout_at(ends):
                await self._turn.acquire()
        except TimeoutError:
            return Advanced(0, 0, complete=False)
        try:
            return await self._alone(until, ends)
        finally:
            self._turn.release()
            await self._tell_engines()

    async def restart(self, world: World) -> None:
        async def nothing(_connection: Connection) -> None: ...

        await self.replace(world, nothing)
        await self._forget_requests()

    async def replace(self, world: World, load: Also) -> None:
        """Have this world and the records that `load` writes; then what is being done for the old one is broken off."""

        async def work(connection: Connection) -> None:
            await connection.execute(FORGET)
            await load(connection)
            await disarm(connection)
            await tell(connection, RESTART, str(self._engine.worker))

        await self._store.begin(world, work)
        self._answers.ring_all()
        await self._engine.break_off()
        await self._engine.arm_near()

    async def settle(self, timeout: float) -> None:  # noqa: ASYNC109 - as of advance
        """Wait until nothing is being done and nothing is due, if time stands."""
        world = await self._store.look()
        if world.anchor.mode is ClockMode.MANUAL:
            await self.advance(0, timeout)

    async def _alone(self, until: Until, ends: float) -> Advanced:
        """The lock of all processes is held as long as a transaction that does nothing else."""
        loop = asyncio.get_running_loop()
        patience = ends - loop.time() + VANISHED_SECONDS
        async with self._database.transaction() as connection:
            await connection.execute(IDLE, f"{max(int(patience), VANISHED_SECONDS)}s")
            while not await connection.fetchval("SELECT pg_try_advisory_xact_lock($1)", ADVANCING):
                if loop.time() > ends:
                    return Advanced(0, 0, complete=False)
                await asyncio.sleep(PAUSE)  # noqa: TID251 - real time: another process advances
            return await self._advance(until, ends)

    async def _advance(self, until: Until, ends: float) -> Advanced:
        token = by_hand.set(True)
        try:
            return await self._ring(until, ends)
        finally:
            by_hand.reset(token)

    async def _ring(self, until: Until, ends: float) -> Advanced:
        """What waits in one world; the advance ends where there is another."""
        done = Advanced(0, 0, complete=await self._others_end(ends))
        world, before = await self._store.look(), None
        age = self._store.age
        fixed = await self._limit(until, world)
        limit = END_OF_TIME if fixed is None else fixed
        with suppress(Overtaken):  # there is nothing left of what it was to do
            while done.complete:
                wake = await self._next(limit, age)
                if wake is None:
                    if self._store.world.anchor.rate or not await self._being_done():
                        break
                    done = done._replace(complete=await self._others_end(ends))
                elif wake == before:
                    await self._drop(wake)
                else:
                    await self._move(wake.due, age)
                    before, done = wake, await self._do(wake, ends, done)
            if done.complete and fixed is not None:
                await self._move(fixed, age)
        return done

    async def _do(self, wake: Wake, ends: float, done: Advanced) -> Advanced:
        """What is done with this one too."""
        task = asyncio.ensure_future(self._engine.do(wake))
        ended = await _ends(task, ends)
        deliveries = task.result() if ended and not task.cancelled() else 0
        return Advanced(done.ran + 1, done.deliveries + deliveries, ended)

    async def _limit(self, until: Until, world: World) -> int | None:
        """Fixed once the advance has begun, so that two at once move time by the sum of both; None: no limit."""
        if until == "idle":
            return None
        now = world.anchor.at(self._clock.real())
        if until == "next":
            return (await self.agenda()).next_due or now
        return min(now + until, END_OF_TIME)

    async def _next(self, limit: int, age: int) -> Wake | None:
        async with self._database.connection() as connection:
            row = await connection.fetchrow(DUE, limit)
        assert row is not None
        version, *found = row
        if version // AGE != age:
            raise Overtaken
        return None if found[0] is None else wake_of(found)

    async def _drop(self, wake: Wake) -> None:
        """A wake that is still there after it was rung reminds of nothing that there is."""
        async with self._database.connection() as connection:
            await connection.execute(
                "DELETE FROM wakes WHERE tracking_id = $1 AND step = $2 AND number = $3 AND worker IS NULL",
                raw(wake.tracking_id), wake.step, wake.number,
            )  # fmt: skip

    async def _move(self, instant: int, age: int) -> None:
        if instant > self._store.now():
            real = self._clock.real()
            await self._store.change_quickly(
                lambda world: replace(world, anchor=world.anchor.moved(instant, real)), age
            )

    async def _others_end(self, ends: float) -> bool:
        """Whether all that was being done when it was this advance's turn was done in time."""
        begun = await self._being_done()
        while begun & await self._being_done():
            if asyncio.get_running_loop().time() > ends:
                return False
            await asyncio.sleep(PAUSE)  # noqa: TID251 - real time: a receiver answers
        return True

    async def _being_done(self) -> set[tuple[Any, ...]]:
        async with self._database.connection() as connection:
            rows = await connection.fetch(
                "SELECT tracking_id, step, number FROM wakes WHERE worker IS NOT NULL AND step <> $1",
                ANSWER,
            )
        return {tuple(each) for each in rows}

    async def _tell_engines(self) -> None:
        """What was armed meanwhile, and what is due sooner than PgQueuer was told."""
        if self._store.world.anchor.rate:
            await self._database.run(disarm)
        await self._engine.arm_near()


async def _ends(task: asyncio.Task[int], ends: float) -> bool:
    remaining = ends - asyncio.get_running_loop().time()
    _, late = await asyncio.wait([task], timeout=max(remaining, 0))
    return not late
