"""It runs offline: in a network that has nothing but loopback, everything works."""

import shutil
import subprocess
import sys

import pytest

UNSHARE = shutil.which("unshare")
ALONE = [UNSHARE or "unshare", "--map-root-user", "--net"]
LOOPBACK_UP = """
import fcntl, runpy, socket, struct, sys
with socket.socket() as wire:
    fcntl.ioctl(wire, 0x8914, struct.pack("16sh14x", b"lo", 0x41))  # SIOCSIFFLAGS: up and running
    wire.settimeout(5)
    try:
        wire.connect(("192.0.2.1", 80))
        sys.exit("there is a network")
    except OSError:
        pass
"""
COMMAND = f'{LOOPBACK_UP}runpy.run_module("mock_server", run_name="__main__")'
A_JOB_AND_ITS_PAGES = (
    LOOPBACK_UP
    + """
from urllib.request import Request, urlopen
import json
from mock_server import MockServer

with MockServer(clock="manual") as mock:
    account, inbox = mock.account(), mock.inbox("crm")
    body = {"personId": "mock-found", "webhookUrl": inbox.url}
    headers = {"X-API-KEY": account.api_key, "Content-Type": "application/json"}
    match = f"{mock.url}/api/v1/search/people/phone/match"
    urlopen(Request(match, json.dumps(body).encode(), headers)).close()
    mock.advance(to="idle")
    assert len(inbox.messages()) == 1
    for path in ("/_mock/", "/_mock/openapi.yaml", "/_mock/control.yaml"):
        urlopen(mock.url + path).close()
print("done")
"""
)


def alone(script: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*ALONE, sys.executable, "-c", script, *arguments],
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip


@pytest.fixture(autouse=True)
def _has_networks_of_its_own() -> None:
    if UNSHARE is None or subprocess.run([*ALONE, "true"], check=False).returncode:
        pytest.skip("this system gives a process no network of its own (unshare)")


def test_a_job_its_webhook_and_the_pages_need_no_network() -> None:
    done = alone(A_JOB_AND_ITS_PAGES)

    assert done.stdout == "done\n", done.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ("explain", "WH-1"),
        ("replay", "first-reveal-on-max", "--speed", "instant"),
        ("contract", "fake", "--rules", "AUTH-*", "--rules", "WHK-00*"),
    ],
    ids=lambda each: each[0],
)
def test_the_commands_need_no_network(arguments: tuple[str, ...]) -> None:
    done = alone(COMMAND, *arguments)

    assert done.returncode == 0, done.stdout + done.stderr
