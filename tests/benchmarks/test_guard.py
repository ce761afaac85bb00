"""The guard against slow code: what it measures is as cheap as written down, and it notices what is not."""

import sys
from functools import cache

import pytest
from starlette.types import ASGIApp, Receive, Scope, Send

from benchmarks.calls import Calls
from benchmarks.guard import Standard, judge, written_down
from benchmarks.paths import measure

pytestmark = pytest.mark.skipif(
    sys.platform == "win32", reason="the figures are those of uvloop, which Windows lacks"
)


@cache
def measured() -> dict[str, Calls]:
    return measure()


def one_layer() -> None:
    """What a layer does that somebody adds."""


def slower(app: ASGIApp) -> ASGIApp:
    """The application behind a layer that makes 90 calls a request."""

    async def layer(scope: Scope, receive: Receive, send: Send) -> None:
        for _ in range(90):
            one_layer()
        await app(scope, receive, send)

    return layer


def test_no_hot_path_makes_far_more_or_fewer_calls_than_were_written_down() -> None:
    problems = judge(measured(), written_down())

    assert not problems, "\n".join(problems)


def test_the_same_requests_make_the_same_calls() -> None:
    again = measure()

    for path, calls in measured().items():
        assert again[path].total == pytest.approx(calls.total, rel=0.02), path


def test_a_further_layer_of_calls_is_noticed_by_the_name_of_its_function() -> None:
    problems = judge(measure(slower), written_down())

    assert {each.partition(":")[0] for each in problems} == {
        "valid match",
        "invalid match",
        "track",
    }
    assert all(f"{__name__}:one_layer 90" in each for each in problems), problems


@pytest.mark.parametrize("factor", [1.5, 1 / 1.5])
def test_half_as_many_calls_again_is_noticed_and_so_is_the_saving(factor: float) -> None:
    standards = {path: Standard(calls.total / factor, {}) for path, calls in measured().items()}

    problems = judge(measured(), standards)

    assert len(problems) == len(standards), problems
    assert all(f"{factor:.2f} x" in each for each in problems), problems


def test_a_path_that_was_never_written_down_is_a_problem() -> None:
    assert judge(measured(), {}) != []
    assert judge({}, written_down()) != []
