"""How a server ends while answers wait: each is told so, nobody is blamed, and those who left are not waited for."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from socket import create_connection
from urllib.parse import urlsplit

import pytest

from mock_server import MockServer, serving
from mock_server.adapters.clocks import SystemClock
from mock_server.domain.instants import SECOND
from tests.api import CREDITS, MATCH

GRACE = 60.0  # seconds in which answers may still come
PATIENCE = 5  # seconds, half of those after which a MockServer gives a server up
EARLY = {"personId": "mock-found-hook-early-hook-late-3"}
HEADERS = {"X-API-KEY": "test_max_t", "Content-Type": "application/json"}


@pytest.mark.parametrize("what", ["inbox", "fault", "early webhook"])
def test_whoever_waits_when_the_server_ends_is_told_so(
    what: str, caplog: pytest.LogCaptureFixture
) -> None:
    mock = MockServer(clock="manual")
    with ThreadPoolExecutor() as pool, mock:
        if what == "fault":
            mock.fault({"delaySeconds": 5})
        body = json.dumps({**EARLY, "webhookUrl": f"{mock.url}/_mock/inbox/x"}).encode()
        method, path = {
            "inbox": ("GET", "/_mock/inbox/q?count=1&wait=50"),
            "fault": ("GET", CREDITS),
            "early webhook": ("POST", MATCH),
        }[what]
        asked = pool.submit(mock.exchange, method, path, body, HEADERS)
        wait_until_asked(mock, what)
    answer = asked.result(20)

    assert (answer.status, answer.headers["content-type"]) == (503, "application/json")
    assert "stopped" in answer.headers["x-mock-reason"]
    assert answer.headers["x-mock"].startswith("clodura-kit/")
    assert json.loads(answer.body)["message"] == answer.headers["x-mock-reason"]
    assert not caplog.records, "a stop is no error"


def wait_until_asked(mock: MockServer, what: str) -> None:
    for _ in range(400):
        threading.Event().wait(0.05)
        if what == "inbox" or mock.clock()["pending"]:
            return
    pytest.fail("nobody asked")


def test_whoever_left_is_not_waited_for(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serving, "GRACE", GRACE)  # so long that no slow machine is taken for it
    with MockServer(clock="manual") as mock:
        mock.fault({"delaySeconds": 5})
        target = urlsplit(mock.url)
        with create_connection((target.hostname or "", target.port or 0)) as connection:
            connection.sendall(
                f"GET {CREDITS} HTTP/1.1\r\nHost: localhost\r\nX-API-KEY: test_max_t\r\n\r\n".encode()
            )
            wait_until_asked(mock, "fault")
        until_gone(mock)
        clock = SystemClock()
        began = clock.real()
    took = (clock.real() - began) / SECOND

    assert took < PATIENCE, "the end waited for nobody"
    assert not caplog.records


def until_gone(mock: MockServer) -> None:
    """Another connection is served after the end of the first was."""
    for _ in range(3):
        mock.clock()
