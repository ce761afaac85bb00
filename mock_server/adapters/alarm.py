"""Owns the alarm clock within one process: a heap of wakes, rung by the event loop or by `advance`."""

import asyncio
import heapq
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from mock_server.domain.instants import SECOND
from mock_server.domain.world import Anchor
from mock_server.ports import ANSWER, SEARCH, Advanced, Handle, Handled, StoreAway, Wake

BATCH: Final = 16  # wakes handled before other work gets its turn
MOST: Final = 64 * BATCH  # the same where more falls due in each turn than is handled


class Alarm:
    """Rings what is due on the loop that runs; while virtual time is being advanced, only `advance` rings."""

    def __init__(
        self,
        now: Callable[[], int],
        anchor: Callable[[], Anchor],
        live: Callable[[Wake], bool],
    ) -> None:
        self._now = now
        self._anchor = anchor
        self._live = live
        self._handle: Handle | None = None
        self._heap: list[tuple[int, int, Wake]] = []
        self._sequence = 0
        self._loop: asyncio.AbstractEventLoop | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._rings_at: int | None = None
        self._batch = BATCH
        self._running: dict[asyncio.Task[int], Sequence[Wake]] = {}
        self._advancing = asyncio.Lock()
        self._cleared = 0

    def ring_with(self, handle: Handle) -> None:
        """What to do with each wake."""
        self._handle = handle

    def attend(self) -> None:
        """Ring on the loop that runs now; clients within a process may bring a new one with each request."""
        loop = asyncio.get_running_loop()
        if loop is not self._loop:
            unfinished = [wake for wakes in self._running.values() for wake in wakes]
            self._loop, self._timer, self._rings_at = loop, None, None
            self._running = {}
            self._advancing = asyncio.Lock()
            self.arm(unfinished)

    def arm(self, wakes: Sequence[Wake]) -> None:
        self._keep(wakes)
        self._set()

    def waiting(self) -> list[Wake]:
        """What is still to be rung, soonest first."""
        return [wake for _, _, wake in sorted(self._heap) if self._live(wake)]

    def next_due(self) -> int | None:
        """When the next wake is due, in virtual microseconds."""
        while self._heap and not self._live(self._heap[0][2]):
            heapq.heappop(self._heap)
        return self._heap[0][0] if self._heap else None

    def clear(self) -> None:
        """Forget everything; what is being done is broken off, answers that wait are given now."""
        self._cleared += 1
        waiting = [wake for _, _, wake in self._heap if wake.step == ANSWER]
        running, self._running = self._running, {}
        self._heap.clear()
        for task in running:
            task.cancel()
        self.arm([wake._replace(due=0) for wake in waiting])

    def rearm(self, wakes: Sequence[Wake]) -> None:
        """Have these wakes and no others; answers go on waiting, and what is being done goes on."""
        answers = [wake for _, _, wake in self._heap if wake.step == ANSWER]
        self._heap.clear()
        self._keep([*wakes, *answers])
        self.retime()

    def retime(self) -> None:
        """Virtual time was moved: ring anew."""
        self._set(force=True)

    async def settle(self) -> None:
        """Wait until nothing is being done and nothing is due."""
        while not self._advancing.locked() and (self._running or self._is_due(self._now())):
            if self._running:
                await asyncio.wait(list(self._running))
            else:
                await self._step()

    async def advance(
        self,
        goal: Callable[[], Callable[[], int | None]],
        move: Callable[[int], Awaitable[None]],
        timeout: float,  # noqa: ASYNC109 - it ends early and loses nothing; a cancelled one would
    ) -> Advanced:
        """Do everything that falls due up to a limit, in order of (due, sequence), moving virtual time along.

        `goal` is called once it is this advance's turn and gives the limit, which is asked before each step; None ends
        the advance, as does `clear`: there is nothing left of what it was to do. `timeout` in seconds of real time.
        """
        ends, ran, deliveries = asyncio.get_running_loop().time() + timeout, 0, 0
        try:
            async with asyncio.timeout_at(ends):
                await self._advancing.acquire()
        except TimeoutError:
            return Advanced(ran, deliveries, complete=False)
        try:
            complete = await self._until(list(self._running), ends)
            until = self._unless_cleared(goal())
            while complete and (limit := until()) is not None and self._is_due(limit):
                wake = heapq.heappop(self._heap)[2]
                await move(wake.due)
                task = self._start(wake)
                complete = await self._until([task], ends)
                ran += 1
                deliveries += task.result() if task.done() and not task.cancelled() else 0
            if complete and (limit := until()) is not None:
                await move(limit)
        finally:
            self._advancing.release()
            self.retime()
        return Advanced(ran, deliveries, complete)

    def _unless_cleared(self, until: Callable[[], int | None]) -> Callable[[], int | None]:
        cleared = self._cleared
        return lambda: until() if cleared == self._cleared else None

    def _is_due(self, limit: int) -> bool:
        due = self.next_due()
        return due is not None and due <= limit

    def _keep(self, wakes: Sequence[Wake]) -> None:
        for wake in wakes:
            self._sequence += 1
            heapq.heappush(self._heap, (wake.due, self._sequence, wake))

    async def _step(self) -> None:
        await self._start(heapq.heappop(self._heap)[2])

    async def _until(self, tasks: Sequence[asyncio.Task[int]], ends: float) -> bool:
        if not tasks:
            return True
        remaining = ends - asyncio.get_running_loop().time()
        _, late = await asyncio.wait(tasks, timeout=max(remaining, 0))
        return not late

    def _start(self, *wakes: Wake) -> asyncio.Task[int]:
        task: asyncio.Task[int] = asyncio.ensure_future(self._do(wakes))
        self._running[task] = wakes
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[int]) -> None:
        wakes = self._running.pop(task, ())
        if task.cancelled():  # its loop ends: the next one is to ring them
            self._keep(wakes)

    async def _do(self, wakes: Sequence[Wake]) -> int:
        """Begin all before waiting for the first: a store saves at once what was changed at once."""
        assert self._handle is not None
        begun, deliveries = deque[tuple[Wake, Handled]](), 0
        for wake in wakes:
            try:
                begun.append((wake, self._handle(wake)))
            except Exception as problem:  # noqa: BLE001 - a defect in one wake must not lose the others
                _report(wake, problem)
        try:
            while begun:
                wake, handled = begun.popleft()
                try:
                    deliveries += await handled or 0
                except Exception as problem:  # noqa: BLE001 - as above
                    _report(wake, problem)
        finally:
            for _, handled in begun:  # it was broken off
                handled.close()
        return deliveries

    def _set(self, *, force: bool = False) -> None:
        due = self._heap[0][0] if self._heap else None
        if self._loop is None or due is None:
            return
        if not force and self._rings_at is not None and self._rings_at <= due:
            return
        if self._timer is not None:
            self._timer.cancel()
        delay = self._seconds_until(due)
        self._rings_at = None if delay is None else due
        self._timer = None if delay is None else self._loop.call_later(delay, self._ring)

    def _seconds_until(self, due: int) -> float | None:
        anchor, left = self._anchor(), due - self._now()
        if left <= 0:
            return 0.0
        return left / SECOND / anchor.rate if anchor.rate else None

    def _ring(self) -> None:
        self._timer, self._rings_at = None, None
        if self._advancing.locked():
            return
        now, batch = self._now(), list[Wake]()
        while (late := bool(self._heap) and self._heap[0][0] <= now) and len(batch) < self._batch:
            batch.append(heapq.heappop(self._heap)[2])
        self._batch = min(2 * self._batch, MOST) if late else max(self._batch // 2, BATCH)
        searches = []
        for wake in batch:
            if wake.step == SEARCH:
                searches.append(wake)
            else:  # may take long: never before another
                _ = self._start(wake)
        if searches:
            _ = self._start(*searches)
        self._set()


def _report(wake: Wake, problem: Exception) -> None:
    """Tell of a defect. A store that is away is none: once it is back it arms anew what its records wait for."""
    if not isinstance(problem, StoreAway):
        context = {"message": f"{wake.key} could not be handled", "exception": problem}
        asyncio.get_running_loop().call_exception_handler(context)
