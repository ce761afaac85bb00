"""What it costs that there are many accounts, a full journal, and faults that wait for somebody else."""

import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path

from benchmarks.fake import VALID, fake, match, rich_account, unlimited
from benchmarks.findings import Finding
from benchmarks.load import Request, load
from benchmarks.processes import BenchmarkError, Server
from benchmarks.rounds import Effort, Round, Side, alternate, noise, speeds, typical, values
from mock_server.client import ControlClient

FAULTS = (0, 1, 10, 100)
KEPT = 10_000  # requests of the journal
READS = 5


def ask(effort: Effort) -> list[Finding]:
    effort = effort._replace(rounds=min(effort.rounds, 3), seconds=min(effort.seconds, 2))
    return [*_accounts(effort), *_journal(effort), *_faults(effort)]


def _accounts(effort: Effort) -> list[Finding]:
    with ExitStack() as running:
        folder = Path(running.enter_context(tempfile.TemporaryDirectory()))
        spec = str(unlimited(folder))
        sides, sizes = [], []
        for accounts in effort.accounts:
            server = running.enter_context(fake("--clock", "x60", "--spec", spec))
            before = server.rss_mib() or 0
            _open(server, accounts)
            sizes.append(((server.rss_mib() or 0) - before) * 1024 / accounts)
            sides.append(Side(server, _by_accounts(accounts)))
        rounds = alternate(sides, effort)
    note = f"; {sizes[-1]:.1f} KiB of memory for each, jobs and journal included"
    return _against_first("accounts", effort.accounts, rounds, "1 account's", note)


def _by_accounts(accounts: int, first: int | None = None) -> Request:
    return match(VALID, key="test_max_")._replace(accounts=accounts, first=first)


def _open(server: Server, accounts: int) -> None:
    """Each account exists once it has asked for something."""
    done = 0
    while done < accounts:
        told = load(server.url, _by_accounts(accounts, first=done), 1)
        if told.refused or told.broken:
            raise BenchmarkError(f"not all accounts were opened: {told}")
        done += told.requests


def _journal(effort: Effort) -> list[Finding]:
    """The first second after the journal was emptied, against a second when it is full."""
    with fake("--clock", "x60") as server:
        client, request = ControlClient(server.url), match(VALID, key=rich_account(server).api_key)
        empty = Side(server, request, prepare=lambda: client.call("DELETE", "/requests"))
        full = Side(server, request, prepare=lambda: _send(server, request, KEPT))
        rounds = alternate([full, empty], effort._replace(seconds=1))
        _send(server, request, KEPT)
        reading = [_timed(lambda: client.requests(limit=KEPT)) for _ in range(READS)]
        newest = [_timed(lambda: client.requests(limit=1)) for _ in range(READS)]
    found = _against("a full journal", rounds, (0, 1), "an emptied one's")
    what, note = (
        f"reading all {KEPT:,} requests of the journal",
        f"the newest alone {typical(newest, ' ms', 1)}",
    )
    return [found, Finding(what, reading, " ms", None, note)]


def _send(server: Server, request: Request, count: int) -> None:
    """At least so many requests."""
    while count > 0:
        count -= load(server.url, request, 1).requests


def _timed(act: Callable[[], object]) -> float:
    began = time.perf_counter()
    act()
    return (time.perf_counter() - began) * 1000


def _faults(effort: Effort) -> list[Finding]:
    with fake("--clock", "x60") as server:
        client, request = ControlClient(server.url), match(VALID, key=rich_account(server).api_key)
        sides = [
            Side(server, request, prepare=partial(_set_faults, client, faults)) for faults in FAULTS
        ]
        rounds = alternate(sides, effort)
    return _against_first("fault(s) for other people", FAULTS, rounds, "none's")


def _set_faults(client: ControlClient, faults: int) -> None:
    client.remove_faults()
    for n in range(faults):
        client.fault({"status": 503}, when={"personId": f"somebody-else-{n}"})


def _against_first(
    what: str, sizes: Sequence[int], rounds: Sequence[Round], others: str, note: str = ""
) -> list[Finding]:
    """Each size against the first, which is the base."""
    return [
        _against(f"{size:,} {what}", rounds, (n, 0), others, note if size == sizes[-1] else "")
        for n, size in enumerate(sizes)
        if n
    ]


def _against(
    what: str, rounds: Sequence[Round], sides: tuple[int, int], others: str, note: str = ""
) -> Finding:
    """One side against another."""
    ratio, how = speeds(rounds, *sides)
    cpu = [typical(values(rounds, side, lambda each: each.cpu_us)) for side in sides]
    told = f"{how}; {cpu[0]} against {cpu[1]} µs of CPU a match; {noise(rounds)}{note}"
    return Finding(f"valid match, {what}: requests/s", ratio, f" x {others}", None, told)
