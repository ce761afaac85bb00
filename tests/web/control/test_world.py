"""Health, reset, snapshot and restore: the world as a whole."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from mock_server import __version__
from tests.api import match, request
from tests.states import KIND, MockServer
from tests.web.control.described import CheckedServer, operations

CHAOS = {"rate": 0.3, "effects": [{"status": 500}, {"webhook": {"fail": 1, "times": 2}}]}
PERSON = {"numbers": {"Wiza": ["+12025550143"]}, "seconds": 3}


@pytest.fixture
def other() -> Iterator[CheckedServer]:
    """A second fake, with another seed and clock."""
    with CheckedServer(seed=2) as server:
        yield server


def history(mock: MockServer, receiver: str) -> None:
    """Something of everything, some of it still in flight."""
    mock.call("POST", "/accounts", {"plan": "prospect", "credits": 50})
    mock.call("PUT", "/people/p-1", PERSON)
    mock.fault(when={"operationId": "revealPhone"}, chaos=CHAOS)
    persons = ["p-1", "mock-found", "mock-found-hook-shuffled", "mock-found-hook-fail-2", "x", "y"]
    for n, person in enumerate(persons * 3):
        body = {"personId": person, "revealPhoneNumberViaPartners": True, "webhookUrl": receiver}
        match(mock, body, f"test_max_{n % 2}")
        mock.advance(0.7)
    mock.call("PATCH", "/accounts/test_max_0", {"topUp": 5})


def play(history: Callable[[MockServer, str], None], receiver: str, seed: int = 5) -> bytes:
    with MockServer(clock="manual", seed=seed) as mock:
        history(mock, receiver)
        return mock.snapshot()


def test_health_tells_version_state_and_clock(mock: CheckedServer) -> None:
    assert mock.ask("GET", "/health") == (
        200,
        {"status": "ok", "version": __version__, "state": KIND, "clock": "manual"},
    )


def test_the_same_seed_requests_and_advances_give_the_same_bytes(mock: CheckedServer) -> None:
    receiver = mock.inbox("shared").url

    first = play(history, receiver)

    assert play(history, receiver) == first
    assert play(history, receiver, seed=6) != first


def test_a_snapshot_round_trips_and_jobs_in_flight_go_on_alike(
    mock: CheckedServer, other: CheckedServer
) -> None:
    history(mock, "http://127.0.0.1:9/")
    mock.ask("PUT", "/inbox/t", {"answers": [500, "disconnect"], "delaySeconds": 0.01})
    mock.exchange("POST", "/_mock/inbox/t?q", b"\xff", {})
    snapshot = mock.snapshot()

    restored = other.ask("PUT", "/snapshot", snapshot)[1]

    assert restored["jobs"] == len(mock.jobs())
    assert restored["accounts"] == 3
    assert other.snapshot() == snapshot
    assert other.mocked() == mock.mocked()
    assert any(each["state"] == "searching" for each in other.jobs())
    assert mock.advance(to="idle")["deliveries"] == other.advance(to="idle")["deliveries"]
    assert other.snapshot() == mock.snapshot()


def test_jobs_asked_for_in_another_order_by_other_keys_give_the_same_bytes() -> None:
    def ask(*keys: str) -> Callable[[MockServer, str], None]:
        def story(mock: MockServer, _receiver: str) -> None:
            for key in keys:
                match(mock, {"personId": "mock-found"}, key)

        return story

    one = play(ask("test_max_a", "test_max_b", "test_max_a"), "")

    assert play(ask("test_max_b", "test_max_a", "test_max_a"), "") == one


def test_an_attempt_that_was_under_way_is_made_again_where_it_is_restored(
    other: CheckedServer,
) -> None:
    with CheckedServer() as mock:
        mock.inbox("slow").answer_with(200, delay_seconds=0.5)
        url = mock.inbox("slow").url
        job = match(mock, {"personId": "mock-found-after-0", "webhookUrl": url}).body
        mock.inbox("slow").messages(count=1, wait=5)

        other.restore(mock.snapshot())

        assert len(mock.inbox("slow").messages(count=2, wait=5)) == 2
    other.advance(0)
    assert len(other.job(job["trackingId"])["deliveries"]) == 1


def test_a_snapshot_keeps_what_json_can_hold(mock: CheckedServer, other: CheckedServer) -> None:
    mock.fault({"body": {"big": 10**30, "text": "\u0000\U0001f600", "half": 0.5}})

    other.restore(mock.snapshot())

    assert other.faults() == mock.faults()


@pytest.mark.parametrize(
    ("place", "value", "field"),
    [
        ("format", 2, "format"),
        ("jobs 0 state", "lost", "jobs.0.state"),
        ("jobs 0 plan", "vip", "accounts"),
        ("jobs 0 asking", 99, "jobs"),
        ("jobs 0 api_key", "nobody", "jobs"),
        ("accounts 0 plan", "vip", "accounts"),
        ("world anchor virtual", 10**18, "world.anchor"),
        ("world anchor rate", -1, "world.anchor"),
        ("world faults", [{"fault_id": "f", "when": {}, "effects": []}], "world.faults"),
    ],
)
def test_what_is_no_snapshot_is_refused_and_the_world_is_left_as_it_was(
    mock: CheckedServer, place: str, value: object, field: str
) -> None:
    match(mock, {"personId": "mock-found"})
    before = mock.snapshot()
    document: Any = json.loads(before)
    *way, last = [int(each) if each.isdecimal() else each for each in place.split()]
    inner = document
    for each in way:
        inner = inner[each]
    inner[last] = value

    status, problem = mock.ask("PUT", "/snapshot", document)

    assert (status, problem["field"]) == (422, field)
    assert problem["expected"] == "what GET /_mock/snapshot answered"
    assert mock.snapshot() == before


def test_a_snapshot_that_is_no_json_is_refused(mock: CheckedServer) -> None:
    status, problem = mock.ask("PUT", "/snapshot", b"PK\x03\x04")
    assert mock.ask("PUT", "/snapshot", [])[1]["field"] == "the document"

    assert (status, problem["field"]) == (422, "the document")
    assert "JSON" in problem["detail"]


def test_a_reset_leaves_nothing_but_the_given_seed(mock: CheckedServer) -> None:
    fresh = mock.snapshot()
    history(mock, mock.inbox("t").url)

    mock.reset()

    assert mock.snapshot() == fresh
    assert mock.requests() == []


def test_a_reset_can_bring_another_seed(mock: CheckedServer) -> None:
    assert mock.ask("POST", "/reset", {"seed": 9}) == (200, {"seed": 9})

    with MockServer(clock="manual", seed=9) as like:
        assert mock.snapshot() == like.snapshot()


def test_a_reset_without_a_given_seed_draws_another() -> None:
    with CheckedServer() as mock:
        first = mock.ask("POST", "/reset")[1]["seed"]

        assert mock.ask("POST", "/reset", {})[1]["seed"] != first


def test_a_reset_lets_time_go_on_where_the_clock_is_not_manual(other: CheckedServer) -> None:
    before = other.clock()

    other.reset()

    after = other.clock()
    assert (after["mode"], after["now"] > before["now"]) == ("real", True)


def test_reading_changes_nothing(mock: CheckedServer) -> None:
    history(mock, mock.inbox("t").url)
    before = mock.snapshot()
    job = mock.jobs()[0]["trackingId"]

    for each in operations().values():
        if each.method == "GET" and each.operation_id != "streamEvents":
            path = each.path.format(
                apiKey="test_max_0", trackingId=job, name="unheard-of", file="index.html"
            )
            assert mock.ask("GET", path)[0] == 200
            mock.exchange("HEAD", f"/_mock{path}", None, {})
    request(mock, "GET", "/_mock/accounts/nobody")

    assert mock.snapshot() == before
