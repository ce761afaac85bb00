"""Owns the fixtures that all tests share: a running fake whose answers are checked against its own file."""

from collections.abc import Iterator

import pytest

from mock_server import MockServer


@pytest.fixture
def mock() -> Iterator[MockServer]:
    """A fake of the test's own, on a manual clock, with a fixed seed and the self-check on."""
    with MockServer(clock="manual", seed=1, self_check=True) as server:
        yield server
        assert server.problems == [], "the fake broke its own openapi.yaml"
