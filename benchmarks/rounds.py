"""Owns measuring side by side: interleaved rounds, CPU per request, the neighbours, medians and ratios."""

import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median
from typing import NamedTuple

from benchmarks.load import Load, Request, load
from benchmarks.processes import BenchmarkError, Server

QUIET = 0.3  # cores that other processes may use in a round that counts first
WARM_UP = 1.0  # seconds
_STAT = Path("/proc/stat")


class Effort(NamedTuple):
    """How much is measured: rounds and their seconds, starts, requests for growth, pending jobs, accounts."""

    name: str
    rounds: int
    seconds: float
    starts: int
    growth: tuple[int, int]
    pending: int
    accounts: Sequence[int]
    peers: bool = True  # whether they are installed and measured


QUICK = Effort("quick", 3, 1, 5, (20_000, 40_000), 20_000, (1, 1_000), peers=False)
FULL = Effort("full", 5, 3, 11, (100_000, 300_000), 100_000, (1, 1_000, 100_000))
SOAK = FULL._replace(name="soak", growth=(100_000, 1_000_000))


class Side(NamedTuple):
    """What is compared: requests to a server, which refuses all of them, none, or (None) some.

    `prepare` is called before each run, and is not measured.
    """

    server: Server
    request: Request
    refuses: bool | None = False
    prepare: Callable[[], object] | None = None


class Sample(NamedTuple):
    """One run. `cpu_us` per request of the server, `neighbours` in cores; None where the system does not tell."""

    load: Load
    cpu_us: float | None
    neighbours: float | None

    @property
    def per_second(self) -> float:
        return self.load.requests / self.load.seconds

    @property
    def is_quiet(self) -> bool:
        return (self.neighbours or 0) < QUIET


Round = tuple[Sample, ...]


def alternate(sides: Sequence[Side], effort: Effort, *, are_warm: bool = False) -> list[Round]:
    """Rounds of A B A B …, after a warm-up; the quiet ones where there are two or more, else all."""
    for side in () if are_warm else sides:
        run(side, WARM_UP)
    rounds = [tuple(run(side, effort.seconds) for side in sides) for _ in range(effort.rounds)]
    quiet = [each for each in rounds if all(sample.is_quiet for sample in each)]
    return quiet if len(quiet) > 1 else rounds


class Misbehaved(BenchmarkError):
    """A server did not answer as expected, so that its figures mean nothing."""

    def __init__(self, side: Side, problem: str) -> None:
        super().__init__(problem)
        self.side = side


def run(side: Side, seconds: float) -> Sample:
    """One run; raises Misbehaved."""
    if side.prepare is not None:
        side.prepare()
    watch = Watch(side.server)
    done = load(side.server.url, side.request, seconds)
    cpu, neighbours = watch.stop()
    unexpected = {True: done.requests - done.refused, False: done.refused, None: 0}
    wrong = done.broken + unexpected[side.refuses]
    if wrong or not done.requests:
        problem = f"{wrong} of {done.requests} requests were not answered as expected: {done}"
        raise Misbehaved(side, problem)
    return Sample(done, cpu and cpu * 1e6 / done.requests, neighbours)


class Watch:
    """From here to `stop`: the CPU seconds of a server, and the cores that neither it, `others` nor we used.

    Ours are also those of the processes that we have ended.
    """

    def __init__(self, server: Server | None = None, *others: Server) -> None:
        self._server = server
        self._others = others
        self._before = self._now()

    def stop(self) -> tuple[float | None, float | None]:
        wall, busy, ours, cpu = (
            now - before for now, before in zip(self._now(), self._before, strict=True)
        )
        known = _STAT.exists()
        return (cpu, max(0.0, (busy - ours - cpu) / wall)) if known else (None, None)

    def _now(self) -> tuple[float, float, float, float]:
        others = sum(each.cpu_seconds() or 0 for each in self._others)
        cpu = (self._server and self._server.cpu_seconds()) or 0.0
        return time.monotonic(), _busy_seconds(), sum(os.times()[:4]) + others, cpu


def _busy_seconds() -> float:
    """What all cores of the machine have worked since it started, what other machines took included."""
    if not _STAT.exists():
        return 0.0
    ticks = list(map(int, _STAT.read_text().partition("\n")[0].split()[1:9]))
    return (sum(ticks) - ticks[3] - ticks[4]) / os.sysconf("SC_CLK_TCK")  # without idle and iowait


def values(rounds: Sequence[Round], side: int, of: Callable[[Sample], float | None]) -> list[float]:
    """One figure of one side, per round."""
    return [value for each in rounds if (value := of(each[side])) is not None]


def ratios(
    rounds: Sequence[Round], of: Callable[[Sample], float | None], side: int = 0, base: int = 1
) -> list[float]:
    """One side's figure over another's, round by round: what disturbs both cancels out."""
    pairs = [(of(each[side]), of(each[base])) for each in rounds]
    return [mine / other for mine, other in pairs if mine is not None and other]


def are_quiet(rounds: Sequence[Round]) -> bool:
    """Whether what was measured by the clock means anything."""
    return all(sample.is_quiet for each in rounds for sample in each)


def speeds(rounds: Sequence[Round], side: int = 0, base: int = 1) -> tuple[list[float], str]:
    """One side's requests/s over another's, and by what: by CPU where neighbours made the clock useless.

    The two agree where a server has a core to itself.
    """
    by_cpu = [1 / each for each in ratios(rounds, lambda each: each.cpu_us, side, base)]
    by_clock = ratios(rounds, lambda each: each.per_second, side, base)
    if are_quiet(rounds) or not by_cpu:
        return by_clock, f"by the clock (by CPU {typical(by_cpu, digits=2)})"
    return by_cpu, f"by CPU, as the machine was busy (by the clock {typical(by_clock, digits=2)})"


def typical(figures: Sequence[float], unit: str = "", digits: int = 0) -> str:
    """The median, in words; a dash where nothing could be measured."""
    return f"{median(figures):,.{digits}f}{unit}" if figures else "-"


def noise(rounds: Sequence[Round]) -> str:
    """How much the neighbours took, in words."""
    taken = [
        sample.neighbours for each in rounds for sample in each if sample.neighbours is not None
    ]
    return f"neighbours used {typical(taken, digits=2)} cores" if taken else "neighbours unknown"
