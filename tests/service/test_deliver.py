"""Owns the claims about delivery: its schedule, its retries, and how it misbehaves on purpose."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mock_server.domain.events import DeliveryGivenUp
from mock_server.domain.instants import SECOND
from mock_server.domain.jobs import Job, JobState, Outcome
from mock_server.domain.people import Hook
from mock_server.ports import Keys, Receipt
from mock_server.service.deliver import give_back, redeliver
from mock_server.service.results import result_of
from tests.builders import HOOK_URL, Bench, person

BLOCKED = Receipt(Outcome.BLOCKED, None, "the host is public", 0.0)


def bench_with(*, statuses: list[int] | None = None, **hook: Any) -> Bench:
    """An account, and `p-1` whose webhook behaves so."""
    bench = Bench().knows(person("Clodura", **hook))
    bench.account()
    bench.statuses = statuses or [200]
    return bench


def found(bench: Bench) -> Job:
    """A job whose search has just ended; its webhook is still to be sent."""
    job = bench.job()
    while job.state is not JobState.FINISHED:
        wake = bench.wakes.pop(0)
        bench.now = wake.due
        bench.ring(wake)
    return job


def seconds_after(job: Job, bench: Bench) -> list[float]:
    """When each webhook left, counted from the end of the search."""
    assert job.finished_at is not None
    return [(each.at - job.finished_at) / SECOND for each in bench.sent]


def outcomes(job: Job) -> list[str]:
    return [str(each.outcome) for each in job.attempts]


def test_the_webhook_leaves_when_the_job_finishes() -> None:  # WH-1
    bench = bench_with()

    assert seconds_after(bench.finished(), bench) == [0]


def test_a_request_without_a_receiver_gets_no_webhook() -> None:  # REQ-5
    bench = bench_with()

    job = bench.finished(partners=False, webhookUrl=None)

    assert (job.attempts, job.pending) == ((), ())


def test_a_failing_receiver_is_tried_five_times() -> None:  # WH-9
    bench = bench_with(statuses=[500])

    job = bench.finished()

    assert seconds_after(job, bench) == [0, 5, 35, 155, 755]


@settings(deadline=None)
@given(failures=st.integers(0, 9))
def test_it_is_tried_until_it_is_answered_2xx(failures: int) -> None:  # WH-9
    bench = bench_with(statuses=[*[503] * failures, 204])

    job = bench.finished()

    assert outcomes(job) == ["failed"] * min(failures, 5) + ["delivered"] * (failures < 5)


def test_that_it_is_given_up_is_told_once() -> None:
    bench = bench_with(statuses=[500])

    bench.finished()

    assert [each.attempt for each in bench.events if isinstance(each, DeliveryGivenUp)] == [5]


@pytest.mark.parametrize("number", [1, 2, 7])
def test_an_attempt_is_sent_once_however_often_it_is_begun(number: int) -> None:
    bench = bench_with()
    job = found(bench)

    begun = [bench.begin(job, each) for each in (1, 1, number)]

    assert [bool(each) for each in begun] == [True, False, False]


def test_an_attempt_that_is_not_due_is_not_sent() -> None:
    bench = bench_with(late_seconds=3.0)

    assert bench.begin(found(bench)) is None


def test_a_retry_is_not_sent_before_its_time() -> None:
    bench = bench_with()
    job = found(bench)
    bench.begin(job)
    bench.finish(job, status=500)

    assert bench.begin(job, 2) is None


def test_a_job_that_is_gone_is_not_sent() -> None:
    bench = bench_with()
    job = found(bench)

    bench.jobs.clear()

    assert bench.begin(job) is None


def test_the_end_of_an_attempt_of_a_job_that_is_gone_is_nothing() -> None:
    bench = bench_with()
    job = found(bench)
    bench.begin(job)
    bench.jobs.clear()

    bench.finish(job)

    assert job.attempts == ()


def test_an_attempt_ends_once() -> None:
    bench = bench_with()
    job = found(bench)
    bench.begin(job)

    bench.finish(job)
    bench.finish(job, status=500)

    assert outcomes(job) == ["delivered"]


def test_an_attempt_that_was_broken_off_is_sent_by_the_next() -> None:
    bench = bench_with()
    job = found(bench)
    bench.begin(job)
    bench.run(redeliver, Keys(tracking_id=job.tracking_id))

    bench.run(lambda tx: give_back(tx, 1), Keys(tracking_id=job.tracking_id))

    assert bench.begin(job) is not None


def test_giving_back_what_is_gone_is_nothing() -> None:
    bench = bench_with()

    bench.run(lambda tx: give_back(tx, 1), Keys(tracking_id="gone"))

    assert bench.jobs == {}


def test_a_blocked_webhook_is_not_tried_again() -> None:
    bench = bench_with()
    job = found(bench)
    bench.begin(job)

    bench.end(job, BLOCKED)

    assert (outcomes(job), job.pending) == (["blocked"], ())


def test_an_attempt_keeps_no_secret_of_its_url() -> None:  # AUTH-4
    bench = bench_with()

    job = bench.finished(webhookUrl="https://u:secret@h.example/p?token=secret")

    assert [each.url for each in job.attempts] == ["https://***@h.example/p?***"]


def test_sending_again_is_a_new_attempt_with_the_same_document() -> None:
    bench = bench_with()
    job = bench.finished()
    result = result_of(bench.rules, job)

    bench.run(redeliver, Keys(tracking_id=job.tracking_id))
    bench.advance()

    assert [each.attempt for each in job.attempts] == [1, 2]
    assert result_of(bench.rules, job) == result  # WH-11


def test_sending_again_is_retried_as_the_first_was() -> None:
    bench = bench_with(statuses=[200, 500])
    job = bench.finished()

    bench.run(redeliver, Keys(tracking_id=job.tracking_id))
    bench.advance()

    assert outcomes(job) == ["delivered", *["failed"] * 5]


def test_sending_again_does_not_replace_an_attempt_that_waits() -> None:
    bench = bench_with(late_seconds=60.0)
    job = found(bench)

    bench.run(redeliver, Keys(tracking_id=job.tracking_id))
    bench.advance()

    assert (seconds_after(job, bench), [each.attempt for each in job.attempts]) == (
        [0, 60],
        [2, 1],
    )


@pytest.mark.parametrize("how", [{"webhookUrl": None, "partners": False}, {}])
def test_there_is_nothing_to_send_again_without_receiver_or_result(how: dict[str, Any]) -> None:
    bench = bench_with()
    job = bench.job(**how)
    if how:
        bench.advance()

    assert bench.run(redeliver, Keys(tracking_id=job.tracking_id)) is False


def test_a_job_that_is_gone_is_not_sent_again() -> None:
    assert bench_with().run(redeliver, Keys(tracking_id="gone")) is False


def test_hook_drop_is_never_sent() -> None:
    bench = bench_with(drop=True)

    job = bench.finished()

    assert (bench.sent, outcomes(job), job.pending) == ([], ["dropped"], ())


def test_the_poll_of_a_dropped_webhook_still_completes() -> None:  # TRK-1
    bench = bench_with(drop=True)
    job = bench.finished()

    assert bench.track(job).body == result_of(bench.rules, job)


def test_a_dropped_webhook_can_be_asked_for() -> None:
    bench = bench_with(drop=True)
    job = bench.finished()

    bench.run(redeliver, Keys(tracking_id=job.tracking_id))
    bench.advance()

    assert outcomes(job) == ["dropped", "delivered"]


def test_hook_twice_is_sent_again_right_after_the_first_answer() -> None:
    bench = bench_with(times=2)

    job = bench.finished()

    assert seconds_after(job, bench) == [0, 0]


def test_a_copy_waits_for_an_answer_of_whatever_kind() -> None:
    bench = bench_with(times=2, statuses=[500, 200])

    job = bench.finished()

    assert (seconds_after(job, bench), outcomes(job)) == (
        [0, 0, 5],
        ["failed", "delivered", "delivered"],
    )


def test_where_nobody_answers_there_is_no_copy_yet() -> None:
    bench = bench_with(times=2)
    job = found(bench)
    bench.begin(job)

    bench.finish(job, status=None)

    assert [each.tries for each in job.pending] == [2]


@given(times=st.integers(1, 9))
def test_a_fault_may_ask_for_more_copies(times: int) -> None:
    bench = bench_with(times=times)

    bench.finished()

    assert len(bench.sent) == times


def test_hook_late_leaves_that_much_later() -> None:
    bench = bench_with(late_seconds=7.5)

    assert seconds_after(bench.finished(), bench) == [7.5]


def test_hook_truncated_cuts_the_first_attempt_which_counts_as_failed() -> None:
    bench = bench_with(truncate=True)

    job = bench.finished()

    assert ([each.truncate for each in bench.sent], outcomes(job)) == (
        [True, False],
        ["failed", "delivered"],
    )


@given(fail=st.integers(0, 4))
def test_hook_fail_is_seen_once_more_than_it_fails(fail: int) -> None:
    bench = bench_with(fail=fail)

    job = bench.finished()

    assert outcomes(job) == [*["failed"] * fail, "delivered"]


def test_an_answer_that_counts_as_failed_keeps_its_status() -> None:
    bench = bench_with(fail=1)

    first = bench.finished().attempts[0]

    assert (first.status_code, first.error) == (200, "counted as failed on purpose")


def test_hook_shuffled_is_held_for_a_minute_at_most() -> None:
    bench = bench_with(shuffle=True)

    assert seconds_after(bench.finished(), bench) == [60]


def test_hook_shuffled_leaves_right_after_the_account_s_next_delivery() -> None:
    bench = bench_with(shuffle=True)
    held = bench.job()
    bench.advance(10)

    other = bench.job("mock-found")
    bench.advance(10)

    assert [(each.tracking_id, each.at) for each in bench.sent] == [
        (other.tracking_id, other.finished_at),
        (held.tracking_id, other.finished_at),
    ]


def test_a_delivery_that_fails_lets_go_as_well() -> None:
    bench = bench_with(shuffle=True, statuses=[500, 200])
    held = bench.job()
    bench.advance(10)
    bench.job("mock-found")

    bench.advance(2)

    assert outcomes(held) == ["delivered"]


def test_another_account_s_delivery_lets_nothing_go() -> None:
    bench = bench_with(shuffle=True)
    bench.account("other")
    held = bench.job()

    bench.job("mock-found", api_key="other")
    bench.advance(30)

    assert held.attempts == ()


def test_two_that_are_held_do_not_wait_for_each_other_for_ever() -> None:
    bench = bench_with(shuffle=True)
    jobs = [bench.job() for _ in range(2)]

    bench.advance()

    assert [outcomes(each) for each in jobs] == [["delivered"], ["delivered"]]


def test_what_was_held_is_sent_once_though_it_falls_due_later() -> None:
    bench = bench_with(shuffle=True)
    held = bench.job()
    bench.job("mock-found")

    bench.advance()

    assert outcomes(held) == ["delivered"]


def test_what_is_held_is_not_sent_before() -> None:
    bench = bench_with(shuffle=True)

    assert bench.begin(found(bench)) is None


def test_what_is_held_may_be_dropped() -> None:
    bench = bench_with(shuffle=True, drop=True)

    held = bench.finished()
    bench.finished("mock-found")

    assert (outcomes(held), bench.accounts["key"].held) == (["dropped"], [])


def test_sending_again_passes_what_is_held() -> None:
    bench = bench_with(shuffle=True)
    job = found(bench)

    bench.run(redeliver, Keys(tracking_id=job.tracking_id))
    bench.advance()

    assert seconds_after(job, bench) == [0, 60]


def test_hook_early_makes_the_answer_wait_for_the_first_attempt() -> None:
    bench = bench_with(early=True)

    reply = bench.reveal()

    assert reply.hold == reply.tracking_id


def test_hook_early_takes_no_time_to_search() -> None:
    bench = bench_with(early=True)

    job = bench.finished()

    assert job.finished_at == job.created_at


@pytest.mark.parametrize(
    ("hook", "body"),
    [
        (Hook(early=True, drop=True), {}),
        (Hook(early=True), {"webhookUrl": None, "partners": False}),
        (Hook(), {}),
    ],
)
def test_an_answer_does_not_wait_for_what_is_never_sent(hook: Hook, body: dict[str, Any]) -> None:
    bench = bench_with(early=hook.early, drop=hook.drop)

    assert bench.reveal(**body).hold is None


def test_the_url_is_used_as_it_was_given() -> None:  # WH-10
    bench = bench_with()

    assert bench.job(webhookUrl=f"{HOOK_URL}?a=b%20c#d").webhook_url == f"{HOOK_URL}?a=b%20c#d"


@settings(deadline=None)
@given(
    statuses=st.lists(st.sampled_from([200, 500]), max_size=12),
    hook=st.builds(
        Hook,
        drop=st.booleans(),
        times=st.integers(1, 3),
        late_seconds=st.sampled_from([0.0, 7.5]),
        early=st.booleans(),
        truncate=st.booleans(),
        shuffle=st.booleans(),
        fail=st.integers(0, 6),
    ),
)
def test_whatever_the_hook_each_attempt_is_done_once_in_the_end(
    statuses: list[int], hook: Hook
) -> None:
    fields = {name: getattr(hook, name) for name in Hook.__slots__}
    bench = bench_with(statuses=[*statuses, 200], **fields)

    job = bench.finished()

    assert (job.waits(), sorted(each.attempt for each in job.attempts)) == (
        False,
        list(range(1, job.scheduled + 1)),
    )
