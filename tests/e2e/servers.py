"""Owns servers that tests start as processes of their own."""

import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple


class Served(NamedTuple):
    url: str
    pid: int


@contextmanager
def served(*options: str) -> Iterator[Served]:
    """`clodura-kit serve` on a free port, stopped in order at the end."""
    command = [sys.executable, "-m", "mock_server", "serve", "--port", "0", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        found = re.search(r"at (http://\S+)", process.stdout.readline())
        assert found, "the first line tells the address"
        try:
            yield Served(found[1], process.pid)
        finally:
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=20)
