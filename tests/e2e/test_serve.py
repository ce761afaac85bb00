"""The command as its user runs it: a process of its own."""

import json
import re
import signal
import subprocess
import sys
import urllib.request

import pytest


def serve(*options: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "mock_server", "serve", "--port", "0", *options]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_serve_tells_its_address_answers_there_and_stops_in_order() -> None:
    with serve("--clock", "x60") as process:
        assert process.stdout is not None
        found = re.search(r"http://\S+", process.stdout.readline())
        assert found, "the first line tells the address"
        with urllib.request.urlopen(f"{found[0]}/_mock/health", timeout=10) as answer:
            health = json.load(answer)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=20)

    assert (health["status"], health["clock"]) == ("ok", "scaled")
    assert process.returncode == 0


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--spec", "nowhere.yaml"], "nowhere.yaml"),
        (["--clock", "fast"], "real, manual or x<rate>"),
        (["--workers", "2"], "--workers 2"),
        (["--state", "x.sqlite"], "--state"),
        (["--tls-cert", "x"], "--tls-key"),
        (["--log", "xml"], "--log"),
        (["--host", "203.0.113.1"], "cannot listen"),
    ],
)
def test_a_wrong_option_is_one_line_and_exit_2(options: list[str], said: str) -> None:
    with serve(*options) as process:
        _, errors = process.communicate(timeout=20)

    assert process.returncode == 2
    assert said in errors
    assert errors.count("\n") == 1
