"""Owns the log on the terminal: one line for each request and event, as text or JSON."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from mock_server.domain.instants import rfc3339
from mock_server.journal import Exchange, Journal, Noted
from mock_server.web.control.events import name_of, view_of
from mock_server.web.wire import encode

AT_ONCE: Final = 500
PAUSE: Final = 0.05  # seconds between two writes: printing must not delay answers


class EventLog:
    """Prints what happens from now on; `form` is text or json."""

    def __init__(self, journal: Journal, form: str) -> None:
        self._journal = journal
        self._line = _json if form == "json" else _text
        self._last = journal.noted
        self._scheduled = False
        journal.listen(self._came)

    def flush(self) -> None:
        """Print what came since the last time."""
        self._scheduled = False
        while self._last < self._journal.noted:
            before, events = self._journal.since(self._last, AT_ONCE)
            self._last = before + len(events)
            print("\n".join(map(self._line, events)), flush=True)

    def _came(self) -> None:
        if not self._scheduled:
            self._scheduled = True
            asyncio.get_running_loop().call_later(PAUSE, self.flush)


@contextmanager
def told(journal: Journal, form: str | None) -> Iterator[None]:
    """Print what happens meanwhile, the end included; without a form, nothing."""
    log = EventLog(journal, form) if form else None
    yield
    if log is not None:
        log.flush()


def _json(event: Noted) -> str:
    return encode({"event": name_of(event), **view_of(event)}).decode()


def _text(event: Noted) -> str:
    if isinstance(event, Exchange):
        return f"{rfc3339(event.at)} …{event.key or '-'} {event.method} {event.path} {event.why}"
    told = {**view_of(event)}
    at = told.pop("at")
    words = " ".join(f"{name}={value}" for name, value in told.items() if value is not None)
    return f"{at} {name_of(event)} {words}"
