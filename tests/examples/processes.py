"""Owns programs that tests start: their lines as they come, a bounded wait, a sure end."""

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from queue import Empty, Queue
from socket import create_server
from threading import Thread

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"
SCRIPTS = Path(sys.executable).parent  # where clodura-kit is installed
PATIENCE = 60  # seconds of real time for anything
LONG_PATIENCE = 300  # for what does a lot


class Program:
    """One that runs; its output is read line by line."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self._lines: Queue[str] = Queue()
        self._reader = Thread(target=self._read, daemon=True)
        self._reader.start()

    def line_with(self, text: str) -> str:
        """The next line that contains it."""
        seen = []
        try:
            while text not in (line := self._lines.get(timeout=PATIENCE)):
                seen.append(line)
        except Empty:
            raise AssertionError(f"no line with {text!r} among {seen}") from None  # noqa: TRY003
        return line.strip()

    def end(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:  # pragma: no cover - it would be a defect of its own
            self.process.kill()
            self.process.wait()
        self._reader.join(PATIENCE)
        assert self.process.stdout
        self.process.stdout.close()

    def _read(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            self._lines.put(line)


@contextmanager
def running(*command: str | Path) -> Iterator[Program]:
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=ROOT
    )
    program = Program(process)
    try:
        yield program
    finally:
        program.end()


@contextmanager
def serving(*options: str | Path) -> Iterator[str]:
    """`clodura-kit serve` on a free port; its address."""
    command = (sys.executable, "-m", "mock_server", "serve", "--port", "0", *options)
    with running(*command) as program:
        yield program.line_with("serves Clodura's Reveal Phone API at ").split()[-1]


@contextmanager
def receiving() -> Iterator[tuple[str, Program]]:
    """`examples/receiver.py` on a free port; its address and itself."""
    with running(sys.executable, EXAMPLES / "receiver.py", "0") as program:
        yield program.line_with("waiting for webhooks at ").split()[-1].rstrip("/"), program


def free_port() -> int:
    """One that nobody listens on at the moment."""
    with create_server(("127.0.0.1", 0)) as socket:
        port: int = socket.getsockname()[1]
    return port


def running_together(
    command: Sequence[str | Path], cwd: Path, **environment: str
) -> tuple[int, str]:
    """A script that leaves programs behind, as a step of a CI does: its exit code, and what all of them printed."""
    variables = [f"{name}={value}" for name, value in environment.items()]
    with_scripts: list[str | Path] = ["sh", "-c", 'PATH="$0:$PATH" exec "$@"', SCRIPTS]
    with tempfile.TemporaryFile("w+") as output:
        process = subprocess.Popen(
            ["env", *variables, *with_scripts, *command],
            cwd=cwd,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            code = process.wait(LONG_PATIENCE)
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGTERM)
            process.wait()
        output.seek(0)
        return code, output.read()


def run(
    *command: str | Path, cwd: Path = ROOT, patience: float = PATIENCE, **environment: str
) -> str:
    """A program that ends by itself and well: what it printed."""
    variables = [f"{name}={value}" for name, value in environment.items()]
    done = subprocess.run(
        ["env", *variables, *command],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd=cwd,
        timeout=patience,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout
