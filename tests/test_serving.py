"""When a server looks for cycles: by the requests that it answered, often at little."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread
from urllib.request import urlopen

import pytest

from mock_server import create_app
from mock_server.serving import OFTEN, SELDOM, Server, bind, collect, run


@contextmanager
def looks() -> Iterator[list[int]]:
    """The generations that the collector is told to look at."""
    told: list[int] = []

    def note(phase: str, info: dict[str, int]) -> None:
        if phase == "start":
            told.append(info["generation"])

    gc.disable()
    gc.callbacks.append(note)
    try:
        yield told
    finally:
        gc.callbacks.remove(note)
        gc.enable()


@pytest.mark.parametrize(
    ("requests", "generations"),
    [(1, []), (OFTEN - 1, []), (OFTEN, [0]), (7 * OFTEN, [0]), (SELDOM, [2])],
)
def test_what_is_new_is_looked_at_often_and_all_seldom(
    requests: int, generations: list[int]
) -> None:
    with looks() as told:
        collect(requests)

    assert told == generations


def test_after_each_answer_it_is_told_how_many_there_were() -> None:
    told: list[int] = []
    ready, listener = Event(), bind("127.0.0.1", 0)
    server = Server(create_app(), started=ready.set, answered=told.append)
    thread = Thread(target=run, args=(server, listener))
    thread.start()
    ready.wait()
    url = f"http://127.0.0.1:{listener.getsockname()[1]}/_mock/health"
    for _ in range(3):
        urlopen(url).close()
    server.stop()
    thread.join()

    assert told == [1, 2, 3]
