"""Owns the claims about the built-in receivers and who waits for them."""

import asyncio

import pytest

from mock_server.adapters.inbox import Inboxes
from mock_server.domain.inbox import Inbox, Message
from tests.loops import run

MESSAGE = Message(0, "/_mock/inbox/a", (), b"{}")


def comes(inboxes: Inboxes, name: str) -> None:
    """A message, from a callback of the loop."""
    _ = asyncio.ensure_future(inboxes.receive(name, MESSAGE))  # noqa: RUF006 - done before the test looks


def test_an_inbox_that_nobody_spoke_of_is_empty_and_answers_200() -> None:
    assert Inboxes()["a"] == Inbox()


def test_what_comes_to_one_is_not_in_another() -> None:
    inboxes = Inboxes()

    asyncio.run(inboxes.receive("a", MESSAGE))

    assert [len(inboxes[each].messages) for each in ("a", "b")] == [1, 0]


@pytest.mark.parametrize(("count", "seconds"), [(0, 5), (1, 0), (2, 5)])
def test_who_waits_gets_what_has_come_by_then(count: int, seconds: float) -> None:
    async def waited() -> tuple[int, float]:
        inboxes = Inboxes()
        await inboxes.receive("a", MESSAGE)
        inbox = await inboxes.wait("a", count, seconds)
        return len(inbox.messages), asyncio.get_running_loop().time()

    assert run(waited()) == (1, seconds if count > 1 else 0)


def test_who_waits_is_told_when_enough_has_come() -> None:
    async def waited() -> tuple[int, float]:
        inboxes, loop = Inboxes(), asyncio.get_running_loop()
        for n in range(1, 4):
            loop.call_later(n, comes, inboxes, "a")
        inbox = await inboxes.wait("a", 2, 10)
        return len(inbox.messages), loop.time()

    assert run(waited()) == (2, 2.0)


def test_several_wait_for_the_same() -> None:
    async def waited() -> list[int]:
        inboxes = Inboxes()
        asyncio.get_running_loop().call_later(1, comes, inboxes, "a")
        boxes = await asyncio.gather(inboxes.wait("a", 1, 10), inboxes.wait("a", 2, 5))
        return [len(each.messages) for each in boxes]

    assert run(waited()) == [1, 1]


def test_nobody_waits_for_what_comes_to_another() -> None:
    async def waited() -> float:
        inboxes, loop = Inboxes(), asyncio.get_running_loop()
        loop.call_later(1, comes, inboxes, "b")
        await inboxes.wait("a", 1, 5)
        return loop.time()

    assert run(waited()) == 5.0


def test_another_behaviour_begins_with_its_first_answer() -> None:
    inboxes = Inboxes()
    asyncio.run(inboxes.behave("a", [500, 200], 0))
    inboxes["a"].next_answer()

    asyncio.run(inboxes.behave("a", [503, "disconnect"], 2))

    assert (inboxes["a"].next_answer(), inboxes["a"].delay_seconds) == (503, 2)


@pytest.mark.parametrize("name", ["a", "b"])
def test_an_inbox_that_is_emptied_is_as_if_never_spoken_of(name: str) -> None:
    inboxes = Inboxes()
    asyncio.run(inboxes.receive("a", MESSAGE))

    asyncio.run(inboxes.empty(name))

    assert inboxes[name] == Inbox()


def test_all_can_be_replaced() -> None:
    inboxes, other = Inboxes(), {"b": Inbox()}
    asyncio.run(inboxes.receive("a", MESSAGE))

    inboxes.replace(other)

    assert inboxes.all() == other
