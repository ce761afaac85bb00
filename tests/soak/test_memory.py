"""Memory stays flat: whatever is kept is bounded."""

import asyncio
from pathlib import Path

import aiohttp
import pytest

from mock_server import ControlClient
from tests.api import MATCH
from tests.e2e.servers import Served, served

AT_ONCE = 32
BATCH = 1_000
MIB = 1024  # KiB


def resident(pid: int) -> int:
    """Resident memory in KiB."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS"))


async def match_often(server: Served, api_key: str, count: int) -> None:
    body = {"personId": "mock-found", "webhookUrl": f"{server.url}/_mock/inbox/soak"}
    headers = {"X-API-KEY": api_key}
    left = iter(range(count))

    async def one_after_the_other(session: aiohttp.ClientSession) -> None:
        for _ in left:
            async with session.post(f"{server.url}{MATCH}", json=body, headers=headers) as answer:
                assert answer.status == 200
                await answer.read()

    async with aiohttp.ClientSession() as session, asyncio.TaskGroup() as group:
        for _ in range(AT_ONCE):
            group.create_task(one_after_the_other(session))


def growth(first: int, then: int, retention: int) -> int:
    """By how much (KiB) memory grows from `first` to `then` matches, each with its job and its webhook."""
    with served("--clock", "x60", "--retention", str(retention)) as server:
        if not Path(f"/proc/{server.pid}/status").exists():
            pytest.skip("this system does not tell a process's memory in /proc")
        client = ControlClient(server.url)
        account = client.account(credits=1_000_000_000, requests_per_minute=1_000_000_000)
        before = 0
        for done in range(0, then, BATCH):
            asyncio.run(match_often(server, account.api_key, BATCH))
            client.advance(
                to="idle"
            )  # else memory would tell how far this machine's webhooks lag behind
            before = resident(server.pid) if done + BATCH == first else before
        after = resident(server.pid)

        entries = account.ledger()
        assert -sum(each["amount"] for each in entries) == 10 * then, (
            "each found job is charged once"
        )
        assert len(entries) <= retention + 1
    return after - before


def test_memory_is_flat_from_20_000_to_40_000_requests() -> None:
    """By the first 20,000 the allocator has what it takes on a busy machine as well."""
    assert growth(20_000, 40_000, retention=1_000) < 3 * MIB, "more than 150 bytes a request"


@pytest.mark.soak
def test_memory_is_flat_from_100_000_to_1_000_000_requests() -> None:
    assert growth(100_000, 1_000_000, retention=20_000) < 10 * MIB
