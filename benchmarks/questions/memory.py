"""How much memory an idle server has, and how much more after very many requests."""

import time

from benchmarks.fake import VALID, fake, match, rich_account
from benchmarks.findings import Bar, Finding
from benchmarks.rounds import Effort, Side, run

WARM_UP = 2.0  # seconds in which what is loaded in the background comes
AT_ONCE = 5.0  # seconds of load between two looks


def ask(effort: Effort) -> list[Finding]:
    low, high = effort.growth
    with fake("--clock", "x60") as server:
        time.sleep(WARM_UP)
        idle = server.rss_mib()
        side = Side(server, match(VALID, key=rich_account(server).api_key))
        sent, before = _until(side, 0, low)
        sent, after = _until(side, sent, high)
    growth = [] if before is None or after is None else [after - before]
    return [
        Finding("memory, idle", [] if idle is None else [idle], " MiB", Bar(64, 48, at_most=True)),
        Finding(
            f"growth of memory from {low:,} to {high:,} requests",
            growth,
            " MiB",
            Bar(9.5, 0.5, at_most=True),
            f"the bar of 10 MB is for 100,000 to 1,000,000 (`--soak`); {after or 0:,.0f} MiB at the end",
        ),
    ]


def _until(side: Side, sent: int, goal: int) -> tuple[int, float | None]:
    """Send until so many were sent, let the jobs finish, and look at the memory."""
    rate = 0.0
    while sent < goal:
        left = (goal - sent) / rate if rate else 1
        sample = run(side, max(1, min(AT_ONCE, left)))
        sent, rate = sent + sample.load.requests, sample.per_second
    time.sleep(0.5)
    return sent, side.server.rss_mib()
