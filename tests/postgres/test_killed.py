"""Whatever dies when: each accepted job is finished, its webhook arrives, and it is charged exactly once."""

import json
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPException
from typing import Any, NamedTuple

import pytest

from mock_server.client import Account, ControlClient
from mock_server.domain.ids import draw
from tests import postgresql
from tests.api import MATCH
from tests.e2e.servers import Served, served
from tests.postgres.receivers import Receiver, receiver

JOBS = 200
CLIENTS = 8
TAKEOVER = 15  # seconds, promised
PRICES = {"mock-found": 10, "mock-found-signalhire": 12, "mock-none": 0}


class Pair(NamedTuple):
    """Two servers on one database, and who receives their webhooks."""

    servers: Sequence[Served]
    hook: Receiver


@contextmanager
def pair(url: str) -> Iterator[Pair]:
    options = ("--state", url, "--clock", "x60", "--seed", "1")
    with receiver() as hook, served(*options) as one, served(*options) as other:
        yield Pair((one, other), hook)


def accept(pair: Pair, api_key: str, last: int) -> dict[str, str]:
    """200 jobs by 8 clients at once; one server is killed at the `last`. The accepted: whom each is about."""
    accepted: dict[str, str] = {}
    killed = threading.Event()

    def reveal(n: int) -> None:
        person_id = tuple(PRICES)[n % len(PRICES)]
        answer = post(pair.servers[n % 2], api_key, person_id, pair.hook.url)
        if answer is not None:
            accepted[answer["trackingId"]] = person_id
        if n >= last and not killed.is_set():
            killed.set()
            os.kill(pair.servers[0].pid, signal.SIGKILL)

    with ThreadPoolExecutor(CLIENTS) as pool:
        list(pool.map(reveal, range(JOBS)))
    return accepted


def post(server: Served, api_key: str, person_id: str, hook: str) -> Any:
    """The document of an accepted job; None where the server is gone or cannot take it."""
    body = {"personId": person_id, "revealPhoneNumberViaPartners": True, "webhookUrl": hook}
    try:
        status, document = client_of(server, api_key).post(MATCH, body)
    except (OSError, HTTPException):
        return None
    return document if status == 200 else None


class Client(ControlClient):
    def __init__(self, url: str, api_key: str) -> None:
        super().__init__(url, timeout=30)
        self._api_key = api_key

    def post(self, path: str, document: Any) -> tuple[int, Any]:
        headers = {"X-API-KEY": self._api_key, "Content-Type": "application/json"}
        status, body = self.send("POST", path, json.dumps(document).encode(), headers)
        return status, json.loads(body)


def client_of(server: Served, api_key: str) -> Client:
    return Client(server.url, api_key)


def until(holds: Callable[[], bool], seconds: float) -> bool:
    """Whether it holds within so many seconds."""
    for _ in range(int(seconds * 10)):
        if holds():
            return True
        threading.Event().wait(0.1)
    return holds()


def kill_one_of_two(url: str, seed: int) -> None:
    last = JOBS // 10 + draw(seed, "the moment") % (JOBS - JOBS // 10)
    api_key = f"test_max_{seed}"
    with pair(url) as running:
        accepted = accept(running, api_key, last)
        survivor = ControlClient(running.servers[1].url)
        came = running.hook.came

        assert len(accepted) >= JOBS // 20, "nearly nothing was accepted"
        done = until(lambda: accepted.keys() <= came.keys(), TAKEOVER + 10)
        missing = accepted.keys() - came.keys()
        assert done, f"{len(missing)} of {len(accepted)} webhooks never came: {sorted(missing)[:3]}"
        assert until(lambda: survivor.clock()["pending"] == 0, TAKEOVER)
        told = books_of(survivor, api_key)

    assert {told.states[each] for each in accepted} == {"finished"}
    assert [told.charges.get(each, []) for each in accepted] == [
        [-PRICES[person_id]] if PRICES[person_id] else [] for person_id in accepted.values()
    ], "a job was charged never, or more than once"
    assert told.opening + sum(map(sum, told.charges.values())) == told.left
    twice = sum(came.values()) - len(came)
    sys.stdout.write(f"{len(accepted)} accepted, {twice} webhooks came more than once\n")


class Books(NamedTuple):
    states: dict[str, str]
    charges: dict[str, list[int]]
    opening: int
    left: int


def books_of(client: ControlClient, api_key: str) -> Books:
    account = Account(client, api_key, "max")
    charges: dict[str, list[int]] = {}
    for entry in account.ledger():
        charges.setdefault(entry["trackingId"], []).append(entry["amount"])
    states = {each["trackingId"]: str(each["state"]) for each in client.jobs(api_key)}
    opening = Account(client, client.account(plan="max").api_key, "max").credits()
    return Books(states, charges, opening, account.credits())


@pytest.mark.parametrize("seed", range(3))
def test_one_of_two_is_killed_under_load_and_not_begun_again(url: str, seed: int) -> None:
    kill_one_of_two(url, seed)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(3, 23))
def test_one_of_two_is_killed_twenty_times(url: str, seed: int) -> None:
    kill_one_of_two(url, seed)


def test_a_database_that_goes_away_is_told_and_waited_for() -> None:
    database = postgresql.Server(f"outage-{postgresql.RUN}").start()
    with pair(database.url()) as running:
        one = client_of(running.servers[0], "test_max_outage")
        before = post(running.servers[1], "test_max_outage", "mock-found-after-9", running.hook.url)

        database.control("stop", "-m", "immediate")
        status, headers, document = away(one)
        database.control("start", *database.options)
        back = until(lambda: one.send("GET", "/_mock/health", None)[0] == 200, 10)

        assert (status, headers["Retry-After"], document["statusCode"]) == (503, "1", 503)
        assert "away" in headers["X-Mock-Reason"]
        assert back, "the servers did not recover"
        after = post(running.servers[1], "test_max_outage", "mock-found", running.hook.url)
        wanted = {before["trackingId"], after["trackingId"]}
        assert until(lambda: wanted <= running.hook.came.keys(), TAKEOVER + 10)
        assert {len(each) for each in books_of(one, "test_max_outage").charges.values()} == {1}
    database.remove()


def away(client: Client) -> Any:
    connection = HTTPConnection(client.url.removeprefix("http://"), timeout=30)
    connection.request("GET", "/api/v1/credits", headers={"X-API-KEY": "test_max_outage"})
    response = connection.getresponse()
    found = response.status, response.headers, json.loads(response.read())
    connection.close()
    return found
