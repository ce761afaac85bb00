"""Owns what a stranger tries first: run in an empty folder by an environment that has nothing but the wheel.

`python stranger.py core` needs the package alone, `contract` and `cluster` that extra; `core,cluster` needs both.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Mapping
from importlib.metadata import distribution
from importlib.util import find_spec
from pathlib import Path

BIN = Path(sys.executable).parent
COMMAND = BIN / "clodura-kit"


def said(*arguments: str, code: int = 0) -> str:
    """What the command prints, if it ends with this code."""
    done = subprocess.run(
        [COMMAND, *arguments], capture_output=True, text=True, timeout=120, check=False
    )
    output = done.stdout + done.stderr
    assert done.returncode == code, (arguments, done.returncode, output)
    assert "Traceback" not in output, output
    return output


def asked(url: str, body: Mapping[str, object] | None = None) -> bytes:
    headers = {"X-API-KEY": "test_max", "Content-Type": "application/json"}
    data = None if body is None else json.dumps(body).encode()
    with urllib.request.urlopen(urllib.request.Request(url, data, headers), timeout=10) as answer:
        found: bytes = answer.read()
        return found


def installed_and_not_the_checkout() -> None:
    home = find_spec("mock_server")
    assert home is not None
    assert Path(home.origin or "").is_relative_to(sys.prefix), home
    files = [str(each) for each in distribution("clodura-kit").files or []]
    for needed in ("mock_server/openapi.yaml", "mock_server/control.yaml", "mock_server/py.typed"):
        assert needed in files, needed
    assert not [each for each in files if each.startswith(("tests/", "docs/", "benchmarks/"))]


def the_server_serves() -> None:
    serving = subprocess.Popen(
        [COMMAND, "serve", "--port", "0", "--clock", "manual"], stdout=subprocess.PIPE, text=True
    )
    try:
        assert serving.stdout
        banner = serving.stdout.readline()
        url = re.findall(r"http://127\.0\.0\.1:\d+", banner)[0]
        match = {"personId": "mock-found", "webhookUrl": f"{url}/_mock/inbox/stranger"}
        job = json.loads(asked(f"{url}/api/v1/search/people/phone/match", match))
        asked(f"{url}/_mock/clock/advance", {"to": "idle"})
        inbox = json.loads(asked(f"{url}/_mock/inbox/stranger"))
        assert inbox["messages"][0]["body"]["trackingId"] == job["trackingId"], inbox
        assert b"<!doctype html>" in asked(f"{url}/_mock/").lower()
        assert b"import" in asked(f"{url}/_mock/dashboard/main.js")
    finally:
        serving.terminate()
        assert serving.wait(10) == 0


def the_python_api_works() -> None:
    from mock_server import MockServer

    with MockServer(clock="manual", seed=1) as mock:
        assert mock.account(plan="max", credits=100).balance() == {"remainingCredits": 100}


def stories_are_told() -> None:
    assert "two-tenants" in said("replay", "--list")
    assert "1 passed" in said("replay", "webhook-comes-twice", "--html", "story.html")
    assert "The webhook comes twice" in Path("story.html").read_text(encoding="utf-8")


def nothing_of_an_extra_is_loaded() -> None:
    loaded = subprocess.run(
        [sys.executable, "-c", "import mock_server.cli, mock_server.bootstrap, sys; print(*sys.modules)"],
        capture_output=True, text=True, check=True,
    ).stdout.split()  # fmt: skip
    assert not {"hypothesis", "schemathesis", "pytest", "asyncpg", "pgqueuer"} & set(loaded)


def a_test_uses_the_fixtures_and_a_story_is_a_test() -> None:
    Path("test_mine.py").write_text(
        "def test_mine(clodura_mock, clodura_account, clodura_inbox):\n"
        "    clodura_mock.advance(to='idle')\n"
        "    assert clodura_account.balance() == {'remainingCredits': 10_000}\n"
        "    assert clodura_inbox.messages() == []\n"
    )
    home = Path(find_spec("scenarios").origin or "").parent  # type: ignore[union-attr]  # it is installed
    shutil.copy(home / "two-tenants.arazzo.yaml", "mine.arazzo.yaml")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q"], capture_output=True, text=True, check=False
    )
    assert "2 passed" in done.stdout, done.stdout + done.stderr


STEPS: dict[str, list[Callable[[], object]]] = {
    "core": [
        installed_and_not_the_checkout,
        lambda: said("--version"),
        lambda: said("--help"),
        lambda: said("serve", "--port", "99999", code=2),
        the_server_serves,
        the_python_api_works,
        stories_are_told,
        nothing_of_an_extra_is_loaded,
    ],
    "contract": [a_test_uses_the_fixtures_and_a_story_is_a_test],
    "cluster": [nothing_of_an_extra_is_loaded],
}

if __name__ == "__main__":
    assert not os.environ.get("PYTHONPATH"), "a stranger has no PYTHONPATH"
    steps = [step for name in sys.argv[1].split(",") for step in STEPS[name]]
    for step in steps:
        step()
    print(f"{sys.argv[1]}: all {len(steps)} steps")
