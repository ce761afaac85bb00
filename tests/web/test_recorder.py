"""What the journal keeps of a request is bounded, whatever its size, and told without keys, whatever its size."""

import tracemalloc

import pytest

from mock_server.adapters.clocks import StoppedClock
from mock_server.journal import Exchange, Journal
from mock_server.web.recorder import Recorder

KEY = "test_max_recorded"


def recorded(journal: Journal, *, path: str = "/x", header: bytes = b"", body: bytes = b"") -> None:
    recorder = Recorder(journal, StoppedClock())
    recorder.record(
        at=0,
        started=recorder.now(),
        request=("POST", path, [(b"x-note", header)], body),
        operation_id=None,
        api_key=KEY,
        response=(200, [], b"{}"),
        tracking_id=None,
        why=f"because of {KEY}",
    )


def newest(journal: Journal) -> Exchange:
    return next(journal.requests())


@pytest.mark.parametrize("part", ["path", "header", "body"])
def test_of_a_large_request_little_is_kept_from_the_start(part: str) -> None:
    size, count, journal = 200_000, 50, Journal()
    tracemalloc.start()
    try:
        for number in range(count):
            text = f"{number}".rjust(size, "x")
            given = text if part == "path" else text.encode()
            recorded(journal, **{part: given})  # type: ignore[arg-type]  # the part's own type
        kept, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert kept < count * size / 10, (
        f"{kept} bytes are kept of {count} requests with a large {part}"
    )


@pytest.mark.parametrize("size", [10, 3_000, 5_000, 100_000])
def test_a_key_is_told_by_its_end_in_requests_of_any_size(size: int) -> None:
    journal = Journal()
    recorded(
        journal,
        path=f"/{KEY}/{'x' * size}",
        header=KEY.encode() + b"x" * size,
        body=f'{{"apiKey":"{KEY}","note":"{"x" * size}"}}'.encode(),
    )

    told = repr(newest(journal))

    assert KEY not in told
    assert told.count(KEY[-4:]) >= 5, "path, header, body, key and reason name its end"
