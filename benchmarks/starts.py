"""Owns timing `MockServer` within a process, imports done: prints the ms to the first answer and those of stopping.

It is run by itself, `python -m benchmarks.starts N`, because only the first start of a process is a first start.
"""

import json
import sys
import time

from benchmarks.fake import MATCH
from mock_server.mock import MockServer

HEADERS = {"X-API-KEY": "test_max", "Content-Type": "application/json"}


def timed() -> tuple[float, float]:
    began = time.perf_counter()
    mock = MockServer().start()
    status, _ = mock.send("POST", MATCH, b'{"personId": "mock-found"}', HEADERS)
    answered = time.perf_counter()
    mock.stop()
    assert status == 200
    return (answered - began) * 1000, (time.perf_counter() - answered) * 1000


if __name__ == "__main__":
    print(json.dumps([timed() for _ in range(int(sys.argv[1]))]))
