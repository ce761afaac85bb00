"""Owns the claims about polling."""

import pytest

from mock_server.service.results import result_of
from tests.builders import Bench, assuming


def bench_of(**changes: object) -> Bench:
    bench = Bench(assuming(**changes))
    bench.account()
    bench.account("other")
    return bench


def test_a_running_job_is_processing() -> None:  # TRK-2
    bench = bench_of()
    job = bench.job()

    reply = bench.track(job)

    assert (reply.status, reply.body) == (
        200,
        {"trackingId": job.tracking_id, "status": "processing"},
    )


def test_a_running_job_may_be_answered_otherwise() -> None:  # TRK-2
    bench = bench_of(
        processing_status=202, processing=lambda scope: {"id": scope["trackingId"], "done": False}
    )
    job = bench.job()

    reply = bench.track(job)

    assert (reply.status, reply.body) == (202, {"id": job.tracking_id, "done": False})


def test_a_finished_job_tells_what_the_webhook_told() -> None:  # TRK-1, TRK-1a
    bench = bench_of()
    job = bench.finished("mock-found-wiza")

    assert bench.track(job).body == result_of(bench.rules, job)


def test_an_unknown_id_is_not_found() -> None:  # TRK-3
    bench = bench_of()
    job = bench.job()
    bench.jobs.clear()

    assert bench.track(job).status == 404


@pytest.mark.parametrize("status", [404, 403])
def test_another_account_s_job_is_not_told(status: int) -> None:  # AUTH-3, AUTH-3a
    bench = bench_of(foreign_job=status)
    job = bench.finished("mock-found")

    assert bench.track(job, "other").status == status


def test_a_foreign_id_is_answered_as_an_unknown_one() -> None:  # AUTH-3a
    bench = bench_of()
    job = bench.job()

    foreign = bench.track(job, "other").body
    bench.jobs.clear()

    assert bench.track(job, "other").body == foreign


def test_polling_is_free() -> None:  # CR-5
    bench = bench_of()
    job = bench.finished("mock-found")
    rows = list(bench.entries)

    for _ in range(5):
        bench.track(job)

    assert bench.entries == rows


def test_a_poll_names_its_job_to_the_journal() -> None:
    bench = bench_of()
    jobs = [bench.job(), bench.finished("mock-found")]

    assert [bench.track(each).tracking_id for each in jobs] == [each.tracking_id for each in jobs]
