"""A snapshot holds virtual times only, and all of the order that the history had."""

import asyncio
import json
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from mock_server import MockServer
from mock_server.adapters.clocks import StoppedClock
from mock_server.bootstrap import Fake, build
from mock_server.domain.instants import SECOND
from mock_server.domain.world import ClockMode
from mock_server.ports import Keys, Restored, SnapshotError
from mock_server.service.accounts import account_of
from mock_server.settings import ClockSetting, Settings
from tests.api import match
from tests.fakes import FakeWebhooks


def fake(mode: ClockMode = ClockMode.MANUAL, rate: float = 0, real: int = 0) -> Fake:
    settings = Settings(clock=ClockSetting(mode, rate), seed=1)
    return build(settings, clock=StoppedClock(real), webhooks=FakeWebhooks())


def taken(from_: Fake) -> Any:
    return json.loads(asyncio.run(from_.engine.snapshots.take()))


def test_real_time_is_not_in_it() -> None:
    assert taken(fake(real=7)) == taken(fake(real=123_456_789))


def test_time_goes_on_from_where_it_stood() -> None:
    earlier, later = fake(ClockMode.SCALED, 2, real=SECOND), fake(real=500 * SECOND)
    document = asyncio.run(earlier.engine.snapshots.take())

    restored = asyncio.run(later.engine.snapshots.restore(document))

    assert restored == Restored(accounts=0, jobs=0)
    assert later.engine.store.now() == earlier.engine.store.now()
    assert later.engine.store.world.anchor.rate == 2


def test_what_another_version_added_is_refused_and_not_dropped() -> None:
    into = fake()
    document = {**taken(into), "webhooks": []}

    with pytest.raises(SnapshotError, match="webhooks"):
        asyncio.run(into.engine.snapshots.restore(json.dumps(document).encode()))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            lambda it: it["world"]["anchor"].update(rate=1e30),
            "world.anchor: .* from 0 to 1,000,000",
        ),
        (lambda it: it["world"]["anchor"].update(rate=-1), "world.anchor"),
        (
            lambda it: it["counters"].append(["fault-1", "test_max", [-5, 0]]),
            "counters: .* less than 0",
        ),
        (lambda it: it["accounts"].extend(it["accounts"]), "accounts: one is there twice"),
        (lambda it: it["finished"].append("nobody's"), "finished: one is no job here"),
    ],
)
def test_what_no_server_could_have_written_is_refused(
    change: Callable[[Any], None], said: str
) -> None:
    into = fake()
    asyncio.run(
        into.engine.store.transact(Keys("test_max"), partial(account_of, api_key="test_max"))
    )
    document = taken(into)
    change(document)

    with pytest.raises(SnapshotError, match=said):
        asyncio.run(into.engine.snapshots.restore(json.dumps(document).encode()))
    assert len(taken(into)["accounts"]) == 1, "the world is as it was"


@pytest.mark.parametrize(
    ("seconds", "times", "taken_over"), [(0, 1, 422), (90, 2, 422), (90, 1, 200)]
)
def test_what_may_be_forgotten_is_done_and_named_once(
    seconds: int, times: int, taken_over: int
) -> None:
    with MockServer(clock="manual") as mock:
        accepted = match(mock, {"personId": "mock-found"}).body["trackingId"]
        mock.advance(seconds)
        document = {**json.loads(mock.snapshot()), "finished": [accepted] * times}

        status, _ = mock.send("PUT", "/_mock/snapshot", json.dumps(document).encode())

    assert status == taken_over
