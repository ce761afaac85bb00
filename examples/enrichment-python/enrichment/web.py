"""Owns what others call: the application's own API, and the webhook. It never calls Clodura."""

import asyncio
import json
import sqlite3
from collections.abc import Callable

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from enrichment import lookups, money
from enrichment.database import Database
from enrichment.results import NotAResultError, read_result
from enrichment.settings import Settings

LONGEST_BODY = 256 * 1024
PATIENCE = 10.0  # seconds for a body to come in


class Refused(Exception):
    """The request is answered with this status and these words."""

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status = status


class Web:
    """The handlers; each answers once what it says is on the disk."""

    def __init__(self, settings: Settings, database: Database, clock: Callable[[], float]) -> None:
        self._settings = settings
        self._database = database
        self._clock = clock

    async def webhook(self, request: Request) -> Response:
        """Clodura's result. 2xx is a promise; what is no result is refused, and a retry of it is pointless."""
        try:
            result = read_result(await _document(request))
        except NotAResultError as error:
            raise Refused(422, str(error)) from None
        token, now = request.query_params.get("token", ""), self._clock()
        try:
            await self._database.run(
                lambda db: lookups.receive(db, token, result, now, self._settings.open_token)
            )
        except lookups.UnknownTokenError:
            raise Refused(401, "unknown token") from None
        except lookups.AnotherJobError:
            raise Refused(422, "this URL was made for another job") from None
        return Response(status_code=204)

    async def ask(self, request: Request) -> Response:
        """A colleague wants a number. The worker does the rest."""
        match await _document(request):
            case {"personId": str(person_id)} if person_id.strip() and person_id.isprintable():
                now = self._clock()
                row = await self._database.run(lambda db: lookups.enqueue(db, person_id, now))
                return JSONResponse(lookups.shown(row), 202)
            case _:
                raise Refused(422, "a personId is needed")

    async def show(self, request: Request) -> Response:
        lookup_id = request.path_params["id"]
        row = await self._database.run(lambda db: lookups.get(db, lookup_id))
        if row is None:
            raise Refused(404, "no such lookup")
        return JSONResponse(lookups.shown(row))

    async def status(self, _: Request) -> Response:
        """For the owner: is anything held back, what was spent, what should they know."""

        def read(db: sqlite3.Connection) -> dict[str, object]:
            hold = money.held(db)
            return {
                "held": hold and hold["why"],
                "spent": money.spent(db),
                "ledger": money.ledger(db),
                "notices": money.notices(db),
            }

        return JSONResponse(await self._database.run(read))

    async def resume(self, _: Request) -> Response:
        """The owner has mended what stopped the sending."""
        await self._database.run(money.release)
        return Response(status_code=204)

    async def probe(self, request: Request) -> Response:
        """What became of a result, for `clodura-kit receiver --probe`; only where tests have set a token for it."""
        query, open_token = request.query_params, self._settings.open_token
        if not open_token or query.get("token") != open_token:
            raise Refused(404, "not found")
        tracking_id, person_id = query.get("trackingId"), query.get("personId")
        row = await self._database.run(lambda db: lookups.find(db, tracking_id, person_id))
        if row is None:
            raise Refused(404, "no such result")
        numbers = json.loads(row["numbers"])
        return JSONResponse(
            {"state": row["state"], "phoneNumbers": numbers, "appliedCount": row["applied"]}
        )


def create_app(settings: Settings, database: Database, clock: Callable[[], float]) -> Starlette:
    """The ASGI application."""
    web = Web(settings, database, clock)
    return Starlette(
        routes=[
            Route("/webhooks/clodura", web.webhook, methods=["POST"]),
            Route("/lookups", web.ask, methods=["POST"]),
            Route("/lookups/{id}", web.show),
            Route("/status", web.status),
            Route("/resume", web.resume, methods=["POST"]),
            Route("/probe", web.probe),
        ],
        exception_handlers={Refused: _refused, sqlite3.OperationalError: _busy},
    )


async def _document(request: Request) -> object:
    """The body, as JSON. Raises Refused for one that is too long, too slow, cut or no JSON."""
    body = bytearray()
    try:
        async with asyncio.timeout(PATIENCE):
            async for piece in request.stream():
                body += piece
                if len(body) > LONGEST_BODY:
                    raise Refused(413, f"more than {LONGEST_BODY} bytes")
        return json.loads(body)
    except TimeoutError:
        raise Refused(408, "the body did not come") from None
    except ClientDisconnect:
        raise Refused(400, "the body was cut") from None
    except (ValueError, RecursionError):
        raise Refused(400, "no JSON") from None


async def _refused(_: Request, error: Exception) -> Response:
    assert isinstance(error, Refused)
    return JSONResponse({"error": str(error)}, error.status)


async def _busy(_: Request, __: Exception) -> Response:
    """What cannot be stored is not acknowledged: Clodura sends it again."""
    return JSONResponse({"error": "try again"}, 503, {"Retry-After": "5"})
