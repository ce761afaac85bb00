"""The profile: samples are told by layer and by function, and threads that wait do not count."""

from benchmarks.profile import read

STACKS = [
    "main (mock_server/cli.py:9);run (asyncio/runners.py:118) 5",
    "run (asyncio/runners.py:118);__call__ (/somewhere/mock_server/web/api.py:50) 3",
    "run (asyncio/runners.py:118);send (/somewhere/site-packages/uvicorn/protocols/http/impl.py:7) 2",
    "_bootstrap (threading.py:995);_worker (concurrent/futures/thread.py:81) 40",
    "not a stack",
]


def test_samples_are_told_by_layer() -> None:
    assert read(STACKS).layers == {
        "the event loop and the sockets (uvloop, httptools)": 5,
        "mock_server/web": 3,
        "uvicorn": 2,
    }


def test_what_ran_last_is_named_without_the_machines_folders() -> None:
    told = read(STACKS).told()

    assert "30.0%  __call__ (mock_server/web/api.py)" in told
    assert "somewhere" not in told
