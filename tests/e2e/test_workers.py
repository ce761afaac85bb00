"""Several processes serve from one socket, as one server."""

import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from http.client import HTTPConnection
from pathlib import Path

from tests import postgresql
from tests.e2e.servers import Served, served


def children(pid: int) -> set[int]:
    """The processes that serve."""
    found = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    return {int(each) for each in found if _serves(each)}


def _serves(pid: str) -> bool:
    try:
        return b"spawn_main" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False


def until(holds: Callable[[], bool]) -> bool:
    for _ in range(600):
        if holds():
            return True
        threading.Event().wait(0.1)
    return False


def answers(server: Served) -> bool:
    connection = HTTPConnection(server.url.removeprefix("http://"), timeout=30)
    try:
        connection.request("GET", "/_mock/health")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


def test_a_worker_that_dies_is_replaced_while_the_other_goes_on() -> None:
    postgresql.empty()
    with served("--workers", "2", "--state", postgresql.url()) as server:
        assert answers(server)
        before = children(server.pid)
        assert len(before) == 2

        os.kill(min(before), signal.SIGKILL)

        assert answers(server)
        assert until(lambda: len(children(server.pid) - {min(before)}) == 2), "it was not replaced"
        assert answers(server)
        all_of_them = before | children(server.pid)

    assert until(lambda: not any(Path(f"/proc/{each}").exists() for each in all_of_them))


def test_workers_end_with_the_process_that_began_them_however_it_ends() -> None:
    postgresql.empty()
    command = [sys.executable, "-m", "mock_server", "serve", "--port", "0", "--workers", "2"]
    with subprocess.Popen(
        [*command, "--state", postgresql.url(), "--log", "text"], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        url = re.search(r"at (http://\S+)", process.stdout.readline())
        assert url is not None
        server = Served(url[1], process.pid)
        assert answers(server)
        workers = children(process.pid)
        os.kill(process.pid, signal.SIGKILL)

        assert until(lambda: not any(Path(f"/proc/{each}").exists() for each in workers))
