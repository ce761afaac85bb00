"""Owns an event loop whose time is virtual: nothing waits, time jumps to what is due next."""

import asyncio
import selectors
from collections.abc import Coroutine, Mapping
from contextlib import suppress
from typing import Any, TypeVar

from typing_extensions import override

T = TypeVar("T")


class _Selector(selectors.DefaultSelector):
    """Waits by moving the loop's time on."""

    now = 0.0

    @override
    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if not ready:
            assert timeout is not None, "the loop waits for something that never comes"
            self.now += max(timeout, 0)
        return ready


class JumpingLoop(asyncio.SelectorEventLoop):
    """Also the clock of a fake: real time is the loop's. Keeps the errors that nobody caught."""

    def __init__(self) -> None:
        self._jumps = _Selector()
        self.problems: list[Mapping[str, Any]] = []
        super().__init__(self._jumps)
        self.set_exception_handler(lambda _, context: self.problems.append(context))

    @override
    def time(self) -> float:
        return self._jumps.now


def run(main: Coroutine[Any, Any, T]) -> T:
    """Run to the end, on a loop of its own, without waiting."""
    with asyncio.Runner(loop_factory=JumpingLoop) as runner:
        return runner.run(main)


class LoopClock:
    """Real time as the running loop has it; between loops it stands."""

    def __init__(self) -> None:
        self._last = 0

    def real(self) -> int:
        with suppress(RuntimeError):  # there is none
            self._last = round(asyncio.get_running_loop().time() * 1_000_000)
        return self._last

    def wall(self) -> int:
        return self.real()
