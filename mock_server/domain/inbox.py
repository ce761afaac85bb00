"""Owns one built-in webhook receiver: what came to it, bounded, and how it is told to answer."""

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


class Reception(NamedTuple):
    """How a message is taken: its number in the inbox, and what its sender is told after `delay_seconds`."""

    number: int
    answer: Answer
    delay_seconds: float


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

    def receive(self, message: Message) -> Reception:
        """Take a message and tell what is answered to it."""
        self.add(message)
        return Reception(self.received, self.next_answer(), self.delay_seconds)
