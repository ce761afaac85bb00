"""A limited request is waited for in bounded time, by the clock, and not again and again."""

import asyncio
from dataclasses import dataclass, field
from typing import Any, cast

import pytest
from typing_extensions import override

from contracts.client import Call
from contracts.history import Exchange, Role, Setting
from contracts.purse import Purse
from contracts.recording import Recording
from contracts.specification import CREDITS, MATCH
from contracts.surroundings import Stopwatch
from contracts.target import Identity, Target, Timing
from contracts.visit import Visit, World
from tests.contracts.test_judging import exchange

TIMEOUT, SETTLE, CALL = 60.0, 5.0, 0.5
SETTING = Setting({"main": "max"}, {}, SETTLE, TIMEOUT, webhooks=False)


class VirtualWatch(Stopwatch):
    """Time that goes by only where it is waited, or a call takes it."""

    def __init__(self) -> None:
        self.time = 0.0

    @override
    def now(self) -> float:
        return self.time

    @override
    async def sleep(self, seconds: float) -> None:
        self.time += max(seconds, 0)


@dataclass
class LimitedClient:
    """Answers 429 until a moment, per operation."""

    watch: VirtualWatch
    until: dict[str, float]
    retry_after: str | None = None
    document: Any = field(default_factory=dict)
    recording: Recording = field(default_factory=lambda: Recording(SETTING))
    sent: list[Call] = field(default_factory=list)

    async def send(self, call: Call) -> Exchange:
        self.watch.time += CALL
        self.sent.append(call)
        limited = self.watch.time < self.until.get(call.operation, 0)
        headers = {} if self.retry_after is None else {"retry-after": self.retry_after}
        answer = exchange(
            self.document,
            429 if limited else 200,
            number=len(self.sent),
            headers=headers,
            operation=call.operation,
        )
        self.recording.note(answer)
        return answer


class SilentListener:
    """Nothing ever comes to it."""

    def __init__(self, watch: VirtualWatch) -> None:
        self.watch = watch
        self.waited: list[float] = []

    def expect(self, label: str, _: object) -> str:
        return f"http://127.0.0.1:1/{label}"

    def path(self, label: str) -> str:
        return f"/{label}"

    async def wait(self, _: str, count: int, seconds: float) -> bool:
        self.waited.append(seconds)
        await self.watch.sleep(seconds)
        return count == 0


def visit(
    until: float, retry_after: str | None = None, scale: float = 1
) -> tuple[Visit, LimitedClient]:
    """The hands of a journey at a target whose matches are limited until then."""
    watch = VirtualWatch()
    client = LimitedClient(watch, {MATCH: until}, retry_after)
    target = Target(
        "http://x",
        {Role.MAIN: Identity(Role.MAIN, "max", "live-key")},
        timing=Timing(TIMEOUT, SETTLE, scale),
    )
    world = World(
        target, cast("Any", client), client.recording, Purse(), watch, None, seed=1, examples=1
    )
    return Visit(world, "nobody", Role.MAIN), client


FOR_EVER = 1e9


@pytest.mark.parametrize("retry_after", [None, "0", "0.0001", "-7", "nan", "inf", "soon", "1", "7"])
def test_a_limit_is_waited_for_no_longer_than_a_result(retry_after: str | None) -> None:
    hands, client = visit(FOR_EVER, retry_after)

    answer = asyncio.run(hands.match("job:x", {}))

    assert answer.limited
    assert client.watch.time <= TIMEOUT + CALL
    assert len(client.sent) <= 65, "no call without a pause before it"


def test_a_wait_that_is_longer_than_a_result_is_not_begun() -> None:
    hands, client = visit(FOR_EVER, "61")

    asyncio.run(hands.match("job:x", {}))

    assert (client.watch.time, len(client.sent)) == (CALL, 1)


def test_the_time_of_the_target_is_its_own() -> None:
    hands, client = visit(2, "60", scale=60)

    answer = asyncio.run(hands.match("job:x", {}))

    assert not answer.limited
    assert client.watch.time == CALL + 60 / 60 + CALL


def test_after_a_wait_in_vain_the_next_calls_wait_as_long_as_a_balance_settles() -> None:
    hands, client = visit(FOR_EVER)

    async def several() -> None:
        for number in range(10):
            await hands.match(f"refused:{number}", {})
            await hands.balance()

    asyncio.run(several())

    assert client.watch.time <= TIMEOUT + CALL + 9 * (SETTLE + CALL) + 10 * CALL


def test_a_limit_that_ended_is_waited_for_again() -> None:
    hands, client = visit(TIMEOUT + 10)
    client.until[CREDITS] = 0

    async def several() -> Exchange:
        while (await hands.match("job:x", {})).limited:
            pass
        client.until[MATCH] = client.watch.time + TIMEOUT / 2
        return await hands.match("job:y", {})

    assert not asyncio.run(several()).limited


def test_a_stranger_who_is_answered_ends_no_limit() -> None:
    hands, client = visit(FOR_EVER)

    async def both() -> None:
        await hands.match("job:x", {})
        client.until[MATCH] = 0
        await hands.match("unknown-key", {}, key="nobody's")
        client.until[MATCH] = FOR_EVER
        began = client.watch.time
        await hands.match("job:y", {})
        assert client.watch.time - began <= SETTLE + CALL

    asyncio.run(both())


def test_an_impatient_call_is_made_once() -> None:
    hands, client = visit(FOR_EVER, "1")

    assert asyncio.run(hands.match("limit:0", {}, impatient=True)).limited
    assert len(client.sent) == 1


def test_after_a_webhook_that_never_came_the_next_is_waited_for_as_long_as_a_balance_settles() -> (
    None
):
    hands, client = visit(0)
    listener = SilentListener(client.watch)
    hands.world.listener = cast("Any", listener)
    client.document = {"trackingId": "t-1", "status": "finished", "providers": []}

    async def two_jobs() -> None:
        for label in ("first", "second"):
            await hands.follow(await hands.job(label, "none"))

    asyncio.run(two_jobs())

    assert listener.waited == pytest.approx([TIMEOUT - CALL, SETTLE])
