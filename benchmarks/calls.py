"""Owns counting calls: how many functions of Python and C a piece of work calls, and from where. Knows no server.

The count is the same on every machine and at any load, so that it can be compared with one that was written down.
"""

import gc
import sys
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Mapping
from types import FrameType
from typing import Any, NamedTuple

_INLINED = frozenset(("<listcomp>", "<dictcomp>", "<setcomp>"))  # calls in Python 3.11 only


class Calls(NamedTuple):
    """Calls for each piece of work: in all, and by the function that ran (itself, and what it called in C)."""

    total: float
    functions: Mapping[str, float]

    def per_module(self) -> dict[str, float]:
        modules: dict[str, float] = defaultdict(float)
        for function, calls in self.functions.items():
            modules[function.partition(":")[0]] += calls
        return modules


async def count(work: Callable[[], Awaitable[object]], pieces: int = 1) -> Calls:
    """The calls of this thread, but not those of the benchmarks, while `work` does so many pieces."""
    seen: Counter[tuple[str, str]] = Counter()

    def note(frame: FrameType, event: str, _argument: Any) -> None:
        module: str = frame.f_globals.get("__name__", "?")
        is_call = event == "call" and frame.f_code.co_name not in _INLINED
        if (is_call or event == "c_call") and not module.startswith("benchmarks."):
            seen[module, frame.f_code.co_qualname] += 1

    gc.disable()  # what it finalizes would be counted, and when it comes is chance
    sys.setprofile(note)
    try:
        await work()
    finally:
        sys.setprofile(None)
        gc.enable()
    functions = {f"{module}:{name}": calls / pieces for (module, name), calls in seen.items()}
    return Calls(sum(seen.values()) / pieces, functions)
