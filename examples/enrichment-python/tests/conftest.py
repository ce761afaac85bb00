"""Owns the fixtures: an application of the test's own, and whose credits it spends."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.application import Application, running

from mock_server import Account, MockServer


@pytest.fixture
def account(clodura_account: Account) -> Account:
    """Whose credits are spent; a test may have another one by overriding this."""
    return clodura_account


@pytest.fixture
def application(
    clodura_mock: MockServer, account: Account, tmp_path: Path
) -> Iterator[Application]:
    with running(clodura_mock, account, tmp_path / "enrichment.db") as application:
        yield application
