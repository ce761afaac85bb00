"""Owns the control API's calls about time: read it, choose the clock, advance."""

from collections.abc import Callable
from dataclasses import replace

from starlette.requests import Request
from starlette.responses import Response

from mock_server.domain.events import ClockMoved
from mock_server.domain.instants import END_OF_TIME, microseconds, rfc3339
from mock_server.domain.world import ClockMode, World
from mock_server.web.control import inputs
from mock_server.web.control.problems import JsonResponse, Problem
from mock_server.web.control.query import filters
from mock_server.web.engine import Engine


async def read(engine: Engine, request: Request) -> Response:
    filters(request)
    return JsonResponse(view(engine))


async def change(engine: Engine, request: Request) -> Response:
    """Virtual time goes on from where it stands."""
    filters(request)
    body = await inputs.read(request, inputs.ClockChange)
    mode = ClockMode(body.mode)
    rate = {ClockMode.REAL: 1.0, ClockMode.MANUAL: 0.0}.get(mode, body.rate or 0.0)
    real = engine.clock.real()

    def going(world: World) -> World:
        return replace(world, anchor=world.anchor.going(mode, rate, real))

    await engine.store.change(going)
    engine.alarm.retime()
    _note(engine)
    return JsonResponse(view(engine))


async def advance(engine: Engine, request: Request) -> Response:
    filters(request)
    body = await inputs.read(request, inputs.Advance)

    async def move(instant: int) -> None:
        real = engine.clock.real()
        await engine.store.change(
            lambda world: replace(world, anchor=world.anchor.moved(instant, real))
        )

    done = await engine.alarm.advance(_goal(engine, body), move, body.timeout_seconds)
    _note(engine)
    return JsonResponse(
        {
            "now": rfc3339(engine.store.now()),
            "ran": done.ran,
            "deliveries": done.deliveries,
            "complete": done.complete,
        }
    )


def view(engine: Engine) -> dict[str, object]:
    anchor, due = engine.store.world.anchor, engine.alarm.next_due()
    return {
        "mode": str(anchor.mode),
        "rate": anchor.rate,
        "now": rfc3339(engine.store.now()),
        "pending": len(engine.alarm.waiting()),
        "nextDueAt": None if due is None else rfc3339(due),
    }


def _goal(engine: Engine, body: inputs.Advance) -> Callable[[], Callable[[], int | None]]:
    """Fixed once the advance has begun, so that two at once move time by the sum of both."""

    def begin() -> Callable[[], int | None]:
        if body.to == "idle":
            return engine.alarm.next_due
        if body.seconds is not None:
            limit: int | None = _within_time(engine.store.now() + microseconds(body.seconds))
        else:
            limit = engine.alarm.next_due()
        return lambda: limit

    return begin


def _within_time(instant: int) -> int:
    if instant > END_OF_TIME:
        expected = "seconds that end before the year 9000"
        raise Problem(422, f"seconds: expected {expected}", field="seconds", expected=expected)
    return instant


def _note(engine: Engine) -> None:
    anchor = engine.store.world.anchor
    engine.journal.note((ClockMoved(engine.store.now(), str(anchor.mode), anchor.rate),))
