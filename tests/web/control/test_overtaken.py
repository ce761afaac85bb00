"""What a reset or a snapshot does to what is under way: the old world has no say in the new one."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import pytest

from tests.api import match
from tests.web.control.described import CheckedServer

Deed = Callable[[CheckedServer], None]
START: Final = "2026-01-01T00:00:00.000000Z"


def reset(mock: CheckedServer) -> None:
    mock.reset()


def restore(mock: CheckedServer) -> None:
    mock.restore(EMPTY[0])


EMPTY: Final[list[bytes]] = []


@pytest.mark.parametrize("overtake", [reset, restore])
def test_an_advance_that_is_overtaken_moves_the_new_world_s_time_nowhere(
    mock: CheckedServer, overtake: Deed
) -> None:
    EMPTY[:] = [mock.snapshot()]
    slow = mock.inbox("slow")
    slow.answer_with(delay_seconds=5)
    body = {"personId": "mock-found", "revealPhoneNumberViaPartners": True, "webhookUrl": slow.url}
    match(mock, body)
    with ThreadPoolExecutor(1) as pool:
        advancing = pool.submit(mock.advance, 3_600)
        assert slow.messages(count=1, wait=10), "nothing was sent"
        overtake(mock)
        told = advancing.result(20)

    assert (told["ran"], mock.clock()["now"], mock.clock()["pending"]) == (2, START, 0)
