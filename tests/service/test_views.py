"""Owns the claims about how records look from outside."""

import json
from typing import Any

import pytest

from mock_server.domain.jobs import Job, Outcome
from mock_server.ports import Receipt
from mock_server.service.views import account_view, entry_view, job_view
from tests.builders import Bench, assuming

START = "2026-01-01T00:00:00.000000Z"


def bench_of(**changes: Any) -> Bench:
    bench = Bench(assuming(**changes))
    bench.account()
    return bench


def view(bench: Bench, job: Job) -> dict[str, Any]:
    return job_view(bench.rules, job, bench.now)


def test_an_account_shows_its_balance_and_window() -> None:
    bench = bench_of()
    bench.reveal("mock-unknown")

    assert account_view(bench.rules, bench.accounts["key"]) == {
        "apiKey": "key",
        "plan": "max",
        "credits": 10_000,
        "apiAccess": True,
        "requestsPerMinute": 300,
        "createdAt": START,
        "balance": {"remainingCredits": 10_000},
        "window": {"startedAt": START, "count": 1, "seconds": 60.0},
    }


def test_before_the_first_request_there_is_no_window() -> None:
    bench = bench_of()

    window = account_view(bench.rules, bench.accounts["key"])["window"]

    assert window == {"startedAt": None, "count": 0, "seconds": 60.0}


def test_a_row_of_the_ledger_shows_who_was_paid() -> None:
    bench = bench_of()
    job = bench.finished("mock-found")

    assert entry_view(bench.entries[0]) == {
        "at": "2026-01-01T00:00:01.000000Z",
        "trackingId": job.tracking_id,
        "kind": "unified",
        "amount": -10,
        "provider": "Clodura",
        "balanceAfter": 9_990,
        "why": "Clodura found a number (CR-3, CR-7)",
    }


def test_a_running_job_shows_who_is_being_asked() -> None:
    bench = bench_of()
    job = bench.job("mock-found-wiza")
    bench.advance(2)

    shown = view(bench, job)

    assert (shown["state"], shown["asking"], shown["finishedAt"], shown["charged"]) == (
        "searching",
        {
            "provider": "SignalHire",
            "askedAt": "2026-01-01T00:00:01.000000Z",
            "answersAt": "2026-01-01T00:00:04.000000Z",
        },
        None,
        0,
    )


def test_a_finished_job_shows_its_steps() -> None:
    bench = bench_of()
    job = bench.finished("mock-found")

    shown = view(bench, job)

    assert (shown["state"], shown["asking"], shown["steps"][0]["askedAt"]) == (
        "finished",
        None,
        START,
    )


@pytest.mark.parametrize(
    ("plan", "charged", "charges"),
    [("max", 10, {"unified": 10}), ("prospect", 1, {"phone": 1, "export": 1})],
)
def test_a_job_shows_what_it_was_charged(plan: str, charged: int, charges: dict[str, int]) -> None:
    bench = Bench()
    bench.account(plan=plan)
    job = bench.finished("mock-found")

    shown = view(bench, job)

    assert (shown["charged"], shown["charges"]) == (charged, charges)


def test_a_job_shows_no_secret_of_its_receiver() -> None:  # AUTH-4
    bench = bench_of()
    job = bench.finished("mock-found", webhookUrl="https://u:SECRET@h.example/p?token=SECRET")

    assert "SECRET" not in json.dumps(view(bench, job))


def test_a_delivery_shows_how_it_went() -> None:
    bench = bench_of()
    job = bench.finished("mock-found")

    assert view(bench, job)["deliveries"] == [
        {
            "attempt": 1,
            "dueAt": "2026-01-01T00:00:01.000000Z",
            "sentAt": "2026-01-01T00:00:01.000000Z",
            "url": "http://127.0.0.1:9/hook",
            "outcome": "delivered",
            "statusCode": 200,
            "error": None,
            "durationMs": 1.0,
            "why": "the job finished (WH-1)",
        }
    ]


def test_a_dropped_webhook_was_never_sent() -> None:
    bench = bench_of()
    job = bench.finished("mock-found-hook-drop")

    assert view(bench, job)["deliveries"][0]["sentAt"] is None


def delivery_why(bench: Bench, job: Job) -> Any:
    return view(bench, job)["deliveryWhy"]


def test_a_job_without_a_receiver_says_so() -> None:
    bench = bench_of()
    job = bench.job("mock-found", partners=False, webhookUrl=None)

    assert delivery_why(bench, job) == "no webhook: the request named no webhookUrl (REQ-5)"


def test_a_running_job_says_that_there_is_no_webhook_yet() -> None:
    bench = bench_of()

    assert delivery_why(bench, bench.job()) == ("no webhook yet: the search is not finished (WH-1)")


def test_a_webhook_that_waits_says_how_long() -> None:
    bench = bench_of()
    job = bench.job("mock-found-hook-late-7.5")
    bench.advance(2)

    assert delivery_why(bench, job) == (
        "attempt 1: due in 6.5 s: the job finished (WH-1); 7.5 s late on purpose"
    )


def test_a_webhook_that_is_being_sent_says_so() -> None:
    bench = bench_of()
    job = bench.job("mock-found-hook-late-1")
    bench.advance(1.5)
    bench.now += 500_000
    bench.begin(job)

    assert view(bench, job)["pending"] == [
        {
            "attempt": 1,
            "dueAt": "2026-01-01T00:00:02.000000Z",
            "why": "it is being sent: the job finished (WH-1); 1 s late on purpose",
        }
    ]


@pytest.mark.parametrize(
    ("person_id", "statuses", "why"),
    [
        ("mock-found", [204], "delivered: answered 204 (WH-9)"),
        ("mock-found", [500], "given up after 5 attempts: no 2xx (WH-9)"),
        ("mock-found-hook-drop", [200], "never sent: dropped on purpose"),
    ],
)
def test_a_webhook_that_is_done_says_how_it_ended(
    person_id: str, statuses: list[int], why: str
) -> None:
    bench = bench_of()
    bench.statuses = statuses

    assert delivery_why(bench, bench.finished(person_id)) == why


def test_a_blocked_webhook_says_why() -> None:
    bench = bench_of()
    job = bench.job("mock-found-hook-late-1")
    bench.advance(1.5)
    bench.now += 500_000
    bench.begin(job)

    bench.end(job, Receipt(Outcome.BLOCKED, None, "the host is public", 0.0))

    assert delivery_why(bench, job) == "never sent: the host is public"


def test_before_the_delivery_a_job_says_when_it_is_charged() -> None:  # CR-5a
    bench = bench_of()

    assert view(bench, bench.job())["why"] == (
        "nothing is charged before a number is found (CR-5a)"
    )
