"""Owns the control API's calls about time: read it, choose the clock, advance."""

from starlette.requests import Request
from starlette.responses import Response

from mock_server.domain.events import ClockMoved
from mock_server.domain.instants import END_OF_TIME, microseconds, rfc3339
from mock_server.domain.world import ClockMode
from mock_server.ports import Until
from mock_server.web.control import inputs
from mock_server.web.control.problems import JsonResponse, Problem
from mock_server.web.control.query import filters
from mock_server.web.engine import Engine


async def read(engine: Engine, request: Request) -> Response:
    filters(request)
    return JsonResponse(await _view(engine))


async def change(engine: Engine, request: Request) -> Response:
    """Virtual time goes on from where it stands."""
    filters(request)
    body = await inputs.read(request, inputs.ClockChange)
    mode = ClockMode(body.mode)
    rate = {ClockMode.REAL: 1.0, ClockMode.MANUAL: 0.0}.get(mode, body.rate or 0.0)
    await engine.timeline.go(mode, rate)
    _note(engine)
    return JsonResponse(await _view(engine))


async def advance(engine: Engine, request: Request) -> Response:
    filters(request)
    body = await inputs.read(request, inputs.Advance)
    done = await engine.timeline.advance(_until(engine, body), body.timeout_seconds)
    _note(engine)
    return JsonResponse(
        {
            "now": rfc3339(engine.store.now()),
            "ran": done.ran,
            "deliveries": done.deliveries,
            "complete": done.complete,
        }
    )


async def _view(engine: Engine) -> dict[str, object]:
    world, agenda = await engine.store.look(), await engine.timeline.agenda()
    due = agenda.next_due
    return {
        "mode": str(world.anchor.mode),
        "rate": world.anchor.rate,
        "now": rfc3339(engine.store.now()),
        "pending": agenda.pending,
        "nextDueAt": None if due is None else rfc3339(due),
    }


def _until(engine: Engine, body: inputs.Advance) -> Until:
    if body.seconds is None:
        return "idle" if body.to == "idle" else "next"
    if engine.store.now() + microseconds(body.seconds) > END_OF_TIME:
        expected = "seconds that end before the year 9000"
        raise Problem(422, f"seconds: expected {expected}", field="seconds", expected=expected)
    return microseconds(body.seconds)


def _note(engine: Engine) -> None:
    anchor = engine.store.world.anchor
    engine.journal.note((ClockMoved(engine.store.now(), str(anchor.mode), anchor.rate),))
