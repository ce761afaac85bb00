"""Webhooks to real receivers: when they come, what they say, and what becomes of those that fail."""

import socket
import threading
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import pytest

from mock_server.client import Job
from tests.api import TRACK, match, track
from tests.states import MockServer
from tests.web.receivers import OK, Delivery, Last, receiving, status

SPEC: Final = Path(__file__).parents[2] / "openapi.yaml"
START = datetime.fromisoformat("2026-01-01T00:00:00Z")


def reveal(mock: MockServer, url: str, person: str = "mock-found", key: str = "test_max") -> str:
    body = {"personId": person, "revealPhoneNumberViaPartners": True, "webhookUrl": url}
    tracking_id: str = match(mock, body, key).body["trackingId"]
    return tracking_id


def seconds(job: Job, field: str = "sentAt") -> list[float]:
    """When the attempts were sent, counted from the start of the manual clock."""
    instants: list[Any] = [each[field] for each in job["deliveries"]]  # type: ignore[literal-required]
    return [(datetime.fromisoformat(each) - START).total_seconds() for each in instants]


def outcomes(job: Job) -> list[str]:
    return [each["outcome"] for each in job["deliveries"]]


def polled(mock: MockServer, tracking_id: str, key: str = "test_max") -> bytes:
    return mock.send("GET", f"{TRACK}{tracking_id}", None, {"X-API-KEY": key})[1]


def test_a_delivery_is_a_post_of_json_to_exactly_the_url(mock: MockServer) -> None:
    with receiving() as receiver:
        tracking_id = reveal(mock, receiver.url)
        mock.advance(1)

    [delivery] = receiver.deliveries
    assert delivery.line == "POST /hook?x=1 HTTP/1.1"
    assert delivery.headers["content-type"] == "application/json"
    assert delivery.headers["host"] == f"127.0.0.1:{receiver.port}"
    assert delivery.document["trackingId"] == tracking_id
    assert "test_max" not in repr(delivery)


def test_a_delivery_comes_at_the_instant_of_the_result_and_not_before(mock: MockServer) -> None:
    with receiving() as receiver:
        reveal(mock, receiver.url, "mock-found-wiza")
        early = mock.advance(9.999_999)
        late = mock.advance(0.000_001)

    assert (early["deliveries"], late["deliveries"]) == (0, 1)
    assert len(receiver.deliveries) == 1


def test_a_delivery_that_fails_is_retried_at_the_instants_of_the_schedule(mock: MockServer) -> None:
    with receiving(status(500), status(404), status(301), status(503), OK) as receiver:
        tracking_id = reveal(mock, receiver.url)
        mock.advance(to="idle")

    job = mock.job(tracking_id)
    assert seconds(job) == seconds(job, "dueAt") == [1, 6, 36, 156, 756]
    assert outcomes(job) == ["failed"] * 4 + ["delivered"]
    assert [each["statusCode"] for each in job["deliveries"]] == [500, 404, 301, 503, 200]
    assert {each.body for each in receiver.deliveries} == {polled(mock, tracking_id)}


def test_each_retry_waits_to_the_microsecond(mock: MockServer) -> None:
    with receiving(status(500)) as receiver:
        reveal(mock, receiver.url)
        counts = []
        for step in (1, 4.999_999, 0.000_001, 29.999_999, 0.000_001, 120, 600, 100_000):
            mock.advance(step)
            counts.append(len(receiver.deliveries))

    assert counts == [1, 1, 2, 2, 3, 4, 5, 5]


def test_five_attempts_are_all(mock: MockServer) -> None:
    with receiving(status(500)) as receiver:
        tracking_id = reveal(mock, receiver.url)
        mock.advance(to="idle")

    job = mock.job(tracking_id)
    assert outcomes(job) == ["failed"] * 5
    assert "given up after 5 attempts" in job["deliveryWhy"]
    assert job["charged"] == 10
    assert track(mock, tracking_id, "test_max").body["status"] == "success"


def test_any_2xx_is_a_success(mock: MockServer) -> None:
    for code in (200, 201, 202, 204, 299):
        with receiving(status(code)) as receiver:
            tracking_id = reveal(mock, receiver.url)
            mock.advance(to="idle")

        assert outcomes(mock.job(tracking_id)) == ["delivered"], code


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(b"", id="a close"),
        pytest.param(Last(b"hello\r\n\r\n"), id="no HTTP"),
        pytest.param(
            Last(b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhalf"), id="half an answer"
        ),
        pytest.param(Last(b"HTTP/1.1 2"), id="half a status"),
    ],
)
def test_an_answer_that_is_none_is_a_failure(mock: MockServer, answer: bytes) -> None:
    with receiving(answer, OK) as receiver:
        tracking_id = reveal(mock, receiver.url)
        mock.advance(to="idle")

    assert outcomes(mock.job(tracking_id)) == ["failed", "delivered"]


def test_a_redirect_is_not_followed(mock: MockServer) -> None:
    with receiving() as elsewhere:
        for code in (301, 302, 303, 307, 308):
            with receiving(status(code, f"Location: {elsewhere.url}"), OK) as receiver:
                tracking_id = reveal(mock, receiver.url)
                mock.advance(to="idle")

            assert outcomes(mock.job(tracking_id)) == ["failed", "delivered"], code
    assert elsewhere.deliveries == []


def test_a_receiver_that_nobody_listens_at_is_a_failure_with_its_reason(mock: MockServer) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    tracking_id = reveal(mock, f"http://127.0.0.1:{port}/")
    mock.advance(1)

    [attempt] = mock.job(tracking_id)["deliveries"]
    assert attempt["outcome"] == "failed"
    assert attempt["error"]


def test_a_receiver_may_call_back_while_it_is_answering(mock: MockServer) -> None:
    polls = []

    def polling(delivery: Delivery) -> bytes:
        polls.append(track(mock, delivery.document["trackingId"], "test_max"))
        return OK

    with receiving(polling) as receiver:
        reveal(mock, receiver.url)
        mock.advance(1)

    assert [each.body for each in polls] == [receiver.deliveries[0].document]


@pytest.fixture
def patient(tmp_path: Path) -> Iterator[MockServer]:
    """A fake on a fast clock that gives a receiver ten minutes to answer, so that no attempt ends by itself."""
    path = tmp_path / "openapi.yaml"
    text = SPEC.read_text()
    assert "timeoutSeconds: 10," in text
    path.write_text(text.replace("timeoutSeconds: 10,", "timeoutSeconds: 600,"))
    with MockServer(clock="x60", seed=1, spec=path, self_check=True) as server:
        yield server
        assert server.problems == []


def test_a_receiver_that_never_answers_delays_no_other(patient: MockServer) -> None:
    with receiving(lambda _: None) as dead, receiving() as quick:
        for _ in range(70):  # more than go to one path at once
            reveal(patient, dead.url)
        assert dead.wait(64)
        reveal(patient, quick.url, key="test_max_quick")

        assert quick.wait(1)


def test_a_slow_receiver_delays_no_other_of_the_same_key(patient: MockServer) -> None:
    let_go = threading.Event()

    def slow(_delivery: Delivery) -> bytes:
        let_go.wait(60)
        return OK

    with receiving(slow) as receiver, receiving() as quick:
        slow_id = reveal(patient, receiver.url)
        assert receiver.wait(1)
        reveal(patient, quick.url)

        assert quick.wait(1)
        assert outcomes(patient.job(slow_id)) == []
        assert track(patient, slow_id, "test_max").body["status"] == "success"
        let_go.set()


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("http://8.8.8.8/hook", "8.8.8.8"),
        ("http://169.254.169.254/latest/meta-data", "169.254.169.254"),
        ("http://[fe80::1]/hook", "fe80"),
    ],
)
def test_a_blocked_target_is_recorded_with_its_reason_and_answered_like_any_other(
    mock: MockServer, url: str, why: str
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        fine = f"http://127.0.0.1:{listener.getsockname()[1]}/"
    body = {"personId": "mock-found", "webhookUrl": url}
    blocked, allowed = (
        match(mock, {**body, "webhookUrl": each}, "test_max") for each in (url, fine)
    )
    mock.advance(1)

    job = mock.job(blocked.body["trackingId"])
    assert (blocked.status, blocked.body.keys()) == (allowed.status, allowed.body.keys())
    [attempt] = job["deliveries"]
    assert attempt["outcome"] == "blocked"
    assert why in (attempt["error"] or "")
    assert job["state"] == "finished"
    assert job["charged"] == 10


def test_a_blocked_target_is_not_tried_again(mock: MockServer) -> None:
    tracking_id = reveal(mock, "http://8.8.8.8/")
    mock.advance(to="idle")

    assert outcomes(mock.job(tracking_id)) == ["blocked"]


@pytest.mark.parametrize(
    ("modifier", "sent", "ended"),
    [
        ("hook-twice", [1, 1], ["delivered", "delivered"]),
        ("hook-late-30", [31], ["delivered"]),
        ("hook-late-0.5", [1.5], ["delivered"]),
        ("hook-fail-1", [1, 6], ["failed", "delivered"]),
        ("hook-fail-4", [1, 6, 36, 156, 756], ["failed"] * 4 + ["delivered"]),
        ("hook-fail-5", [1, 6, 36, 156, 756], ["failed"] * 5),
        ("hook-shuffled", [61], ["delivered"]),
        ("after-7-hook-late-2", [9], ["delivered"]),
        ("hook-fail-1-hook-late-2", [3, 8], ["failed", "delivered"]),
    ],
)
def test_each_magic_hook_sends_when_it_says_and_the_same_bytes(
    mock: MockServer, modifier: str, sent: list[float], ended: list[str]
) -> None:
    with receiving() as receiver:
        tracking_id = reveal(mock, receiver.url, f"mock-found-{modifier}")
        mock.advance(to="idle")

    job = mock.job(tracking_id)
    assert seconds(job) == sent
    assert outcomes(job) == ended
    assert [each.body for each in receiver.deliveries] == [polled(mock, tracking_id)] * len(sent)


def test_a_dropped_webhook_never_comes_and_the_poll_completes(mock: MockServer) -> None:
    with receiving() as receiver:
        tracking_id = reveal(mock, receiver.url, "mock-found-hook-drop")
        mock.advance(to="idle")

    [attempt] = mock.job(tracking_id)["deliveries"]
    assert (attempt["outcome"], attempt["sentAt"]) == ("dropped", None)
    assert receiver.deliveries == []
    assert track(mock, tracking_id, "test_max").body["status"] == "success"


def test_a_truncated_webhook_breaks_off_in_mid_body_and_is_sent_again_whole(
    mock: MockServer,
) -> None:
    with receiving() as receiver:
        tracking_id = reveal(mock, receiver.url, "mock-found-hook-truncated")
        mock.advance(to="idle")

    whole = polled(mock, tracking_id)
    # The receiver may notice the end of a broken connection after the next delivery has come.
    first, second = sorted(receiver.deliveries, key=lambda each: len(each.body))
    assert outcomes(mock.job(tracking_id)) == ["failed", "delivered"]
    assert first.length == second.length == len(whole)
    assert first.body == whole[: len(whole) // 2]
    assert second.body == whole


def test_an_early_webhook_comes_before_the_200(mock: MockServer) -> None:
    waiting = threading.Event()
    answered = []

    def holding(_delivery: Delivery) -> bytes:
        answered.append(waiting.is_set())
        return OK

    with receiving(holding) as receiver:
        tracking_id = reveal(mock, receiver.url, "mock-found-wiza-hook-early")
        waiting.set()

    assert answered == [False]
    assert receiver.deliveries[0].body == polled(mock, tracking_id)
    assert receiver.deliveries[0].document["trackingId"] == tracking_id


def test_a_shuffled_webhook_comes_after_the_accounts_next(mock: MockServer) -> None:
    with receiving() as receiver:
        held = reveal(mock, receiver.url, "mock-found-hook-shuffled")
        mock.advance(5)
        other = reveal(mock, receiver.url, "mock-found", "test_max_other")
        mock.advance(5)
        following = reveal(mock, receiver.url)
        mock.advance(5)

    order = [each.document["trackingId"] for each in receiver.deliveries]
    assert order == [other, following, held]
    assert seconds(mock.job(held)) == [11]


def test_a_refused_request_sends_no_webhook(mock: MockServer) -> None:
    with receiving() as receiver:
        for body in (
            {},
            {"personId": None},
            {"personId": "mock-none"},
            {"personId": "mock-unknown"},
        ):
            match(mock, {**body, "webhookUrl": receiver.url}, "test_max")
        match(mock, {"personId": "mock-found", "webhookUrl": receiver.url}, "test_exhausted")
        match(mock, {"personId": "mock-found", "webhookUrl": receiver.url}, "nobody")
        mock.advance(to="idle")

    assert receiver.deliveries == []


def test_connections_are_used_again(mock: MockServer) -> None:
    with receiving() as receiver:
        for _ in range(5):
            reveal(mock, receiver.url)
        mock.advance(1)

    assert len(receiver.deliveries) == 5
    assert receiver.connections < 5
