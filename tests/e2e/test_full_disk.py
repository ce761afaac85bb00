"""A disk that is full: 503 in the fake's own name, nothing is lost, and the server goes on by itself."""

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mock_server import MockServer
from mock_server.client import Account, Answer, ControlClient
from tests.api import MATCH
from tests.e2e.servers import served
from tests.mirrored import assert_mirrored

KEY = "test_key_disk"
CREDITS = 1_000_000
HEADERS = {"X-API-KEY": KEY, "Content-Type": "application/json"}
BODY = json.dumps({"personId": "mock-found"}).encode()
MOST = 5_000  # matches that a few pages cannot hold


def until(is_so: Callable[[], bool]) -> None:
    """Half a minute is only a limit."""
    end = time.monotonic() + 30
    while not is_so():
        assert time.monotonic() < end, "it never came about"
        time.sleep(0.05)


def health(client: ControlClient) -> int:
    return client.exchange("GET", "/_mock/health", None, {}).status


def match(client: ControlClient) -> Answer:
    return client.exchange("POST", MATCH, BODY, HEADERS)


def matched_until_full(client: ControlClient) -> tuple[list[str], Answer]:
    """The tracking ids that were accepted, and the first other answer."""
    accepted: list[str] = []
    for _ in range(MOST):
        answer = match(client)
        if answer.status != 200:
            return accepted, answer
        accepted.append(json.loads(answer.body)["trackingId"])
    pytest.fail("the disk never was full")


def opened(client: ControlClient) -> Account:
    return client.account("max", api_key=KEY, credits=CREDITS, requests_per_minute=1_000_000)


def assert_told(answer: Answer, why: str) -> None:
    assert answer.status == 503
    assert int(answer.headers["retry-after"]) >= 1
    assert why in answer.headers["x-mock-reason"]
    assert why in json.loads(answer.body)["message"]


def assert_nothing_lost(client: ControlClient, accepted: list[str]) -> None:
    """Only what was accepted is there, and each of it ends and is charged once."""
    account = Account(client, KEY, "max")
    until(lambda: not client.clock()["pending"])
    ledger = account.ledger()
    assert [each["trackingId"] for each in client.jobs(api_key=KEY)] == accepted
    assert sorted(each["trackingId"] for each in ledger) == sorted(accepted)
    assert account.credits() == CREDITS + sum(each["amount"] for each in ledger)


def test_a_database_that_may_not_grow_loses_nothing(tmp_path: Path) -> None:
    path = str(tmp_path / "state.sqlite")
    with MockServer(state=path, clock="manual") as mock:
        opened(mock)
        accepted, refused = _filled(mock)
        assert_told(refused, "database or disk is full")
        assert health(mock) == 503
        until(lambda: health(mock) == 200)
        accepted.append(json.loads(match(mock).body)["trackingId"])
        mock.advance(to="idle")
        assert_nothing_lost(mock, accepted)
        assert mock._fake is not None
        store = mock._fake.engine.store

    assert_mirrored(path, store)
    print(f"full after {len(accepted) - 1} jobs: told so, nothing was lost")


def _filled(mock: MockServer) -> tuple[list[str], Answer]:
    """Until it is opened anew the file may not grow by more than a few pages."""
    assert mock._fake is not None
    store: Any = mock._fake.engine.store
    connection = store._book._file._connection
    pages = connection.execute("PRAGMA page_count").fetchone()[0]
    connection.execute(f"PRAGMA max_page_count = {pages + 3}")
    return matched_until_full(mock)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux can limit another process's files")
def test_a_server_whose_log_cannot_grow_goes_on_once_it_can(tmp_path: Path) -> None:
    import resource  # noqa: PLC0415 - not on Windows

    path = tmp_path / "state.sqlite"
    with served("--state", str(path), "--clock", "x60") as server:
        client = ControlClient(server.url)
        opened(client)
        _, hard = resource.prlimit(server.pid, resource.RLIMIT_FSIZE)
        size = path.with_name(f"{path.name}-wal").stat().st_size
        resource.prlimit(server.pid, resource.RLIMIT_FSIZE, (size + 100_000, hard))
        accepted, refused = matched_until_full(client)
        assert_told(refused, "the state cannot be written")
        assert health(client) == 503
        resource.prlimit(server.pid, resource.RLIMIT_FSIZE, (hard, hard))
        until(lambda: health(client) == 200)
        accepted.append(json.loads(match(client).body)["trackingId"])
        assert_nothing_lost(client, accepted)

    print(f"no room after {len(accepted) - 1} jobs: told so, nothing was lost")
