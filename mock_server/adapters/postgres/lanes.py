"""Owns group commit: what asks for the same records at the same time is done in one transaction."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Hashable, Sequence
from typing import Any, Final, NamedTuple

from mock_server.ports import Keys, StoreAway, UseCase

AT_ONCE: Final = 50  # use cases in one transaction
PATIENCE: Final = 0.2  # seconds that a lane waits for a lock that only some of them need


class Turn(NamedTuple):
    """A use case and what it touches."""

    keys: Keys
    use_case: UseCase[Any]


Asked = tuple[Turn, asyncio.Future[Any]]


class Lanes:
    """In a lane one transaction follows the other; what comes meanwhile is done together in the next one.

    Where that fails, each is done alone, and the lane does not wait for the last of them: nobody is to suffer for
    what hinders another. Not so where the store went away: nobody knows whether it has saved, and nothing is to be
    done twice.

    A turn may have a lane of its own, which it shares with those that would wait for the same lock: where it is to be
    done alone, one transaction waits for all of them there, and what comes meanwhile joins them.
    """

    def __init__(
        self,
        together: Callable[[Sequence[Turn]], Awaitable[Sequence[Any]]],
        alone: Callable[[Turn], Awaitable[Any]],
        own: Callable[[Turn], Hashable],
    ) -> None:
        self._together = together
        self._alone = alone
        self._own = own
        self._loop: asyncio.AbstractEventLoop | None = None
        self._waiting: dict[Hashable, deque[Asked]] = {}
        self._at_work: set[asyncio.Task[None]] = set()

    async def do(self, lane: Hashable, turn: Turn) -> Any:
        """What the use case returns, once it is saved; raises what it raises, and StoreAway."""
        loop = asyncio.get_running_loop()
        if loop is not self._loop:  # clients within a process may bring a new one
            self._loop, self._waiting, self._at_work = loop, {}, set()
        future = loop.create_future()
        own = self._own(turn)
        if own in self._waiting:
            lane = own
        if lane in self._waiting:
            self._waiting[lane].append((turn, future))
        else:
            self._waiting[lane] = deque([(turn, future)])
            _ = self._begin(self._follow(lane))
        return await future

    def _begin(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.ensure_future(work)
        self._at_work.add(task)
        task.add_done_callback(self._at_work.discard)
        return task

    async def _follow(self, lane: Hashable) -> None:
        lanes, asked = self._waiting, list[Asked]()
        waiting = lanes[lane]
        try:
            while asked := _next(waiting):
                await self._do(lane, asked)
        except asyncio.CancelledError:  # whoever waits here would wait for ever
            for _, future in [*asked, *waiting]:
                future.cancel()
            raise
        finally:
            del lanes[lane]

    async def _do(self, lane: Hashable, asked: Sequence[Asked]) -> None:
        owns = {self._own(turn) for turn, _ in asked}
        is_own = owns == {lane}
        wait_elsewhere = len(owns) == 1 and owns.isdisjoint({lane, None})
        if len(asked) == 1 or wait_elsewhere or not await self._did_together(asked):
            alone = [self._begin(self._settle(lane, *each)) for each in asked]
            await asyncio.wait(alone, timeout=None if is_own else PATIENCE)

    async def _did_together(self, asked: Sequence[Asked]) -> bool:
        """Whether all are told what came of it."""
        try:
            results = await self._together([turn for turn, _ in asked])
        except StoreAway as away:
            for _, future in asked:
                if not future.done():
                    future.set_exception(StoreAway(away.reason, away.retry_after))
            return True
        except Exception:  # noqa: BLE001 - whatever it is, alone it meets only the one that it is about
            return False
        for (_, future), result in zip(asked, results, strict=True):
            if not future.done():
                future.set_result(result)
        return True

    async def _settle(self, lane: Hashable, turn: Turn, future: asyncio.Future[Any]) -> None:
        own = self._own(turn)
        try:
            if own in {lane, None}:
                result = await self._alone(turn)
            else:
                result = await self.do(own, turn)
        except Exception as problem:  # noqa: BLE001 - who asked is told
            if not future.done():
                future.set_exception(problem)
        else:
            if not future.done():
                future.set_result(result)
        finally:
            future.cancel()  # where it was broken off; else it has its result


def _next(waiting: deque[Asked]) -> list[Asked]:
    """Who is next, without those who went away; of one job only the first."""
    taken: list[Asked] = []
    later: list[Asked] = []
    jobs: set[str] = set()
    while waiting and len(taken) < AT_ONCE:
        turn, future = waiting.popleft()
        job = turn.keys.tracking_id
        if job in jobs:
            later.append((turn, future))
        elif not future.done():
            taken.append((turn, future))
            jobs |= {job} if job is not None else set()
    waiting.extendleft(reversed(later))
    return taken
