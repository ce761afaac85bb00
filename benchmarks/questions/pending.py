"""What very many jobs that are still searching cost: throughput with and without them, and how late deliveries are."""

import json
import time
from collections.abc import Sequence
from statistics import quantiles
from typing import NamedTuple

from benchmarks.deliveries import arrivals
from benchmarks.fake import VALID, fake, match, rich_account, sink
from benchmarks.findings import Bar, Finding
from benchmarks.load import load
from benchmarks.pace import Sent, pace_of, steady
from benchmarks.processes import BenchmarkError, Server
from benchmarks.rounds import QUIET, Effort, Side, Watch, alternate, noise, speeds, typical, values
from mock_server.client import ControlClient


class Lateness(NamedTuple):
    """What was sent, and by how many milliseconds its webhook was late."""

    sent: Sequence[Sent]
    ms: Sequence[float]


PENDING = '{"personId": "mock-found-after-1000000"}'
PER_SECOND = 300
SEARCH = 1.0  # seconds that Clodura takes, by the file
PATIENCE = 30.0  # seconds for what is late


def ask(effort: Effort) -> list[Finding]:
    with fake() as full, fake() as empty, sink() as receiver:
        fill(full, effort.pending)
        sides = [Side(each, match(VALID, key=rich_account(each).api_key)) for each in (full, empty)]
        rounds = alternate(sides, effort)
        pending = still_pending(full, effort.pending)
        watch = Watch(full, receiver, empty)
        late = lateness(full, receiver, seconds=2 * effort.seconds + 3)
        is_quiet = (watch.stop()[1] or 0) < QUIET
    rates = [typical(values(rounds, side, lambda each: each.per_second)) for side in (0, 1)]
    cpu = [typical(values(rounds, side, lambda each: each.cpu_us)) for side in (0, 1)]
    ratio, how = speeds(rounds)
    note = (
        f"{how}; {rates[0]} against {rates[1]} requests/s, {cpu[0]} against {cpu[1]} µs of CPU; {noise(rounds)}; "
        "the bar is for 100,000"
    )
    what = f"deliveries at {PER_SECOND}/s with {pending:,} jobs pending"
    return [
        Finding(
            f"throughput with {effort.pending:,} jobs pending against none",
            ratio,
            " x",
            Bar(0.9, 1.0),
            note,
        ),
        *lateness_found(what, late, is_quiet=is_quiet),
    ]


def lateness_found(what: str, late: Lateness, *, is_quiet: bool) -> list[Finding]:
    """How late deliveries were, in ms, against their bars; without a verdict where neighbours were loud."""
    cuts = quantiles(late.ms, n=100)
    note = f"{len(late.sent):,} deliveries, {pace_of(late.sent):.0f} a second, none lost"
    return [
        Finding(
            f"lateness of {what}, p50",
            [cuts[49]],
            " ms",
            Bar(5, 2, at_most=True),
            note,
            is_quiet,
        ),
        Finding(
            f"lateness of {what}, p99",
            [cuts[98]],
            " ms",
            Bar(50, 15, at_most=True),
            f"at most {max(late.ms):.1f} ms",
            is_quiet,
        ),
    ]


def fill(server: Server, goal: int) -> None:
    """Have so many jobs that search for very long."""
    request = match(PENDING, key=rich_account(server).api_key)
    jobs = 0
    while jobs < goal:
        done = load(server.url, request, 2)
        if done.refused or done.broken:
            raise BenchmarkError(f"not all were accepted: {done}")
        jobs += done.requests


def still_pending(server: Server, goal: int) -> int:
    """How many jobs still search, once the others are done."""
    time.sleep(SEARCH + 1)
    pending: int = ControlClient(server.url).clock()["pending"]
    if pending < goal:
        raise BenchmarkError(f"only {pending:,} jobs are pending")
    return pending


def lateness(
    server: Server,
    receiver: Server,
    seconds: float,
    per_second: float = PER_SECOND,
    accounts: int = 1,
) -> Lateness:
    """From the end of the search to the receiver, for matches sent at a steady pace.

    The first webhook of a process loads what sends it, and is sent before.
    """
    body = json.dumps({"personId": "mock-found", "webhookUrl": f"{receiver.url}/hook"})
    before = len(arrivals(receiver, "/times")) + len(steady(server, body, 10, 0.1))
    before = len(_all_that_came(receiver, before))
    sent = steady(server, body, per_second, seconds, accounts)
    came = _all_that_came(receiver, before + len(sent))
    if missing := [each for each in sent if each.tracking_id not in came]:
        raise BenchmarkError(f"{len(sent)} were sent, {len(missing)} of them did not arrive")
    return Lateness(sent, [(came[each.tracking_id] - each.at - SEARCH) * 1000 for each in sent])


def _all_that_came(receiver: Server, expected: int) -> dict[str, float]:
    ends = time.monotonic() + PATIENCE
    time.sleep(SEARCH + 1)
    while len(came := arrivals(receiver, "/times")) < expected and time.monotonic() < ends:
        time.sleep(1)
    return came
