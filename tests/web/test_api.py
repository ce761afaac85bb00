"""The API over HTTP, as an integrator sees it."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.api import credits, match, request, track
from tests.states import MockServer

WIZA = {"personId": "mock-found-wiza", "revealPhoneNumberViaPartners": True}


def test_a_reveal_is_queued_searched_charged_delivered_and_polled_alike(mock: MockServer) -> None:
    inbox = mock.inbox("t")
    accepted = match(mock, {**WIZA, "webhookUrl": inbox.url})
    tracking_id = accepted.body["trackingId"]
    assert track(mock, tracking_id).body["status"] == "processing"

    assert mock.advance(10)["deliveries"] == 1

    [message] = inbox.messages()
    assert message["body"] == track(mock, tracking_id).body
    assert [each["status"] for each in message["body"]["providers"]] == ["notFound"] * 3 + ["found"]
    assert credits(mock) == {"remainingCredits": 10_000 - 14}


def test_the_standard_plans_get_the_standard_payload_and_pay_in_two_kinds(mock: MockServer) -> None:
    account = mock.account("prospect")
    body = {"personId": "mock-found", "webhookUrl": mock.inbox("s").url}
    match(mock, body, account.api_key)
    mock.advance(1)

    [message] = mock.inbox("s").messages()
    assert set(message["body"]) == {"personId", "firstName", "lastName", "phoneNumbers"}
    assert account.balance()["directDials"] == 1
    assert [(each["kind"], each["amount"]) for each in account.ledger()] == [
        ("phone", -1),
        ("export", -1),
    ]


def test_credits_that_run_out_in_the_waterfall_end_it_free_of_charge(mock: MockServer) -> None:
    tracking_id = match(mock, {**WIZA, "webhookUrl": mock.inbox("low").url}, "test_low_x").body[
        "trackingId"
    ]
    mock.advance(to="idle")

    last = track(mock, tracking_id, "test_low_x").body["providers"][-1]
    assert (last["provider"], last["status"]) == ("Wiza", "Insufficient Credits")
    assert credits(mock, "test_low_x") == {"remainingCredits": 13}


def test_a_hundred_at_once_charge_what_the_account_can_pay(mock: MockServer) -> None:
    account = mock.account("max", credits=30, requests_per_minute=1000)
    with ThreadPoolExecutor(20) as pool:
        statuses = list(
            pool.map(
                lambda _: match(mock, {"personId": "mock-found"}, account.api_key).status,
                range(100),
            )
        )
    mock.advance(to="idle")

    assert statuses == [200] * 100
    assert account.balance() == {"remainingCredits": 0}
    assert [each["amount"] for each in account.ledger()] == [-10, -10, -10]


@pytest.mark.parametrize("code", [400, 401, 402, 403, 404, 422, 429])
def test_each_documented_error_can_be_asked_for_by_header_and_by_person(
    mock: MockServer, code: int
) -> None:
    by_header = match(mock, {"personId": "mock-found"}, Prefer=f"code={code}")
    by_person = match(mock, {"personId": f"mock-status-{code}"})

    assert (by_header.status, by_person.status) == (code, code)
    assert by_header.body["statusCode"] == code


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"\xff\xfe", 400),
        (b'{"personId": "\\ud800"}', 400),
        (b'{"personId": NaN}', 400),
        (b"[" * 300 + b"]" * 300, 400),
        (b"[]", 400),
        (b"{}", 400),
        (b'{"personId": null}', 422),
        (b'{"personId": "x", "revealPhoneNumberViaPartners": true}', 422),
        (b'{"linkedinUrl": "https://www.linkedin.com/sales/lead/x"}', 422),
        (b'{"personId": "' + b"a" * 1024 * 1024 + b'"}', 400),
    ],
)
def test_a_bad_body_is_a_documented_error(mock: MockServer, body: bytes, status: int) -> None:
    assert match(mock, body).status == status


def test_the_natural_errors_come_in_their_order(mock: MockServer) -> None:
    assert match(mock, {}, "nobody").status == 401
    assert match(mock, {}, "test_exhausted").status == 400
    assert match(mock, {"personId": "mock-unknown"}, "test_no_access").status == 403
    assert match(mock, {"personId": "mock-unknown"}, "test_exhausted").status == 402
    assert match(mock, {"personId": "mock-unknown"}).status == 404
    assert match(mock, {"personId": "mock-found"}, "test_throttled").status == 200
    assert match(mock, {}, "test_throttled").status == 429


def test_another_account_never_gets_the_job(mock: MockServer) -> None:
    tracking_id = match(mock, {"personId": "mock-found"}).body["trackingId"]

    assert track(mock, tracking_id, "test_max_other").status == 404


def test_what_does_not_exist_is_ours_and_says_so(mock: MockServer) -> None:
    assert request(mock, "GET", "/api/v1/nothing").status == 404
    assert request(mock, "GET", "/api/v1/search/people/phone/match").status == 405


def test_a_failed_webhook_is_retried_at_the_scheduled_instants(mock: MockServer) -> None:
    inbox = mock.inbox("r")
    inbox.answer_with(500, 500, 200)
    tracking_id = match(mock, {"personId": "mock-found", "webhookUrl": inbox.url}).body[
        "trackingId"
    ]
    mock.advance(to="idle")

    job = mock.job(tracking_id)
    assert [(each["sentAt"] or "")[14:19] for each in job["deliveries"]] == [
        "00:01",
        "00:06",
        "00:36",
    ]
    assert [each["outcome"] for each in job["deliveries"]] == ["failed", "failed", "delivered"]
    assert job["charged"] == 10


@pytest.mark.parametrize(
    ("modifier", "outcomes", "messages"),
    [
        ("hook-drop", ["dropped"], 0),
        ("hook-twice", ["delivered", "delivered"], 2),
        ("hook-late-30", ["delivered"], 1),
        ("hook-truncated", ["failed", "delivered"], 1),
        ("hook-shuffled", ["delivered"], 1),
        ("hook-fail-2", ["failed", "failed", "delivered"], 3),
    ],
)
def test_each_magic_hook_misbehaves_as_it_says(
    mock: MockServer, modifier: str, outcomes: list[str], messages: int
) -> None:
    inbox = mock.inbox(modifier)
    body = {"personId": f"mock-found-{modifier}", "webhookUrl": inbox.url}
    tracking_id = match(mock, body).body["trackingId"]
    mock.advance(to="idle")

    assert [each["outcome"] for each in mock.job(tracking_id)["deliveries"]] == outcomes
    assert len(inbox.messages()) == messages


def test_an_early_webhook_comes_before_the_answer(mock: MockServer) -> None:
    inbox = mock.inbox("early")
    match(mock, {"personId": "mock-found-hook-early", "webhookUrl": inbox.url})

    assert len(inbox.messages()) == 1


def test_the_same_seed_and_requests_give_the_same_snapshot(mock: MockServer) -> None:
    body = {
        "personId": "somebody",
        "revealPhoneNumberViaPartners": True,
        "webhookUrl": "http://127.0.0.1:9/x",
    }
    with MockServer(clock="manual", seed=1) as other:
        for server in (mock, other):
            match(server, body)
            server.advance(20)

        assert mock.snapshot() == other.snapshot()


def test_a_snapshot_goes_on_in_another_server(mock: MockServer) -> None:
    match(mock, {"personId": "mock-found"})
    with MockServer(clock="manual", seed=2) as other:
        other.restore(mock.snapshot())
        other.advance(1)

        assert [each["state"] for each in other.jobs()] == ["finished"]
