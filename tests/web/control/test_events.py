"""The stream of events: named, resumable, bounded, and never in the way."""

import asyncio
import json
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from itertools import islice
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import pytest

from mock_server.adapters.chronicle import Chronicle
from mock_server.adapters.clocks import StoppedClock
from mock_server.console import EventLog
from mock_server.domain.events import ClockMoved
from mock_server.journal import Journal
from mock_server.web.control.events import AT_ONCE, events_after
from mock_server.web.recorder import Recorder
from tests.api import CREDITS, match, request
from tests.web.control.described import CheckedServer, event_problems
from tests.web.control.test_jobs import reveal


class Event(NamedTuple):
    number: int
    name: str
    data: Any


def parsed(block: str) -> Event:
    fields = dict(line.split(": ", 1) for line in block.strip().split("\n"))
    return Event(int(fields["id"]), fields["event"], json.loads(fields["data"]))


def stream(mock: CheckedServer, query: str = "", **headers: str) -> Iterator[Event]:
    """The events as they come; each is checked against the file."""
    target = urlsplit(mock.url)
    connection = HTTPConnection(target.hostname or "", target.port, timeout=10)
    connection.request("GET", f"/_mock/events{query}", headers=headers)
    response = connection.getresponse()
    assert response.headers["content-type"].startswith("text/event-stream")
    block = ""
    try:
        while line := response.readline().decode():
            block += line
            if line == "\n":
                if not block.startswith(":"):
                    event = parsed(block)
                    assert event_problems(event.name, event.data) == []
                    yield event
                block = ""
    finally:
        connection.close()


def test_a_reveal_is_told_from_request_to_delivery(mock: CheckedServer) -> None:
    tracking_id = reveal(mock)
    mock.advance(to="idle")

    names: list[str] = []
    for event in stream(mock, "?lastEventId=0"):
        names.append(event.name)
        assert event.number == len(names)
        assert event.data.get("trackingId") in (None, tracking_id)
        if event.name == "clockMoved":
            break

    assert names == [
        "accountOpened",
        "jobQueued",
        "providerAsked",
        "requestAnswered",
        "providerAnswered",
        "creditsCharged",
        "jobFinished",
        "deliveryScheduled",
        "messageReceived",
        "deliveryAttempted",
        "clockMoved",
    ]


@pytest.mark.parametrize(
    "depth", [254, 300]
)  # orjson writes 254, and the event has levels of its own
def test_a_deeply_nested_body_ends_no_stream(mock: CheckedServer, depth: int) -> None:
    match(mock, b"[" * depth + b"]" * depth)
    match(mock, {"personId": "mock-found"})

    events = stream(mock, "?lastEventId=0")
    answered = (each.data["trackingId"] for each in events if each.name == "requestAnswered")

    assert [each is not None for each in islice(answered, 2)] == [False, True]


def test_a_deeply_nested_body_loses_no_line_of_the_log(capsys: pytest.CaptureFixture[str]) -> None:
    async def told() -> None:
        journal = Journal()
        log = EventLog(journal, "json")
        for body in (b"[" * 254 + b"]" * 254, b"{}"):
            Recorder(journal, StoppedClock()).record(
                at=0,
                started=0,
                request=("POST", "/x", (), body),
                operation_id=None,
                api_key=None,
                response=(400, (), b""),
                tracking_id=None,
                why="",
            )
        log.flush()

    asyncio.run(told())

    assert len(capsys.readouterr().out.splitlines()) == 2


def test_what_is_done_to_the_world_is_told(mock: CheckedServer) -> None:
    account = mock.account()
    account.top_up(5)
    account.remove()
    mock.person("p-1", {})
    mock.remove_faults(mock.fault({"status": 500})["id"])
    mock.set_clock("manual")
    mock.restore(mock.snapshot())
    mock.reset()

    events = stream(mock, "?lastEventId=0")

    assert [next(events).name for _ in range(9)] == [
        "accountOpened",
        "accountChanged",
        "accountClosed",
        "personDeclared",
        "faultAdded",
        "faultRemoved",
        "clockMoved",
        "worldReset",
        "worldReset",
    ]


def test_a_stream_begins_with_what_happens_next(mock: CheckedServer) -> None:
    request(mock, "GET", CREDITS)

    with ThreadPoolExecutor(1) as pool:
        event = pool.submit(lambda: next(stream(mock)))
        while not listeners(mock):
            assert not event.done()
        mock.fault({"status": 500})

    assert event.result().name == "faultAdded"


def listeners(mock: CheckedServer) -> set[Any]:
    assert mock._fake is not None
    engine = mock._fake.engine
    return set(getattr(engine.chronicle, "_listeners", engine.journal._listeners))


@pytest.mark.parametrize("by_header", [True, False])
def test_a_stream_goes_on_after_the_event_that_is_named(
    mock: CheckedServer, by_header: bool
) -> None:
    for _ in range(3):
        request(mock, "GET", CREDITS)

    events = stream(mock, **{"Last-Event-ID": "2"}) if by_header else stream(mock, "?lastEventId=2")

    assert [next(events).number for _ in range(2)] == [3, 4]


@pytest.mark.parametrize("text", ["first", "-1", "1.5", "9" * 5000, "٣"])
def test_what_names_no_event_is_refused(mock: CheckedServer, text: str) -> None:
    header = {"Last-Event-ID": text.encode().decode("latin-1")}
    answer = mock.exchange("GET", "/_mock/events", None, header)

    assert answer.status == 422
    assert json.loads(answer.body)["field"] == "lastEventId"


def test_events_that_are_no_longer_kept_are_told_as_missed() -> None:
    journal = Journal(kept=3)
    journal.note([ClockMoved(0, "manual", n) for n in range(10)])

    [_, missed, rest] = asyncio.run(first(journal, 2, 3))

    assert parsed(missed) == Event(7, "missed", {"events": 5})
    assert [parsed(each).number for each in rest.strip().split("\n\n")] == [8, 9, 10]


def test_a_number_from_the_future_means_from_now_on() -> None:
    journal = Journal()
    journal.note([ClockMoved(0, "manual", 0)])

    [_, comment] = asyncio.run(first(journal, 99, 2, heartbeat=0))

    assert comment == ": still here\n\n"


def test_a_long_history_is_told_in_parts() -> None:
    journal = Journal()
    journal.note([ClockMoved(0, "manual", n) for n in range(AT_ONCE + 1)])

    [_, many, one] = asyncio.run(first(journal, 0, 3))

    assert (many.count("event:"), one.count("event:")) == (AT_ONCE, 1)


async def first(journal: Journal, last: int, count: int, heartbeat: float = 5) -> list[str]:
    """The first parts of a stream."""
    written = events_after(Chronicle(journal), last, heartbeat)
    parts = [(await anext(written)).decode() for _ in range(count)]
    await written.aclose()
    return parts


def test_a_stream_that_is_closed_listens_no_more() -> None:
    journal = Journal()

    asyncio.run(first(journal, 0, 1))
    asyncio.run(first(journal, 0, 2, heartbeat=0))

    assert journal._listeners == set()


def test_a_server_ends_quietly_while_a_stream_is_read(caplog: pytest.LogCaptureFixture) -> None:
    with CheckedServer() as mock:
        target = urlsplit(mock.url)
        reader = socket.create_connection((target.hostname or "", target.port or 0))
        reader.sendall(b"GET /_mock/events HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert reader.recv(100).startswith(b"HTTP/1.1 200 OK")

    while reader.recv(1000):
        pass
    reader.close()
    assert caplog.records == []


def test_a_reader_that_does_not_read_is_waited_for_by_nobody(mock: CheckedServer) -> None:
    target = urlsplit(mock.url)
    account = mock.account(requests_per_minute=1_000_000)
    with socket.create_connection((target.hostname or "", target.port or 0)) as reader:
        reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1024)
        reader.sendall(b"GET /_mock/events?lastEventId=0 HTTP/1.1\r\nHost: localhost\r\n\r\n")
        big = {"personId": "x" * 4000}

        answers = [match(mock, big, account.api_key).status for _ in range(300)]

        assert len(answers) == 300
        assert mock.ask("GET", "/health")[0] == 200
        assert len(listeners(mock)) == 1
