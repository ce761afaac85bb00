"""Owns real time and what is new in every run: the doors to the clock and to chance that the suite has."""

import asyncio
import secrets
import time
from datetime import UTC, datetime


def now() -> float:
    """Seconds on a clock that never goes back."""
    return time.monotonic()


def started_at() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


async def pause(seconds: float) -> None:
    await asyncio.sleep(seconds)


def fresh_run() -> str:
    """A word that no other run has: a receiver remembers the ids of earlier runs."""
    return secrets.token_hex(16)


def fresh_seed() -> int:
    return secrets.randbelow(2**32)
