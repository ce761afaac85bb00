"""A server is killed with -9 under load and goes on: nothing that it accepted is lost, nothing is charged twice."""

import random
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from mock_server.client import Account, ControlClient
from tests.api import MATCH
from tests.e2e.servers import Killable
from tests.web.receivers import Receiver, receiving, status

JOBS = 200
CLIENTS = 4
CREDITS = 1_000_000
PEOPLE = (
    "mock-found",
    "mock-found-wiza",
    "mock-none",
    "mock-found-hook-twice",
    "mock-found-after-40",
)


class Load:
    """Clients that ask until so many jobs are accepted; what is not answered with 200 does not count."""

    def __init__(self, server: Killable, key: str, url: str, kill_at: int) -> None:
        self._server, self._key, self._url = server, key, url
        self._kill_at = kill_at
        self._lock = threading.Lock()
        self.accepted: list[str] = []
        self.unanswered = 0

    def run(self) -> None:
        with ThreadPoolExecutor(CLIENTS) as pool:
            list(pool.map(self._client, range(CLIENTS)))

    def _client(self, _: int) -> None:
        while len(self.accepted) < JOBS:
            person = PEOPLE[len(self.accepted) % len(PEOPLE)]
            body: dict[str, Any] = {"personId": person, "webhookUrl": self._url}
            body |= {"revealPhoneNumberViaPartners": True}
            answer = self._server.ask("POST", MATCH, body, {"X-API-KEY": self._key})
            with self._lock:
                if answer is None:
                    self.unanswered += 1
                    time.sleep(0.02)
                    continue
                assert answer[0] == 200, answer
                self.accepted.append(answer[1]["trackingId"])
                kills = len(self.accepted) == self._kill_at
            if kills:
                self._server.kill_and_restart()


def rounds(directory: Path, count: int) -> None:
    chance = random.Random(count)
    state = str(directory / "state.sqlite")
    with receiving(status(200)) as receiver, Killable("--state", state, "--clock", "x60") as server:
        for number in range(1, count + 1):
            key = f"test_key_{number}"
            client = ControlClient(server.url)
            client.account("max", api_key=key, credits=CREDITS, requests_per_minute=1_000_000)
            load = Load(server, key, receiver.url, chance.randrange(1, JOBS))
            load.run()
            print(f"round {number}: {verdict(server, key, load, receiver)}")


def awaited(client: ControlClient, accepted: set[str], receiver: Receiver) -> Counter[str]:
    """The webhooks that came by tracking id, once nothing is pending; a minute is only a limit."""
    until = time.monotonic() + 60
    while True:
        came = Counter(each.document["trackingId"] for each in list(receiver.deliveries))
        is_done = not client.clock()["pending"] and accepted <= set(came)
        if is_done or time.monotonic() > until:
            return came
        time.sleep(0.05)


def verdict(server: Killable, key: str, load: Load, receiver: Receiver) -> str:
    client, accepted = ControlClient(server.url), set(load.accepted)
    came = awaited(client, accepted, receiver)
    jobs = {each["trackingId"]: each for each in client.jobs(api_key=key)}
    assert accepted <= set(jobs), f"{len(accepted - set(jobs))} accepted jobs were lost"
    assert {each["state"] for each in jobs.values()} == {"finished"}
    assert accepted <= set(came), f"{len(accepted - set(came))} webhooks never came"
    found = {name for name, each in jobs.items() if "none" not in each["personId"]}
    account = Account(client, key, "max")
    ledger = account.ledger()
    charged = Counter(each["trackingId"] for each in ledger)
    assert charged == dict.fromkeys(found, 1), "each found job is charged once"
    assert account.credits() == CREDITS + sum(each["amount"] for each in ledger)
    expected = sum(1 + ("twice" in each["personId"]) for each in jobs.values())
    again = sum(came[name] for name in jobs) - expected
    return (
        f"killed after {load._kill_at} of {len(accepted)} accepted jobs, {len(jobs) - len(accepted)} more were kept "
        f"unanswered, {load.unanswered} requests failed meanwhile; {again} webhooks came once more; "
        f"{len(charged)} charges; back after {server.restarted_in * 1000:.0f} ms"
    )


def test_nothing_is_lost_in_three_rounds(tmp_path: Path) -> None:
    rounds(tmp_path, 3)


@pytest.mark.soak
def test_nothing_is_lost_in_twenty_rounds(tmp_path: Path) -> None:
    rounds(tmp_path, 20)
