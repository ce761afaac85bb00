"""When a server looks for cycles: by the requests that it answered, less often where there are none."""

import gc
import weakref
from collections.abc import Iterable
from itertools import chain, repeat

import pytest

from mock_server.collecting import LONGEST, NEVER, OFTEN, SELDOM, YOUNG, Collector


class FakeGc:
    """Finds as many cycles as told, the last number for ever; keeps what it was told to do."""

    def __init__(self, found: Iterable[int] = (0,)) -> None:
        *first, last = found
        self._found = chain(first, repeat(last))
        self.told: list[str] = []

    def collect(self, generation: int = 2, /) -> int:
        self.told.append(f"look at {generation}")
        return next(self._found)

    def freeze(self) -> None:
        self.told.append("set aside")

    def unfreeze(self) -> None:
        self.told.append("bring back")

    def set_threshold(self, young: int, middle: int, old: int, /) -> None:
        self.told.append(f"by itself after {young}, {middle}, {old}")


ALL = ["bring back", "look at 2", "set aside"]


def after(windows: int, found: Iterable[int]) -> list[str]:
    fake = FakeGc(found)
    collector = Collector(fake)
    for requests in range(1, windows * OFTEN + 1):
        collector.answered(requests)
    return fake.told


@pytest.mark.parametrize(
    ("requests", "told"),
    [(1, []), (OFTEN - 1, []), (OFTEN, ["look at 0"]), (7 * OFTEN, ["look at 0"]), (SELDOM, ALL)],
)
def test_what_is_new_is_looked_at_often_and_all_seldom(requests: int, told: list[str]) -> None:
    fake = FakeGc()

    Collector(fake).answered(requests)

    assert fake.told == told


def test_what_was_loaded_is_set_aside() -> None:
    fake = FakeGc()

    Collector(fake).begin()

    assert fake.told == [*ALL, f"by itself after {YOUNG}, {NEVER}, {NEVER}"]


def test_as_long_as_there_are_cycles_no_look_is_left_out() -> None:
    assert after(50, [1]) == ["look at 0"] * 50


def test_after_looks_that_found_nothing_more_and_more_are_left_out_up_to_a_limit() -> None:
    told = after(60, [0])
    left_out = [len(each) for each in "".join(each[0] for each in told).split("l")[1:]]

    assert left_out[:-1] == [1, 3, *repeat(LONGEST, len(left_out) - 3)]


def test_once_there_are_cycles_again_no_look_is_left_out() -> None:
    assert after(10, [0, 0, 5]) == [
        "look at 0", "set aside", "look at 0", *["set aside"] * 3, *["look at 0"] * 4,
    ]  # fmt: skip


def test_a_cycle_that_was_set_aside_unseen_is_found_in_the_end() -> None:
    class Cycle:
        def __init__(self) -> None:
            self.itself = self

    cycle = weakref.ref(Cycle())
    gc.freeze()
    try:
        Collector().answered(SELDOM)
    finally:
        gc.unfreeze()

    assert cycle() is None
