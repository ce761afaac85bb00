"""Owns the built-in webhook receivers of a server, and who waits for what comes to them."""

import asyncio
from collections.abc import Sequence

from mock_server.domain.inbox import Answer, Inbox, Message, Reception


class Inboxes:
    """All receivers by name; one comes into being when it is first spoken of."""

    def __init__(self) -> None:
        self._inboxes: dict[str, Inbox] = {}
        self._waiters: dict[str, set[asyncio.Event]] = {}

    def __getitem__(self, name: str) -> Inbox:
        return self._inboxes.get(name) or Inbox()

    async def receive(self, name: str, message: Message) -> Reception:
        reception = self._inboxes.setdefault(name, Inbox()).receive(message)
        for waiter in self._waiters.get(name, ()):
            waiter.set()
        return reception

    async def wait(self, name: str, count: int, seconds: float) -> Inbox:
        """The inbox once it has `count` messages, or as it is after `seconds` of real time."""
        came = asyncio.Event()
        self._waiters.setdefault(name, set()).add(came)
        try:
            async with asyncio.timeout(seconds):
                while len(self[name].messages) < count:
                    await came.wait()
                    came.clear()
        except TimeoutError:
            pass
        finally:
            self._waiters[name].discard(came)
            if not self._waiters[name]:
                del self._waiters[name]
        return self[name]

    async def behave(self, name: str, answers: Sequence[Answer], delay_seconds: float) -> None:
        inbox = self._inboxes.setdefault(name, Inbox())
        inbox.answers, inbox.answered, inbox.delay_seconds = answers, 0, delay_seconds

    async def empty(self, name: str) -> None:
        self._inboxes.pop(name, None)

    def all(self) -> dict[str, Inbox]:
        return self._inboxes

    def replace(self, inboxes: dict[str, Inbox]) -> None:
        """Have these and no others."""
        self._inboxes = inboxes
