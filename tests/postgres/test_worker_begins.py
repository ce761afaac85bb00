"""A worker that is begun anew while its database is away."""

import multiprocessing
import socket

import pytest

from mock_server.bootstrap import Access
from mock_server.settings import Settings
from mock_server.workers import work


def test_a_worker_that_cannot_begin_says_so_in_one_line() -> None:
    settings = Settings(state="postgresql://nobody:secret@127.0.0.1:1/none")
    _, there = multiprocessing.Pipe()
    with there, socket.socket() as listener, pytest.raises(SystemExit) as ended:
        work(settings, Access(None, frozenset()), listener, there)

    told = str(ended.value)
    assert told.startswith("clodura-kit: --state: PostgreSQL at 127.0.0.1:1/none is away: ")
    assert ("\n" in told, "secret" in told) == (False, False)
