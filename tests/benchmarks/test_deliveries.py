"""When deliveries are over: all have come and no more do, or nothing has come for too long."""

import pytest

from benchmarks.deliveries import are_over


@pytest.mark.parametrize(
    ("looks", "are"),
    [
        ([10], False),  # one look says nothing about more
        ([10, 10], False),
        ([10, 10, 10], True),
        ([12, 12, 12], True),  # also of requests whose answer nobody awaited
        ([9, 9, 9], False),  # the sender may still be loading
        ([9] * 41, True),  # the last was lost
        ([*[9] * 40, 10], False),
    ],
)
def test_deliveries_are_over_once_all_have_come_or_nothing_comes(
    looks: list[int], *, are: bool
) -> None:
    assert are_over(looks, expected=10) is are
