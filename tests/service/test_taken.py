"""An attempt ends for whoever took it: an id that came back is another job's."""

from mock_server.ports import Keys
from mock_server.service.deliver import give_back
from tests.service.test_deliver import bench_with, found, outcomes


def test_what_nobody_has_taken_does_not_end() -> None:
    bench = bench_with(late_seconds=30.0)
    job = found(bench)

    bench.finish(job)  # as the job that had this id before its account was removed

    assert (job.attempts, [each.attempt for each in job.pending]) == ((), [1])


def test_what_was_given_back_is_ended_by_whoever_takes_it_next() -> None:
    bench = bench_with()
    job = found(bench)
    bench.begin(job)
    bench.run(lambda tx: give_back(tx, 1), Keys(tracking_id=job.tracking_id))

    bench.finish(job, status=500)
    bench.begin(job)
    bench.finish(job)

    assert outcomes(job) == ["delivered"]
