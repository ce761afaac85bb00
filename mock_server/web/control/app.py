"""Owns the control API's table of calls, and what is answered to a call that it lacks."""

from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route, Router
from starlette.types import ASGIApp, Receive, Scope, Send

from mock_server.ports import StoreAway
from mock_server.web.control import (
    accounts,
    clock,
    events,
    faults,
    inbox,
    jobs,
    page,
    people,
    requests,
    rules,
    world,
)
from mock_server.web.control.guard import Guard
from mock_server.web.control.problems import Problem, problem_response
from mock_server.web.engine import Engine
from mock_server.web.wire import X_MOCK

Call = Callable[[Engine, Request], Awaitable[Response]]

CALLS: Final[Mapping[str, Mapping[str, Call]]] = {
    "/": {"GET": page.show},
    "/dashboard/{file}": {"GET": page.file},
    "/health": {"GET": world.health},
    "/openapi.yaml": {"GET": world.openapi},
    "/control.yaml": {"GET": world.control},
    "/rules": {"GET": rules.read},
    "/accounts": {"GET": accounts.list_all, "POST": accounts.create},
    "/accounts/{apiKey:path}/ledger": {"GET": accounts.ledger},
    "/accounts/{apiKey:path}": {
        "GET": accounts.read,
        "PATCH": accounts.change,
        "DELETE": accounts.remove,
    },
    "/people": {"GET": people.list_all},
    "/people/{personId:path}": {"PUT": people.declare},
    "/jobs": {"GET": jobs.list_all},
    "/jobs/{trackingId}": {"GET": jobs.read},
    "/jobs/{trackingId}/details": {"GET": jobs.details},
    "/jobs/{trackingId}/redeliver": {"POST": jobs.send_again},
    "/clock": {"GET": clock.read, "PUT": clock.change},
    "/clock/advance": {"POST": clock.advance},
    "/faults": {"GET": faults.list_all, "POST": faults.add, "DELETE": faults.remove_all},
    "/faults/{faultId}": {"DELETE": faults.remove},
    "/requests": {"GET": requests.list_all, "DELETE": requests.clear},
    "/inbox/{name:path}": {
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
    routes = [Route(path, Path(engine, calls)) for path, calls in CALLS.items()]
    return Guard(Router(routes, redirect_slashes=False, default=_unknown), token, hosts)


class Path:
    """All calls of one path; another method is 405 with `Allow`."""

    def __init__(self, engine: Engine, calls: Mapping[str, Call]) -> None:
        self._engine = engine
        self._calls = dict(calls)
        if "GET" in calls:
            self._calls["HEAD"] = calls["GET"]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._engine.timeline.attend()
        try:
            response = await self._answer(Request(scope, receive))
        except Problem as problem:
            response = problem_response(problem)
        except StoreAway as away:
            response = problem_response(Problem(503, away.reason))
            response.headers["retry-after"] = str(away.retry_after)
        if X_MOCK not in response.raw_headers:
            response.raw_headers.append(X_MOCK)
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        call = self._calls.get(request.method)
        if call is not None:
            return await call(self._engine, request)
        allow = ", ".join(sorted(self._calls))
        response = problem_response(Problem(405, f"{request.url.path} takes {allow}"))
        response.headers["allow"] = allow
        return response


async def _unknown(scope: Scope, receive: Receive, send: Send) -> None:
    path = scope["path"]
    problem = Problem(404, f"there is no {path}; GET /_mock/control.yaml tells what there is")
    await problem_response(problem)(scope, receive, send)
