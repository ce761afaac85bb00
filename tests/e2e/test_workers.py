"""Several workers as their user runs them: Ctrl-C ends them all in order, though a receiver lets one wait."""

import json
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request

from tests import postgresql
from tests.api import MATCH

PATIENCE = 20  # seconds; it takes less than one, and without a deadline for ever
LIVING = "SELECT count(*) FROM workers WHERE seen > '-infinity'"


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
        assert _becomes(state, 2), "both workers serve"
        _reveal(found[0], receiver.getsockname()[1])
        receiver.settimeout(PATIENCE)
        sending, _ = receiver.accept()
        with sending:
            served.send_signal(signal.SIGINT)
            _, errors = served.communicate(timeout=PATIENCE)

    assert (served.returncode, errors) == (0, "")
    assert postgresql.ask(state, LIVING) == 0, "a worker was killed instead of ending in order"


def _becomes(state: str, living: int) -> bool:
    ends = time.monotonic() + PATIENCE
    while time.monotonic() < ends:
        if postgresql.ask(state, LIVING) == living:
            return True
        time.sleep(0.1)
    return False


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
