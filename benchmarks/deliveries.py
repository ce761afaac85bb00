"""Owns measuring webhooks: how many arrive while matches pour in, and how long the rest takes."""

import json
import time
from collections.abc import Sequence
from http.client import HTTPConnection
from typing import Any, NamedTuple

from benchmarks.load import load
from benchmarks.processes import BenchmarkError, Server
from benchmarks.rounds import Side, Watch

PATIENCE = 60.0  # seconds for what waits to be delivered
_LOOK = 0.25  # seconds between two looks
_STILL, _LOST = 2, 40  # looks without news after which all has come, or what is missing never will


class Delivered(NamedTuple):
    """One run. `cpu_us` of the sender per match and its webhook; `drain` in seconds after the load."""

    per_second: float
    accepted: int
    arrived: int
    accepts_per_second: float
    cpu_us: float
    drain: float
    neighbours: float


def deliver(side: Side, receiver: Server, seconds: float) -> Delivered:
    """Matches for so long, then wait until all has arrived, or nothing comes any more."""
    came, watch, began = arrivals(receiver), Watch(side.server, receiver), time.monotonic()
    done = load(side.server.url, side.request, seconds)
    ended = time.monotonic()
    if done.refused or done.broken:
        raise BenchmarkError(f"not all were accepted: {done}")
    told = _settled(receiver, came["deliveries"] + done.requests)
    arrived = told["deliveries"] - came["deliveries"]
    if not arrived:
        raise BenchmarkError("no webhook arrived")
    cpu, neighbours = watch.stop()
    return Delivered(
        arrived / (told["last"] - began),
        done.requests,
        arrived,
        done.requests / done.seconds,
        (cpu or 0) * 1e6 / arrived,
        max(0.0, told["last"] - ended),
        neighbours or 0.0,
    )


def arrivals(receiver: Server, path: str = "/arrivals") -> dict[str, Any]:
    """What the sink has got; `/times` tells when each tracking id came first."""
    connection = HTTPConnection("127.0.0.1", receiver.port, timeout=10)
    try:
        connection.request("GET", path)
        told: dict[str, Any] = json.loads(connection.getresponse().read())
        return told
    finally:
        connection.close()


def are_over(looks: Sequence[int], expected: int) -> bool:
    """Whether counts, one each look, say that no more will come: more than expected may, of requests on their way."""
    still = _STILL if looks[-1] >= expected else _LOST
    return len(looks) > still and looks[-1 - still] == looks[-1]


def _settled(receiver: Server, expected: int) -> dict[str, Any]:
    until, looks = time.monotonic() + PATIENCE, []
    while time.monotonic() < until:
        told = arrivals(receiver)
        looks.append(told["deliveries"])
        if are_over(looks, expected):
            return told
        time.sleep(_LOOK)
    raise BenchmarkError(f"still delivering after {PATIENCE:g} s")
