"""What is asked for and how: paths, methods, connections, and the marks of what is the fake's own."""

import asyncio
from collections.abc import Iterator
from http.client import HTTPConnection
from typing import Final

import pytest

from mock_server import __version__
from mock_server.web.wire import disconnect
from tests.api import CREDITS, MATCH, TRACK, match
from tests.states import MockServer
from tests.web.raw import KEY, exchange, read
from tests.web.receivers import receiving

PATHS: Final = {
    MATCH: "POST",
    f"{TRACK}x": "GET, HEAD",
    CREDITS: "GET, HEAD",
    "/api/v1/search/people": "POST",
    "/api/v1/search/people/email/match": "POST",
}
METHODS: Final = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE")


@pytest.fixture(scope="module")
def server() -> Iterator[MockServer]:
    with MockServer(clock="manual", seed=1, self_check=True) as mock:
        yield mock
        assert mock.problems == []


def keep_alive(mock: MockServer) -> HTTPConnection:
    return HTTPConnection(mock.url.removeprefix("http://"), timeout=30)


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("method", METHODS)
def test_a_wrong_method_is_405_with_the_right_ones(
    server: MockServer, path: str, method: str
) -> None:
    allowed = PATHS[path].split(", ")
    answer = exchange(server, method, path, b"")

    if method in allowed:
        assert answer.status != 405
    else:
        assert answer.status == 405
        assert answer.headers["allow"] == PATHS[path]
        assert answer.headers["x-mock-reason"] == f"{path} takes {PATHS[path]}"


@pytest.mark.parametrize(
    "path", ["/", "/api", "/api/v1", "/api/v1/nothing", f"{MATCH}/", TRACK, f"{TRACK}a/b", "/_mocks"]
)  # fmt: skip
@pytest.mark.parametrize("key", [None, KEY])
def test_an_unknown_path_is_404_of_our_own(server: MockServer, path: str, key: str | None) -> None:
    answer = exchange(server, "GET", path, key=key)

    assert answer.status == 404
    assert answer.headers["content-type"] == "application/json"
    assert f"the path {path};" in answer.headers["x-mock-reason"]
    assert (answer.body["statusCode"], answer.body["error"]) == (404, "Not Found")


@pytest.mark.parametrize("path", ["/a" * 30_000, "/%0d%0aX-Injected:%201", "/%E2%82%AC", "/%FF"])
def test_what_is_told_of_a_path_is_one_short_line(server: MockServer, path: str) -> None:
    answer = exchange(server, "GET", path)

    assert answer.status == 404
    assert "x-injected" not in answer.headers
    assert len(answer.headers["x-mock-reason"]) <= 503
    assert answer.headers["x-mock-reason"].isascii()


def test_head_is_a_get_without_a_body(server: MockServer) -> None:
    whole, head = (exchange(server, method, CREDITS) for method in ("GET", "HEAD"))

    assert head.content == b""
    assert head.status == whole.status == 200
    assert head.headers["content-length"] == str(len(whole.content))
    assert head.headers["content-type"] == "application/json"


@pytest.mark.parametrize(
    ("path", "status"), [(f"{TRACK}none", 404), ("/nothing", 404), (MATCH, 405)]
)
def test_head_has_no_body_for_errors_either(server: MockServer, path: str, status: int) -> None:
    answer = exchange(server, "HEAD", path)

    assert (answer.status, answer.content) == (status, b"")


def test_a_connection_serves_many_requests(server: MockServer) -> None:
    connection = keep_alive(server)
    statuses = []
    for method, path, body in [
        ("GET", CREDITS, None),
        ("HEAD", CREDITS, None),
        ("POST", MATCH, b"{"),
        ("POST", MATCH, b'{"personId":"mock-found"}'),
        ("POST", MATCH, b'"' + b"a" * 2_000_000 + b'"'),
        ("GET", "/nothing", None),
        ("PUT", CREDITS, b"ignored"),
        ("GET", CREDITS, None),
    ]:
        headers = {"X-API-KEY": KEY, "Content-Type": "application/json"}
        connection.request(method, path, body, headers)
        statuses.append(read(connection).status)
    connection.close()

    assert statuses == [200, 200, 400, 200, 400, 404, 405, 200]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", CREDITS),
        ("POST", MATCH),
        ("PUT", MATCH),
        ("GET", "/nothing"),
        ("GET", "/_mock/health"),
        ("GET", "/_mock/nothing"),
        ("PUT", "/_mock/health"),
        ("POST", "/_mock/inbox/x"),
    ],
)
def test_every_answer_says_whose_it_is(server: MockServer, method: str, path: str) -> None:
    answer = exchange(server, method, path, b"{}")

    assert answer.headers["x-mock"] == f"clodura-kit/{__version__}"


def test_but_for_that_header_nothing_tells_the_fake(server: MockServer) -> None:
    answer = exchange(server, "POST", MATCH, b'{"personId":"mock-found"}')

    assert answer.headers.keys() == {"date", "content-length", "content-type", "x-mock"}


# What faults of the control API do to an answer


def test_a_fault_may_give_any_text_as_it_is(mock: MockServer) -> None:
    page = "<h1>Bad gateway</h1>"
    mock.fault({"status": 502, "body": page, "headers": {"Content-Type": "text/html"}})
    answer = exchange(mock, "GET", CREDITS)

    assert (answer.status, answer.content.decode()) == (502, page)
    assert answer.headers["content-type"] == "text/html"


@pytest.mark.parametrize("status", [204, 205, 304])
def test_an_answer_that_may_have_no_body_has_none(mock: MockServer, status: int) -> None:
    mock.fault({"status": status, "body": {"a": 1}}, times=1)
    connection = keep_alive(mock)
    answers = []
    for _ in range(2):
        connection.request("GET", CREDITS, headers={"X-API-KEY": KEY})
        answers.append(read(connection))
    connection.close()

    assert [each.status for each in answers] == [status, 200]
    assert answers[0].content == b""
    assert answers[1].body == {"remainingCredits": 10_000}


def test_a_fault_may_give_numbers_beyond_64_bits(mock: MockServer) -> None:
    mock.fault({"status": 500, "body": {"n": 10**30}})

    assert exchange(mock, "GET", CREDITS).body == {"n": 10**30}


def test_a_broken_connection_is_left_once_the_server_says_so() -> None:
    happened = []
    messages = iter(["http.request", "http.request", "http.disconnect"])

    async def receive() -> dict[str, str]:
        happened.append(message := next(messages))
        return {"type": message}

    scope = {"state": {"abort": lambda: happened.append("abort")}}
    asyncio.run(disconnect(scope, receive))

    assert happened == ["abort", "http.request", "http.request", "http.disconnect"]


def test_a_fault_may_break_the_connection_off(mock: MockServer) -> None:
    mock.fault({"disconnect": True}, times=1)

    with pytest.raises(ConnectionError):
        exchange(mock, "GET", CREDITS)
    assert exchange(mock, "GET", CREDITS).status == 200


def test_a_fault_may_give_an_answer_its_headers_and_let_it_be(mock: MockServer) -> None:
    mock.fault({"headers": {"X-Slow": "yes"}})
    answer = exchange(mock, "GET", CREDITS)

    assert (answer.status, answer.headers["x-slow"]) == (200, "yes")


def test_a_delayed_answer_waits_for_virtual_time(mock: MockServer) -> None:
    mock.fault({"delaySeconds": 30, "status": 503}, times=1)
    connection = keep_alive(mock)
    connection.request("GET", CREDITS, headers={"X-API-KEY": KEY})
    while mock.clock()["pending"] == 0:
        pass
    before = mock.requests()
    advanced = mock.advance(30)
    answer = read(connection)
    connection.close()

    assert (len(before), advanced["ran"], answer.status) == (0, 1, 503)


def test_a_client_that_leaves_while_its_answer_is_delayed_does_no_harm(mock: MockServer) -> None:
    mock.fault({"delaySeconds": 30}, times=1)
    connection = keep_alive(mock)
    connection.request("GET", CREDITS, headers={"X-API-KEY": KEY})
    while mock.clock()["pending"] == 0:
        pass
    connection.close()

    assert mock.advance(30)["complete"]
    assert exchange(mock, "GET", CREDITS).status == 200


def test_no_webhook_and_no_answer_of_the_control_api_but_the_account_has_the_key(
    mock: MockServer,
) -> None:
    key = "test_max_SECRETIVE"
    with receiving() as receiver:
        accepted = match(mock, {"personId": "mock-found", "webhookUrl": receiver.url}, key)
        match(mock, {}, key)
        mock.advance(1)
    journal = mock.send("GET", "/_mock/requests", None)[1]

    assert accepted.status == 200
    assert "SECRETIVE" not in repr(receiver.deliveries)
    assert b"SECRETIVE" not in journal
