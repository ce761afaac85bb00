"""Owns the museum: receivers with one realistic fault each, as a small variation of the correct one.

As a program, at the root of the checkout: `python -m tests.receiver.apps.broken serve NAME PORT DB`; `reveal NAME DB`.
"""

import asyncio
import hashlib
import json
import sqlite3
import sys
import time
import traceback
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from typing_extensions import override

from tests.receiver.apps.correct import HOOK, Invalid, Receiver, Result, call, serve, text


@dataclass(frozen=True)
class Bug:
    """One fault, and the check that names it. `verdict`: how the check ends."""

    caught_by: str
    receiver: type[Receiver]
    verdict: str
    drive: bool = False
    secret: bool = True
    signs: bool = False

    @property
    def name(self) -> str:
        return self.receiver.__name__


BUGS: dict[str, Bug] = {}
SHARED_SECRET = "a-shared-secret"
CURRENT: ContextVar[Request] = ContextVar("CURRENT")


def bug(
    caught_by: str, verdict: str = "failed", **further: bool
) -> Callable[[type[Receiver]], type[Receiver]]:
    def registered(receiver: type[Receiver]) -> type[Receiver]:
        BUGS[receiver.__name__] = Bug(caught_by, receiver, verdict, **further)
        return receiver

    return registered


@bug("R1")
class NothingFoundIsAnAccident(Receiver):
    @override
    def state(self, found: list[str], statuses: list[str]) -> tuple[str, list[str]]:
        return "found", [found[0], *found[1:]]


@bug("R1")
class NothingFoundIsNotFound(Receiver):
    @override
    async def take(self, result: Result) -> Response:
        if not result.numbers:
            return JSONResponse({"error": "no phone number"}, 404)
        return await super().take(result)


@bug("R1")
class StaysPending(Receiver):
    @override
    def state(self, found: list[str], statuses: list[str]) -> tuple[str, list[str]]:
        state, kept = super().state(found, statuses)
        return ("pending" if "Insufficient Credits" in statuses else state), kept


@bug("R2")
class KnowsOneFormOnly(Receiver):
    @override
    def parse(self, document: Any) -> Result:
        return super().parse(document | {"trackingId": text(document, "trackingId")})


@bug("R2")
class OneOutcomeTwoNames(Receiver):
    @override
    def parse(self, document: Any) -> Result:
        result = super().parse(document)
        return result if "trackingId" in document else result._replace(state="done")


@bug("R2")
class NamesAreObligatory(Receiver):
    @override
    def parse(self, document: Any) -> Result:
        if document.get("firstName", "x") == "":
            raise Invalid
        return super().parse(document)


@bug("R3")
class ConflictOnACopy(Receiver):
    @override
    async def take(self, result: Result) -> Response:
        known = self.db.execute("select 1 from results where id = ?", (result.id,)).fetchone()
        return Response(status_code=409) if known else await super().take(result)


@bug("R3")
class CountsCopies(Receiver):
    @override
    def apply(self, result: Result) -> None:
        known = self.db.execute("select 1 from results where id = ?", (result.id,)).fetchone()
        super().apply(result)
        if known:
            self.effect(result)


@bug("R3")
class StandardFormHasNoId(Receiver):
    @override
    def parse(self, document: Any) -> Result:
        result = super().parse(document)
        known = self.db.execute("select 1 from results where id = ?", (result.id,)).fetchone()
        if known and "personId" in document:
            self.effect(result)
        return result


@bug("R4")
class ChecksThenInserts(Receiver):
    @override
    async def take(self, result: Result) -> Response:
        known = self.db.execute("select 1 from results where id = ?", (result.id,)).fetchone()
        await asyncio.sleep(0.01)  # a query to another service
        if not known:
            row = (result.id, result.state, json.dumps(result.numbers))
            self.db.execute("insert or replace into results values (?, ?, ?)", row)
            self.effect(result)
        return Response(status_code=204)


@bug("R4")
class OneWriterAtATime(Receiver):
    busy = False

    @override
    async def take(self, result: Result) -> Response:
        if self.busy:
            return JSONResponse({"error": "database is locked"}, 500)
        self.busy = True
        await asyncio.sleep(0.01)
        self.busy = False
        return await super().take(result)


@bug("R5")
class KnowsCopiesByTheirBytes(Receiver):
    @override
    def decode(self, body: bytes) -> Any:
        self.digest = hashlib.sha256(body).hexdigest()
        return super().decode(body)

    @override
    def apply(self, result: Result) -> None:
        if self.db.execute("select 1 from results where id = ?", (self.digest,)).fetchone():
            return
        super().apply(result._replace(id=self.digest))
        row = (result.id, result.state, json.dumps(result.numbers))
        self.db.execute("insert or replace into results values (?, ?, ?)", row)
        self.effect(result)


class Asks(Receiver):
    """Knows which jobs are its own."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.db.execute("create table if not exists asked (id text primary key)")

    @override
    def match(self) -> str:
        tracking_id = super().match()
        self.db.execute("insert into asked values (?)", (tracking_id,))
        return tracking_id

    def knows(self, result: Result) -> bool:
        return (
            self.db.execute("select 1 from asked where id = ?", (result.id,)).fetchone() is not None
        )


@bug("R6", drive=True)
class DropsWhatItDoesNotKnowYet(Asks):
    @override
    async def take(self, result: Result) -> Response:
        return await super().take(result) if self.knows(result) else Response(status_code=200)

    @override
    def reveal(self) -> None:
        self.match()


@bug("R6", drive=True)
class HoldsALockWhileItAsks(Asks):
    @override
    def match(self) -> str:
        self.db.execute("create table if not exists asking (id text)")
        self.db.execute("insert into asking values ('one')")
        try:
            return super().match()
        finally:
            self.db.execute("delete from asking")

    @override
    async def take(self, result: Result) -> Response:
        self.db.execute("create table if not exists asking (id text)")
        while self.db.execute("select 1 from asking").fetchone():
            await asyncio.sleep(0.05)
        return await super().take(result)


@bug("R7", drive=True)
class UnknownIsAnAccident(Asks):
    @override
    async def take(self, result: Result) -> Response:
        return await super().take(result) if self.knows(result) else Response(status_code=500)


@bug("R7", drive=True)
class RefusesAndStoresAllTheSame(Asks):
    @override
    async def take(self, result: Result) -> Response:
        answer = await super().take(result)
        return answer if self.knows(result) else Response(status_code=404)


@bug("R7", drive=True)
class UnknownIsNowThisNowThat(Asks):
    said = 404

    @override
    async def take(self, result: Result) -> Response:
        if self.knows(result):
            return await super().take(result)
        self.said = 400 if self.said == 404 else 404
        return Response(status_code=self.said)


@bug("R8")
class LastComesLastWins(Receiver):
    @override
    def apply(self, result: Result) -> None:
        row = (result.id, result.state, json.dumps(result.numbers))
        new = self.db.execute("insert or ignore into results values (?, ?, ?)", row).rowcount
        self.db.execute("insert or replace into results values (?, ?, ?)", row)
        if new:
            self.effect(result)


@bug("R8")
class DisorderIsAnAccident(Receiver):
    @override
    def parse(self, document: Any) -> Result:
        if isinstance(document, dict) and document.get("status") == "processing":
            raise KeyError("providers")
        return super().parse(document)


@bug("R8")
class ProcessingIsAState(Receiver):
    @override
    def parse(self, document: Any) -> Result:
        if isinstance(document, dict) and document.get("status") == "processing":
            return Result(text(document, "trackingId"), "processing", [])
        return super().parse(document)

    @override
    def apply(self, result: Result) -> None:
        super().apply(result)
        if result.state == "processing":
            self.db.execute("update results set state = 'processing' where id = ?", (result.id,))


@bug("R9", drive=True)
class PollAndWebhookHaveTheirOwnBooks(Receiver):
    @override
    def poll(self, tracking_id: str) -> bool:
        if not super().poll(tracking_id):
            return False
        self.db.execute("create table if not exists polled (id text)")
        self.db.execute("insert into polled values (?)", (tracking_id,))
        return True

    @override
    async def take(self, result: Result) -> Response:
        self.db.execute("create table if not exists polled (id text)")
        if self.db.execute("delete from polled where id = ?", (result.id,)).rowcount:
            self.effect(result)
        return await super().take(result)


@bug("R9", drive=True)
class RefusesWhatItHas(Receiver):
    @override
    async def take(self, result: Result) -> Response:
        known = self.db.execute("select 1 from results where id = ?", (result.id,)).fetchone()
        return Response(status_code=410) if known else await super().take(result)


@bug("R10", drive=True)
class NeverPolls(Receiver):
    @override
    def reveal(self) -> None:
        self.match()


@bug("R11", drive=True)
class PollChecksThenApplies(Receiver):
    @override
    def poll(self, tracking_id: str) -> bool:
        document = call(f"/api/v1/search/people/track/{tracking_id}")
        if document["status"] == "processing":
            return False
        known = self.db.execute("select 1 from results where id = ?", (tracking_id,)).fetchone()
        time.sleep(0.5)  # other work between the check and what rests on it
        result = self.parse(document)
        self.apply(result)
        if (
            known is None
            and self.db.execute("select 1 from effects where id = ?", (tracking_id,)).fetchone()
        ):
            self.effect(result)
        return True


@bug("R12")
class ForgetsWhomItCouldNotAnswer(Receiver):
    @override
    async def hook(self, request: Request) -> Response:
        CURRENT.set(request)
        return await super().hook(request)

    @override
    async def take(self, result: Result) -> Response:
        answer = await super().take(result)
        await asyncio.sleep(0.05)
        if await CURRENT.get().is_disconnected():  # "the sender will come again"
            self.db.execute("delete from results where id = ?", (result.id,))
        return answer


@bug("R13")
class OneAfterTheOther(Receiver):
    lock = asyncio.Lock()

    @override
    async def take(self, result: Result) -> Response:
        async with self.lock:
            await asyncio.sleep(2.6)
        return await super().take(result)


@bug("R13", "differs")
class WorksBeforeItAnswers(Receiver):
    @override
    async def take(self, result: Result) -> Response:
        await asyncio.sleep(1.2)
        return await super().take(result)


@bug("R14")
class TurnsAwayACrowd(Receiver):
    here = 0

    @override
    async def take(self, result: Result) -> Response:
        self.here += 1
        try:
            await asyncio.sleep(0.3)  # so long that they meet on a slow machine too
            return (
                JSONResponse({"error": "busy"}, 503)
                if self.here > 15
                else await super().take(result)
            )
        finally:
            self.here -= 1


@bug("R14")
class QueueThatForgets(Receiver):
    @override
    async def take(self, result: Result) -> Response:
        self.queue: deque[Result] = getattr(self, "queue", deque(maxlen=20))
        self.queue.append(result)
        return Response(status_code=202, background=BackgroundTask(self.work))

    async def work(self) -> None:
        await asyncio.sleep(1)
        while self.queue:
            self.apply(self.queue.popleft())


@bug("R15")
class AnswersBeforeItReads(Receiver):
    @override
    async def hook(self, request: Request) -> Response:
        return Response(status_code=200, background=BackgroundTask(super().hook, request))


@bug("R16")
class OneWorker(Receiver):
    lock = asyncio.Lock()

    @override
    async def read(self, request: Request) -> bytes:
        async with self.lock:
            return await super().read(request)


@bug("R17")
class TrustsEveryBody(Receiver):
    @override
    def parse(self, document: Any) -> Result:
        try:
            return super().parse(document)
        except Invalid as error:
            raise KeyError("trackingId") from error


@bug("R17")
class TakesTextForAList(Receiver):
    @override
    def parse(self, document: Any) -> Result:
        if isinstance(document, dict) and isinstance(document.get("providers"), list):
            steps = [each for each in document["providers"] if isinstance(each, dict)]
            found = [str(one) for each in steps for one in list(each.get("phoneNumbers") or [])]
            return Result(text(document, "trackingId"), *self.state(found, []))
        return super().parse(document)

    @override
    async def hook(self, request: Request) -> Response:
        try:
            return await super().hook(request)
        except TypeError:
            return Response(status_code=400)


@bug("R17")
class HangsOnNoJson(Receiver):
    @override
    async def hook(self, request: Request) -> Response:
        answer = await super().hook(request)
        if answer.status_code == 400:
            await asyncio.sleep(30)
        return answer


@bug("R18")
class FallsOverALongBody(Receiver):
    @override
    async def read(self, request: Request) -> bytes:
        body = await super().read(request)
        if len(body) > 100_000:
            raise MemoryError
        return body


@bug("R18")
class ShortColumn(Receiver):
    @override
    async def read(self, request: Request) -> bytes:
        body = await super().read(request)
        if len(body) > 16_384:
            raise Invalid
        return body


@bug("R19")
class NoUnknownFields(Receiver):
    @override
    def parse(self, document: Any) -> Result:
        known = {
            "trackingId",
            "status",
            "providers",
            "personId",
            "firstName",
            "lastName",
            "phoneNumbers",
        }
        if isinstance(document, dict) and set(document) - known:
            raise Invalid
        return super().parse(document)


@bug("R19")
class NoUnknownStatuses(Receiver):
    @override
    def state(self, found: list[str], statuses: list[str]) -> tuple[str, list[str]]:
        known = {"found": 1, "notFound": 2, "Insufficient Credits": 3}
        return super().state(found, sorted(statuses, key=lambda each: known[each]))


@bug("R20")
class WantsALength(Receiver):
    @override
    async def hook(self, request: Request) -> Response:
        if "content-length" not in request.headers:
            return Response(status_code=411)
        return await super().hook(request)


@bug("R20")
class ComparesTheContentType(Receiver):
    @override
    async def hook(self, request: Request) -> Response:
        if request.headers.get("content-type") != "application/json":
            return Response(status_code=415)
        return await super().hook(request)


@bug("R21")
class KeepsOneNumber(Receiver):
    @override
    def state(self, found: list[str], statuses: list[str]) -> tuple[str, list[str]]:
        return super().state(found[:1], statuses)


@bug("R21")
class NumbersAreIntegers(Receiver):
    @override
    def apply(self, result: Result) -> None:
        super().apply(result._replace(numbers=[each.lstrip("+") for each in result.numbers]))


@bug("R21")
class LatinNamesOnly(Receiver):
    @override
    def parse(self, document: Any) -> Result:
        if isinstance(document, dict):
            str(document.get("firstName")).encode("latin-1")
        return super().parse(document)


@bug("R22")
class SendsElsewhere(Receiver):
    @override
    async def hook(self, request: Request) -> Response:
        return RedirectResponse(f"{HOOK}/?{request.url.query}", 307)


@bug("R23")
class AcceptsGet(Receiver):
    methods: tuple[str, ...] = ("GET", "POST")


@bug("R24", signs=True)
class LooksAtNoSignature(Receiver):
    pass


@bug("R25", "differs", secret=False)
class BelievesEverybody(Receiver):
    @override
    def trusts(self, request: Request) -> bool:
        return True


@bug("R25")
class LooksAtNoSecret(Receiver):
    @override
    def trusts(self, request: Request) -> bool:
        return "token" in request.query_params


@bug("R26")
class AnswersBeforeItIsDurable(Receiver):
    @override
    async def take(self, result: Result) -> Response:
        return Response(status_code=202, background=BackgroundTask(self.later, result))

    async def later(self, result: Result) -> None:
        await asyncio.sleep(0.4)
        self.apply(result)


@bug("R27")
class SwallowsItsTrouble(Receiver):
    @override
    async def take(self, result: Result) -> Response:
        with suppress(sqlite3.Error):
            self.apply(result)
        return Response(status_code=200)


@bug("R27")
class BlamesTheSender(Receiver):
    @override
    async def take(self, result: Result) -> Response:
        answer = await super().take(result)
        return Response(status_code=422) if answer.status_code == 503 else answer


@bug("R28")
class ShowsItsStack(Receiver):
    @override
    async def hook(self, request: Request) -> Response:
        try:
            self.parse(self.decode(await self.read(request)))
        except ValueError:
            return PlainTextResponse(traceback.format_exc(), 400)
        return Response(status_code=204)


@bug("R28")
class RepeatsTheNumber(Receiver):
    @override
    async def take(self, result: Result) -> Response:
        await super().take(result)
        return JSONResponse({"stored": result.numbers})


@bug("R28")
class TellsItsDatabase(Receiver):
    @override
    async def take(self, result: Result) -> Response:
        return JSONResponse({"stored_in": "postgresql://app:hunter2@db.internal/app"})


@bug("R28")
class AnswersAtLength(Receiver):
    @override
    async def take(self, result: Result) -> Response:
        return PlainTextResponse("ok " * 40_000)


@bug("R29")
class CountsItsCallers(Receiver):
    @override
    async def take(self, result: Result) -> Response:
        self.calls: list[float] = [
            each for each in getattr(self, "calls", []) if each > time.monotonic() - 5
        ]
        self.calls.append(time.monotonic())
        return Response(status_code=429) if len(self.calls) > 40 else await super().take(result)


@bug("R29")
class GoneWhileBusy(Receiver):
    working = False

    @override
    async def take(self, result: Result) -> Response:
        if self.working:
            return Response(status_code=410)
        self.working = True
        await asyncio.sleep(0.02)
        self.working = False
        return await super().take(result)


@bug("R30", drive=True)
class AsksTwice(Receiver):
    @override
    def match(self) -> str:
        super().match()
        return super().match()


if __name__ == "__main__":
    what, name, *rest = sys.argv[1:]
    broken = BUGS[name].receiver(Path(rest[-1]))
    if what == "serve":
        serve(broken, int(rest[0]))
    else:
        broken.reveal()
