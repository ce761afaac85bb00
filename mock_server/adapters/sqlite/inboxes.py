"""Owns the built-in webhook receivers whose messages are in a file before their senders are answered."""

from collections.abc import Sequence
from dataclasses import replace

from typing_extensions import override

from mock_server.adapters.inbox import Inboxes
from mock_server.adapters.records import INBOX, MESSAGE, InboxState
from mock_server.adapters.sqlite.book import Book
from mock_server.adapters.sqlite.contents import name_of
from mock_server.adapters.sqlite.mirror import Shelf
from mock_server.domain.inbox import Answer, Inbox, Message, Reception


class FileInboxes(Inboxes):
    """A message is known by its number and its inbox."""

    def __init__(self, book: Book) -> None:
        super().__init__()
        self._book = book
        book.shelves["inboxes"] = self._states = Shelf[str](self._state, INBOX, name_of)
        book.shelves["messages"] = self._messages = Shelf[tuple[int, str]](
            self._message, MESSAGE, lambda key: name_of(str(key[0]), key[1])
        )

    @override
    async def receive(self, name: str, message: Message) -> Reception:
        self._book.check()
        oldest = _oldest(self[name])
        reception = await super().receive(name, message)
        for number in (*range(oldest, _oldest(self[name])), reception.number):
            self._messages.change((number, name))
        self._states.change(name)
        await self._book.saved()
        return reception

    @override
    async def wait(self, name: str, count: int, seconds: float) -> Inbox:
        inbox = await super().wait(name, count, seconds)
        seen = replace(inbox, messages=inbox.messages.copy())
        self._book.check()
        await self._book.settled()
        return seen

    @override
    async def behave(self, name: str, answers: Sequence[Answer], delay_seconds: float) -> None:
        self._book.check()
        await super().behave(name, answers, delay_seconds)
        self._states.change(name)
        await self._book.saved()

    @override
    async def empty(self, name: str) -> None:
        self._book.check()
        await super().empty(name)
        self._states.go(name)
        self._messages.go_all(lambda key: key[1] == name)
        await self._book.saved()

    @override
    def replace(self, inboxes: dict[str, Inbox]) -> None:
        """Saved with the store's next commit."""
        super().replace(inboxes)
        self._states.have(inboxes)
        self._messages.have(
            (number, name) for name in inboxes for number in _numbers(inboxes[name])
        )

    def have(self, inboxes: dict[str, Inbox]) -> None:
        """Have these, which are in the file already, and no others."""
        super().replace(inboxes)

    def _state(self, name: str) -> InboxState:
        return InboxState.of(self._inboxes[name])

    def _message(self, key: tuple[int, str]) -> Message:
        number, name = key
        inbox = self._inboxes[name]
        if number not in _numbers(inbox):
            raise KeyError(key)
        return inbox.messages[number - _oldest(inbox)]


def _oldest(inbox: Inbox) -> int:
    """The number of the oldest message that is kept."""
    return inbox.received - len(inbox.messages) + 1


def _numbers(inbox: Inbox) -> range:
    return range(_oldest(inbox), inbox.received + 1)
