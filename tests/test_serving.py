"""A running server tells what it answered."""

from threading import Event, Thread
from urllib.request import urlopen

from mock_server import create_app
from mock_server.serving import Server, bind, run


def test_one_that_has_ended_may_be_told_to_end_again() -> None:
    ready = Event()
    server = Server(create_app(), started=ready.set)
    thread = Thread(target=run, args=(server, bind("127.0.0.1", 0)))
    thread.start()
    ready.wait()
    server.stop()
    thread.join()

    server.stop()  # as a worker's thread does where the worker was faster; it must not raise


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
