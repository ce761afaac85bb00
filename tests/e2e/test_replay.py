"""`clodura-kit replay` as its user runs it: a process of its own, on a terminal."""

import os
import pty
import signal
import subprocess
import sys
import time
from pathlib import Path

from tests.scenarios.stories import account, credits, document, passes, workflow, written


def test_a_speed_takes_its_time(tmp_path: Path) -> None:
    path = written(tmp_path, document(workflow(passes(2))))
    start = time.monotonic()

    command = [sys.executable, "-m", "mock_server", "replay", str(path), "--speed", "10"]
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True)

    assert time.monotonic() - start >= 0.4  # two seconds to read, two of the story's


def on_a_terminal(*arguments: str) -> tuple[subprocess.Popen[bytes], int]:
    """The command with a terminal of its own, and the other end of that."""
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "mock_server", "replay", *arguments]
    process = subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs)
    os.close(theirs)
    return process, ours


def read_until(terminal: int, wanted: str) -> str:
    said = ""
    while wanted not in said:
        said += os.read(terminal, 4096).decode(errors="replace")
    return said


def test_on_a_terminal_each_step_waits_for_a_key(tmp_path: Path) -> None:
    path = written(tmp_path, document(workflow(account(), credits("$statusCode == 200"))))
    process, terminal = on_a_terminal(str(path), "--step", "--speed", "instant")
    with process:
        first = read_until(terminal, "openAccount")
        os.write(terminal, b" ")
        second = read_until(terminal, "\x1b[1mcredits")
        os.write(terminal, b" ")
        rest = read_until(terminal, "1 passed")
        os.close(terminal)

    assert process.returncode == 0
    assert "201" not in first
    assert "201" in second
    assert "200" in rest


def test_an_interrupted_story_is_exit_130() -> None:
    process, terminal = on_a_terminal("webhook-comes-twice", "--speed", "1")
    with process:
        read_until(terminal, "Time stands still")
        process.send_signal(signal.SIGINT)
        said = read_until(terminal, "interrupted")
        os.close(terminal)

    assert process.returncode == 130
    assert "Traceback" not in said


def test_names_are_completed() -> None:
    environment = {
        **os.environ,
        "_CLODURA_KIT_COMPLETE": "complete_bash",
        "COMP_WORDS": "clodura-kit replay webhook-c",
        "COMP_CWORD": "2",
    }
    command = [str(Path(sys.executable).with_name("clodura-kit"))]

    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)

    assert done.stdout.split() == ["webhook-comes-twice", "webhook-cut-off"]
