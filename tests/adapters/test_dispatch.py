"""Owns the claims about what is done when a wake rings: searching, sending, letting answers go."""

import asyncio
import hmac
from collections.abc import Callable, Coroutine
from dataclasses import replace
from functools import partial
from typing import Any

import orjson
import pytest
from typing_extensions import override

from mock_server.adapters.dispatch import HELD_SECONDS, Dispatcher
from mock_server.adapters.timeline import Timeline
from mock_server.bootstrap import build
from mock_server.domain.jobs import Job, Outcome
from mock_server.domain.rules import Signature
from mock_server.domain.world import ClockMode
from mock_server.ports import USER_AGENT, Keys, Post, Receipt, Wake
from mock_server.service.calls import Call, Reply, answer
from mock_server.service.operations import behaviour_of
from mock_server.service.results import result_of
from mock_server.settings import ClockSetting, Settings
from tests.builders import HOOK_URL, assuming, every_job, operation, spec
from tests.fakes import FakeWebhooks
from tests.loops import LoopClock, run

REAL = ClockSetting(ClockMode.REAL, 1)
MANUAL = ClockSetting(ClockMode.MANUAL, 0)
KEYS = Keys("test_max")


class SlowWebhooks(FakeWebhooks):
    """Answers after so many seconds of the loop's time."""

    def __init__(self, seconds: float) -> None:
        super().__init__()
        self.seconds = seconds

    @override
    async def send(self, post: Post) -> Receipt:
        receipt = await super().send(post)
        await pause(self.seconds)
        return receipt


class BlockedWebhooks(FakeWebhooks):
    @override
    async def send(self, post: Post) -> Receipt:
        return Receipt(Outcome.BLOCKED, None, "the host is public", 0.0)


class Rig:
    """A fake whose receivers are stand-ins, driven without HTTP."""

    def __init__(
        self, webhooks: FakeWebhooks | None = None, clock: ClockSetting = REAL, **assumed: Any
    ) -> None:
        self.webhooks = webhooks or FakeWebhooks()
        rules = assuming(**assumed)
        fake = build(
            Settings(clock=clock, seed=1),
            spec=replace(spec(), rules=rules),
            clock=LoopClock(),
            webhooks=self.webhooks,
        )
        assert isinstance(fake.engine.timeline, Timeline)
        self.alarm = fake.engine.timeline._alarm
        self.store, self.waiting = fake.engine.store, fake.engine.waiting

    async def reveal(self, person_id: str, **body: Any) -> Reply:
        self.alarm.attend()
        called = operation("revealPhone")
        document = {
            "personId": person_id,
            "revealPhoneNumberViaPartners": True,
            "webhookUrl": HOOK_URL,
            **body,
        }
        call = Call(called, "test_max", document, {}, [])
        use_case = partial(answer, call=call, behaviour=behaviour_of("revealPhone"))
        return await self.store.transact(KEYS, use_case)

    async def job(self) -> Job:
        """The only one."""
        (job,) = await every_job(self.store, lambda job: job)
        return job

    async def outcomes(self) -> list[str]:
        return [str(each.outcome) for each in (await self.job()).attempts]


async def pause(seconds: float = 0) -> None:
    """Let others have their turn, for so long of the loop's time."""
    loop = asyncio.get_running_loop()
    over = loop.create_future()
    loop.call_later(seconds, over.set_result, None)
    await over


def revealed(rig: Rig, person_id: str, seconds: float = 100_000, **body: Any) -> Rig:
    """A job, and time to finish it."""

    async def lived() -> None:
        await rig.reveal(person_id, **body)
        await pause(seconds)

    run(lived())
    return rig


def now(of: Callable[[], Coroutine[Any, Any, Any]]) -> Any:
    return run(of())


def test_a_job_is_searched_and_delivered_by_itself() -> None:
    rig = revealed(Rig(), "mock-found-wiza", 10.1)

    assert now(rig.outcomes) == ["delivered"]


def test_what_is_posted_is_the_result() -> None:  # WH-1, WH-10
    rig = revealed(Rig(), "mock-found")

    assert rig.webhooks.sent == [
        Post(
            url=HOOK_URL,
            body=orjson.dumps(result_of(rig.store.rules, now(rig.job))),
            headers=(("Content-Type", "application/json"), ("User-Agent", USER_AGENT)),
            timeout=10,
        )
    ]


def test_every_attempt_has_the_same_body() -> None:  # WH-11
    rig = revealed(Rig(FakeWebhooks([500])), "mock-found-wiza")

    assert (len(rig.webhooks.sent), len({each.body for each in rig.webhooks.sent})) == (5, 1)


def test_a_delivery_may_be_signed_and_follow_redirects() -> None:  # WH-10a
    rig = revealed(
        Rig(signature=Signature("X-Signature", "s3cret"), follow_redirects=True), "mock-found"
    )

    (post,) = rig.webhooks.sent
    digest = hmac.digest(b"s3cret", post.body, "sha256").hex()
    assert (post.headers[2:], post.follow_redirects) == ((("X-Signature", digest),), True)


def test_the_first_attempt_may_be_cut() -> None:
    rig = revealed(Rig(), "mock-found-hook-truncated")

    assert [each.truncate for each in rig.webhooks.sent] == [True, False]


def test_a_webhook_s_body_can_be_checked_before_it_leaves() -> None:
    checked: list[tuple[str, Any]] = []
    rig = Rig()
    dispatcher = Dispatcher(
        rig.store, rig.alarm, rig.webhooks, lambda name, body: checked.append((name, body))
    )

    async def lived() -> None:
        await rig.reveal("mock-found", webhookUrl=HOOK_URL)
        job = await rig.job()
        await pause(0.5)
        job.due_at = rig.store.now()
        await dispatcher.handle(Wake(0, job.tracking_id, "search", 0))
        await dispatcher.handle(Wake(0, job.tracking_id, "deliver", 1))

    run(lived())

    assert checked == [("multiProvider", result_of(rig.store.rules, now(rig.job)))]


@pytest.mark.parametrize(
    "wake",
    [Wake(0, "gone", "search", 0), Wake(0, "gone", "deliver", 1), Wake(0, "answer-9", "answer", 1)],
)
def test_a_wake_of_what_is_gone_does_nothing(wake: Wake) -> None:
    rig = Rig()

    sent = run(Dispatcher(rig.store, rig.alarm, rig.webhooks).handle(wake))

    assert (sent or 0, rig.webhooks.sent) == (0, [])


def test_an_account_may_be_removed_while_its_webhook_is_being_sent() -> None:
    rig = Rig(SlowWebhooks(5))

    async def lived() -> list[Job]:
        await rig.reveal("mock-found")
        await pause(2)
        await rig.store.forget("test_max")
        await pause(1_000)
        return await every_job(rig.store, lambda job: job)

    assert (run(lived()), len(rig.webhooks.sent)) == ([], 1)


def test_an_account_may_be_removed_while_its_jobs_wait() -> None:
    rig = Rig()

    async def lived() -> int:
        await rig.reveal("mock-found")
        await rig.store.forget("test_max")
        await pause(1_000)
        return len(rig.alarm.waiting())

    assert (run(lived()), rig.webhooks.sent) == (0, [])


@pytest.mark.parametrize(("webhooks", "sent"), [(FakeWebhooks(), 1), (BlockedWebhooks(), 0)])
def test_a_blocked_webhook_is_none_that_was_sent(webhooks: FakeWebhooks, sent: int) -> None:
    rig = Rig(webhooks, MANUAL)

    async def advanced() -> int:
        await rig.reveal("mock-found")
        done = await rig.alarm.advance(lambda: rig.alarm.next_due, _move(rig), 60)
        return done.deliveries

    assert run(advanced()) == sent


def _move(rig: Rig) -> Callable[[int], Coroutine[Any, Any, None]]:
    async def move(instant: int) -> None:
        await rig.store.change(lambda world: replace(world, anchor=world.anchor.moved(instant, 0)))

    return move


def test_a_delivery_that_was_broken_off_with_its_loop_is_sent_by_the_next() -> None:
    rig = Rig(SlowWebhooks(5))
    revealed(rig, "mock-found", 2)

    async def again() -> list[str]:
        rig.alarm.attend()
        await pause(10)
        return await rig.outcomes()

    assert (run(again()), len(rig.webhooks.sent)) == (["delivered"], 2)


# Answers that wait for the first attempt


def held(rig: Rig, person_id: str) -> float:
    """For how long the answer waited."""

    async def waited() -> float:
        reply = await rig.reveal(person_id)
        assert reply.hold is not None
        await rig.waiting.first_attempt(reply.hold)
        return asyncio.get_running_loop().time()

    return run(waited())


def test_an_early_webhook_is_answered_before_the_request() -> None:
    assert held(Rig(SlowWebhooks(3)), "mock-found-hook-early") == 3


def test_on_a_manual_clock_too() -> None:
    assert held(Rig(SlowWebhooks(3), MANUAL), "mock-found-hook-early") == 3


def test_the_request_waits_ten_seconds_at_most() -> None:
    assert held(Rig(SlowWebhooks(30)), "mock-found-hook-early") == HELD_SECONDS


def test_it_does_not_wait_for_what_was_sent_already() -> None:
    rig = Rig()

    async def waited() -> float:
        reply = await rig.reveal("mock-found-hook-early")
        await pause(1)
        await rig.waiting.first_attempt(reply.hold or "")
        return asyncio.get_running_loop().time()

    assert run(waited()) == 1


def test_it_does_not_wait_for_a_job_that_is_gone() -> None:
    rig = Rig()

    async def waited() -> float:
        await rig.waiting.first_attempt("gone")
        return asyncio.get_running_loop().time()

    assert run(waited()) == 0


def test_a_copy_that_follows_at_once_changes_nothing_for_the_request() -> None:
    rig = Rig()

    assert (held(rig, "mock-found-hook-early-hook-twice"), len(rig.webhooks.sent)) == (0, 2)


# Answers that wait for virtual time


def test_an_answer_is_delayed_by_virtual_seconds() -> None:
    rig = Rig(clock=ClockSetting(ClockMode.SCALED, 10))

    async def waited() -> float:
        rig.alarm.attend()
        await rig.waiting.delay(50, asyncio.Event())
        return asyncio.get_running_loop().time()

    assert run(waited()) == 5


def test_on_a_manual_clock_it_is_due_work_that_is_done_once_it_was_answered() -> None:
    rig, order = Rig(clock=MANUAL), list[str]()

    async def call() -> None:
        answered = asyncio.Event()
        await rig.waiting.delay(50, answered)
        await pause(1)
        order.append("answered")
        answered.set()

    async def advanced() -> int:
        request = asyncio.ensure_future(call())
        await pause()
        done = await rig.alarm.advance(lambda: rig.alarm.next_due, _move(rig), 60)
        order.append("advanced")
        await request
        return done.ran

    assert (run(advanced()), order) == (1, ["answered", "advanced"])


def test_two_answers_that_wait_have_their_own_time() -> None:
    rig, order = Rig(), list[float]()

    async def call(seconds: float) -> None:
        answered = asyncio.Event()
        await rig.waiting.delay(seconds, answered)
        order.append(asyncio.get_running_loop().time())
        answered.set()

    async def both() -> None:
        rig.alarm.attend()
        await asyncio.gather(call(7), call(3))

    run(both())

    assert order == [3, 7]


def test_who_goes_away_while_waiting_leaves_nothing() -> None:
    rig = Rig()

    async def gone() -> tuple[int, Any]:
        rig.alarm.attend()
        request = asyncio.ensure_future(rig.waiting.delay(50, asyncio.Event()))
        await pause(1)
        waiting = len(rig.alarm.waiting())
        request.cancel()
        await pause(100)
        return waiting, rig.alarm.waiting()

    assert run(gone()) == (1, [])


def test_a_wake_that_rings_twice_answers_once() -> None:
    rig = Rig()
    dispatcher = Dispatcher(rig.store, rig.alarm, rig.webhooks)

    async def rung() -> None:
        answered = asyncio.Event()
        request = asyncio.ensure_future(dispatcher.delay(50, answered))
        await pause()
        answered.set()
        wake = Wake(0, "answer-1", "answer", 1)
        await asyncio.gather(dispatcher.handle(wake), dispatcher.handle(wake))
        await request

    run(rung())  # neither the second nor the request waits for ever


def test_a_reset_lets_answers_go_that_wait() -> None:
    rig = Rig(clock=MANUAL)

    async def reset() -> float:
        rig.alarm.attend()
        request = asyncio.ensure_future(rig.waiting.delay(50, asyncio.Event()))
        await pause(1)
        rig.alarm.clear()
        await request
        return asyncio.get_running_loop().time()

    assert run(reset()) == 1
