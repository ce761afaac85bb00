"""A database that a server cannot use is told in one line, without its password, and is left as it was."""

import sys
from pathlib import Path
from typing import Any

import pytest

from mock_server.adapters.postgres.schema import MIGRATIONS
from mock_server.bootstrap import build
from mock_server.mock import settings_of
from mock_server.ports import StoreUnusable
from mock_server.settings import ClockSetting, Settings
from tests import postgresql


def refused(url: str, **options: Any) -> str:
    """Why there is no server."""
    with pytest.raises(StoreUnusable) as caught:
        build(Settings(state=url, **options))
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_server_that_cannot_be_reached_is_named_without_the_password() -> None:
    why = refused("postgresql://me:secret@127.0.0.1:9/db")

    assert why.startswith("--state: PostgreSQL at 127.0.0.1:9/db is away: ")
    assert "secret" not in why


def test_a_url_that_is_none_is_told() -> None:
    assert refused("postgresql://h:port/db").startswith("--state: PostgreSQL at h:port/db: ")


def test_a_database_that_does_not_exist_is_told(url: str) -> None:
    assert 'database "nowhere" does not exist' in refused(
        url.replace(f"/{postgresql.WORKER}-0", "/nowhere")
    )


def test_another_seed_is_refused(url: str) -> None:
    build(Settings(state=url, seed=1))

    assert "it has the seed 1, not 2" in refused(url, seed=2)
    assert build(Settings(state=url)).engine.store.world.seed == 1


def test_tables_of_a_newer_version_are_refused_and_left(url: str) -> None:
    build(Settings(state=url))
    newer = len(MIGRATIONS) + 1
    postgresql.ask(url, "UPDATE schema_version SET version = $1", newer)
    try:
        why = refused(url)
        assert postgresql.ask(url, "SELECT version FROM schema_version") == newer
    finally:
        postgresql.ask(url, "UPDATE schema_version SET version = $1", len(MIGRATIONS))

    assert f"version {newer}, made by a newer clodura-kit" in why


def test_a_plan_that_the_file_lacks_is_refused(url: str, tmp_path: Path) -> None:
    from tests.postgres.hosts import Host  # noqa: PLC0415 - only here

    with Host(url) as host:
        host.account(plan="payg")
    text = Path("openapi.yaml").read_text(encoding="utf-8")
    spec = tmp_path / "openapi.yaml"
    spec.write_text(text.replace("payg", "other"), encoding="utf-8")

    assert "no plan payg" in refused(url, spec=spec)


@pytest.mark.parametrize("again", ["x60", "manual"])
def test_a_clock_that_is_asked_for_goes_on_from_where_time_stands(url: str, again: str) -> None:
    build(Settings(state=url, clock=ClockSetting.parse("manual")))

    world = build(Settings(state=url, clock=ClockSetting.parse(again))).engine.store.world

    assert (world.anchor.rate, world.anchor.virtual) == (
        60 * (again == "x60"),
        1_767_225_600_000_000,
    )


def test_a_server_without_postgresql_imports_nothing_of_it() -> None:
    code = (
        "import sys; from mock_server import MockServer\n"
        "with MockServer(state=sys.argv[1]) as mock: mock.clock()\n"
        "print([each for each in ('asyncpg', 'pgqueuer') if each in sys.modules])"
    )
    for state in ("memory", "lean.sqlite"):
        assert run_apart(code, state) == "[]"


def run_apart(code: str, *arguments: str) -> str:
    import subprocess  # noqa: PLC0415 - only here
    import tempfile  # noqa: PLC0415 - only here

    with tempfile.TemporaryDirectory() as directory:
        done = subprocess.run(
            [sys.executable, "-c", code, *arguments],
            cwd=directory, check=True, capture_output=True, text=True, timeout=60,
        )  # fmt: skip
    return done.stdout.strip()


def test_python_takes_the_url_too(url: str) -> None:
    assert settings_of(state=url).kind_of_state == "postgresql"
