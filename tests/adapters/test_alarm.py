"""Owns the claims about the alarm clock: what rings when, by itself and by `advance`."""

import asyncio
import itertools
from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mock_server.adapters.alarm import BATCH, Alarm
from mock_server.domain.instants import SECOND, microseconds
from mock_server.domain.world import Anchor, ClockMode
from mock_server.ports import Advanced, Handled, Wake
from tests.loops import JumpingLoop, LoopClock, run

MANUAL = Anchor(virtual=0)
REAL = Anchor(ClockMode.REAL, 1, 0, 0)
DEADLINE = 60


def wake(due: float, name: str = "t", step: str = "search", number: int = 1) -> Wake:
    return Wake(microseconds(due), name, step, number)


class Bell:
    """An alarm, and what it rang: names with the second of virtual time."""

    def __init__(self, anchor: Anchor = MANUAL) -> None:
        self.clock = LoopClock()
        self.anchor = anchor
        self.rung: list[tuple[str, float]] = []
        self.dead: set[str] = set()
        self.then: Callable[[Wake], Awaitable[None]] | None = None
        self.alarm = Alarm(self.now, lambda: self.anchor, self.is_live)
        self.alarm.ring_with(self.handle)

    def now(self) -> int:
        return self.anchor.at(self.clock.real())

    def is_live(self, which: Wake) -> bool:
        return which.tracking_id not in self.dead

    async def handle(self, which: Wake) -> int:
        self.rung.append((which.tracking_id, self.now() / SECOND))
        if self.then is not None:
            await self.then(which)
        return int(which.step == "deliver")

    async def move(self, instant: int) -> None:
        self.anchor = self.anchor.moved(instant, self.clock.real())

    async def advance(self, seconds: float, timeout: float = DEADLINE) -> Advanced:  # noqa: ASYNC109
        def goal() -> Callable[[], int | None]:
            until = self.now() + microseconds(seconds)
            return lambda: until

        return await self.alarm.advance(goal, self.move, timeout)

    async def to_next(self) -> Advanced:
        def goal() -> Callable[[], int | None]:
            until = self.alarm.next_due()
            return lambda: until

        return await self.alarm.advance(goal, self.move, DEADLINE)

    async def to_idle(self) -> Advanced:
        return await self.alarm.advance(lambda: self.alarm.next_due, self.move, DEADLINE)

    @property
    def names(self) -> list[str]:
        return [name for name, _ in self.rung]


async def pause(seconds: float = 0) -> None:
    """Let others have their turn, for so long of the loop's time."""
    loop = asyncio.get_running_loop()
    over = loop.create_future()
    loop.call_later(seconds, over.set_result, None)
    await over


def problems() -> list[str]:
    loop = asyncio.get_running_loop()
    assert isinstance(loop, JumpingLoop)
    return [each["message"] for each in loop.problems]


# Advancing


@given(dues=st.lists(st.integers(0, 5), max_size=20))
@settings(deadline=None)
def test_what_is_due_is_done_in_the_order_of_due_and_arming(dues: list[int]) -> None:
    async def rung() -> list[tuple[str, float]]:
        bell = Bell()
        bell.alarm.arm([wake(due, str(n)) for n, due in enumerate(dues)])
        await bell.advance(10)
        return bell.rung

    assert run(rung()) == sorted(
        ((str(n), float(due)) for n, due in enumerate(dues)), key=lambda each: each[1]
    )


def test_what_is_due_later_is_left() -> None:
    async def left() -> tuple[Advanced, list[Wake], int]:
        bell = Bell()
        bell.alarm.arm([wake(1, "a"), wake(3, "b")])
        done = await bell.advance(2)
        return done, bell.alarm.waiting(), bell.now()

    assert run(left()) == (Advanced(1, 0, complete=True), [wake(3, "b")], 2 * SECOND)


def test_what_is_armed_meanwhile_is_done_too() -> None:
    async def rung() -> list[tuple[str, float]]:
        bell = Bell()

        async def more(which: Wake) -> None:
            if which.number < 4:
                bell.alarm.arm([which._replace(due=which.due + SECOND, number=which.number + 1)])

        bell.then = more
        bell.alarm.arm([wake(1)])
        await bell.advance(3)
        return bell.rung

    assert run(rung()) == [("t", 1), ("t", 2), ("t", 3)]


def test_next_is_the_first_that_is_due_with_all_that_is_due_then() -> None:
    async def rung() -> tuple[list[str], int]:
        bell = Bell()
        bell.alarm.arm([wake(2, "a"), wake(2, "b"), wake(3, "c")])
        done = await bell.to_next()
        return bell.names, done.ran

    assert run(rung()) == (["a", "b"], 2)


def test_idle_is_when_nothing_is_left() -> None:
    async def rung() -> tuple[list[tuple[str, float]], int]:
        bell = Bell()
        bell.alarm.arm([wake(2, "a"), wake(9, "b", "deliver")])
        done = await bell.to_idle()
        return bell.rung, done.deliveries

    assert run(rung()) == ([("a", 2), ("b", 9)], 1)


@pytest.mark.parametrize("to", [Bell.to_next, Bell.to_idle])
def test_where_nothing_waits_time_stands(to: Callable[[Bell], Awaitable[Advanced]]) -> None:
    async def advanced() -> tuple[Advanced, int]:
        bell = Bell()
        return await to(bell), bell.now()

    assert run(advanced()) == (Advanced(0, 0, complete=True), 0)


def test_stale_wakes_are_passed_over() -> None:
    async def rung() -> tuple[list[str], list[Wake], Advanced]:
        bell = Bell()
        bell.alarm.arm([wake(1, "stale"), wake(2, "a"), wake(3, "stale"), wake(4, "b")])
        bell.dead = {"stale"}
        waiting = bell.alarm.waiting()
        done = await bell.advance(9)
        return bell.names, waiting, done

    assert run(rung()) == (["a", "b"], [wake(2, "a"), wake(4, "b")], Advanced(2, 0, complete=True))


def test_nothing_is_due_next_where_all_is_stale() -> None:
    bell = Bell()
    bell.alarm.arm([wake(1, "stale")])
    bell.dead = {"stale"}

    assert bell.alarm.next_due() is None


def test_a_wake_that_takes_too_long_ends_the_advance_and_loses_nothing() -> None:
    async def advanced() -> tuple[Advanced, list[str], Advanced, list[str]]:
        bell, go_on = Bell(), asyncio.Event()

        async def slow(which: Wake) -> None:
            if which.tracking_id == "slow":
                await go_on.wait()

        bell.then = slow
        bell.alarm.arm([wake(1, "slow"), wake(2, "next")])
        first, before = await bell.advance(9, timeout=5), list(bell.names)
        go_on.set()
        return first, before, await bell.advance(9), bell.names

    assert run(advanced()) == (
        Advanced(1, 0, complete=False),
        ["slow"],
        Advanced(1, 0, complete=True),
        ["slow", "next"],
    )


def test_an_advance_first_waits_for_what_is_being_done() -> None:
    async def advanced() -> tuple[Advanced, list[str]]:
        bell = Bell()
        bell.alarm.attend()

        async def slow(_: Wake) -> None:
            await pause(3)
            bell.rung.append(("done", 0))

        bell.then = slow
        bell.alarm.arm([wake(0, "a")])
        await pause()
        return await bell.advance(1), bell.names

    assert run(advanced()) == (Advanced(0, 0, complete=True), ["a", "done"])


def test_an_advance_whose_turn_does_not_come_in_time_has_done_nothing() -> None:
    async def advanced() -> Advanced:
        bell = Bell()

        async def slow(_: Wake) -> None:
            await pause(10)

        bell.then = slow
        bell.alarm.arm([wake(0)])
        _, second = await asyncio.gather(bell.advance(1), bell.advance(1, timeout=3))
        return second

    assert run(advanced()) == Advanced(0, 0, complete=False)


def test_two_at_once_move_time_by_the_sum_of_both() -> None:
    async def moved() -> int:
        bell = Bell()
        await asyncio.gather(bell.advance(2), bell.advance(3))
        return bell.now()

    assert run(moved()) == 5 * SECOND


def test_a_move_that_fails_leaves_the_alarm_ringing() -> None:
    async def rung() -> list[str]:
        bell = Bell()

        async def broken(_: int) -> None:
            raise LookupError

        with pytest.raises(LookupError):
            await bell.alarm.advance(lambda: lambda: SECOND, broken, DEADLINE)
        bell.alarm.arm([wake(0, "a")])
        await bell.advance(1)
        return bell.names

    assert run(rung()) == ["a"]


def test_a_defect_in_one_wake_does_not_lose_the_others() -> None:
    async def rung() -> tuple[list[str], list[str]]:
        bell = Bell()

        async def broken(which: Wake) -> None:
            if which.tracking_id == "b":
                raise ValueError

        bell.then = broken
        bell.alarm.arm([wake(1, each) for each in "abc"])
        await bell.advance(1)
        return bell.names, problems()

    assert run(rung()) == (["a", "b", "c"], ["b:search:1 could not be handled"])


def test_a_wake_that_is_broken_off_ends_its_advance() -> None:
    async def advanced() -> Advanced:
        bell = Bell()

        async def cleared(_: Wake) -> None:
            bell.alarm.clear()
            await pause()

        bell.then = cleared
        bell.alarm.arm([wake(1, "a", "deliver"), wake(2, "b")])
        return await bell.advance(9)

    assert run(advanced()) == Advanced(1, 0, complete=True)


# Ringing by itself


@pytest.mark.parametrize("rate", [1, 60, 0.5])
def test_a_clock_that_goes_rings_when_the_time_has_come(rate: float) -> None:
    async def rung() -> list[tuple[str, float]]:
        bell = Bell(Anchor(ClockMode.SCALED, rate, 0, 0))
        bell.alarm.attend()
        bell.alarm.arm([wake(6, "b"), wake(3, "a")])
        await pause(7 / rate)
        return [(name, round(at, 3)) for name, at in bell.rung]

    assert run(rung()) == [("a", 3), ("b", 6)]


def test_a_clock_that_stands_rings_what_is_due_already_and_no_more() -> None:
    async def rung() -> list[str]:
        bell = Bell()
        bell.alarm.attend()
        bell.alarm.arm([wake(0, "a"), wake(1, "b")])
        await pause(1000)
        return bell.names

    assert run(rung()) == ["a"]


def test_a_clock_that_is_set_going_rings_what_waits() -> None:
    async def rung() -> list[tuple[str, float]]:
        bell = Bell()
        bell.alarm.attend()
        bell.alarm.arm([wake(5, "a")])
        await pause(3)
        bell.anchor = bell.anchor.going(ClockMode.REAL, 1, bell.clock.real())
        bell.alarm.retime()
        await pause(6)
        return bell.rung

    assert run(rung()) == [("a", 5)]


def test_many_at_once_are_all_rung() -> None:
    async def rung() -> int:
        bell = Bell()
        bell.alarm.attend()
        bell.alarm.arm([wake(0, str(n)) for n in range(3 * BATCH)])
        await pause(1)
        return len(bell.rung)

    assert run(rung()) == 3 * BATCH


class Saving:
    """Does what is due at once and then waits as for a commit; says both."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.saved = asyncio.Event()

    def handle(self, which: Wake) -> Handled:
        self.said.append(f"{which.tracking_id} begun")
        if which.tracking_id == "odd":
            raise ZeroDivisionError
        return self._wait(which.tracking_id)

    async def _wait(self, name: str) -> None:
        await self.saved.wait()
        if name == "unsaved":
            raise ZeroDivisionError
        self.said.append(f"{name} saved")


def test_searches_that_fall_due_at_once_are_all_begun_before_one_is_waited_for() -> None:
    async def said() -> tuple[list[str], list[str]]:
        bell, saving = Bell(), Saving()
        bell.alarm.ring_with(saving.handle)
        bell.alarm.attend()
        bell.alarm.arm([wake(0, each) for each in ("a", "odd", "unsaved", "b")])
        await pause(1)
        saving.saved.set()
        await pause(1)
        return saving.said, problems()

    begun = ["a begun", "odd begun", "unsaved begun", "b begun"]
    assert run(said()) == (
        [*begun, "a saved", "b saved"],
        ["odd:search:1 could not be handled", "unsaved:search:1 could not be handled"],
    )


def test_searches_that_are_broken_off_while_one_is_waited_for_leave_nothing_behind() -> None:
    async def said() -> list[str]:
        bell, saving = Bell(), Saving()
        bell.alarm.ring_with(saving.handle)
        bell.alarm.attend()
        bell.alarm.arm([wake(0, "a"), wake(0, "b")])
        await pause(1)
        bell.alarm.clear()
        saving.saved.set()
        await pause(1)
        return saving.said

    assert run(said()) == ["a begun", "b begun"]  # a coroutine that is left over is a warning


def test_however_much_falls_due_in_each_turn_the_alarm_keeps_up() -> None:
    bell, turns, each = Bell(REAL), 200, 5 * BATCH

    async def rung() -> tuple[int, int]:
        bell.alarm.attend()
        for turn in range(turns):
            bell.alarm.arm([wake(0, f"{turn}.{n}") for n in range(each)])
            await pause()
        left = len(bell.alarm.waiting())
        await pause(1)
        return left, len(bell.rung)

    left, done = run(rung())

    assert left < 10 * each, (
        f"{left} of {turns * each} wakes were left over by turns that had time for all"
    )
    assert done == turns * each, "some were never rung"


def test_when_little_is_due_again_other_work_has_its_turn_as_soon_as_before() -> None:
    bell, long = Bell(REAL), 100 * BATCH

    async def rung() -> list[int]:
        bell.alarm.attend()
        bell.alarm.arm([wake(0, str(n)) for n in range(long)])
        await pause(1)
        for turn in range(20):
            bell.alarm.arm([wake(0, f"one of {turn}")])
            await pause()
        bell.rung.clear()
        bell.alarm.arm([wake(0, str(n)) for n in range(long)])
        sizes = [0]
        while sizes[-1] < long:
            await pause()
            sizes.append(len(bell.rung))
        return [after - before for before, after in itertools.pairwise(sizes) if after > before]

    assert run(rung())[0] <= 2 * BATCH, "the first turn after a quiet time is a long one"


def test_a_slow_receiver_delays_no_other() -> None:
    async def rung() -> list[tuple[str, float]]:
        bell = Bell(REAL)
        bell.alarm.attend()

        async def slow(which: Wake) -> None:
            if which.tracking_id == "slow":
                await pause(9)

        bell.then = slow
        bell.alarm.arm(
            [wake(1, "slow", "deliver"), wake(1, "a", "deliver"), wake(1, "b"), wake(2, "c")]
        )
        await pause(3)
        return bell.rung

    assert run(rung()) == [("slow", 1), ("a", 1), ("b", 1), ("c", 2)]


def test_while_time_is_being_advanced_nothing_rings_by_itself() -> None:
    async def rung() -> list[str]:
        bell = Bell(REAL)
        bell.alarm.attend()

        async def slow(which: Wake) -> None:
            if which.tracking_id == "a":
                await pause(5)
                bell.rung.append(("a is done", 0))

        bell.then = slow
        bell.alarm.arm([wake(1, "a"), wake(2, "b")])
        await bell.advance(1)
        await pause(1)
        return bell.names

    assert run(rung()) == ["a", "a is done", "b"]


def test_without_a_loop_nothing_is_lost() -> None:
    bell = Bell()
    bell.alarm.arm([wake(0, "a")])

    async def rung() -> list[str]:
        bell.alarm.attend()
        await pause(1)
        return bell.names

    assert run(rung()) == ["a"]


def test_a_new_loop_rings_what_the_last_one_left() -> None:
    bell = Bell(REAL)

    async def armed() -> None:
        bell.alarm.attend()
        bell.alarm.arm([wake(2, "a")])

    async def rung() -> list[str]:
        bell.alarm.attend()
        bell.alarm.attend()
        await pause(3)
        return bell.names

    run(armed())

    assert run(rung()) == ["a"]


@pytest.mark.parametrize("step", ["search", "deliver"])
def test_what_was_being_done_when_its_loop_ended_is_done_by_the_next(step: str) -> None:
    bell = Bell()

    async def begun() -> None:
        bell.alarm.attend()

        async def slow(_: Wake) -> None:
            await pause(9)

        bell.then = slow
        bell.alarm.arm([wake(0, "a", step), wake(0, "b", step)])
        await pause(1)

    async def again() -> list[str]:
        bell.alarm.attend()
        bell.rung.clear()
        await pause(100)
        return bell.names

    run(begun())

    assert sorted(run(again())) == ["a", "b"]


def test_what_a_loop_never_gave_back_is_done_by_the_next() -> None:
    bell, first = Bell(), JumpingLoop()

    async def begun() -> None:
        bell.alarm.attend()
        bell.alarm.arm([wake(0, "a")])
        await pause()

    async def again() -> list[str]:
        bell.alarm.attend()
        await pause(1)
        return bell.names

    first.run_until_complete(begun())
    names = run(again())
    _end(first)

    assert names == ["a"]


def _end(loop: JumpingLoop) -> None:
    """Let what is left on the loop finish."""
    loop.run_until_complete(pause(1))
    loop.close()


# Settling and clearing


def test_settled_is_when_nothing_is_due_and_nothing_being_done() -> None:
    async def settled() -> list[str]:
        bell = Bell()
        bell.alarm.attend()

        async def slow(which: Wake) -> None:
            await pause(2)
            if which.tracking_id == "a":
                bell.alarm.arm([wake(0, "b")])

        bell.then = slow
        bell.alarm.arm([wake(0, "a"), wake(1, "later")])
        await pause(1)
        await bell.alarm.settle()
        return bell.names

    assert run(settled()) == ["a", "b"]


def test_what_is_due_and_not_yet_rung_is_settled_too() -> None:
    async def settled() -> list[str]:
        bell = Bell()
        bell.alarm.arm([wake(0, "a")])
        await bell.alarm.settle()
        return bell.names

    assert run(settled()) == ["a"]


def test_clearing_forgets_what_waits_and_breaks_off_what_is_being_done() -> None:
    async def cleared() -> tuple[list[str], list[Wake]]:
        bell = Bell()
        bell.alarm.attend()

        async def slow(_: Wake) -> None:
            await pause(2)
            bell.rung.append(("done", 0))

        bell.then = slow
        bell.alarm.arm([wake(0, "a"), wake(5, "b")])
        await pause(1)
        bell.alarm.clear()
        await pause(100)
        return bell.names, bell.alarm.waiting()

    assert run(cleared()) == (["a"], [])


def test_clearing_lets_answers_go_that_wait() -> None:
    async def cleared() -> list[str]:
        bell = Bell()
        bell.alarm.attend()
        bell.alarm.arm([wake(50, "a", "answer"), wake(50, "b")])
        bell.alarm.clear()
        await pause(1)
        return bell.names

    assert run(cleared()) == ["a"]


def test_after_clearing_the_alarm_rings_again() -> None:
    async def rung() -> list[str]:
        bell = Bell(replace(REAL))
        bell.alarm.attend()
        bell.alarm.arm([wake(1, "a")])
        bell.alarm.clear()
        bell.alarm.arm([wake(3, "b")])
        await pause(4)
        return bell.names

    assert run(rung()) == ["b"]
