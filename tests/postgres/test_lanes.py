"""Owns the claims about group commit: who is done with whom, and that nobody suffers for another."""

import asyncio
from collections.abc import Coroutine, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from mock_server.adapters.postgres.database import CONNECTIONS
from mock_server.adapters.postgres.engine import by_hand, wake_of
from mock_server.adapters.postgres.lanes import AT_ONCE, PATIENCE, Lanes, Turn
from mock_server.domain.credits import Overdrawn
from mock_server.domain.faults import Effect, Fault, FaultCounter, When
from mock_server.domain.instants import SECOND
from mock_server.ports import Keys, StoreAway, Tx
from mock_server.service.accounts import account_of, top_up
from tests.loops import JumpingLoop, run
from tests.postgres.parts import KEY, Parts
from tests.postgres.test_parts import _a_second_later, all_of, drive

TAKES = 1.0  # seconds that a transaction takes here


class Deeds:
    """Does turns as a store would: a use case is asked with itself in the place of a transaction."""

    def __init__(self) -> None:
        self.together: list[int] = []  # how many were in each transaction
        self.alone = 0
        self.lanes = Lanes(self.do_together, self.do_alone, lambda turn: turn.keys.api_key)

    async def do_together(self, turns: Sequence[Turn]) -> Sequence[Any]:
        self.together.append(len(turns))
        await pause(TAKES)
        return [_result(each) for each in turns]

    async def do_alone(self, turn: Turn) -> Any:
        self.alone += 1
        await pause(TAKES)
        return _result(turn)

    def ask(
        self, lane: str, what: Any, job: str | None = None, own: str | None = None
    ) -> Coroutine[Any, Any, Any]:
        return self.lanes.do(lane, Turn(Keys(own, job), lambda _tx: what))


def _result(turn: Turn) -> Any:
    result = turn.use_case(None)  # type: ignore[arg-type]  # nothing is looked at
    if isinstance(result, Exception):
        raise result
    return result


async def pause(seconds: float) -> None:
    over = asyncio.get_running_loop().create_future()
    asyncio.get_running_loop().call_later(seconds, over.set_result, None)
    await over


def test_what_comes_while_a_transaction_is_under_way_is_done_together_in_the_next() -> None:
    deeds = Deeds()

    async def asked() -> Any:
        first = asyncio.ensure_future(deeds.ask("a", 0))
        await pause(TAKES / 2)
        return await asyncio.gather(first, *(deeds.ask("a", n) for n in range(1, 10)))

    assert run(asked()) == list(range(10)), "each is told its own result"
    assert (deeds.alone, deeds.together) == (1, [9])


def test_a_transaction_takes_no_more_than_its_most() -> None:
    deeds = Deeds()

    async def asked() -> Any:
        return await asyncio.gather(*(deeds.ask("a", n) for n in range(2 * AT_ONCE + 10)))

    assert run(asked()) == list(range(2 * AT_ONCE + 10))
    assert deeds.together == [AT_ONCE, AT_ONCE, 10]


def test_a_lane_does_not_wait_for_another() -> None:
    deeds = Deeds()

    async def asked() -> float:
        await asyncio.gather(*(deeds.ask(f"lane {n}", n) for n in range(20)))
        return asyncio.get_running_loop().time()

    assert run(asked()) == TAKES


def test_one_that_fails_fails_alone() -> None:
    deeds = Deeds()

    async def asked() -> list[Any]:
        what = [1, ValueError("no"), 3, Overdrawn(1, 2), 5]
        return await asyncio.gather(*(deeds.ask("a", n) for n in what), return_exceptions=True)

    assert [str(each) for each in run(asked())] == ["1", "no", "3", str(Overdrawn(1, 2)), "5"]
    assert (deeds.together, deeds.alone) == ([5], 5)


def test_where_nobody_knows_whether_it_was_saved_nothing_is_done_again() -> None:
    deeds = Deeds()

    async def asked() -> list[Any]:
        what = [1, StoreAway("lost while it committed", 3), 5]
        return await asyncio.gather(*(deeds.ask("a", n) for n in what), return_exceptions=True)

    told = run(asked())

    assert [(str(each), each.retry_after) for each in told] == [("lost while it committed", 3)] * 3
    assert (deeds.together, deeds.alone) == ([3], 0)


def test_a_lane_does_not_wait_for_one_that_is_held_up() -> None:
    deeds = Deeds()

    async def asked() -> float:
        loop = asyncio.get_running_loop()
        first = asyncio.ensure_future(deeds.ask("a", 1))
        await pause(0)
        began = loop.time()
        await deeds.ask("a", 2)
        assert await first == 1
        return loop.time() - began

    assert run(asked()) == pytest.approx(PATIENCE + TAKES)


def test_who_has_a_lane_of_its_own_waits_there_while_the_others_go_on() -> None:
    deeds = Deeds()

    async def asked() -> Any:
        loop = asyncio.get_running_loop()
        first = asyncio.ensure_future(deeds.ask("a", 0, own="x"))
        await pause(2 * PATIENCE)  # it is held up
        alike = [asyncio.ensure_future(deeds.ask("a", n, own="x")) for n in (1, 2, 3)]
        other = await deeds.ask("a", 4, own="y")
        return other, loop.time(), await asyncio.gather(first, *alike), loop.time()

    other, then, alike, at_last = run(asked())
    assert (other, then) == (4, pytest.approx(2 * PATIENCE + TAKES))
    assert (alike, at_last) == ([0, 1, 2, 3], pytest.approx(2 * TAKES))
    assert (deeds.alone, deeds.together) == (2, [3])


def test_some_who_share_a_lane_of_their_own_hold_up_nobody_else() -> None:
    deeds = Deeds()

    async def asked() -> Any:
        loop = asyncio.get_running_loop()
        alike = [asyncio.ensure_future(deeds.ask("a", n, own="x")) for n in (1, 2, 3)]
        await pause(0)
        other = await deeds.ask("a", 4, own="y")
        return other, loop.time(), await asyncio.gather(*alike), loop.time()

    assert run(asked()) == (
        4,
        pytest.approx(PATIENCE + TAKES),
        [1, 2, 3],
        pytest.approx(PATIENCE + TAKES),
    )
    assert (deeds.alone, deeds.together) == (1, [3])


def test_those_with_lanes_of_their_own_are_done_together_where_nobody_is_held_up() -> None:
    deeds = Deeds()

    async def asked() -> Any:
        return await asyncio.gather(*(deeds.ask("a", n, own=own) for n, own in enumerate("xyxz")))

    assert run(asked()) == [0, 1, 2, 3]
    assert (deeds.alone, deeds.together) == (0, [4])


def test_of_those_with_lanes_of_their_own_one_that_fails_fails_alone() -> None:
    deeds = Deeds()

    async def asked() -> list[Any]:
        what = [1, ValueError("no"), 3]
        asking = (deeds.ask("a", each, own=own) for each, own in zip(what, "xyx", strict=True))
        return await asyncio.gather(*asking, return_exceptions=True)

    assert [str(each) for each in run(asked())] == ["1", "no", "3"]
    assert (deeds.together, deeds.alone) == ([3, 2], 1)


def test_of_one_job_nothing_is_done_twice_in_a_transaction() -> None:
    deeds = Deeds()

    async def asked() -> Any:
        jobs = ["x", "y", "x", "z", "x"]
        return await asyncio.gather(*(deeds.ask("a", n, job) for n, job in enumerate(jobs)))

    assert run(asked()) == [0, 1, 2, 3, 4]
    assert (deeds.together, deeds.alone) == ([3], 2)


def test_one_who_went_away_is_left_out() -> None:
    deeds = Deeds()

    async def asked() -> Any:
        first = asyncio.ensure_future(deeds.ask("a", 0))
        await pause(PATIENCE / 2)
        gone, *others = [asyncio.ensure_future(deeds.ask("a", n)) for n in (1, 2, 3)]
        await pause(PATIENCE / 4)
        gone.cancel()
        return await asyncio.gather(first, *others)

    assert run(asked()) == [0, 2, 3]
    assert deeds.together == [2]


@pytest.mark.parametrize("problem", [None, ValueError("no")])
def test_one_who_went_away_meanwhile_disturbs_nobody(problem: Exception | None) -> None:
    deeds = Deeds()

    async def asked(loop: JumpingLoop) -> Any:
        gone = asyncio.ensure_future(deeds.ask("a", problem))
        others = [asyncio.ensure_future(deeds.ask("a", n)) for n in (1, 2)]
        await pause(TAKES / 2)
        gone.cancel()
        done = await asyncio.gather(*others)
        await pause(TAKES)
        assert not loop.problems, loop.problems
        return done

    async def main() -> Any:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, JumpingLoop)
        return await asked(loop)

    assert run(main()) == [1, 2]


@pytest.mark.parametrize("there_are", [1, 3])
def test_a_lane_that_is_broken_off_lets_nobody_wait_for_ever(there_are: int) -> None:
    deeds = Deeds()

    async def asked() -> Any:
        first = [asyncio.ensure_future(deeds.ask("a", n)) for n in range(there_are)]
        await pause(PATIENCE / 2)
        last = asyncio.ensure_future(deeds.ask("a", 9))
        await pause(PATIENCE / 4)
        for task in list(deeds.lanes._at_work):
            task.cancel()
        told = await asyncio.gather(*first, last, return_exceptions=True)
        return [type(each) for each in told], await deeds.ask("a", 10)

    assert run(asked()) == ([asyncio.CancelledError] * (there_are + 1), 10)


def test_a_new_loop_begins_anew() -> None:
    deeds = Deeds()

    async def left() -> None:
        asking = asyncio.ensure_future(deeds.ask("a", 1))
        await pause(TAKES / 2)
        assert not asking.done()

    run(left())

    assert run(deeds.ask("a", 2)) == 2


# With a database


def test_many_matches_of_one_account_at_once_are_each_accepted_and_counted(url: str) -> None:
    async def work(made: Parts) -> Any:
        ids = await asyncio.gather(*(made.reveal() for _ in range(40)))
        accepted = await made.store.accounts(lambda account: account.accepted)
        commits = await all_of(made, "SELECT count(DISTINCT xmin::text) FROM jobs")
        jobs = await made.store.jobs(lambda _: True, 50, lambda job: job.tracking_id)
        return len(set(ids)), accepted, len(jobs), commits[0][0]

    ids, accepted, jobs, commits = drive(url, work)
    assert (ids, accepted, jobs) == (40, [40], 40)
    assert commits < 10, f"40 jobs took {commits} transactions"


def test_matches_of_many_accounts_at_once_are_done_together_and_each_is_its_own(url: str) -> None:
    keys = [f"test_max_{number}" for number in range(20)]  # known to nobody yet

    async def work(made: Parts) -> Any:
        accepted = await asyncio.gather(*(made.reveal(api_key=key) for key in keys * 3))
        accounts = await made.store.accounts(lambda each: (each.api_key, each.accepted))
        jobs = await made.store.jobs(
            lambda _: True, 100, lambda job: (job.tracking_id, job.api_key)
        )
        commits = await all_of(made, "SELECT count(DISTINCT xmin::text) FROM jobs")
        return accepted, dict(accounts), dict(jobs), commits[0][0]

    accepted, accounts, jobs, commits = drive(url, work)
    assert accounts == dict.fromkeys(keys, 3)
    assert jobs == dict(zip(accepted, keys * 3, strict=True))
    assert commits < 10, f"60 jobs of 20 accounts took {commits} transactions"


def test_calls_of_many_accounts_at_once_are_each_counted_by_their_own_faults(url: str) -> None:
    keys = ["test_max_one", "test_max_two", "test_max_three"]
    of_all = Fault("of-all", When(), (Effect(delay_seconds=1),), times=1)
    of_two = Fault("of-two", When(api_key="test_max_two"), (Effect(delay_seconds=2),))

    async def work(made: Parts) -> Any:
        await made.store.change(lambda world: replace(world, faults=(of_all, of_two)))
        await asyncio.gather(*(made.reveal(api_key=key) for key in keys * 2))
        await asyncio.gather(*(made.reveal(api_key=key) for key in keys * 2))
        return await made.store.counted("of-all"), await made.store.counted("of-two")

    assert drive(url, work) == ([FaultCounter(4, 1)] * 3, [FaultCounter(4, 3)])


@pytest.mark.parametrize("pause_between", [True, False])
def test_an_account_that_another_process_holds_holds_up_no_other(
    url: str, pause_between: bool
) -> None:
    held, *others = [f"test_max_{number}" for number in range(4)]

    async def work(made: Parts) -> Any:
        def ask(*keys: str) -> list[asyncio.Future[str]]:
            return [asyncio.ensure_future(made.reveal(api_key=key)) for key in keys]

        await asyncio.gather(*ask(held, *others))
        async with made.database.transaction() as connection:
            await connection.execute(
                "SELECT FROM accounts WHERE api_key = $1 FOR UPDATE", held.encode()
            )
            wait = ask(*[held] * (CONNECTIONS + 2))
            if pause_between:  # else they are in one transaction with the others
                await pause(2 * PATIENCE)
            async with asyncio.timeout(5):
                told = await asyncio.gather(*ask(*others))
            still = not any(each.done() for each in wait)
        return len(told), still, len(await asyncio.gather(*wait))

    assert drive(url, work) == (3, True, CONNECTIONS + 2)


def test_accounts_that_are_looked_at_together_are_opened_where_they_are_new(url: str) -> None:
    keys = [f"test_max_{number}" for number in range(5)]

    async def work(made: Parts) -> Any:
        async def look(api_key: str) -> str:
            opening = partial(_opened, api_key=api_key)
            return await made.store.transact(Keys(api_key, reads_account=True), opening)

        told = await asyncio.gather(*(look(key) for key in keys * 2))
        return told, sorted(await made.store.accounts(lambda each: each.api_key))

    assert drive(url, work) == (keys * 2, keys)


def _opened(tx: Tx, api_key: str) -> str:
    account = account_of(tx, api_key)
    assert account is not None
    return account.api_key


def test_searches_that_end_at_once_are_each_charged_once(url: str) -> None:
    async def work(made: Parts) -> Any:
        await asyncio.gather(*(made.reveal() for _ in range(30)))
        await made.store.change(_a_second_later)
        told = await made.store.jobs(lambda _: True, 50, lambda job: job.tracking_id)
        await asyncio.gather(*(made.engine.do(wake) for wake in await wakes_of(made)))
        entries = await made.store.ledger(KEY)
        states = await made.store.jobs(lambda _: True, 50, lambda job: job.state.value)
        return told, sorted(each.tracking_id for each in entries), set(states)

    told, charged, states = drive(url, work)
    assert charged == sorted(told)
    assert states == {"finished"}


def _id_of_job(tx: Tx) -> str | None:
    return tx.job.tracking_id if tx.job else None


async def wakes_of(made: Parts) -> list[Any]:
    rows = await all_of(made, "SELECT due, tracking_id, step, number FROM wakes")
    return [wake_of(each) for each in rows]


def test_one_who_cannot_pay_leaves_the_others_their_change(url: str) -> None:
    async def work(made: Parts) -> Any:
        await made.reveal()
        amounts = [1, 2, -1_000_000, 3]
        changes = [
            made.store.transact(Keys(KEY), partial(top_up, amount=amount, why="a test"))
            for amount in amounts
        ]
        done = await asyncio.gather(*changes, return_exceptions=True)
        entries = await made.store.ledger(KEY)
        return [type(each) for each in done], [each.amount for each in entries]

    done, amounts = drive(url, work)
    assert done == [type(None), type(None), Overdrawn, type(None)]
    assert sorted(amounts) == [1, 2, 3]


@pytest.mark.parametrize("pause_between", [True, False])
def test_a_job_that_another_process_holds_holds_up_no_other(
    url: str,
    pause_between: bool,
) -> None:
    async def work(made: Parts) -> Any:
        held, *others = [await made.reveal() for _ in range(4)]

        def asked(tracking_id: str) -> asyncio.Future[str | None]:
            keys = Keys(tracking_id=tracking_id, reads_account=True)
            looking = made.store.transact(keys, _id_of_job)
            return asyncio.ensure_future(looking)

        async with made.database.transaction() as connection:
            await connection.execute(
                "SELECT FROM jobs WHERE tracking_id = $1 FOR UPDATE", held.encode()
            )
            waits = asked(held)
            if pause_between:
                await pause(PATIENCE / 2)
            async with asyncio.timeout(15):
                told = await asyncio.gather(*map(asked, others))
            still = not waits.done()
        return told == others, still, await waits == held

    assert drive(url, work) == (True, True, True)


def test_what_is_rung_by_hand_arms_nothing_for_the_engine_whoever_else_asks(url: str) -> None:
    async def work(made: Parts) -> Any:
        async def one_by_hand() -> None:
            by_hand.set(True)
            await made.reveal("mock-found-after-2")

        await asyncio.gather(
            made.reveal("mock-found-after-1"),
            asyncio.create_task(one_by_hand()),
            made.reveal("mock-found-after-1"),
        )
        return await all_of(
            made, f"SELECT due - {made.store.now()} > {1.5 * SECOND}, armed FROM wakes"
        )

    assert sorted(drive(url, work, clock="real")) == [(False, True), (False, True), (True, False)]
