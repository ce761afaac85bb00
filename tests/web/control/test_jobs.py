"""Jobs, the clock and what they tell, over the control API."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from mock_server.domain.instants import SECOND, instant_of
from mock_server.web.control.events import name_of, view_of
from tests.api import match, request, track
from tests.states import KIND, MockServer
from tests.web.control.described import CheckedServer

FOUND = {"personId": "mock-found"}
START = instant_of("2026-01-01T00:00:00Z")


def seconds(text: str | None) -> float:
    """Virtual seconds since the manual clock's start."""
    assert text is not None
    return (instant_of(text) - START) / SECOND


def reveal(mock: CheckedServer, person: str = "mock-found", key: str = "test_max_t") -> str:
    """Queue a job whose webhook goes to the inbox `t`."""
    body = {
        "personId": person,
        "revealPhoneNumberViaPartners": True,
        "webhookUrl": mock.inbox("t").url,
    }
    tracking_id: str = match(mock, body, key).body["trackingId"]
    return tracking_id


def test_jobs_can_be_filtered_by_key_state_and_number(mock: CheckedServer) -> None:
    first = match(mock, FOUND, "test_max_a").body["trackingId"]
    mock.advance(1)
    second = match(mock, FOUND, "test_max_b").body["trackingId"]

    def ids(query: str) -> list[str]:
        return [each["trackingId"] for each in mock.ask("GET", f"/jobs?{query}")[1]["jobs"]]

    assert ids("") == [first, second]
    assert ids("limit=1") == [second]
    assert ids("limit=0") == []
    assert ids("apiKey=test_max_a") == [first]
    assert ids("state=searching") == [second]
    assert ids("apiKey=test_max_a&state=searching") == []


@pytest.mark.parametrize(
    ("query", "field", "expected"),
    [
        ("state=done", "state", "queued, searching, finished"),
        ("limit=-1", "limit", "a whole number"),
        ("limit=1.5", "limit", "a whole number"),
        ("limit=1&limit=2", "limit", "one value"),
        ("color=red", "color", "apiKey, state, limit"),
    ],
)
def test_what_is_wrong_with_a_filter_is_told(
    mock: CheckedServer, query: str, field: str, expected: str
) -> None:
    status, problem = mock.ask("GET", f"/jobs?{query}")

    assert (status, problem["field"]) == (422, field)
    assert expected in problem["expected"]


def test_a_job_tells_who_is_asked_and_why_nothing_is_charged_or_sent_yet(
    mock: CheckedServer,
) -> None:
    job = mock.job(reveal(mock, "mock-found-wiza"))

    assert job["asking"] == {
        "provider": "Clodura",
        "askedAt": "2026-01-01T00:00:00.000000Z",
        "answersAt": "2026-01-01T00:00:01.000000Z",
    }
    assert "CR-5a" in job["why"]
    assert job["deliveryWhy"] == "no webhook yet: the search is not finished (WH-1)"


@pytest.mark.parametrize(
    ("key", "person", "why"),
    [
        ("test_max_t", "mock-none", "no provider found a number (CR-2, CR-4)"),
        ("test_low_t", "mock-found-wiza", "the credits ran out: 13 unified left, 14 needed"),
        ("test_max_t", "mock-found", "Clodura found a number"),
    ],
)
def test_a_finished_job_tells_why_it_was_or_was_not_charged(
    mock: CheckedServer, key: str, person: str, why: str
) -> None:
    job = mock.job(reveal(mock, person, key))
    mock.advance(to="idle")

    assert why in mock.job(job["trackingId"])["why"]


def test_the_retry_story_is_told_to_the_instant(mock: CheckedServer) -> None:  # WH-9
    mock.inbox("t").answer_with(500, 500, 200)
    tracking_id = reveal(mock)

    advanced = mock.advance(to="idle")

    job = mock.job(tracking_id)
    told = [
        (seconds(each["sentAt"]), each["outcome"], each["statusCode"]) for each in job["deliveries"]
    ]
    assert told == [(1, "failed", 500), (6, "failed", 500), (36, "delivered", 200)]
    assert [each["dueAt"] == each["sentAt"] for each in job["deliveries"]] == [True] * 3
    assert all(each["durationMs"] > 0 for each in job["deliveries"])
    assert advanced["deliveries"] == 3
    assert job["deliveryWhy"] == "delivered: answered 200 (WH-9)"
    assert [
        each["amount"] for each in mock.ask("GET", "/accounts/test_max_t/ledger")[1]["entries"]
    ] == [-10]


def test_an_attempt_that_waits_tells_for_how_long(mock: CheckedServer) -> None:
    mock.inbox("t").answer_with(500)
    tracking_id = reveal(mock)
    mock.advance(20)

    assert mock.job(tracking_id)["deliveryWhy"] == (
        "attempt 3: due in 16 s: retry 2 of 4, 30 s after a failed attempt (WH-9)"
    )


def test_a_webhook_that_nobody_takes_is_given_up(mock: CheckedServer) -> None:
    mock.inbox("t").answer_with(500)
    tracking_id = reveal(mock)
    mock.advance(to="idle")

    why = mock.job(tracking_id)["deliveryWhy"]

    assert why.startswith("given up after 5 attempts: answered 500")


def test_a_blocked_target_is_told_with_its_reason() -> None:
    with CheckedServer(clock="manual", webhook_targets=["loopback"]) as mock:
        tracking_id = match(mock, {**FOUND, "webhookUrl": "http://169.254.169.254/"}).body[
            "trackingId"
        ]
        mock.advance(to="idle")

        [delivery] = mock.job(tracking_id)["deliveries"]

        assert delivery["outcome"] == "blocked"
        assert mock.job(tracking_id)["deliveryWhy"] == f"never sent: {delivery['error']}"


def test_a_dropped_webhook_is_told(mock: CheckedServer) -> None:
    tracking_id = reveal(mock, "mock-found-hook-drop")
    mock.advance(to="idle")

    job = mock.job(tracking_id)

    assert [(each["outcome"], each["sentAt"]) for each in job["deliveries"]] == [("dropped", None)]
    assert job["deliveryWhy"] == "never sent: dropped on purpose"


def test_a_webhook_can_be_sent_again_free_of_charge(mock: CheckedServer) -> None:
    tracking_id = reveal(mock)
    mock.advance(to="idle")

    job = mock.redeliver(tracking_id)
    mock.advance(0)

    assert [each["attempt"] for each in job["pending"]] == [2]
    first, second = mock.inbox("t").messages()
    assert first["raw"] == second["raw"]
    assert mock.job(tracking_id)["charged"] == 10
    assert len(mock.ask("GET", "/accounts/test_max_t/ledger")[1]["entries"]) == 1


@pytest.mark.parametrize(
    ("seconds", "body", "why"),
    [(0, {"webhookUrl": "http://127.0.0.1:9/"}, "not finished"), (9, {}, "named no webhookUrl")],
)
def test_what_cannot_be_sent_again_is_409(
    mock: CheckedServer, seconds: float, body: dict[str, str], why: str
) -> None:
    tracking_id = match(mock, {**FOUND, **body}).body["trackingId"]
    mock.advance(seconds)

    status, problem = mock.ask("POST", f"/jobs/{tracking_id}/redeliver")

    assert status == 409
    assert why in problem["detail"]


def test_the_clock_tells_what_is_due_next(mock: CheckedServer) -> None:
    reveal(mock, "mock-found-after-2.5")

    assert mock.clock() == {
        "mode": "manual",
        "rate": 0,
        "now": "2026-01-01T00:00:00.000000Z",
        "pending": 1,
        "nextDueAt": "2026-01-01T00:00:02.500000Z",
    }


def test_advancing_to_the_next_goes_from_instant_to_instant(mock: CheckedServer) -> None:
    mock.inbox("t").answer_with(500, 200)
    reveal(mock)

    steps = [mock.advance(to="next") for _ in range(4)]

    told = [(seconds(each["now"]), each["ran"], each["deliveries"]) for each in steps]
    assert told == [(1, 2, 1), (6, 1, 1), (6, 0, 0), (6, 0, 0)]
    assert all(each["complete"] for each in steps)


def test_a_thousand_webhooks_within_an_hour_are_delivered_by_one_call_in_due_order(
    mock: CheckedServer,
) -> None:
    count = (
        100 if KIND == "postgresql" else 1000
    )  # each is a few round trips there, one after the other
    account = mock.account(requests_per_minute=1_000_000, credits=100_000)
    delays = [1 + n * 7919 % 3600 for n in range(count)]
    for delay in delays:
        reveal(mock, f"mock-found-after-{delay}", account.api_key)

    advanced = mock.advance(3600)

    assert (advanced["deliveries"], advanced["complete"]) == (count, True)
    came = [seconds(each["receivedAt"]) for each in mock.inbox("t").messages()]
    assert came == sorted(delays)


def test_advances_and_requests_at_once_lose_nothing(mock: CheckedServer) -> None:
    account = mock.account(requests_per_minute=1_000_000)

    def ask(n: int) -> str:
        mock.advance(0.5)
        return reveal(mock, f"mock-found-after-{n % 7}", account.api_key)

    with ThreadPoolExecutor(8) as pool:
        ids = list(pool.map(ask, range(40)))
    mock.advance(to="idle")

    jobs = account.jobs()
    assert {each["trackingId"] for each in jobs} == set(ids)
    assert [len(each["deliveries"]) for each in jobs] == [1] * 40
    assert account.credits() == 10_000 - 40 * 10
    assert seconds(mock.clock()["now"]) >= 20


def test_an_advance_that_takes_too_long_ends_early_and_loses_nothing(mock: CheckedServer) -> None:
    mock.inbox("t").answer_with(200, delay_seconds=0.3)
    tracking_ids = [reveal(mock), reveal(mock)]

    first = mock.advance(10, timeout_seconds=0.05)
    second = mock.advance(10)

    assert (first["complete"], second["complete"]) == (False, True)
    outcomes = [[each["outcome"] for each in mock.job(job)["deliveries"]] for job in tracking_ids]
    assert outcomes == [["delivered"], ["delivered"]]


def test_a_receiver_may_call_back_while_it_is_being_called(mock: CheckedServer) -> None:
    mock.inbox("t").answer_with(200, delay_seconds=0.3)
    tracking_id = reveal(mock)

    with ThreadPoolExecutor(1) as pool:
        advancing = pool.submit(mock.advance, 1)
        mock.inbox("t").messages(count=1, wait=5)
        while_it_answers = track(mock, tracking_id).status

    assert while_it_answers == 200
    assert advancing.result()["deliveries"] == 1


def test_an_answer_that_is_delayed_is_let_go_by_an_advance(mock: CheckedServer) -> None:
    mock.fault({"delaySeconds": 5}, when={"operationId": "getCredits"})

    with ThreadPoolExecutor(1) as pool:
        asking = pool.submit(request, mock, "GET", "/api/v1/credits")
        while not mock.clock()["pending"]:
            assert not asking.done()
        advanced = mock.advance(4.9)
        early = asking.done()
        then = mock.advance(0.1)

    assert (advanced["ran"], early, then["ran"]) == (0, False, 1)
    assert asking.result().status == 200


def test_the_clock_can_be_changed_and_goes_on_from_where_it_stands(mock: CheckedServer) -> None:
    mock.advance(100)

    scaled = mock.set_clock("scaled", 1000)
    assert (scaled["mode"], scaled["rate"]) == ("scaled", 1000)
    assert 100 <= seconds(scaled["now"]) < 5000
    reveal(mock, "mock-found-after-60")
    assert len(mock.inbox("t").messages(count=1, wait=10)) == 1

    real = mock.set_clock("real")
    manual = mock.set_clock("manual")
    assert (real["rate"], manual["rate"]) == (1, 0)
    assert seconds(scaled["now"]) < seconds(real["now"]) <= seconds(manual["now"])


def test_an_advance_works_on_a_real_clock_too() -> None:
    with MockServer(seed=1) as mock:
        inbox = mock.inbox("t")
        match(mock, {"personId": "mock-found-after-600", "webhookUrl": inbox.url})
        before = mock.clock()

        advanced = mock.advance(601)

        assert advanced["deliveries"] == 1
        assert instant_of(advanced["now"]) - instant_of(before["now"]) >= 601 * SECOND


@pytest.mark.parametrize(
    ("path", "body", "field", "expected"),
    [
        ("/clock", {"mode": "slow"}, "mode", "'real', 'manual' or 'scaled'"),
        ("/clock", {"mode": "real", "rate": 2}, "body", "a rate for a scaled clock"),
        ("/clock", {"mode": "scaled", "rate": 0}, "rate", "greater than 0"),
        ("/clock/advance", {}, "body", "either seconds or to"),
        ("/clock/advance", {"seconds": 1, "to": "idle"}, "body", "either seconds or to"),
        ("/clock/advance", {"seconds": -1}, "seconds", "greater than or equal to 0"),
        ("/clock/advance", {"minutes": 1}, "minutes", "seconds, to, timeoutSeconds"),
    ],
)
def test_what_is_wrong_about_time_is_told(
    mock: CheckedServer, path: str, body: object, field: str, expected: str
) -> None:
    method = "PUT" if path == "/clock" else "POST"
    status, problem = mock.ask(method, path, body)

    assert (status, problem["field"]) == (422, field)
    assert expected in problem["expected"]


def test_time_ends_before_it_cannot_be_written_any_more(mock: CheckedServer) -> None:
    snapshot = mock.snapshot().replace(
        b'"virtual":1767225600000000', b'"virtual":221845391990000000'
    )
    mock.restore(snapshot)

    status, problem = mock.ask("POST", "/clock/advance", {"seconds": 100_000_000})

    assert (status, problem["field"]) == (422, "seconds")


def test_a_job_s_result_is_told_in_every_form_and_as_track_answers(mock: CheckedServer) -> None:
    tracking_id = reveal(mock)
    _, running = mock.ask("GET", f"/jobs/{tracking_id}/details")
    mock.advance(to="idle")

    _, told = mock.ask("GET", f"/jobs/{tracking_id}/details")

    job = mock.job(tracking_id)
    assert (running["payloads"], running["track"]["body"]["status"]) == ({}, "processing")
    assert list(told["payloads"]) == ["multiProvider", "standard"]
    assert told["payloads"]["multiProvider"] == job["result"]
    assert told["payloads"]["standard"]["phoneNumbers"] == job["steps"][0]["phoneNumbers"]
    assert told["track"] == {"status": 200, "body": track(mock, tracking_id).body}


def test_the_headers_of_a_delivery_are_told_as_they_were_received(mock: CheckedServer) -> None:
    tracking_id = reveal(mock)
    mock.advance(to="idle")

    headers = mock.ask("GET", f"/jobs/{tracking_id}/details")[1]["headers"]

    received = mock.inbox("t").messages()[0]["headers"]
    told = {name.lower(): value for name, value in headers.items()}
    assert told == {name: value for name, value in received.items() if name in told}
    assert set(received) - set(told) == {"host", "content-length"}


def test_events_tell_when_a_provider_will_answer_and_when_an_attempt_was_sent(
    mock: CheckedServer,
) -> None:
    tracking_id = reveal(mock)
    mock.advance(to="idle")
    job = mock.job(tracking_id)

    _, noted = mock._fake.engine.journal.since(0, 100)  # type: ignore[union-attr]
    told = {name_of(each): view_of(each) for each in noted}

    assert told["providerAsked"]["answersAt"] == job["steps"][0]["answeredAt"]
    attempted = told["deliveryAttempted"]
    (delivery,) = job["deliveries"]
    assert (attempted["sentAt"], attempted["durationMs"]) == (
        delivery["sentAt"],
        delivery["durationMs"],
    )


def test_an_attempt_that_was_dropped_was_never_sent(mock: CheckedServer) -> None:
    reveal(mock, "mock-found-hook-drop")
    mock.advance(to="idle")

    assert '"outcome": "dropped"' in mock.engine_events()
    assert '"sentAt": null' in mock.engine_events()
