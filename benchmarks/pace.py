"""Owns matches at a steady pace, as users send them: when each was sent, and how long its answer took."""

import json
import time
from http.client import HTTPConnection
from typing import NamedTuple

from benchmarks.fake import JSON, MATCH, rich_account
from benchmarks.processes import BenchmarkError, Server


class Sent(NamedTuple):
    """`at` on the monotonic clock, `took_ms` to the answer."""

    tracking_id: str
    at: float
    took_ms: float


def steady(server: Server, body: str, per_second: float, seconds: float) -> list[Sent]:
    """One connection sends so many a second; an answer that is late delays the next ones."""
    headers = {**JSON, "X-API-KEY": rich_account(server).api_key}
    connection = HTTPConnection("127.0.0.1", server.port, timeout=10)
    began, sent = time.monotonic(), []
    for n in range(int(seconds * per_second)):
        time.sleep(max(0.0, began + n / per_second - time.monotonic()))
        at = time.monotonic()
        connection.request("POST", MATCH, body, headers)
        response = connection.getresponse()
        document = json.loads(response.read())
        if response.status != 200:
            raise BenchmarkError(f"a match is answered {response.status}: {document}")
        sent.append(Sent(document["trackingId"], at, (time.monotonic() - at) * 1000))
    connection.close()
    return sent
