"""Owns the fixtures that all tests share: a running fake whose answers are checked against its own file."""

import os
import signal
from collections.abc import Iterator

import pytest
from hypothesis import settings

from tests.states import MockServer

# No test depends on the machine's speed, on an earlier run or on luck; `make soak` looks further.
settings.register_profile("clodura-kit", deadline=None, database=None, derandomize=True)
settings.load_profile("clodura-kit")

# What a shell starts behind its back ignores Ctrl-C, and so would every process that a test starts.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """`-n auto`: two to a core, for half of the time a test waits for processes of its own."""
    return 2 * (os.cpu_count() or 1)


@pytest.fixture
def mock() -> Iterator[MockServer]:
    """A fake of the test's own, on a manual clock, with a fixed seed and the self-check on."""
    with MockServer(clock="manual", seed=1, self_check=True) as server:
        yield server
        assert server.problems == [], "the fake broke its own openapi.yaml"
