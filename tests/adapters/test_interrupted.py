"""What is broken off, or done twice at once, loses and breaks nothing, whatever the store."""

import asyncio
from collections.abc import Iterator

import pytest

from mock_server.adapters.dispatch import Dispatcher
from mock_server.ports import Keys, Tx, Wake
from tests.adapters.test_stores import Shelf, opened
from tests.fakes import FakeWebhooks

WAKE = Wake(1, "a", "search", 0)


@pytest.fixture(params=["memory", "sqlite"])
def shelf(request: pytest.FixtureRequest) -> Iterator[Shelf]:
    made = Shelf(kind=request.param)
    yield made
    made.end()


def with_a_wake(tx: Tx) -> None:
    opened(tx, 10)
    tx.wakes.append(WAKE)


def accounts(shelf: Shelf) -> list[str]:
    return asyncio.run(shelf.store.accounts(lambda account: account.api_key))


async def turn() -> None:
    await asyncio.sleep(0)  # noqa: TID251 - the loop gets its turn


def test_a_caller_that_is_broken_off_takes_no_wake_along(shelf: Shelf) -> None:
    async def broken_off() -> None:
        asking = asyncio.ensure_future(shelf.store.transact(Keys("key"), with_a_wake))
        await turn()
        asking.cancel()
        await asyncio.wait([asking])

    asyncio.run(broken_off())

    assert (shelf.armed.wakes, len(accounts(shelf))) == ([WAKE], 1)


def test_an_account_can_be_removed_by_two_at_once(shelf: Shelf) -> None:
    shelf.open()

    async def both() -> None:
        await asyncio.gather(shelf.store.forget("key"), shelf.store.forget("key"))

    asyncio.run(both())

    assert accounts(shelf) == []


def test_two_answers_may_wait_for_the_first_attempt_of_one_id(shelf: Shelf) -> None:
    """As after a reset with the same seed, while the old answer is still held."""
    shelf.open()
    shelf.queue("a")
    dispatcher = Dispatcher(shelf.store, shelf.armed, FakeWebhooks())

    async def waiting() -> None:
        both = [asyncio.ensure_future(dispatcher.first_attempt("a")) for _ in range(2)]
        while len(dispatcher._held.get("a", ())) < len(both):
            await turn()
        dispatcher.attempted("a")
        await asyncio.wait_for(asyncio.gather(*both), 5)

    asyncio.run(waiting())

    assert dispatcher._held == {}
