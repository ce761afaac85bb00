"""Owns the fixtures that all tests share: a running fake whose answers are checked against its own file."""

from collections.abc import Iterator

import pytest
from hypothesis import settings

from tests.states import MockServer

# No test depends on the machine's speed, on an earlier run or on luck; `make soak` looks further.
settings.register_profile("clodura-kit", deadline=None, database=None, derandomize=True)
settings.load_profile("clodura-kit")


@pytest.fixture
def mock() -> Iterator[MockServer]:
    """A fake of the test's own, on a manual clock, with a fixed seed and the self-check on."""
    with MockServer(clock="manual", seed=1, self_check=True) as server:
        yield server
        assert server.problems == [], "the fake broke its own openapi.yaml"
