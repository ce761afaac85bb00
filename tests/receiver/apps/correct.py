"""Owns a receiver that does everything right: Starlette and SQLite. Each step is a method that a bug can replace.

As a program, at the root of the checkout: `python -m tests.receiver.apps.correct serve PORT DB`, and `reveal DB`, which
sends a match to the API at $CLODURA_BASE_URL and polls for its result, as an application does. Both share the database.
"""

import asyncio
import hmac
import json
import os
import re
import sqlite3
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any, NamedTuple

import uvicorn
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

TOKEN = "a-secret-in-the-query-7319"
HOOK = "/webhooks/clodura"
LONGEST = 2_000_000
NUMBER = re.compile(r"\+[1-9][0-9]{6,14}")
SCHEMA = """
create table if not exists results (id text primary key, state text not null, numbers text not null);
create table if not exists effects (id text not null);
"""


class Result(NamedTuple):
    id: str
    state: str
    numbers: list[str]


class Invalid(ValueError):
    """The document is no result."""


class Receiver:
    """The application around one database file."""

    methods: tuple[str, ...] = ("POST",)
    via_partners = True

    def __init__(self, path: Path, token: str = TOKEN) -> None:
        self.token = token
        self.db = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=5)
        self.db.executescript(f"pragma journal_mode=wal; {SCHEMA}")
        self.app = Starlette(
            routes=[
                Route(HOOK, self.hook, methods=list(self.methods)),
                Route("/probe", self.probe),
            ]
        )

    async def hook(self, request: Request) -> Response:
        """One delivery."""
        if not self.trusts(request):
            return JSONResponse({"error": "who are you?"}, 403)
        try:
            body = await self.read(request)
            result = self.parse(self.decode(body))
        except ClientDisconnect:
            return Response(status_code=400)
        except OverflowError:
            return JSONResponse({"error": "too long"}, 413)
        except (Invalid, ValueError, RecursionError):
            return JSONResponse({"error": "this is no result"}, 400)
        return await self.take(result)

    def trusts(self, request: Request) -> bool:
        return hmac.compare_digest(request.query_params.get("token", ""), self.token)

    async def read(self, request: Request) -> bytes:
        body = b""
        async for chunk in request.stream():
            body += chunk
            if len(body) > LONGEST:
                raise OverflowError
        return body

    def decode(self, body: bytes) -> Any:
        return json.loads(body)

    def parse(self, document: Any) -> Result:
        """Either form; unknown fields, providers and statuses are no reason to refuse it."""
        if not isinstance(document, dict):
            raise Invalid
        if "trackingId" not in document:
            return Result(text(document, "personId"), *self.state(numbers(document), []))
        steps = document.get("providers")
        if not isinstance(steps, list) or not all(isinstance(each, dict) for each in steps):
            raise Invalid
        statuses = [text(each, "status") for each in steps]
        found = [number for each in steps for number in numbers(each)]
        return Result(text(document, "trackingId"), *self.state(found, statuses))

    def state(self, found: list[str], statuses: list[str]) -> tuple[str, list[str]]:
        if found:
            return "found", found
        return ("insufficientCredits" if "Insufficient Credits" in statuses else "notFound"), []

    async def take(self, result: Result) -> Response:
        try:
            self.apply(result)
        except sqlite3.Error:
            return JSONResponse({"error": "try again later"}, 503)
        return Response(status_code=204)

    def apply(self, result: Result) -> None:
        """Insert and effect in one transaction: a copy finds the row and changes nothing."""
        self.db.execute("begin immediate")
        try:
            row = (result.id, result.state, json.dumps(result.numbers))
            if self.db.execute("insert or ignore into results values (?, ?, ?)", row).rowcount:
                self.effect(result)
            self.db.execute("commit")
        except BaseException:
            self.db.execute("rollback")
            raise

    def effect(self, result: Result) -> None:
        """What the business is about: a debit, a message to a salesman."""
        self.db.execute("insert into effects values (?)", (result.id,))

    def reveal(self) -> None:
        """What the application does: a match, and then polls until there is a result."""
        tracking_id = self.match()
        while not self.poll(tracking_id):
            time.sleep(0.3)

    def match(self) -> str:
        """Send it; the trackingId."""
        match = {
            "personId": os.environ["CLODURA_PERSON_ID"],
            "revealPhoneNumberViaPartners": self.via_partners,
            "webhookUrl": os.environ["CLODURA_WEBHOOK_URL"],
        }
        accepted = call("/api/v1/search/people/phone/match", match)
        return str(accepted["trackingId"])

    def poll(self, tracking_id: str) -> bool:
        """Whether the search is over; then the result is applied as if it had come by webhook."""
        document = call(f"/api/v1/search/people/track/{tracking_id}")
        if document.get("status") == "processing":
            return False
        self.apply(self.parse(document))
        return True

    async def probe(self, request: Request) -> Response:
        wanted = request.query_params.get("trackingId") or request.query_params.get("personId")
        row = self.db.execute(
            "select state, numbers from results where id = ?", (wanted,)
        ).fetchone()
        count = self.db.execute("select count(*) from effects where id = ?", (wanted,)).fetchone()[
            0
        ]
        state, kept = row or ("unknown", "[]")
        return JSONResponse(
            {"state": state, "phoneNumbers": json.loads(kept), "appliedCount": count}
        )


def text(document: dict[str, Any], name: str) -> str:
    value = document.get(name)
    if not isinstance(value, str):
        raise Invalid(name)
    return value


def numbers(document: dict[str, Any]) -> list[str]:
    value = document.get("phoneNumbers")
    if not isinstance(value, list):
        raise Invalid
    if not all(isinstance(each, str) and NUMBER.fullmatch(each) for each in value):
        raise Invalid
    return value


def call(path: str, body: Any = None) -> Any:
    headers = {"X-API-KEY": os.environ["CLODURA_API_KEY"], "Content-Type": "application/json"}
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(os.environ["CLODURA_BASE_URL"] + path, data, headers)
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)


def serve(receiver: Receiver, port: int) -> None:
    config = uvicorn.Config(
        receiver.app, host="127.0.0.1", port=port, log_config=None, access_log=False
    )
    asyncio.run(uvicorn.Server(config).serve())


if __name__ == "__main__":
    if sys.argv[1] == "serve":
        serve(Receiver(Path(sys.argv[3])), int(sys.argv[2]))
    else:
        Receiver(Path(sys.argv[2])).reveal()
