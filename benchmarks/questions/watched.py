"""What it costs to look on: answers that are checked against the file, and an event stream that is read."""

import json
import socket
import threading
import time
from datetime import datetime
from statistics import quantiles
from types import TracebackType
from typing import Self

from benchmarks.fake import VALID, fake, match, rich_account
from benchmarks.findings import Finding
from benchmarks.pace import Sent, steady
from benchmarks.processes import BenchmarkError, Server
from benchmarks.rounds import Effort, Side, Watch, alternate, noise, speeds, typical, values

EVENTS_PER_SECOND = 1_000
SEARCH = 1.0  # seconds that Clodura takes, by the file


def ask(effort: Effort) -> list[Finding]:
    return [_self_check(effort), *_stream(effort)]


def _self_check(effort: Effort) -> Finding:
    with fake("--clock", "x60", "--self-check") as checked, fake("--clock", "x60") as plain:
        sides = [
            Side(each, match(VALID, key=rich_account(each).api_key)) for each in (checked, plain)
        ]
        rounds = alternate(sides, effort._replace(rounds=3))
    ratio, how = speeds(rounds)
    cpu = [typical(values(rounds, side, lambda each: each.cpu_us)) for side in (0, 1)]
    note = f"{how}; {cpu[0]} against {cpu[1]} µs of CPU; {noise(rounds)}"
    return Finding("valid match with `--self-check`: requests/s", ratio, " x without", None, note)


def _stream(effort: Effort) -> list[Finding]:
    """Matches at a pace that makes 1,000 events a second, with the stream of them read and not."""
    seconds = 2 * effort.seconds + 1
    with fake() as server:
        pace = EVENTS_PER_SECOND / _events_per_match(server)
        alone, cpu_alone = _paced(server, pace, seconds)
        with Stream(server) as stream:
            watched, cpu_watched = _paced(server, pace, seconds)
            time.sleep(SEARCH + 0.5)
        lag = stream.lags_ms
    if stream.missed:
        raise BenchmarkError(f"{stream.missed} events were missed by the reader")
    rate = len(lag) / (seconds + SEARCH)
    cuts = quantiles(lag, n=100)
    cost = (cpu_watched - cpu_alone) * 1e6 / len(lag)
    answers = [typical([each.took_ms for each in sent], " ms", 1) for sent in (alone, watched)]
    what = f"event stream, {EVENTS_PER_SECOND:,} events/s, one reader"
    note = f"{len(lag):,} events, {rate:,.0f} a second over all, none missed; p99 {cuts[98]:.1f} ms"
    return [
        Finding(f"{what}: from event to reader, p50", [cuts[49]], " ms", None, note),
        Finding(
            f"{what}: CPU of the server for each event", [cost], " µs", None,
            f"{cpu_alone:.2f} s without, {cpu_watched:.2f} s with; matches answered in {answers[0]} and {answers[1]}",
        ),
    ]  # fmt: skip


def _events_per_match(server: Server) -> float:
    with Stream(server) as stream:
        sent = steady(server, VALID, per_second=50, seconds=1)
        time.sleep(SEARCH + 0.5)
    if not stream.lags_ms:
        raise BenchmarkError("the event stream tells nothing")
    return len(stream.lags_ms) / len(sent)


def _paced(server: Server, per_second: float, seconds: float) -> tuple[list[Sent], float]:
    """What was sent, and the CPU seconds of the server."""
    watch = Watch(server)
    sent = steady(server, VALID, per_second, seconds)
    time.sleep(SEARCH)
    cpu, _ = watch.stop()
    return sent, cpu or 0.0


class Stream:
    """Reads the events of a server in a thread, and notes how late each comes."""

    def __init__(self, server: Server) -> None:
        self._socket = socket.create_connection(("127.0.0.1", server.port))
        host = f"127.0.0.1:{server.port}"
        self._socket.sendall(f"GET /_mock/events HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
        self.lags_ms: list[float] = []
        self.missed = 0
        self._begun = threading.Event()
        self._thread = threading.Thread(target=self._read, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        if not self._begun.wait(10):
            raise BenchmarkError("the event stream does not begin")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._socket.close()

    def _read(self) -> None:
        with self._socket.makefile("rb") as lines:
            for line in lines:
                if line.startswith(b": clodura-kit"):
                    self._begun.set()
                elif line.startswith(b"event: missed"):
                    self.missed += 1
                elif line.startswith(b"data: "):
                    self._note(json.loads(line.removeprefix(b"data: ")))

    def _note(self, event: dict[str, str]) -> None:
        if "at" in event:
            at = datetime.fromisoformat(event["at"])
            self.lags_ms.append((time.time() - at.timestamp()) * 1000)
