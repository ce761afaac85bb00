"""How many requests a second, and how late the slowest: valid and invalid matches, against the yardstick."""

import time
from collections.abc import Sequence

from benchmarks.fake import INVALID, VALID, fake, match, rich_account, yardstick
from benchmarks.findings import Bar, Finding
from benchmarks.processes import BenchmarkError, Server
from benchmarks.rounds import (
    Effort,
    Round,
    Side,
    alternate,
    are_quiet,
    noise,
    ratios,
    speeds,
    typical,
    values,
)
from mock_server.client import Account, ControlClient

PRICE = 10  # credits of a number from Clodura on the plan Max (CR-7)


def ask(effort: Effort) -> list[Finding]:
    with fake("--clock", "x60") as ours, yardstick() as theirs:
        account = rich_account(ours)
        valid = alternate(
            [Side(ours, match(VALID, key=account.api_key)), Side(theirs, match(VALID))], effort
        )
        charged = all_charged(ours, account)
        invalid = alternate(
            [
                Side(ours, match(INVALID, key=account.api_key), refuses=True),
                Side(theirs, match(INVALID), refuses=True),
            ],
            effort,
            are_warm=True,
        )
    return [
        *_compared(
            "valid match, journal on",
            valid,
            Bar(0.55, 0.8),
            f"; all {charged:,} jobs finished and charged",
        ),
        *_compared("invalid match, 400 with details", invalid, Bar(0.65, 0.9), ""),
    ]


def _compared(what: str, rounds: Sequence[Round], bar: Bar, extra: str) -> list[Finding]:
    rates = [typical(values(rounds, side, lambda each: each.per_second)) for side in (0, 1)]
    cpu = [typical(values(rounds, side, lambda each: each.cpu_us)) for side in (0, 1)]
    ratio, how = speeds(rounds)
    late = [
        typical(values(rounds, side, lambda each: each.load.p99_ms), digits=1) for side in (0, 1)
    ]
    note = (
        f"{how}; {rates[0]} against {rates[1]} requests/s; {cpu[0]} against {cpu[1]} µs of CPU of the server "
        f"a request; {noise(rounds)}{extra}"
    )
    p99 = ratios(rounds, lambda each: each.load.p99_ms)
    return [
        Finding(f"{what}: requests/s", ratio, " x (b)", bar, note),
        Finding(
            f"{what}: p99 at 32 connections",
            p99,
            " x (b)",
            Bar(2, 1.4, at_most=True),
            f"{late[0]} against {late[1]} ms",
            are_quiet(rounds),
        ),
    ]


def all_charged(server: Server, account: Account, before: int = 1) -> int:
    """How many jobs were taken after so many requests, once each of them is done and paid for."""
    client = ControlClient(server.url)
    until = time.monotonic() + 20
    while client.clock()["pending"]:
        if time.monotonic() > until:
            raise BenchmarkError("the jobs do not finish")
        time.sleep(0.1)
    accepted = client.requests(api_key=account.api_key, limit=1)[0]["id"] - before
    spent = 1_000_000_000 - account.credits()
    if spent != accepted * PRICE:
        raise BenchmarkError(f"{accepted} jobs were taken, but {spent / PRICE:g} charged")
    return accepted
