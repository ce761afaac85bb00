"""Owns several processes that serve from one socket: begun, begun anew where one dies, ended together."""

import multiprocessing
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Any, Final

from mock_server.adapters.clocks import SystemClock
from mock_server.bootstrap import Access, build
from mock_server.collecting import Collector
from mock_server.console import told
from mock_server.serving import Server, ServingError, run
from mock_server.settings import Settings

END_SECONDS: Final = 1.2  # until a process that does not end is killed
PAUSE_SECONDS: Final = 1.0  # before a process that died at once is begun anew

Work = Callable[[socket.socket, Connection], None]
"""What a process does, to be found by its name: serve from the socket until the connection ends."""

_SPAWN: Final = multiprocessing.get_context("spawn")
_STOPS: Final = (signal.SIGINT, signal.SIGTERM)


def work(settings: Settings, access: Access, listener: socket.socket, beginner: Connection) -> None:
    """Serve as one of several processes, no longer than the one that began them; ends with one line where it cannot."""
    try:
        fake = build(settings, token=access.token, hosts=access.hosts)
        collector = Collector()
        server = Server(
            fake.app, tls=settings.tls, started=collector.begin, answered=collector.answered
        )
    except (ServingError, ValueError, OSError) as error:
        sys.exit(f"clodura-kit: {error}")  # such as a state that is away: it is begun anew

    def wait_for_the_end() -> None:
        with suppress(EOFError, OSError):
            beginner.recv_bytes()
        server.stop()

    threading.Thread(target=wait_for_the_end, daemon=True).start()
    with told(fake.engine.journal, settings.log):
        run(server, listener)


class Workers:
    """`work` is done by `count` processes at once."""

    def __init__(self, count: int, work: Work, listener: socket.socket) -> None:
        self._work = work
        self._listener = listener
        self._here, self._there = _SPAWN.Pipe()
        self._processes: dict[BaseProcess, int] = {}
        self._clock = SystemClock()
        self._count = count

    def run(self) -> None:
        """Until the process is told to end, by Ctrl-C or SIGTERM."""
        with _stop_signals() as stop:
            while len(self._processes) < self._count:
                self._begin()
            while stop not in self._wait(stop):
                for process, began in list(self._processes.items()):
                    if not process.is_alive():
                        del self._processes[process]
                        self._begin_anew(stop, began)
            self._end()

    def _wait(self, stop: socket.socket) -> list[Any]:
        return wait([stop, *(each.sentinel for each in self._processes)])

    def _begin(self) -> None:
        process = _SPAWN.Process(target=self._work, args=(self._listener, self._there))
        process.start()
        self._processes[process] = self._clock.real()

    def _begin_anew(self, stop: socket.socket, began: int) -> None:
        at_once = self._clock.real() - began < PAUSE_SECONDS * 1_000_000
        wait([stop], PAUSE_SECONDS if at_once else 0)
        self._begin()

    def _end(self) -> None:
        self._here.close()
        for process in self._processes:
            process.terminate()
        until = self._clock.real() + END_SECONDS * 1_000_000
        for process in self._processes:
            process.join(max(until - self._clock.real(), 0) / 1_000_000)
        for process in self._processes:
            process.kill()


@contextmanager
def _stop_signals() -> Iterator[socket.socket]:
    """A socket that can be read once a signal to end came."""
    reads, writes = socket.socketpair()
    writes.setblocking(False)  # noqa: FBT003 - the socket's own signature
    signal.set_wakeup_fd(writes.fileno())
    before = {each: signal.signal(each, _heard) for each in _STOPS}
    try:
        yield reads
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
        signal.set_wakeup_fd(-1)


def _heard(_signal: int, _frame: Any) -> None:
    """The socket tells."""
