"""Owns the fake of the control API's tests: each control answer is checked against control.yaml."""

from collections.abc import Iterator

import pytest

from tests.web.control.described import CheckedServer


@pytest.fixture
def mock() -> Iterator[CheckedServer]:
    """On a manual clock, with a fixed seed; the API's answers are checked against openapi.yaml."""
    with CheckedServer(clock="manual", seed=1, self_check=True) as server:
        yield server
        assert server.problems == [], "the fake broke its own openapi.yaml"
