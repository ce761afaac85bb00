"""Who may use the control API."""

import asyncio
import socket
from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import urlsplit

import httpx
import pytest
from starlette.types import ASGIApp

from mock_server import create_app
from mock_server.bootstrap import build
from mock_server.settings import Settings
from mock_server.web.control.guard import COOKIE, LOCAL_HOSTS
from mock_server.web.wire import MIB
from tests.web.control.described import CheckedServer


class InProcess:
    """A client without a network; each request brings an event loop of its own."""

    def __init__(self, app: ASGIApp, base_url: str = "http://localhost:4020") -> None:
        self._transport = httpx.ASGITransport(app)
        self._base_url = base_url

    def request(
        self, method: str, path: str, headers: Mapping[str, str] | None = None, json: object = None
    ) -> httpx.Response:
        async def ask() -> httpx.Response:
            async with httpx.AsyncClient(
                transport=self._transport, base_url=self._base_url
            ) as client:
                return await client.request(method, path, headers=headers, json=json)

        return asyncio.run(ask())

    def get(self, path: str, headers: Mapping[str, str] | None = None) -> httpx.Response:
        return self.request("GET", path, headers)


@pytest.fixture
def remote() -> InProcess:
    """A fake as it is bound to an outer address: a token, any host."""
    return InProcess(build(Settings(), token="t0ken").app, "http://fake.example")


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 401),
        ({"Authorization": "Bearer t0ken"}, 200),
        ({"Authorization": "bearer  t0ken "}, 200),
        ({"Authorization": "Bearer t0ke"}, 401),
        ({"Authorization": "Bearer "}, 401),
        ({"Authorization": "Basic t0ken"}, 401),
        ({"Cookie": f"a=b; {COOKIE}=t0ken"}, 200),
        ({"Cookie": f"{COOKIE}=other"}, 401),
        ({"Cookie": "t0ken"}, 401),
    ],
)
def test_the_token_is_asked_for(remote: InProcess, headers: Mapping[str, str], status: int) -> None:
    answer = remote.get("/_mock/accounts", headers=headers)

    assert answer.status_code == status


def test_a_refusal_says_what_is_needed(remote: InProcess) -> None:
    problem = remote.get("/_mock/accounts")

    assert problem.headers["content-type"] == "application/problem+json"
    assert "Authorization: Bearer <token>" in problem.json()["detail"]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/_mock/health", 200),
        ("HEAD", "/_mock/health", 200),
        ("POST", "/_mock/inbox/demo", 200),
        ("GET", "/_mock/inbox/demo", 401),
        ("DELETE", "/_mock/inbox/demo", 401),
        ("POST", "/_mock/health", 401),
        ("GET", "/_mock/nowhere", 401),
        ("GET", "/_mock/events", 401),
    ],
)
def test_only_health_and_webhooks_need_no_token(
    remote: InProcess, method: str, path: str, status: int
) -> None:
    assert remote.request(method, path).status_code == status


def test_the_page_takes_the_token_into_a_cookie(remote: InProcess) -> None:
    welcome = remote.get("/_mock/?token=t0ken")

    assert (welcome.status_code, welcome.headers["location"]) == (303, "/_mock/")
    cookie = welcome.headers["set-cookie"]
    assert cookie.startswith(f"{COOKIE}=t0ken;")
    assert [
        each for each in ("HttpOnly", "Path=/_mock", "SameSite=strict") if each not in cookie
    ] == []
    brought = {"Cookie": cookie.partition(";")[0]}
    assert remote.get("/_mock/", brought).text.startswith("<!doctype html>")


@pytest.mark.parametrize("path", ["/_mock/?token=other", "/_mock/accounts?token=t0ken"])
def test_a_token_in_the_address_is_good_for_the_page_alone(remote: InProcess, path: str) -> None:
    assert remote.get(path).status_code == 401


OWN = "http://localhost:4020"


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 201),
        ({"Origin": OWN}, 201),
        ({"Origin": OWN, "Sec-Fetch-Site": "same-origin"}, 201),
        ({"Sec-Fetch-Site": "none"}, 201),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "http://localhost:4021"}, 403),
        ({"Origin": "null"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
    ],
)
def test_a_page_of_another_origin_changes_nothing(headers: Mapping[str, str], status: int) -> None:
    client = InProcess(create_app(), OWN)

    answer = client.request("POST", "/_mock/accounts", headers, {"plan": "max"})

    assert answer.status_code == status
    assert len(client.get("/_mock/accounts").json()["accounts"]) == int(status == 201)


def test_a_page_of_another_origin_cannot_write_to_an_inbox_either() -> None:
    headers = {"Origin": "https://evil.example"}

    answer = InProcess(create_app(), OWN).request("POST", "/_mock/inbox/t", headers)

    assert answer.status_code == 403


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost", 200),
        ("LOCALHOST:1", 200),
        ("localhost.", 200),
        ("127.0.0.1:4020", 200),
        ("[::1]:4020", 200),
        ("host.docker.internal:4020", 200),
        ("rebound.example", 403),
        ("localhost.evil.example", 403),
        ("evil.example/localhost", 403),
        ("user@localhost", 403),
        ("[::1", 403),
        ("", 403),
    ],
)
def test_on_loopback_only_names_of_this_machine_are_served(host: str, status: int) -> None:
    client = InProcess(build(Settings(), hosts=LOCAL_HOSTS).app)

    assert client.get("/_mock/health", {"Host": host}).status_code == status


def test_a_further_host_can_be_allowed() -> None:
    server = CheckedServer()
    server._settings = replace(server._settings, allow_hosts=("fake.test",))
    with server as mock:
        assert mock.ask("GET", "/health", Host="fake.test:1")[0] == 200
        assert mock.ask("GET", "/health", Host="fake.example")[0] == 403


def test_a_loopback_server_may_have_a_token_as_well() -> None:
    server = CheckedServer()
    server._settings = replace(server._settings, control_token="t0ken")
    with server as mock:
        assert mock.account().credits() == 10_000
        assert mock.ask("GET", "/accounts", Authorization="Bearer other")[0] == 401


def test_a_body_that_breaks_off_changes_nothing(mock: CheckedServer) -> None:
    target = urlsplit(mock.url)
    head = "POST /_mock/accounts HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n"
    with socket.create_connection((target.hostname or "", target.port or 0)) as connection:
        connection.sendall(head.encode() + b'{"plan": "max"')

    assert mock.ask("GET", "/accounts") == (200, {"accounts": []})


def test_a_snapshot_may_be_longer_than_other_bodies_but_not_without_end(
    mock: CheckedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mock_server.web.control.world.SNAPSHOT_LIMIT", 2 * MIB)
    snapshot = mock.snapshot()

    assert mock.ask("PUT", "/snapshot", snapshot + b" " * MIB)[0] == 200
    assert mock.ask("PUT", "/snapshot", snapshot + b" " * 2 * MIB)[0] == 413


def test_within_the_process_a_broken_connection_is_an_error_of_the_client() -> None:
    client = InProcess(create_app())
    client.request("PUT", "/_mock/inbox/t", json={"answers": ["disconnect"]})

    with pytest.raises(ConnectionResetError):
        client.request("POST", "/_mock/inbox/t")
