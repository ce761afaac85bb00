"""Owns what the shared store adds to the dispatcher: patience with its database, and the answers of any process."""

import asyncio
from collections.abc import Sequence

from mock_server.adapters.dispatch import Dispatcher
from mock_server.adapters.postgres.answers import Answers
from mock_server.adapters.postgres.engine import AGAIN, by_hand
from mock_server.adapters.postgres.store import PostgresStore
from mock_server.ports import ANSWER, Answered, Handled, Keys, StoreAway, T, UseCase, Wake


class Patient:
    """Transactions that wait for a database that is away: what a receiver answered meanwhile is not forgotten."""

    def __init__(self, store: PostgresStore) -> None:
        self.rules = store.rules
        self.now = store.now
        self._store = store

    async def transact(self, keys: Keys, use_case: UseCase[T]) -> T:
        while True:
            try:
                return await self._store.transact(keys, use_case)
            except StoreAway:
                if by_hand.get():  # somebody waits for the answer: it is 503
                    raise
                await asyncio.sleep(AGAIN)  # noqa: TID251 - real time: the database is away


class Silent:
    """Arms nothing: what is due is told with the transaction, and delayed answers are wakes of their own."""

    def arm(self, wakes: Sequence[Wake]) -> None: ...


class SharedWaiting:
    """Handles wakes by the dispatcher or, where they are answers, by the process that has them; lets answers wait."""

    def __init__(self, dispatcher: Dispatcher, answers: Answers) -> None:
        self._dispatcher = dispatcher
        self._answers = answers

    async def delay(self, seconds: float, done: Answered) -> None:
        await self._answers.delay(seconds, done)

    async def first_attempt(self, tracking_id: str) -> None:
        await self._dispatcher.first_attempt(tracking_id)

    def handle(self, wake: Wake) -> Handled:
        if wake.step == ANSWER:
            return self._answers.let_answer(wake)
        return self._dispatcher.handle(wake)
