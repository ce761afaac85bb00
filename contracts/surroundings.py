"""Owns the doors of the kit to time, chance and the environment; nothing else here reads a clock or draws."""

import asyncio
import datetime as dt
import os
import secrets
import time
from collections.abc import Mapping


class Stopwatch:
    """Seconds since it was made, and waiting."""

    def __init__(self) -> None:
        self._begin = time.monotonic()

    def now(self) -> float:
        return time.monotonic() - self._begin

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(max(seconds, 0))


def wall_time() -> str:
    """The time of day as RFC 3339, in UTC."""
    return dt.datetime.now(dt.UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def fresh_secret() -> str:
    """Something that nobody guesses."""
    return secrets.token_urlsafe(16)


def fresh_seed() -> int:
    return secrets.randbelow(1 << 31)


def environment() -> Mapping[str, str]:
    return os.environ
