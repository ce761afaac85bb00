"""Owns what the store and the inboxes have in common: one file, what of it has changed, and waiting for its commit."""

import sqlite3
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from mock_server.adapters.sqlite.commits import Commits
from mock_server.adapters.sqlite.contents import CLOCK, Contents, contents_of
from mock_server.adapters.sqlite.file import Batch, StateFile
from mock_server.adapters.sqlite.mirror import Shelf, batch_of
from mock_server.ports import Clock, StoreAway, StoreUnusable


class Book:
    """The shelves by the name of their table. `resume` is given what the file holds once it is back after an error."""

    def __init__(self, file: StateFile, clock: Clock, resume: Callable[[Contents], None]) -> None:
        self.shelves: dict[str, Shelf[Any]] = {}
        self._file = file
        self._clock = clock
        self._commits = Commits(self._gather, file, self._recover, resume)
        self.check = self._commits.check
        self.saved = self._commits.commit

    async def settled(self) -> None:
        """Return once everything that was changed so far is in the file; raises StoreAway."""
        future = self._commits.settled()
        if future is not None:
            await future

    def read(self) -> Contents | None:
        """All that is in the file, None where it is new; raises StoreUnusable."""
        try:
            return contents_of(self._file.read, self._clock)
        except (sqlite3.Error, StoreUnusable) as error:
            raise self._unusable("read", error) from None

    def remember(self, contents: Contents) -> None:
        """Nothing has changed since this was read."""
        for table, shelf in self.shelves.items():
            shelf.remember(contents.numbered[table])

    def begin(self) -> None:
        """Write what has changed so far; from now on the thread does. Raises StoreUnusable."""
        try:
            self._file.write(self._gather())
        except sqlite3.Error as error:
            raise self._unusable("written", error) from None
        self._commits.begin()

    async def close(self) -> None:
        """Save what has changed, end the thread and give the file free."""
        with suppress(StoreAway):
            await self.settled()
        self._commits.close()
        self._file.close()

    def _gather(self) -> Batch:
        self.shelves["world"].change(CLOCK)  # each batch tells the time
        return batch_of(self.shelves)

    def _recover(self) -> Contents:
        self._file.reopen()
        contents = self.read()
        if contents is None:
            raise self._unusable("read", "it is empty")
        self._file.write({})
        return contents

    def _unusable(self, deed: str, error: object) -> StoreUnusable:
        return StoreUnusable(f"the state {self._file.path} cannot be {deed}: {error}")
