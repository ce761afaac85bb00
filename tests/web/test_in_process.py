"""The fake as an ASGI application: for clients within the process, whatever loop they bring."""

import asyncio
import warnings
from collections.abc import Callable, Iterator
from typing import Any, Final

import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.types import ASGIApp

from mock_server import create_app
from tests.api import CREDITS, MATCH, TRACK
from tests.states import MockServer
from tests.web.receivers import Last, Receiver, receiving, status

with warnings.catch_warnings(action="ignore"):  # starlette would rather have httpx2
    from starlette.testclient import TestClient

HEADERS: Final = {"X-API-KEY": "test_max_in"}


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """Closes each connection, so that no loop ends with one of them open."""
    with receiving(Last(status(200, "Connection: close"))) as each:
        yield each


@pytest.fixture
def made() -> Iterator[Callable[..., ASGIApp]]:
    """Makes applications, and in the end lets each close what it opened."""
    apps: list[ASGIApp] = []

    def make(**options: Any) -> ASGIApp:
        apps.append(create_app(seed=1, self_check=True, **options))
        return apps[-1]

    yield make
    for each in apps:
        with TestClient(each):  # runs the lifespan
            pass


@pytest.fixture
def app(made: Callable[..., ASGIApp]) -> ASGIApp:
    return made(clock="manual")


def reveal(url: str, person: str = "mock-found") -> dict[str, Any]:
    return {"personId": person, "revealPhoneNumberViaPartners": True, "webhookUrl": url}


def httpx_client(app: ASGIApp) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://localhost", headers=HEADERS
    )


def test_a_job_finishes_is_delivered_and_polled_with_httpx(
    app: ASGIApp, receiver: Receiver
) -> None:
    async def story() -> Any:
        async with httpx_client(app) as client:
            accepted = (await client.post(MATCH, json=reveal(receiver.url))).json()
            early = (await client.get(f"{TRACK}{accepted['trackingId']}")).json()
            await client.post("/_mock/clock/advance", json={"seconds": 1})
            late = (await client.get(f"{TRACK}{accepted['trackingId']}")).json()
            return early, late, (await client.get(CREDITS)).json()

    early, late, balance = asyncio.run(story())

    assert early["status"] == "processing"
    assert late == receiver.deliveries[0].document
    assert balance == {"remainingCredits": 9_990}


def test_each_request_may_come_from_a_loop_of_its_own(app: ASGIApp, receiver: Receiver) -> None:
    def call(method: str, path: str, body: Any = None) -> Any:
        async def one() -> Any:
            async with httpx_client(app) as client:
                return (await client.request(method, path, json=body)).json()

        return asyncio.run(one())

    for count in (1, 2, 3):
        accepted = call("POST", MATCH, reveal(receiver.url))
        advanced = call("POST", "/_mock/clock/advance", {"seconds": 1})
        assert advanced["deliveries"] == 1
        assert call("GET", f"{TRACK}{accepted['trackingId']}")["status"] == "success"
        assert call("GET", CREDITS) == {"remainingCredits": 10_000 - 10 * count}
    assert len(receiver.deliveries) == 3


def test_a_job_armed_in_one_loop_is_done_in_the_next(
    made: Callable[..., ASGIApp], receiver: Receiver
) -> None:
    app = made(clock="x1000")

    async def ask() -> str:
        async with httpx_client(app) as client:
            response = await client.post(MATCH, json=reveal(receiver.url, "mock-found-findymail"))
            return str(response.json()["trackingId"])

    async def poll(tracking_id: str) -> Any:
        async with httpx_client(app) as client:
            await client.get(CREDITS)  # the work goes on in the loop of the newest request
            await asyncio.to_thread(receiver.wait, 1)
            return (await client.get(f"{TRACK}{tracking_id}")).json()

    found = asyncio.run(poll(asyncio.run(ask())))

    assert receiver.deliveries[0].document == found


@pytest.mark.parametrize("with_lifespan", [False, True])
def test_starlettes_client_works_with_and_without_a_lifespan(
    app: ASGIApp, receiver: Receiver, with_lifespan: bool
) -> None:
    client = TestClient(app, base_url="http://localhost", headers=HEADERS)

    def story() -> None:
        accepted = client.post(MATCH, json=reveal(receiver.url)).json()
        client.post("/_mock/clock/advance", json={"to": "idle"})
        assert client.get(f"{TRACK}{accepted['trackingId']}").json()["status"] == "success"

    if with_lifespan:
        with client:
            story()
    else:
        story()
    assert len(receiver.deliveries) == 1


def test_two_applications_share_nothing(made: Callable[..., ASGIApp], receiver: Receiver) -> None:
    clients = [
        TestClient(made(clock="manual"), base_url="http://localhost", headers=HEADERS)
        for _ in range(2)
    ]
    clients[0].post(MATCH, json=reveal(receiver.url))
    clients[0].post("/_mock/clock/advance", json={"seconds": 1})

    balances = [each.get(CREDITS).json()["remainingCredits"] for each in clients]
    assert balances == [9_990, 10_000]


def test_the_fake_may_be_mounted_under_a_prefix(app: ASGIApp) -> None:
    outer = Starlette(routes=[Mount("/clodura", app)])
    client = TestClient(outer, base_url="http://localhost", headers=HEADERS)

    assert client.get(f"/clodura{CREDITS}").json() == {"remainingCredits": 10_000}
    assert client.get(f"/clodura{TRACK}nobody").status_code == 404
    assert client.get("/clodura/_mock/health").json()["status"] == "ok"
    assert client.get("/clodura/nothing").headers["x-mock-reason"]


def test_a_head_is_answered(app: ASGIApp) -> None:
    client = TestClient(app, base_url="http://localhost", headers=HEADERS)

    assert client.head(CREDITS).status_code == 200


def test_a_broken_connection_is_an_error_of_the_call(app: ASGIApp) -> None:
    client = TestClient(app, base_url="http://localhost", headers=HEADERS)
    client.post("/_mock/faults", json={"then": {"disconnect": True}, "times": 1})

    with pytest.raises(ConnectionResetError):
        client.get(CREDITS)
    assert client.get(CREDITS).status_code == 200


def test_a_client_that_leaves_before_its_request_is_whole_is_no_request(app: ASGIApp) -> None:
    sent: list[Any] = []
    messages = iter([
        {"type": "http.request", "body": b'{"personId":', "more_body": True},
        {"type": "http.disconnect"},
    ])  # fmt: skip

    async def receive() -> Any:
        return next(messages)

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": MATCH, "query_string": b"", "headers": []}
    asyncio.run(_called(app, scope, receive, send))

    assert sent == []


async def _called(app: ASGIApp, scope: Any, receive: Callable[[], Any], send: Any) -> None:
    await app(scope, receive, send)


def test_a_server_with_an_application_beside_it_share_nothing(
    mock: MockServer, app: ASGIApp
) -> None:
    client = TestClient(app, base_url="http://localhost", headers=HEADERS)
    client.post(MATCH, json={"personId": "mock-found"})

    assert mock.jobs() == []
    assert len(client.get("/_mock/jobs").json()["jobs"]) == 1
