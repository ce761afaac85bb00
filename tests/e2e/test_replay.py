"""`clodura-kit replay` as its user runs it: a process of its own, on a terminal."""

import os
import pty
import select
import signal
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.scenarios.stories import account, credits, document, passes, workflow, written

PATIENCE = 60  # seconds


def test_a_speed_takes_its_time(tmp_path: Path) -> None:
    path = written(tmp_path, document(workflow(passes(2))))
    start = time.monotonic()

    command = [sys.executable, "-m", "mock_server", "replay", str(path), "--speed", "10"]
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True)

    assert time.monotonic() - start >= 0.4  # two seconds to read, two of the story's


@contextmanager
def on_a_terminal(*arguments: str) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """The command with a terminal of its own, and the other end of that."""
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "mock_server", "replay", *arguments]
    with subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs) as process:
        os.close(theirs)
        try:
            yield process, ours
            process.wait(PATIENCE)
        finally:
            process.kill()
            os.close(ours)


def read_until(terminal: int, wanted: str) -> str:
    said = ""
    while wanted not in said:
        ready, _, _ = select.select([terminal], [], [], PATIENCE)
        assert ready, f"{wanted!r} did not come, but {said!r}"
        said += os.read(terminal, 4096).decode(errors="replace")
    return said


def press(terminal: int) -> None:
    """A key, once it is waited for: what is typed before that is thrown away."""
    tries = (termios.tcgetattr(terminal)[3] & termios.ICANON for _ in range(PATIENCE * 20))
    while next(tries):
        time.sleep(0.05)
    os.write(terminal, b" ")


def test_on_a_terminal_each_step_waits_for_a_key(tmp_path: Path) -> None:
    path = written(tmp_path, document(workflow(account(), credits("$statusCode == 200"))))
    with on_a_terminal(str(path), "--step", "--speed", "instant") as (process, terminal):
        first = read_until(terminal, "openAccount")
        press(terminal)
        second = read_until(terminal, "\x1b[1mcredits")
        press(terminal)
        rest = read_until(terminal, "1 passed")

    assert process.returncode == 0
    assert "201" not in first
    assert "201" in second
    assert "200" in rest


def test_a_pipe_that_knows_no_arrows_gets_question_marks(tmp_path: Path) -> None:
    path = written(tmp_path, document(workflow(account())))
    command = [sys.executable, "-m", "mock_server", "replay", str(path)]
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}

    done = subprocess.run(command, env=environment, capture_output=True, check=False)

    assert done.returncode == 0, done.stderr.decode()
    assert b"POST /_mock/accounts ? 201" in done.stdout


def test_an_interrupted_story_is_exit_130() -> None:
    with on_a_terminal("webhook-comes-twice", "--speed", "1") as (process, terminal):
        read_until(terminal, "Time stands still")
        process.send_signal(signal.SIGINT)
        said = read_until(terminal, "interrupted")

    assert process.returncode == 130
    assert "Traceback" not in said


def test_names_are_completed() -> None:
    script = """
        eval "$(clodura-kit --show-completion bash)"
        COMP_WORDS=(clodura-kit replay webhook-c) COMP_CWORD=2
        _clodura_kit_completion clodura-kit
        echo "${COMPREPLY[@]}"
    """
    folder = str(Path(sys.executable).parent)
    environment = {**os.environ, "PATH": f"{folder}:{os.environ['PATH']}"}

    done = subprocess.run(
        ["bash", "-c", script], env=environment, capture_output=True, text=True, check=False
    )

    assert done.stdout.split() == ["webhook-comes-twice", "webhook-cut-off"]
