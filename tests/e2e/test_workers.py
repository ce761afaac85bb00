"""Several processes serve from one socket, as one server, and end as one."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Callable
from http.client import HTTPConnection
from pathlib import Path

from tests import postgresql
from tests.api import MATCH
from tests.e2e.servers import Served, served

PATIENCE = 20  # seconds; it takes less than one, and without a deadline for ever
LIVING = "SELECT count(*) FROM workers WHERE seen > '-infinity'"


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


def test_ctrl_c_ends_all_workers_though_a_webhook_waits_for_its_answer() -> None:
    postgresql.empty()
    state = postgresql.url()
    options = ["--port", "0", "--clock", "x60", "--state", state, "--workers", "2"]
    command = [sys.executable, "-m", "mock_server", "serve", *options]
    with (
        socket.create_server(("127.0.0.1", 0)) as receiver,
        subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        ) as served,
    ):
        assert served.stdout is not None
        found = re.search(r"http://\S+", served.stdout.readline())
        assert found, "the first line tells the address"
        assert until(lambda: postgresql.ask(state, LIVING) == 2), "both workers serve"
        _reveal(found[0], receiver.getsockname()[1])
        receiver.settimeout(PATIENCE)
        sending, _ = receiver.accept()
        with sending:
            served.send_signal(signal.SIGINT)
            _, errors = served.communicate(timeout=PATIENCE)

    assert (served.returncode, errors) == (0, "")
    assert postgresql.ask(state, LIVING) == 0, "a worker was killed instead of ending in order"


def _reveal(url: str, port: int) -> None:
    body = {
        "personId": "mock-found",
        "webhookUrl": f"http://127.0.0.1:{port}/",
        "revealPhoneNumberViaPartners": True,
    }
    headers = {"X-API-KEY": "test_max_workers", "Content-Type": "application/json"}
    request = urllib.request.Request(f"{url}{MATCH}", json.dumps(body).encode(), headers)
    with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
        assert answer.status == 200
