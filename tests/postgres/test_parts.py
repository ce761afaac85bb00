"""What a process takes over, gives back, tells late and forgets, driven by hand."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import partial
from typing import Any

import asyncpg
import orjson
import pytest
from pgqueuer.errors import RetryRequested
from typing_extensions import override

from mock_server.adapters.clocks import StoppedClock
from mock_server.adapters.postgres.chronicle import PAUSE
from mock_server.adapters.postgres.clock import SharedClock
from mock_server.adapters.postgres.database import ATTEMPTS, CROWDED, Connection, Database
from mock_server.adapters.postgres.engine import ADVANCING, Engine, by_hand
from mock_server.adapters.postgres.upkeep import DEAD, RARELY
from mock_server.adapters.postgres.waiting import Patient
from mock_server.adapters.records import WORLD
from mock_server.domain.events import FaultAdded
from mock_server.domain.instants import SECOND
from mock_server.domain.world import ClockMode, World
from mock_server.journal import Noted
from mock_server.ports import ANSWER, DELIVER, Keys, StoreAway, Tx, Wake
from mock_server.service import deliver
from mock_server.service.search import take_answer
from tests.builders import spec
from tests.postgres.parts import Parts, parts
from tests.test_journal import exchange

STILL_OPEN = """
    SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND application_name = 'clodura-kit'
"""


async def pause(seconds: float) -> None:
    await asyncio.sleep(seconds)  # noqa: TID251 - another process or the loop itself takes its time


def drive(url: str, work: Callable[[Parts], Awaitable[Any]], clock: str = "manual") -> Any:
    async def main() -> Any:
        async with parts(url, clock) as made:
            return await work(made)

    return asyncio.run(main())


async def all_of(made: Parts, sql: str) -> list[Any]:
    async with made.database.connection() as connection:
        return [tuple(each) for each in await connection.fetch(sql)]


async def begun(made: Parts) -> str:
    """A job whose webhook is being sent, by whoever the engine is."""
    tracking_id = await made.reveal()
    await made.timeline.advance(1 * SECOND - 1, 10)
    await made.store.change(_a_second_later)
    await take_attempt(made, tracking_id)
    return tracking_id


async def take_attempt(made: Parts, tracking_id: str) -> None:
    """End the search and take the first attempt to deliver, before the engine does."""
    job, before = Keys(tracking_id=tracking_id), by_hand.set(True)
    try:
        await made.store.transact(job, _searched)
        assert await made.store.transact(job, partial(deliver.begin, number=1))
    finally:
        by_hand.reset(before)


def _a_second_later(world: World) -> World:
    return replace(world, anchor=world.anchor.moved(world.anchor.virtual + SECOND, 0))


def _searched(tx: Tx) -> None:
    take_answer(tx, 0)


def test_what_a_dead_process_was_sending_is_sent_by_another(url: str) -> None:
    async def work(made: Parts) -> Any:
        mine, made.engine.worker = made.engine.worker, 4711
        await begun(made)
        made.engine.worker = mine
        async with made.database.connection() as connection:
            await connection.execute("INSERT INTO workers VALUES (4711, '-infinity')")
        made.upkeep._alive = DEAD
        await made.upkeep._tick()
        left = await all_of(made, "SELECT worker FROM workers")
        done = await made.timeline.advance("idle", 10)
        return left == [(mine,)], done.deliveries, len(made.webhooks.sent)

    assert drive(url, work) == (True, 1, 1)


def test_an_answer_that_waits_dies_with_its_process(url: str) -> None:
    async def work(made: Parts) -> Any:
        async with made.database.connection() as connection:
            await connection.execute("INSERT INTO workers VALUES (4711, '-infinity')")
            await connection.execute(
                f"INSERT INTO wakes VALUES ('answer-4711-1', '{ANSWER}', 1, 0, 1, true, 4711)"
            )
        made.upkeep._alive = DEAD
        await made.upkeep._tick()
        return await all_of(made, "SELECT step FROM wakes"), len(
            await all_of(made, "SELECT worker FROM workers")
        )

    assert drive(url, work) == ([], 1)


def test_an_answer_that_waits_here_is_nobody_else_s(url: str) -> None:
    async def work(made: Parts) -> Any:
        async with made.database.connection() as connection:
            await connection.execute(
                f"INSERT INTO wakes VALUES ('answer-1-1', '{ANSWER}', 1, 0, 1, true, $1)",
                made.engine.worker,
            )
        await made.upkeep._tick()
        return await all_of(made, "SELECT step FROM wakes")

    assert drive(url, work) == [(ANSWER,)]


class Leaving(Database):
    """A database that may go away."""

    away = False

    @override
    async def _running_pool(self) -> Any:
        if self.away:
            raise StoreAway(CROWDED)
        return await super()._running_pool()


def test_signs_of_life_begin_anew_after_an_outage(url: str) -> None:
    async def main() -> None:
        database = Leaving(url)
        async with parts(url, database=database) as made:
            made.upkeep._alive, database.away = DEAD, True
            keeping = asyncio.ensure_future(made.upkeep.run())
            while made.upkeep._alive:
                await pause(0)
            keeping.cancel()
            await asyncio.wait([keeping])

    asyncio.run(main())


def test_others_get_time_to_tell_that_they_live_after_an_outage(url: str) -> None:
    async def work(made: Parts) -> Any:
        async with made.database.connection() as connection:
            await connection.execute("INSERT INTO workers VALUES (4711, '-infinity')")
        made.upkeep._alive = DEAD - 1
        await made.upkeep._tick()
        return len(await all_of(made, "SELECT worker FROM workers"))

    assert drive(url, work) == 2


def test_what_this_process_has_lost_sight_of_is_given_back(url: str) -> None:
    async def work(made: Parts) -> Any:
        await begun(made)
        before = await all_of(made, "SELECT worker IS NULL FROM wakes")
        await made.upkeep._tick()
        return before, await all_of(made, "SELECT worker IS NULL FROM wakes")

    assert drive(url, work) == ([(False,)], [(True,)])


def test_what_should_have_been_done_is_told_again(url: str) -> None:
    async def work(made: Parts) -> Any:
        await made.reveal("mock-found-after-9")
        async with made.database.connection() as connection:
            await connection.execute("UPDATE wakes SET due = 0")
            await connection.execute("DELETE FROM pgqueuer")
        await made.engine.arm_near()
        return await all_of(made, "SELECT count(*) FROM pgqueuer")

    assert drive(url, work, clock="real") == [(1,)]


def test_what_is_due_far_from_now_is_told_to_nobody_yet(url: str) -> None:
    async def work(made: Parts) -> Any:
        await made.reveal("mock-found-after-600")
        await made.engine.arm_near()
        return await all_of(made, "SELECT armed, (SELECT count(*) FROM pgqueuer) FROM wakes")

    assert drive(url, work, clock="real") == [(False, 0)]


class Rung:
    """What the engine is asked to do."""

    def __init__(self, problem: BaseException | None = None) -> None:
        self.wakes: list[Wake] = []
        self._problem = problem

    async def handle(self, wake: Wake) -> int:
        self.wakes.append(wake)
        if self._problem:
            raise self._problem
        return 0


class Told:
    """A job of PgQueuer."""

    def __init__(self, due: int) -> None:
        self.payload = orjson.dumps((due, "job", DELIVER, 1))


@pytest.mark.parametrize(("later", "rings"), [(-SECOND, 1), (SECOND // 20, 1), (5 * SECOND, 0)])
def test_a_wake_that_is_told_early_is_waited_for_or_told_again(
    url: str, later: int, rings: int
) -> None:
    async def work(made: Parts) -> Any:
        rung = Rung()
        made.engine.ring_with(rung.handle)
        due = made.store.now() + later
        await made.engine._ring(Told(due))  # type: ignore[arg-type]
        return len(rung.wakes), made.store.now() >= due or not rung.wakes

    assert drive(url, work, clock="real") == (rings, True)


class Ticking(StoppedClock):
    """Tells these times, the last one for ever."""

    def __init__(self, *times: int) -> None:
        super().__init__(times[-1])
        self.left = list(times)

    @override
    def real(self) -> int:
        return self.left.pop(0) if len(self.left) > 1 else self.left[0]


def test_a_wake_is_not_lost_where_the_wait_for_it_ends_a_trifle_early(url: str) -> None:
    async def work(made: Parts) -> Any:
        anchor, rung = made.store.world.anchor, Rung()
        at = anchor.real + SECOND
        clock = Ticking(at - 1_000, at - 10, at)
        engine = Engine(made.database, made.store._worlds, clock)
        engine.ring_with(rung.handle)
        await engine._ring(Told(anchor.at(at)))  # type: ignore[arg-type]
        return len(rung.wakes), clock.left

    rings, looks_left = drive(url, work, clock="real")

    assert (rings, len(looks_left)) == (1, 1), "it is rung, and not before it is due"


def test_a_wake_that_meets_a_database_that_is_away_is_told_again(url: str) -> None:
    async def work(made: Parts) -> Any:
        made.engine.ring_with(Rung(StoreAway("away")).handle)
        with pytest.raises(RetryRequested):
            await made.engine._ring(Told(0))  # type: ignore[arg-type]

    drive(url, work, clock="real")


def test_a_defect_in_one_wake_is_told_and_loses_no_other(url: str) -> None:
    async def work(made: Parts) -> Any:
        told: list[Any] = []
        asyncio.get_running_loop().set_exception_handler(lambda _, context: told.append(context))
        made.engine.ring_with(Rung(ZeroDivisionError()).handle)
        await made.engine._ring(Told(0))  # type: ignore[arg-type]
        return [each["message"] for each in told]

    assert drive(url, work, clock="real") == ["job:deliver:1 could not be handled"]


def test_a_wake_that_reminds_of_nothing_does_not_stop_an_advance(url: str) -> None:
    async def work(made: Parts) -> Any:
        async with made.database.connection() as connection:
            await connection.execute("INSERT INTO wakes VALUES ('gone', 'deliver', 1, 0, 1, false)")
        done = await made.timeline.advance("idle", 10)
        return done, await made.timeline.agenda()

    assert drive(url, work) == ((1, 0, True), (0, None))


def test_an_advance_does_not_go_on_for_ever_while_another_process_advances(url: str) -> None:
    async def work(made: Parts) -> Any:
        async with made.database.transaction() as connection:
            await connection.execute("SELECT pg_advisory_xact_lock($1)", ADVANCING)
            return (await made.timeline.advance(1, 0.05)).complete

    assert drive(url, work) is False


def test_an_advance_waits_for_its_turn_no_longer_than_told(url: str) -> None:
    async def work(made: Parts) -> Any:
        async with made.timeline._turn:
            return (await made.timeline.advance(1, 0.05)).complete

    assert drive(url, work) is False


def test_an_advance_waits_for_what_is_being_sent_no_longer_than_told(url: str) -> None:
    async def work(made: Parts) -> Any:
        await begun(made)
        return (await made.timeline.advance(1, 0.05)).complete

    assert drive(url, work) is False


def test_time_moves_also_where_somebody_else_has_changed_the_world(url: str) -> None:
    async def work(made: Parts) -> Any:
        before = made.store.now()
        async with made.database.connection() as connection:
            await connection.execute("UPDATE world SET version = version + 1")
        await made.store.change_quickly(_a_second_later)
        return made.store.now() - before

    assert drive(url, work) == SECOND


def test_next_where_nothing_waits_moves_nothing(url: str) -> None:
    async def work(made: Parts) -> Any:
        before = made.store.now()
        return await made.timeline.advance("next", 10), made.store.now() - before

    assert drive(url, work) == ((0, 0, True), 0)


def test_a_clock_of_its_own_that_advances_goes_on_telling(url: str) -> None:
    async def work(made: Parts) -> Any:
        await made.reveal("mock-found-after-600")
        await made.timeline.advance(595 * SECOND, 10)
        mode = (await made.store.look()).anchor.mode
        return mode, await all_of(made, "SELECT armed FROM wakes")

    assert drive(url, work, clock="real") == (ClockMode.REAL, [(True,)])


def test_the_journal_is_bounded(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async def work(made: Parts) -> Any:
        for n in range(30):
            made.journal.note([FaultAdded(n, f"fault-{n}")])
            await made.chronicle.flush()
        made.upkeep._ticks = RARELY - 1
        await made.upkeep._tick()
        before, events = await made.chronicle.since(0, 100)
        return before, len(events), len(await all_of(made, "SELECT number FROM noted"))

    monkeypatch.setattr("mock_server.adapters.postgres.chronicle.KEPT", 10)
    assert drive(url, work) == (20, 10, 10)


def test_the_journal_is_numbered_without_a_gap_and_its_exchanges_apart(url: str) -> None:
    served = exchange(1)
    noted: list[Noted] = [
        FaultAdded(1, "fault-1"),
        served,
        FaultAdded(2, "fault-2"),
        served,
        served,
    ]

    async def work(made: Parts) -> Any:
        for batch in (noted, noted[:1], noted[1:]):
            made.journal.note(batch)
            await made.chronicle.flush()
        return await all_of(made, "SELECT number, exchange, kind FROM noted ORDER BY number")

    kinds = [type(each).__name__ for each in noted]
    assert drive(url, work) == list(
        zip(range(1, 11), [None, 1, None, 2, 3, None, 4, None, 5, 6], kinds * 2, strict=True)
    )


def test_who_flushes_the_journal_waits_for_what_was_noted_until_then_and_no_longer(
    url: str,
) -> None:
    async def work(made: Parts) -> Any:
        made.journal.note([FaultAdded(0, "fault-0")])
        await made.chronicle.flush()
        made.journal.note([FaultAdded(1, "fault-1")])
        flushing = asyncio.ensure_future(made.chronicle.flush())
        for n in range(2, 20_000):  # it never ends otherwise
            if flushing.done():
                break
            made.journal.note([FaultAdded(n, f"fault-{n}")])
            await pause(0)
        return flushing.done(), (await made.chronicle.since(0, 1))[1]

    ended, events = drive(url, work)
    assert ended, "it waited for what came later"
    assert events == [FaultAdded(0, "fault-0")]


def test_a_process_that_has_stopped_writes_no_more_of_the_journal_by_itself(url: str) -> None:
    async def work(made: Parts) -> Any:
        made.journal.note([FaultAdded(1, "fault-1")])
        await made.chronicle.stop()
        made.journal.note([FaultAdded(2, "fault-2")])
        await pause(3 * PAUSE)
        return await all_of(made, "SELECT count(*) FROM noted")

    assert drive(url, work) == [(0,)], "nobody waits for such a task: it outlives its loop"


def test_a_transaction_that_always_meets_another_gives_up(url: str) -> None:
    async def work(made: Parts) -> Any:
        tries: list[int] = []

        async def twice(connection: Connection) -> None:
            tries.append(1)
            await connection.execute("INSERT INTO inboxes VALUES ('a', 'b'), ('a', 'b')")

        with pytest.raises(StoreAway, match="too many"):
            await made.database.run(twice)
        return len(tries)

    assert drive(url, work) == ATTEMPTS


def test_a_mistake_of_ours_is_no_outage(url: str) -> None:
    async def work(made: Parts) -> Any:
        with pytest.raises(Exception, match="expected str"):
            async with made.database.connection() as connection:
                await connection.fetchval("SELECT $1::text", 1)
        with pytest.raises(Exception, match="syntax"):
            async with made.database.connection() as connection:
                await connection.fetchval("SYNTAX ERROR")

    drive(url, work)


def test_the_database_s_time_is_kept_unless_the_way_explains_the_difference() -> None:
    machine = StoppedClock(1_000 * SECOND)
    clock = SharedClock(machine)

    clock.adjust(clock.real(), 1_005 * SECOND)
    ahead = clock.real()
    asked = clock.real()
    machine.instant += SECOND
    clock.adjust(asked, asked + SECOND // 4)

    assert ahead == clock.wall() - SECOND == 1_005 * SECOND


def test_a_world_that_another_process_changed_is_known_to_the_next_transaction(url: str) -> None:
    async def work(made: Parts) -> Any:
        async with made.database.connection() as connection:
            record = await connection.fetchval("SELECT record FROM world")
            later = WORLD.encode(_a_second_later(WORLD.decode(record)))
            await connection.execute("UPDATE world SET version = version + 1, record = $1", later)
        before = made.store.now()
        await made.reveal()
        return made.store.now() - before

    assert drive(url, work) == SECOND


def test_a_process_alone_waits_for_nobody_s_journal(url: str) -> None:
    async def work(made: Parts) -> Any:
        made.journal.note([FaultAdded(1, "fault-1")])
        return await made.chronicle.last(), await made.chronicle.exchanges(lambda _: True, 5)

    assert drive(url, work) == (1, [])


def test_an_answer_that_nobody_waits_for_any_more_is_not_due(url: str) -> None:
    async def work(made: Parts) -> Any:
        request = asyncio.ensure_future(made.answers.delay(30, asyncio.Event()))
        while (await made.timeline.agenda()).pending == 0:  # noqa: ASYNC110 - as told below
            await asyncio.sleep(0.01)  # noqa: TID251 - the database answers in real time
        made.answers.ring("of another process")
        request.cancel()
        await asyncio.wait([request, *made.answers._closing])
        await asyncio.wait(made.answers._closing or [request])
        return await made.timeline.agenda()

    assert drive(url, work) == (0, None)


class Flaky:
    """A store that is away for some calls."""

    rules = spec().rules

    def __init__(self, away: int) -> None:
        self.away = away

    def now(self) -> int:
        return 0

    async def transact(self, _keys: Keys, use_case: Any) -> Any:
        self.away -= 1
        if self.away >= 0:
            raise StoreAway("away")
        return use_case(None)


def test_what_a_receiver_answered_is_kept_until_the_database_is_back() -> None:
    patient = Patient(Flaky(2))  # type: ignore[arg-type]

    assert asyncio.run(patient.transact(Keys(), lambda _: "done")) == "done"


def test_whoever_advances_is_told_that_the_database_is_away() -> None:
    token = by_hand.set(True)
    try:
        with pytest.raises(StoreAway):
            asyncio.run(Patient(Flaky(1)).transact(Keys(), lambda _: None))  # type: ignore[arg-type]
    finally:
        by_hand.reset(token)


@pytest.mark.parametrize("turns", range(6))
def test_a_connection_that_is_given_up_half_made_does_not_stay_open(url: str, turns: int) -> None:
    async def given_up() -> int:
        database = Database(url)
        connecting = asyncio.ensure_future(database.connect())
        for _ in range(turns):
            await pause(0)
        connecting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await connecting
        watching = await asyncpg.connect(url)
        try:
            while open_now := await watching.fetchval(STILL_OPEN):
                await pause(0.01)
        finally:
            await watching.close()
        return int(open_now)

    assert asyncio.run(given_up()) == 0


def test_what_is_due_at_once_is_done_here_and_pgqueuer_is_not_told(url: str) -> None:
    async def work(made: Parts) -> Any:
        tracking_id = await made.reveal()
        await made.store.change(_a_second_later)
        await made.store.transact(Keys(tracking_id=tracking_id), _searched)
        async with asyncio.timeout(20):
            while not made.webhooks.sent or await all_of(made, "SELECT FROM wakes"):
                await pause(0.01)
        return await all_of(made, "SELECT count(*) FROM pgqueuer")

    assert drive(url, work) == [(0,)]
