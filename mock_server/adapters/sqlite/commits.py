"""Owns group commit: batches, who writes them, and who waits for which. Knows nothing of records."""

import asyncio
import threading
from collections.abc import Callable, Sequence
from functools import partial
from queue import SimpleQueue
from typing import Final, Generic, NoReturn, Protocol, TypeVar

from mock_server.ports import StoreAway

Futures = Sequence[asyncio.Future[None]]
B = TypeVar("B")  # a batch
B_contra = TypeVar("B_contra", contravariant=True)
C = TypeVar("C")  # what the file holds

GATHERED: Final = 64  # who wait for a batch that is begun although it still grows
RETRY_SECONDS: Final = 0.5  # of real time, between two attempts to reach the file again


class File(Protocol[B_contra]):
    """What batches are written to."""

    def write_at_once(self, batch: B_contra) -> bool:
        """Commit a batch on the event loop, where that waits for nothing; else do nothing, and answer False."""

    def write(self, batch: B_contra) -> None:
        """Commit a batch in a thread, however long it takes."""

    def begins_checkpoint(self) -> bool:
        """Asked on the event loop after a commit; where it is True, `checkpoint` is called."""

    def checkpoint(self) -> None:
        """Done in the thread, while batches are written at once."""


class Commits(Generic[B, C]):
    """Gathers what is changed at about the same time; its callers wait until theirs is in the file.

    The loop writes what need not wait for the disk: a thread shares the interpreter with it, and the two would wait for
    each other. `gather` and `resume` run on the loop, `recover` in the thread.
    """

    def __init__(
        self,
        gather: Callable[[], B],
        file: File[B],
        recover: Callable[[], C],
        resume: Callable[[C], None],
    ) -> None:
        self._gather = gather
        self._file = file
        self._recover = recover
        self._resume = resume
        self._lock = threading.Lock()
        self._queue: SimpleQueue[Callable[[], object] | None] = SimpleQueue()
        self._waiting: list[asyncio.Future[None]] = []  # for the batch that gathers
        self._writing: list[asyncio.Future[None]] = []  # for the batch that is being written
        self._is_busy = False
        self._scheduled: asyncio.AbstractEventLoop | None = None
        self._seen = 0  # who waited in the loop's last turn
        self._loop: asyncio.AbstractEventLoop | None = None
        self._recovered: C | None = None
        self._problem: str | None = None
        self._ends = threading.Event()
        self._thread = threading.Thread(target=self._run, name="clodura-kit-state", daemon=True)

    def begin(self) -> None:
        self._thread.start()

    def check(self) -> None:
        """Raises StoreAway as long as the file cannot be written."""
        if self._problem is not None:
            self._come_back()
            if self._problem is not None:
                raise StoreAway(self._problem)

    def commit(self) -> asyncio.Future[None]:
        """Done once everything that changed so far is in the file; raises StoreAway, then or now."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[None] = loop.create_future()
        with self._lock:
            self._loop = loop
            if self._problem is not None:
                raise StoreAway(self._problem)
            self._waiting.append(future)
            self._schedule(loop)
        return future

    def settled(self) -> asyncio.Future[None] | None:
        """Done once everything that is on its way is in the file; None where nothing is; raises StoreAway."""
        with self._lock:
            if self._problem is not None:
                raise StoreAway(self._problem)
            if not self._waiting:
                if not self._is_busy:
                    return None
                future = asyncio.get_running_loop().create_future()
                self._writing.append(future)
                return future
        return self.commit()

    def close(self) -> None:
        """End the thread, after the batch that it was given; from now on nothing can be saved."""
        self._ends.set()
        with self._lock:
            self._problem = "this server has ended"
        self._queue.put(None)
        self._thread.join()

    def _schedule(self, loop: asyncio.AbstractEventLoop) -> None:
        if self._waiting and not self._is_busy and self._scheduled is not loop:
            self._scheduled, self._seen = loop, 0
            loop.call_soon(self._start, loop)

    def _start(self, loop: asyncio.AbstractEventLoop) -> None:
        """Begin a batch once a turn of the loop brought nobody else who waits."""
        with self._lock:
            if self._seen < len(self._waiting) < GATHERED:
                self._seen = len(self._waiting)
                loop.call_soon(self._start, loop)
                return
            self._scheduled = None
            if self._is_busy or not self._waiting:
                return
            self._is_busy = True
            self._writing, self._waiting = self._waiting, []
        try:
            batch = self._gather()
            if self._file.write_at_once(batch):
                self._succeed()
                if self._file.begins_checkpoint():
                    self._queue.put(self._file.checkpoint)
                return
            write: Callable[[], object] = partial(self._file.write, batch)
        except Exception as error:  # noqa: BLE001 - as in `_write`
            write = partial(_raise, error)
        self._queue.put(partial(self._write, write))

    def _run(self) -> None:
        while (deed := self._queue.get()) is not None:
            deed()

    def _write(self, write: Callable[[], object]) -> None:
        try:
            write()
        except Exception as error:  # noqa: BLE001 - whatever it is, who waits is told
            self._fail(error)
            self._retry()
        else:
            self._succeed()

    def _succeed(self) -> None:
        with self._lock:
            self._is_busy = False
            done, self._writing = self._writing, []
            next_ones = list(self._waiting)
        self._tell(done, next_ones, None)

    def _fail(self, error: Exception) -> None:
        reason = f"the state cannot be written: {error}"
        with self._lock:
            self._problem = reason
            done, self._writing, self._waiting = [*self._writing, *self._waiting], [], []
        self._tell(done, [], reason)

    def _retry(self) -> None:
        while not self._ends.wait(RETRY_SECONDS):
            try:
                recovered = self._recover()
            except Exception:  # noqa: BLE001, S112 - still away
                continue
            with self._lock:
                self._recovered = recovered
            assert self._loop is not None  # whose commit failed
            _call(self._loop, self._come_back)
            return

    def _come_back(self) -> None:
        with self._lock:
            recovered, self._recovered = self._recovered, None
            if recovered is None or self._ends.is_set():
                return
            self._problem, self._is_busy = None, False
        self._resume(recovered)

    def _tell(self, done: Futures, next_ones: Futures, problem: str | None) -> None:
        for loop in {each.get_loop() for each in (*done, *next_ones)}:
            mine = [each for each in done if each.get_loop() is loop]
            _call(loop, self._settle, mine, problem)

    def _settle(self, futures: Futures, problem: str | None) -> None:
        """Tell who waited for a batch; the next one may begin."""
        with self._lock:
            self._schedule(asyncio.get_running_loop())
        for each in futures:
            if each.done():  # who waited was broken off
                continue
            if problem is None:
                each.set_result(None)
            else:
                each.set_exception(StoreAway(problem))
                each.exception()  # looked at: who was to wait may have been broken off before


def _raise(error: Exception) -> NoReturn:
    raise error


def _call(loop: asyncio.AbstractEventLoop, function: Callable[..., object], *what: object) -> None:
    try:
        loop.call_soon_threadsafe(function, *what)
    except RuntimeError:  # the loop has ended, and who waited with it
        return
