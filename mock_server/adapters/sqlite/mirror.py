"""Owns which records changed since the last commit, and makes the rows of them. Does no input or output."""

from collections.abc import Callable, Hashable, Iterable, Mapping
from typing import Any, Generic, TypeVar

from mock_server.adapters.records import Codec
from mock_server.adapters.sqlite.file import Batch, Row, Writes

K = TypeVar("K", bound=Hashable)


class Shelf(Generic[K]):
    """The records of one table, each with a number that keeps their order.

    `find` gives a record as it is now, and raises KeyError where it is no more; without a codec it gives bytes. `name`
    is how a key is written.
    """

    def __init__(
        self, find: Callable[[K], Any], codec: Codec[Any] | None, name: Callable[[K], bytes]
    ) -> None:
        self._find = find
        self._encode = codec.encode if codec else bytes
        self._name = name
        self._numbers: dict[K, int] = {}
        self._newest = 0
        self._changed: dict[K, None] = {}  # a set that keeps the order
        self._dropped: list[int] = []
        self._wiped = False

    def change(self, key: K) -> None:
        """A record came, changed or went."""
        self._changed[key] = None

    def go(self, key: K) -> None:
        """A record went."""
        self._drop(key)
        self._changed.pop(key, None)

    def move(self, key: K) -> None:
        """A record went, and maybe came back as the last one."""
        self.go(key)
        self._changed[key] = None

    def go_all(self, fits: Callable[[K], bool]) -> None:
        """The records with such keys went."""
        for key in filter(fits, [*self._numbers, *self._changed]):
            self.go(key)

    def have(self, keys: Iterable[K]) -> None:
        """These records and no others."""
        self._numbers.clear()
        self._dropped.clear()
        self._changed = dict.fromkeys(keys)
        self._wiped = True

    def remember(self, rows: Iterable[tuple[int, K]]) -> None:
        """The rows as they are in the file, in their order; nothing has changed since."""
        self._numbers = {key: number for number, key in rows}
        self._newest = max(self._numbers.values(), default=0)
        self._changed, self._dropped, self._wiped = {}, [], False

    def writes(self) -> Writes | None:
        """What is to be written; None where nothing changed. Nothing has changed from then on."""
        if not (self._changed or self._dropped or self._wiped):
            return None
        put = []
        for key in self._changed:
            try:
                record = self._find(key)
            except KeyError:
                self._drop(key)
            else:
                put.append(Row(self._number(key), self._name(key), self._encode(record)))
        writes = Writes(self._wiped, self._dropped, put)
        self._changed, self._dropped, self._wiped = {}, [], False
        return writes

    def _drop(self, key: K) -> None:
        number = self._numbers.pop(key, None)
        if number is not None:
            self._dropped.append(number)

    def _number(self, key: K) -> int:
        number = self._numbers.get(key)
        if number is None:
            self._newest += 1
            number = self._numbers[key] = self._newest
        return number


def batch_of(shelves: Mapping[str, Shelf[Any]]) -> Batch:
    """What the shelves of these tables have to write."""
    return {
        table: writes for table, shelf in shelves.items() if (writes := shelf.writes()) is not None
    }
