"""Owns the built-in webhook receivers: what came to each, and how each is told to answer. Bounded."""

import asyncio
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, Literal, NamedTuple

MAX_MESSAGES: Final = 10_000
MAX_BYTES: Final = 64 * 1024 * 1024

Answer = int | Literal["disconnect"]


class Message(NamedTuple):
    """One webhook that came, as it came. `received_at` in virtual microseconds."""

    received_at: int
    path: str
    headers: tuple[tuple[str, str], ...]
    raw: bytes


@dataclass(slots=True)
class Inbox:
    """One receiver. `answers` are given in order, the last one for ever; `delay_seconds` of real time."""

    messages: deque[Message] = field(default_factory=deque)
    received: int = 0
    size: int = 0
    answers: Sequence[Answer] = (200,)
    answered: int = 0
    delay_seconds: float = 0

    def add(self, message: Message) -> None:
        self.messages.append(message)
        self.received += 1
        self.size += len(message.raw)
        while len(self.messages) > MAX_MESSAGES or self.size > MAX_BYTES:
            self.size -= len(self.messages.popleft().raw)

    def next_answer(self) -> Answer:
        self.answered += 1
        return self.answers[min(self.answered, len(self.answers)) - 1]


class Inboxes:
    """All receivers by name; one comes into being when it is first spoken of."""

    def __init__(self) -> None:
        self._inboxes: dict[str, Inbox] = {}
        self._waiters: dict[str, set[asyncio.Event]] = {}

    def __getitem__(self, name: str) -> Inbox:
        return self._inboxes.get(name) or Inbox()

    def receive(self, name: str, message: Message) -> Inbox:
        inbox = self._inboxes.setdefault(name, Inbox())
        inbox.add(message)
        for waiter in self._waiters.get(name, ()):
            waiter.set()
        return inbox

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

    def behave(self, name: str, answers: Sequence[Answer], delay_seconds: float) -> None:
        inbox = self._inboxes.setdefault(name, Inbox())
        inbox.answers, inbox.answered, inbox.delay_seconds = answers, 0, delay_seconds

    def empty(self, name: str) -> None:
        self._inboxes.pop(name, None)

    def all(self) -> dict[str, Inbox]:
        return self._inboxes

    def replace(self, inboxes: dict[str, Inbox]) -> None:
        self._inboxes = inboxes
