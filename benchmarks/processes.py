"""Owns the processes that are measured: start on a free loopback port, wait for an answer, CPU, memory, end by pid."""

import atexit
import http.client
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

PATIENCE = 20.0  # seconds that a process gets to answer
FAR_TOO_LONG = 5.0  # seconds that it gets to end before it is killed
_PROC = Path("/proc")
_BYTECODE = tempfile.mkdtemp(prefix="clodura-kit-bench-")
atexit.register(shutil.rmtree, _BYTECODE, ignore_errors=True)


class BenchmarkError(RuntimeError):
    """A measurement that means nothing; the text says why."""


class Server:
    """One server process; `command` is called with the port, `probe` is a request that it answers."""

    def __init__(self, command: Sequence[str], probe: "Probe") -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the process
        self._afterwards: list[Callable[[], None]] = []
        began = time.perf_counter()
        self._process = subprocess.Popen(
            [each.replace("PORT", str(self.port)) for each in command],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=self._errors,
            env=environment(),
        )
        try:
            self._wait(probe, began + PATIENCE)
        except BaseException:
            self.stop()
            raise
        self.ready_ms = (time.perf_counter() - began) * 1000

    @property
    def pid(self) -> int:
        return self._process.pid

    def stop(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(FAR_TOO_LONG)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._errors.close()
        for each in self._afterwards:
            each()

    def when_stopped(self, act: Callable[[], None]) -> None:
        self._afterwards.append(act)

    def cpu_seconds(self) -> float | None:
        """What it has used so far, all threads; None where the system does not tell."""
        try:
            fields = (
                (_PROC / str(self._process.pid) / "stat").read_text().rpartition(")")[2].split()
            )
        except OSError:
            return None
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def rss_mib(self) -> float | None:
        """Its resident memory; None where the system does not tell."""
        try:
            pages = (_PROC / str(self._process.pid) / "statm").read_text().split()[1]
        except OSError:
            return None
        return int(pages) * os.sysconf("SC_PAGE_SIZE") / 2**20

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    def _wait(self, probe: "Probe", until: float) -> None:
        while not probe.answered_by(self.port):
            if self._process.poll() is not None or time.perf_counter() > until:
                self._errors.seek(0)
                said = self._errors.read().decode(errors="replace").split("\n")
                last = next((line for line in reversed(said) if line.strip()), "it says nothing")
                raise BenchmarkError(f"a server does not answer: {last}")
            time.sleep(0.001)


class Probe:
    """A request by which a server shows that it serves."""

    def __init__(
        self, method: str, path: str, body: str | None, headers: Mapping[str, str]
    ) -> None:
        self._request = (method, path, body)
        self._headers = headers

    def answered_by(self, port: int) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
        try:
            connection.request(*self._request, headers=dict(self._headers))
            response = connection.getresponse()
            response.read()
        except OSError:
            return False
        finally:
            connection.close()
        if response.status != 200:
            raise BenchmarkError(f"the first answer is {response.status}")
        return True


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


def environment() -> Mapping[str, str]:
    """Ours, with bytecode that is kept, as it is of what is installed; but not in the checkout."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {**kept, "PYTHONPYCACHEPREFIX": _BYTECODE}


def python_file(name: str) -> Sequence[str]:
    """The command that runs a file of this folder."""
    return [sys.executable, str(Path(__file__).parent / name), "PORT"]
