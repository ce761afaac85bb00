"""Owns what can be read of the journal where one process is the whole server."""

from collections.abc import Callable
from itertools import islice

from mock_server.journal import Exchange, Journal, Noted


class Chronicle:
    """The journal of this process."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self.listen = journal.listen

    async def exchanges(self, wanted: Callable[[Exchange], bool], limit: int) -> list[Exchange]:
        return list(islice(filter(wanted, self._journal.requests()), limit))

    async def since(self, number: int, most: int) -> tuple[int, list[Noted]]:
        return self._journal.since(number, most)

    async def last(self) -> int:
        return self._journal.noted

    async def clear(self) -> None:
        self._journal.clear()
