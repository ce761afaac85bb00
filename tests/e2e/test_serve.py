"""The command as its user runs it: a process of its own."""

import json
import re
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest

import mock_server


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


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_whoever_stops_it_as_soon_as_it_tells_how_to_stops_it_in_order(stop: int) -> None:
    with serve() as process:
        assert process.stdout is not None
        while "Ctrl-C stops it" not in process.stdout.readline():
            pass
        process.send_signal(stop)
        process.communicate(timeout=20)

    assert process.returncode == 0


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--spec", "nowhere.yaml"], "nowhere.yaml"),
        (["--clock", "fast"], "real, manual or x<rate>"),
        (["--clock", "xfast"], "real, manual or x<rate>"),
        (["--durability", "hope"], "--durability is process or power"),
        (
            ["--tls-cert", "nowhere.pem", "--tls-key", "nowhere.pem"],
            "nowhere.pem: there is no such file",
        ),
        (["--workers", "2"], "--workers 2"),
        (["--state", "postgresql://localhost/x"], "--state"),
        (["--state", "mysql://localhost/x"], "memory, a file or postgresql://"),
        (["--state", "/"], "is a directory"),
        (["--state", "/nowhere/x.sqlite"], "there is no directory /nowhere"),
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


def test_files_that_are_no_certificate_are_one_line_and_exit_2(tmp_path: Path) -> None:
    pem = tmp_path / "x.pem"
    pem.write_text("nothing")
    with serve("--tls-cert", str(pem), "--tls-key", str(pem)) as process:
        printed, errors = process.communicate(timeout=20)

    assert (process.returncode, printed) == (2, "")
    assert "no certificate and its key" in errors


def test_beyond_loopback_the_control_api_asks_for_the_token_that_is_printed() -> None:
    with serve("--host", "0.0.0.0") as process:
        assert process.stdout is not None
        banner = "".join(iter(process.stdout.readline, "Ctrl-C stops it.\n"))
        url, token = re.findall(r"at (http://\S+)|Bearer (\S+)", banner)
        request = urllib.request.Request(f"{url[0]}/_mock/accounts")
        with pytest.raises(urllib.error.HTTPError, match="401"):
            urllib.request.urlopen(request, timeout=10)
        request.add_header("Authorization", f"Bearer {token[1]}")
        with urllib.request.urlopen(request, timeout=10) as answer:
            accounts = json.load(answer)
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=20)

    assert accounts == {"accounts": []}


@pytest.mark.parametrize("form", ["text", "json"])
def test_the_log_tells_of_each_request_and_event(form: str) -> None:
    with serve("--clock", "manual", "--log", form) as process:
        assert process.stdout is not None
        url = re.search(r"http://\S+", process.stdout.readline())
        assert url
        request = urllib.request.Request(
            f"{url[0]}/api/v1/credits", headers={"X-API-KEY": "test_max_log"}
        )
        urllib.request.urlopen(request, timeout=10).close()
        process.send_signal(signal.SIGINT)
        printed, _ = process.communicate(timeout=20)

    assert "accountOpened" in printed
    assert "200: the balance" in printed
    assert "test_max_log" not in printed, "a key is never printed whole"


def test_two_servers_on_one_port_are_told_apart() -> None:
    with serve() as first:
        assert first.stdout is not None
        port = first.stdout.readline().strip().rpartition(":")[2]
        command = [sys.executable, "-m", "mock_server", "serve", "--port", port]
        second = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
        first.send_signal(signal.SIGINT)
        first.communicate(timeout=20)

    assert second.returncode == 2
    assert f"cannot listen on 127.0.0.1:{port}" in second.stderr


def test_ctrl_c_stops_with_a_delivery_in_flight() -> None:
    receiver = socket.create_server(("127.0.0.1", 0))
    with receiver, serve() as process:
        assert process.stdout is not None
        url = re.search(r"http://\S+", process.stdout.readline())
        assert url
        hook = f"http://127.0.0.1:{receiver.getsockname()[1]}/"
        body = json.dumps({"personId": "mock-found-after-0", "webhookUrl": hook}).encode()
        headers = {"X-API-KEY": "test_max", "Content-Type": "application/json"}
        path = "/api/v1/search/people/phone/match"
        request = urllib.request.Request(f"{url[0]}{path}", body, headers)
        urllib.request.urlopen(request, timeout=10).close()
        connection, _ = receiver.accept()  # and never answers
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=20)
        connection.close()

    assert (process.returncode, errors) == (0, "")


def test_the_version_is_told() -> None:
    command = [sys.executable, "-m", "mock_server", "--version"]
    told = subprocess.run(command, capture_output=True, text=True, timeout=20, check=True)

    assert told.stdout == f"clodura-kit {mock_server.__version__}\n"
