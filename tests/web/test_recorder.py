"""What the journal keeps of a request is bounded, whatever its size, and told without keys, whatever its size."""

import tracemalloc

import pytest

from mock_server.adapters.clocks import StoppedClock
from mock_server.journal import Exchange, Headers, Journal
from mock_server.web.recorder import Recorder

KEY = "test_max_recorded"


def recorded(
    journal: Journal,
    *,
    path: str = "/x",
    header: bytes = b"",
    body: bytes = b"",
    headers: Headers = (),
) -> None:
    recorder = Recorder(journal, StoppedClock())
    recorder.record(
        at=0,
        started=recorder.now(),
        request=("POST", path, [(b"x-note", header), *headers], body),
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


def test_of_a_request_with_many_headers_few_are_kept_from_the_start() -> None:
    count, journal = 50, Journal()
    tracemalloc.start()
    try:
        for _ in range(count):
            headers = [(b"%d" % number, b"") for number in range(1_000)]
            recorded(journal, headers=headers)
        kept, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert kept < count * 30_000, f"{kept} bytes are kept of {count} requests with many headers"


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
