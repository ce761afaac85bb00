"""Owns servers that tests start as processes of their own."""

import json
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.client import HTTPException
from typing import Any, NamedTuple, Self
from urllib.error import HTTPError
from urllib.request import Request, urlopen


class Served(NamedTuple):
    url: str
    pid: int


@contextmanager
def served(*options: str) -> Iterator[Served]:
    """`clodura-kit serve` on a free port, stopped in order at the end."""
    process, url = _started("--port", "0", *options)
    try:
        yield Served(url, process.pid)
    finally:
        _end(process)


class Killable:
    """A server that can be killed while others ask it, and that is back at the same address."""

    def __init__(self, *options: str) -> None:
        self._options = options
        self._process, self.url = _started("--port", "0", *options)
        self.restarted_in = 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        _end(self._process)

    def ask(
        self, method: str, path: str, document: Any, headers: Mapping[str, str]
    ) -> tuple[int, Any] | None:
        """The status and the document; None where no whole answer came."""
        content = json.dumps(document).encode()
        whole = {"Content-Type": "application/json", **headers}
        request = Request(self.url + path, content, whole, method=method)
        try:
            with urlopen(request, timeout=20) as answer:
                return answer.status, json.load(answer)
        except HTTPError as error:
            return error.code, error.read()
        except (OSError, HTTPException, ValueError):
            return None

    def kill_and_restart(self) -> None:
        self._process.kill()
        self._process.communicate(timeout=20)
        began = time.monotonic()
        port = self.url.rpartition(":")[2]
        self._process, _ = _started("--port", port, *self._options)
        self.restarted_in = time.monotonic() - began


def _started(*options: str) -> tuple[subprocess.Popen[str], str]:
    command = [sys.executable, "-m", "mock_server", "serve", *options]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    found = re.search(r"at (http://\S+)", process.stdout.readline())
    assert found, "the first line tells the address"
    return process, found[1]


def _end(process: subprocess.Popen[str]) -> None:
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=20)
