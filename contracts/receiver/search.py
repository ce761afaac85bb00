"""Owns the search for the smallest delivery that fails: Hypothesis draws and shrinks, bounded in count and time."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from random import Random
from typing import Any, Final

from hypothesis import HealthCheck, Phase, find, settings
from hypothesis.errors import HypothesisException
from hypothesis.strategies import SearchStrategy

from contracts.receiver.judgement import Broken
from contracts.receiver.pace import now

DRAWN: Final = 40  # documents of one search
DRAW_SECONDS: Final = 3.0  # a slow receiver gets fewer of them
SHRINK_SECONDS: Final = 6.0
SHRINK_STEPS: Final = 200
Examine = Callable[[Any], Awaitable[None]]


async def no_failing(strategy: SearchStrategy[Any], examine: Examine, seed: int) -> None:
    """Raise the Broken of the smallest document that `examine` breaks on, if one is found."""
    hunt = _Hunt(examine, asyncio.get_running_loop())
    try:
        await asyncio.to_thread(hunt.search, strategy, seed)
    finally:
        hunt.over = True
    if hunt.smallest is not None:
        raise hunt.smallest


class _Hunt:
    """Runs in a thread, since Hypothesis is synchronous; each examination runs in the loop."""

    def __init__(self, examine: Examine, loop: asyncio.AbstractEventLoop) -> None:
        self._examine = examine
        self._loop = loop
        self._end = now() + DRAW_SECONDS
        self._steps = DRAWN
        self._trouble: BaseException | None = None
        self.smallest: Broken | None = None
        self.over = False

    def search(self, strategy: SearchStrategy[Any], seed: int) -> None:
        bounds = settings(
            max_examples=DRAWN,
            phases=(Phase.generate, Phase.shrink),
            database=None,
            deadline=None,
            derandomize=False,
            suppress_health_check=list(HealthCheck),
        )
        # Raised where none is found, or where the bounds ended the shrinking: the smallest that was seen counts.
        with suppress(HypothesisException):
            find(strategy, self._fails, settings=bounds, random=Random(seed))  # noqa: S311 - repeatable on purpose
        if self._trouble is not None:
            raise self._trouble

    def _fails(self, document: Any) -> bool:
        self._steps -= 1
        if self.over or self._steps < 0 or now() > self._end:
            return False
        try:
            asyncio.run_coroutine_threadsafe(self._look(document), self._loop).result()
        except Broken as broken:
            self._keep(broken)
            return True
        except BaseException as trouble:  # noqa: BLE001 - raised again by search, outside Hypothesis
            self._trouble, self.over = trouble, True
        return False

    async def _look(self, document: Any) -> None:
        await self._examine(document)

    def _keep(self, broken: Broken) -> None:
        if self.smallest is None:
            self._end, self._steps = now() + SHRINK_SECONDS, SHRINK_STEPS
        if self.smallest is None or broken.size <= self.smallest.size:
            self.smallest = broken
