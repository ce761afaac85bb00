"""Owns a receiver as a process of its own, and the commands that drive, restart, break and mend it."""

import os
import shlex
import signal
import socket
import sys
import time
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from contracts.receiver.hooks import Hooks

ROOT = Path(__file__).parents[2]
UNMEASURED = (
    "-u COVERAGE_PROCESS_CONFIG -u COVERAGE_PROCESS_START"  # killed, it would leave half a file
)


class Process:
    """One receiver, correct or of the museum."""

    def __init__(self, folder: Path, bug: str | None = None) -> None:
        self._pid, self._log = folder / "pid", folder / "log"
        self.db = folder / "receiver.db"
        with socket.create_server(("127.0.0.1", 0)) as free:
            self._port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self._port}"
        module = "broken" if bug else "correct"
        self._program = [sys.executable, "-m", f"tests.receiver.apps.{module}"]
        self._name = [bug] if bug else []

    @property
    def drive(self) -> str:
        return in_root(shlex.join([*self._program, "reveal", *self._name, str(self.db)]))

    @property
    def start(self) -> str:
        serve = shlex.join([*self._program, "serve", *self._name, str(self._port), str(self.db)])
        return f"{in_root(f'{serve} >{self._log} 2>&1')} & echo $! > {self._pid}"

    @property
    def hooks(self) -> Hooks:
        others = hooks(self.db)
        return Hooks(f"kill -9 $(cat {self._pid}); {self.start}", others.break_cmd, others.fix_cmd)

    def __enter__(self) -> Self:
        os.system(self.start)
        for _ in range(600):
            with suppress(OSError), socket.create_connection(("127.0.0.1", self._port), 1):
                return self
            time.sleep(0.05)
        message = f"the receiver did not start: {self._log.read_text()}"
        raise AssertionError(message)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        with suppress(ProcessLookupError):
            os.kill(int(self._pid.read_text()), signal.SIGKILL)


def hooks(db: Path) -> Hooks:
    """Break and mend the database of a receiver."""

    def renamed(before: str, after: str) -> str:
        statement = f"alter table {before} rename to {after}"
        script = f"import sqlite3; sqlite3.connect({str(db)!r}).execute({statement!r})"
        return shlex.join([sys.executable, "-c", script])

    return Hooks(break_cmd=renamed("results", "gone"), fix_cmd=renamed("gone", "results"))


def in_root(command: str) -> str:
    return f"cd {shlex.quote(str(ROOT))} && exec env {UNMEASURED} {command}"
