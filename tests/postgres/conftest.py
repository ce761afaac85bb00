"""Owns two servers on one database, as two processes or hosts are, but in this process."""

from collections.abc import Iterator

import pytest

from tests import postgresql
from tests.postgres.hosts import Host


@pytest.fixture
def url() -> str:
    """An empty database."""
    postgresql.empty()
    return postgresql.url()


@pytest.fixture
def hosts(url: str) -> Iterator[tuple[Host, Host]]:
    """On a manual clock."""
    with Host(url) as one, Host(url) as other:
        yield one, other
        assert [*one.problems, *other.problems] == [], "the fake broke its own openapi.yaml"
