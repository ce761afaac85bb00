"""Owns the load: wrk where it is installed, else a small client of our own. Counts, and knows nothing of servers."""

import asyncio
import json
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import count, cycle
from random import randrange
from statistics import quantiles
from typing import NamedTuple
from urllib.parse import urlsplit

from benchmarks.processes import BenchmarkError

CONNECTIONS = 32
WRK = shutil.which("wrk")

_REPORT = """
done = function(summary, latency, requests)
  local e = summary.errors
  io.write(string.format("\\nREPORT %d %d %d %d %d %d\\n", summary.requests, summary.duration,
    latency:percentile(50), latency:percentile(99), e.status, e.connect + e.read + e.write + e.timeout))
end
"""
_IN_TURN = """
local requests, n = {}, 0
init = function(args)
  for i, body in ipairs(bodies) do requests[i] = wrk.format(nil, nil, nil, body) end
end
request = function()
  n = n % #requests + 1
  return requests[n]
end
"""


_BY_ACCOUNTS = """
local n, looks = %d, true
request = function()
  if looks then looks = false else n = (n + 1) %% %d end  -- wrk asks once only to look at it
  wrk.headers[%s] = %s .. n
  return wrk.format()
end
"""
KEY = "X-API-KEY"


class Request(NamedTuple):
    """What is sent, over and over; several bodies are sent in turn, or one by several accounts in turn.

    `accounts` have the key of the headers with a number at its end; the first of a run is `first`, or any.
    """

    path: str
    headers: Mapping[str, str]
    bodies: Sequence[str]
    accounts: int = 0
    first: int | None = None

    def begin(self) -> int:
        """The number of the account that comes first."""
        return randrange(self.accounts) if self.first is None else self.first


class Load(NamedTuple):
    """What came of it. `refused` had a status from 400, `broken` had no answer."""

    requests: int
    seconds: float
    p50_ms: float
    p99_ms: float
    refused: int
    broken: int


def client() -> str:
    """By what the load is made, in words."""
    if WRK:
        pinned = ", pinned to the last core" if _last_core() is not None else ""
        return f"wrk, 1 thread{pinned}"
    return "the bundled asyncio client (wrk is not installed), which is slower and takes part in what it measures"


def load(
    url: str,
    request: Request,
    seconds: float,
    connections: int = CONNECTIONS,
    wrk: str | None = WRK,
) -> Load:
    """Keep `connections` busy for so long; without `wrk` by the bundled client."""
    if wrk:
        return _by_wrk(wrk, url, request, seconds, connections)
    return asyncio.run(_by_asyncio(url, request, seconds, connections))


def _by_wrk(wrk: str, url: str, request: Request, seconds: float, connections: int) -> Load:
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        script.write(_script(request))
        script.flush()
        duration = f"{max(1, round(seconds))}s"
        command = [
            wrk,
            "-t1",
            f"-c{connections}",
            f"-d{duration}",
            "-s",
            script.name,
            url + request.path,
        ]
        with _on_last_core():
            process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        try:
            told, _ = process.communicate(timeout=seconds + 30)
        finally:
            process.kill()
    report = next((line for line in told.splitlines() if line.startswith("REPORT ")), None)
    if report is None:
        raise BenchmarkError(f"wrk reports nothing: {told}")
    requests, duration_us, p50, p99, refused, broken = map(int, report.split()[1:])
    return Load(requests, duration_us / 1e6, p50 / 1000, p99 / 1000, refused, broken)


def _script(request: Request) -> str:
    headers = "".join(f"wrk.headers[{_lua(k)}] = {_lua(v)}\n" for k, v in request.headers.items())
    if len(request.bodies) == 1:
        bodies = f"wrk.body = {_lua(request.bodies[0])}\n"
    else:
        bodies = f"local bodies = {{{','.join(map(_lua, request.bodies))}}}\n{_IN_TURN}"
    if request.accounts:
        begin, key = request.begin(), request.headers[KEY]
        bodies += _BY_ACCOUNTS % (begin - 1, request.accounts, _lua(KEY), _lua(key))
    return f'wrk.method = "POST"\n{headers}{bodies}{_REPORT}'


def _lua(text: str) -> str:
    return json.dumps(text)


def _last_core() -> int | None:
    cores = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
    return cores[-1] if len(cores) > 1 else None


@contextmanager
def _on_last_core() -> Iterator[None]:
    """What is started meanwhile stays on the last core."""
    core = _last_core()
    if core is None:
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


class _Counts:
    def __init__(self) -> None:
        self.latencies: list[float] = []
        self.refused = self.broken = 0


async def _by_asyncio(url: str, request: Request, seconds: float, connections: int) -> Load:
    target = urlsplit(url)
    turn, counts, began = _messages(request, target.netloc), _Counts(), time.perf_counter()
    await asyncio.gather(
        *(_connection(target.port or 80, turn, counts, began + seconds) for _ in range(connections))
    )
    taken = time.perf_counter() - began
    cuts = quantiles(counts.latencies, n=100) if len(counts.latencies) > 1 else [0.0] * 99
    return Load(
        len(counts.latencies),
        taken,
        cuts[49] * 1000,
        cuts[98] * 1000,
        counts.refused,
        counts.broken,
    )


def _messages(request: Request, host: str) -> Iterator[bytes]:
    """What goes over the wire, without end."""
    bodies = cycle(request.bodies)
    for n in count(request.begin() if request.accounts else 0):
        headers = dict(request.headers)
        if request.accounts:
            headers[KEY] += str(n % request.accounts)
        fields = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        body = next(bodies)
        length = f"Content-Length: {len(body.encode())}"
        yield f"POST {request.path} HTTP/1.1\r\nHost: {host}\r\n{fields}{length}\r\n\r\n{body}".encode()


async def _connection(port: int, turn: Iterator[bytes], counts: _Counts, until: float) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        while (began := time.perf_counter()) < until:
            writer.write(next(turn))
            head = await reader.readuntil(b"\r\n\r\n")
            length = head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0]
            await reader.readexactly(int(length))
            counts.latencies.append(time.perf_counter() - began)
            counts.refused += head[9:10] >= b"4"
    except (OSError, asyncio.IncompleteReadError, ValueError):
        counts.broken += 1
    finally:
        writer.close()
