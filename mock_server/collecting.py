"""Owns when the garbage collector looks, and at what. A server that only answers makes no cycles."""

import gc
from typing import Final, Protocol

NEVER: Final = 1 << 30
YOUNG: Final = 10_000  # new objects after which it looks by itself
OFTEN: Final = 100  # answers between two looks at what is new
LONGEST: Final = 7  # looks left out at most, where the last ones found nothing
SELDOM: Final = 1_000_000  # answers between two looks at all, which take 0.3 s with 20,000 jobs


class Gc(Protocol):
    """What it uses of the module `gc`."""

    def collect(self, generation: int = 2, /) -> int: ...
    def freeze(self) -> None: ...
    def unfreeze(self) -> None: ...
    def set_threshold(self, young: int, middle: int, old: int, /) -> None: ...


class Collector:
    """Looks for cycles by how many requests were answered.

    Python's own count falls with each old job that is forgotten. Left to it, a look comes seldom, at 180,000 objects,
    and nothing is answered for 90 ms. A look at what is new takes as long as it is much, whether or not there are
    cycles: after one that found none, more and more of what is new is set aside unseen, until all is looked at.
    """

    def __init__(self, collector: Gc = gc) -> None:
        self._gc = collector
        self._left_out = self._leave_out = 0

    def begin(self) -> None:
        """Set aside what was loaded."""
        self._look_at_all()
        self._gc.set_threshold(YOUNG, NEVER, NEVER)

    def answered(self, requests: int) -> None:
        """So many were answered by now."""
        if requests % SELDOM == 0:
            self._look_at_all()
        elif requests % OFTEN == 0:
            self._look_at_new()

    def _look_at_new(self) -> None:
        if self._left_out < self._leave_out:
            self._left_out += 1
            self._gc.freeze()
            return
        found = self._gc.collect(0)
        self._left_out = 0
        self._leave_out = 0 if found else min(2 * self._leave_out + 1, LONGEST)

    def _look_at_all(self) -> None:
        self._gc.unfreeze()
        self._gc.collect()
        self._gc.freeze()
