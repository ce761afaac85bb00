"""What a durable state costs: valid matches by store, side by side in one run, each answered after its commit."""

import tempfile
import time
from pathlib import Path

from benchmarks.fake import VALID, fake, match, rich_account, sink, yardstick
from benchmarks.findings import Bar, Finding
from benchmarks.questions.pending import PER_SECOND, fill, lateness, lateness_found, still_pending
from benchmarks.questions.throughput import all_charged
from benchmarks.rounds import (
    QUICK,
    QUIET,
    Effort,
    Side,
    Watch,
    alternate,
    noise,
    speeds,
    typical,
    values,
)


def ask(effort: Effort) -> list[Finding]:
    return [*_throughput(effort), *(() if effort.name == QUICK.name else _pending(effort))]


def _throughput(effort: Effort) -> list[Finding]:
    with tempfile.TemporaryDirectory() as directory:
        state = str(Path(directory) / "state.sqlite")
        with (
            fake("--clock", "x60", "--state", state) as file,
            fake("--clock", "x60") as memory,
            yardstick() as bare,
        ):
            accounts = [rich_account(each) for each in (file, memory)]
            sides = [
                Side(server, match(VALID, key=account.api_key))
                for server, account in zip((file, memory), accounts, strict=True)
            ]
            rounds = alternate([*sides, Side(bare, match(VALID))], effort)
            charged = all_charged(file, accounts[0])
    cpu, rates = (
        [typical(values(rounds, side, of)) for side in range(3)]
        for of in (lambda each: each.cpu_us, lambda each: each.per_second)
    )
    ratio, how = speeds([(each[0], each[2]) for each in rounds])
    against_memory, _ = speeds([(each[0], each[1]) for each in rounds])
    note = (
        f"{how}; SQLite {rates[0]}, memory {rates[1]}, (b) {rates[2]} requests/s; "
        f"{cpu[0]}, {cpu[1]} and {cpu[2]} µs of CPU of the server a request; {noise(rounds)}; "
        f"all {charged:,} jobs finished and charged"
    )
    return [
        Finding("valid match, SQLite file: requests/s", ratio, " x (b)", Bar(0.35, 0.5), note),
        Finding("the same against memory", against_memory, " x", None, "what durability costs"),
    ]


def _pending(effort: Effort) -> list[Finding]:
    """A server that is started on a file in which very many jobs wait."""
    with tempfile.TemporaryDirectory() as directory, sink() as receiver:
        state = str(Path(directory) / "state.sqlite")
        with fake("--state", state) as server:
            fill(server, effort.pending)
        began = time.monotonic()
        with fake("--state", state) as server:
            start = time.monotonic() - began
            pending = still_pending(server, effort.pending)
            memory = server.rss_mib()
            watch = Watch(server, receiver)
            late = lateness(server, receiver, seconds=2 * effort.seconds + 3)
            is_quiet = (watch.stop()[1] or 0) < QUIET
    what = f"{pending:,} jobs pending in the file"
    return [
        Finding(f"start with {what}", [start], " s", None, "to the first answer"),
        Finding(f"memory with {what}", [memory] if memory else [], " MiB"),
        *lateness_found(f"deliveries at {PER_SECOND}/s with {what}", late, is_quiet=is_quiet),
    ]
