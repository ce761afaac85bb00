"""Owns receivers that are correct too, and otherwise: what they do differently is nobody's business but theirs."""

import asyncio
import hmac
import json
import sqlite3
import sys
from pathlib import Path
from typing import Any

from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from typing_extensions import override

from contracts.receiver.payloads import sign
from tests.receiver.apps.broken import SHARED_SECRET
from tests.receiver.apps.correct import Receiver, Result


class WorksBehindItsAnswer(Receiver):
    """202 at once, and the row a moment later."""

    @override
    async def take(self, result: Result) -> Response:
        return Response(status_code=202, background=BackgroundTask(self.later, result))

    async def later(self, result: Result) -> None:
        await asyncio.sleep(0.2)
        self.apply(result)


class TakesItsTime(Receiver):
    """A fifth of a second for each, and an answer with a body."""

    @override
    async def take(self, result: Result) -> Response:
        await asyncio.sleep(0.2)
        self.apply(result)
        return JSONResponse({"ok": True, "trackingId": result.id})


class KeepsNoConnection(Receiver):
    """Closes after each answer, and wants JSON to be called JSON."""

    @override
    async def hook(self, request: Request) -> Response:
        if "json" not in request.headers.get("content-type", "").lower():
            return Response(status_code=415)
        answer = await super().hook(request)
        answer.headers["connection"] = "close"
        return answer


class WantsSignatures(Receiver):
    """For an API that signs."""

    @override
    async def read(self, request: Request) -> bytes:
        body = await super().read(request)
        if not hmac.compare_digest(
            sign(body, SHARED_SECRET), request.headers.get("x-signature", "")
        ):
            raise ValueError
        return body


class Spools(Receiver):
    """While its database is away it keeps results elsewhere, and answers 202 with a good conscience."""

    @override
    async def take(self, result: Result) -> Response:
        try:
            self.apply(result)
        except sqlite3.Error:
            return Response(status_code=202, background=BackgroundTask(self.again, result))
        return Response(status_code=204)

    async def again(self, result: Result) -> None:
        while (await super().take(result)).status_code != 204:
            await asyncio.sleep(0.05)


class AsksNoPartners(Receiver):
    """So nobody found is a 404 at once, which is an answer (RES-3)."""

    via_partners = False


class ConfirmsByPolling(Receiver):
    """No secret; a result takes effect only for a job of its own, which it would poll: here there is none."""

    @override
    def trusts(self, request: Request) -> bool:
        return True

    @override
    def apply(self, result: Result) -> None:
        pass


class SpeaksForms(Receiver):
    """Answers the probe with null for nothing, and in its own words."""

    @override
    async def probe(self, request: Request) -> Response:
        told: Any = json.loads(bytes((await super().probe(request)).body))
        words = {"unknown": None, "found": "Nummer gefunden", "notFound": "niemand"}
        return JSONResponse(told | {"state": words.get(told["state"], told["state"])})


if __name__ == "__main__":
    AsksNoPartners(Path(sys.argv[1])).reveal()
