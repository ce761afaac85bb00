"""Owns what happened: the bounded lists of requests and of events, and who listens. Does not interpret them."""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Final, NamedTuple, TypeVar

from mock_server.domain.events import Event

KEPT: Final = 10_000  # requests, and as many events

Headers = Sequence[tuple[bytes, bytes]]


class Exchange(NamedTuple):
    """One request and its answer, without secrets. `duration` in microseconds of real time."""

    number: int
    at: int
    method: str
    path: str
    operation_id: str | None
    tenant: bytes  # a digest of the whole key, to find a key's requests without keeping it
    key: str | None
    status: int
    duration: int
    request_headers: Headers
    request_body: bytes
    response_headers: Headers
    response_body: bytes
    tracking_id: str | None
    why: str


N = TypeVar("N")
Noted = Event | Exchange
Unread = partial[Exchange]
"""An exchange that is made when it is first read: most are forgotten unread."""


class Journal:
    """Keeps the newest; a listener is told that something came and reads at its own pace."""

    def __init__(self, kept: int = KEPT) -> None:
        self._requests: deque[Exchange | Unread] = deque(maxlen=kept)
        self.served = 0
        self._events: deque[Noted | Unread] = deque(maxlen=kept)
        self._noted = 0
        self._listeners: set[Callable[[], None]] = set()

    def serve(self, exchange: Exchange | Unread) -> None:
        self._requests.append(exchange)
        self.note((exchange,))

    def next_number(self) -> int:
        self.served += 1
        return self.served

    def note(self, events: Sequence[Noted | Unread]) -> None:
        self._events.extend(events)
        self._noted += len(events)
        if self._listeners:
            self._tell()

    def since(self, number: int, most: int) -> tuple[int, list[Noted]]:
        """Up to `most` events after `number`, and the number before the first of them.

        That is later than `number` where older events are no longer kept.
        """
        kept = len(self._events)
        before = max(min(number, self._noted), self._noted - kept)
        start = kept - (self._noted - before)
        return before, [_read(self._events, n) for n in range(start, min(start + most, kept))]

    def requests(self) -> Iterator[Exchange]:
        """Newest first."""
        for n in reversed(range(len(self._requests))):
            yield _read(self._requests, n)

    @property
    def noted(self) -> int:
        """The number of the last event."""
        return self._noted

    def clear(self) -> None:
        self._requests.clear()

    def listen(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Call `listener` whenever something comes; returns how to stop that."""
        self._listeners.add(listener)
        return lambda: self._listeners.discard(listener)

    def _tell(self) -> None:
        for listener in list(self._listeners):
            listener()


def _read(kept: deque[N | Exchange | Unread], place: int) -> N | Exchange:
    noted = kept[place]
    if not isinstance(noted, partial):
        return noted
    exchange = kept[place] = noted()
    return exchange
