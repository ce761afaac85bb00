"""Owns the application under test: its web process in a thread, its worker by hand, all on the fake's clock."""

import asyncio
import json
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from socket import create_server
from typing import Any

import httpx
import uvicorn
from enrichment.clodura import TLS, Clodura
from enrichment.database import Database
from enrichment.settings import Settings
from enrichment.web import create_app
from enrichment.worker import Worker

from mock_server import Account, MockServer


@dataclass
class Application:
    """What a user of the application sees, and its worker's next step."""

    settings: Settings
    database: Database
    mock: MockServer
    http: httpx.Client

    def clock(self) -> float:
        return now(self.mock)

    def ask(self, person_id: str) -> str:
        """A colleague wants a number; the id of the lookup."""
        answer = self.http.post("/lookups", json={"personId": person_id})
        assert answer.status_code == 202, answer.text
        lookup_id: str = answer.json()["id"]
        return lookup_id

    def work(self) -> None:
        """Whatever the worker has to do at this moment."""

        async def once() -> None:
            async with Clodura(self.settings.base_url, self.settings.api_key) as clodura:
                await Worker(self.settings, self.database, clodura, self.clock).tick()

        asyncio.run(once())

    def work_until(self, when: Callable[[], bool]) -> None:
        """The worker as it runs, killed at that moment, whatever it is doing."""

        async def killed() -> None:
            async with Clodura(self.settings.base_url, self.settings.api_key) as clodura:
                worker = Worker(self.settings, self.database, clodura, self.clock)
                work = asyncio.create_task(worker.run())
                while not when():
                    await asyncio.sleep(0.01)
                    if work.done():
                        work.result()  # it died by itself: raises
                work.cancel()

        asyncio.run(killed())

    def reveal(self, person_id: str) -> str:
        """Asked and sent; the id of the lookup."""
        lookup_id = self.ask(person_id)
        self.work()
        return lookup_id

    def lookup(self, lookup_id: str) -> dict[str, Any]:
        row: dict[str, Any] = self.http.get(f"/lookups/{lookup_id}").json()
        return row

    def state(self, lookup_id: str) -> str:
        state: str = self.lookup(lookup_id)["state"]
        return state

    def status(self) -> dict[str, Any]:
        status: dict[str, Any] = self.http.get("/status").json()
        return status

    def probe(self, **query: str) -> dict[str, Any]:
        answer = self.http.get("/probe", params={"token": self.settings.open_token, **query})
        record: dict[str, Any] = answer.json()
        return record

    def deliver(self, document: object, token: str | None = None) -> int:
        """A webhook of the test's own; the status of its answer."""
        query = {"token": self.settings.open_token if token is None else token}
        content = json.dumps(document)
        return self.http.post("/webhooks/clodura", params=query, content=content).status_code


@contextmanager
def locked(database: Path) -> Iterator[None]:
    """Another process writes, and takes its time."""
    other = sqlite3.connect(database, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    yield
    other.execute("ROLLBACK")
    other.close()


def now(mock: MockServer) -> float:
    """The fake's time: what the application waits for comes when the test says so."""
    return datetime.fromisoformat(mock.clock()["now"]).timestamp()


@contextmanager
def running(mock: MockServer, account: Account, database_file: Path) -> Iterator[Application]:
    """The application as an integrator deploys it, but for its clock."""
    settings = Settings(
        base_url=mock.url,
        api_key=account.api_key,
        database=database_file,
        open_token="open-sesame",
    )
    with Database(settings.database) as database:
        web = create_app(settings, database, lambda: now(mock))
        server = uvicorn.Server(uvicorn.Config(web, log_config=None))
        socket = create_server(("127.0.0.1", 0))  # it listens: nobody has to wait for the server
        settings = replace(settings, public_url=f"http://127.0.0.1:{socket.getsockname()[1]}")
        thread = threading.Thread(target=server.run, args=([socket],))
        with httpx.Client(base_url=settings.public_url, timeout=20, verify=TLS) as http:
            app = Application(settings, database, mock, http)
            thread.start()
            yield app
        server.should_exit = True
        thread.join()
        socket.close()
