"""Owns matches at a steady pace, as users send them: when each was sent, and how long its answer took."""

import json
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from itertools import chain, count, islice
from typing import NamedTuple

from benchmarks.fake import JSON, MATCH, rich_account
from benchmarks.processes import BenchmarkError, Server


class Sent(NamedTuple):
    """`at` on the monotonic clock, `took_ms` to the answer."""

    tracking_id: str
    at: float
    took_ms: float


def steady(
    server: Server, body: str, per_second: float, seconds: float, accounts: int = 1
) -> list[Sent]:
    """Each account has its share and a connection, and an answer that is late delays only its next ones."""
    every = accounts / per_second
    headers = [{**JSON, "X-API-KEY": rich_account(server).api_key} for _ in range(accounts)]
    began = time.monotonic() + 0.1  # until all are there

    def send(n: int) -> list[Sent]:
        times = count(began + n / per_second, every)
        due = list(islice(times, int(seconds / every)))
        return list(
            _sent(HTTPConnection("127.0.0.1", server.port, timeout=10), body, headers[n], due)
        )

    with ThreadPoolExecutor(accounts) as senders:
        return sorted(chain.from_iterable(senders.map(send, range(accounts))), key=_at)


def _sent(
    connection: HTTPConnection, body: str, headers: dict[str, str], due: Sequence[float]
) -> Iterator[Sent]:
    for each in due:
        time.sleep(max(0.0, each - time.monotonic()))
        at = time.monotonic()
        connection.request("POST", MATCH, body, headers)
        response = connection.getresponse()
        document = json.loads(response.read())
        if response.status != 200:
            raise BenchmarkError(f"a match is answered {response.status}: {document}")
        yield Sent(document["trackingId"], at, (time.monotonic() - at) * 1000)
    connection.close()


def pace_of(sent: Sequence[Sent]) -> float:
    """How many a second were sent: fewer than meant, where answers were late."""
    return (len(sent) - 1) / (sent[-1].at - sent[0].at)


def _at(sent: Sent) -> float:
    return sent.at
