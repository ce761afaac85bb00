"""Owns the control API's table of calls."""

from collections.abc import Awaitable, Callable, Collection
from typing import Final

from starlette.exceptions import HTTPException
from starlette.middleware.exceptions import ExceptionMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route, Router
from starlette.types import ASGIApp

from mock_server.web.control import accounts, clock, events, faults, inbox, jobs, people, requests, world
from mock_server.web.control.guard import Guard
from mock_server.web.control.problems import Problem, answer_problem, problem_response
from mock_server.web.engine import Engine

Call = Callable[[Engine, Request], Awaitable[Response]]

CALLS: Final[dict[str, dict[str, Call]]] = {
    "/health": {"GET": world.health},
    "/openapi.yaml": {"GET": world.openapi},
    "/control.yaml": {"GET": world.control},
    "/accounts": {"GET": accounts.list_all, "POST": accounts.create},
    "/accounts/{apiKey}": {
        "GET": accounts.read,
        "PATCH": accounts.change,
        "DELETE": accounts.remove,
    },
    "/accounts/{apiKey}/ledger": {"GET": accounts.ledger},
    "/people": {"GET": people.list_all},
    "/people/{personId:path}": {"PUT": people.declare},
    "/jobs": {"GET": jobs.list_all},
    "/jobs/{trackingId}": {"GET": jobs.read},
    "/jobs/{trackingId}/redeliver": {"POST": jobs.send_again},
    "/clock": {"GET": clock.read, "PUT": clock.change},
    "/clock/advance": {"POST": clock.advance},
    "/faults": {"GET": faults.list_all, "POST": faults.add, "DELETE": faults.remove_all},
    "/faults/{faultId}": {"DELETE": faults.remove},
    "/requests": {"GET": requests.list_all, "DELETE": requests.clear},
    "/inbox/{name}": {
        "POST": inbox.receive,
        "GET": inbox.read,
        "PUT": inbox.behave,
        "DELETE": inbox.empty,
    },
    "/reset": {"POST": world.reset},
    "/snapshot": {"GET": world.take_snapshot, "PUT": world.restore},
    "/events": {"GET": events.stream},
}


def create_control(engine: Engine, token: str | None, hosts: Collection[str] | None) -> ASGIApp:
    """The ASGI application of everything under /_mock."""
    routes = [Route(path, _endpoint(engine, calls)) for path, calls in CALLS.items()]
    for route, calls in zip(routes, CALLS.values(), strict=True):
        route.methods = set(calls) | ({"HEAD"} if "GET" in calls else set())
    router = Router(routes, redirect_slashes=False)
    handlers = {Problem: answer_problem, HTTPException: _http_problem}
    return Guard(ExceptionMiddleware(router, handlers=handlers), token, hosts)


def _endpoint(engine: Engine, calls: dict[str, Call]) -> Callable[[Request], Awaitable[Response]]:
    async def call(request: Request) -> Response:
        engine.alarm.attend()
        method = "GET" if request.method == "HEAD" else request.method
        return await calls[method](engine, request)

    return call


async def _http_problem(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if error.status_code == 404:  # noqa: PLR2004 - not found
        detail = f"the control API has no {request.url.path}; GET /_mock/control.yaml describes it"
    else:
        detail = f"{request.url.path} does not take {request.method}"
    response = problem_response(Problem(error.status_code, detail))
    response.headers.update(error.headers or {})
    return response
