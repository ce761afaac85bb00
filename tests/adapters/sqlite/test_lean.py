"""Serving from memory or a file loads nothing of a database server; from memory, nothing of SQLite either."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = """
import sys
from mock_server import MockServer
with MockServer(state=sys.argv[1]) as mock:
    mock.account("max")
print(*sorted({each.partition(".")[0] for each in sys.modules}))
"""


@pytest.mark.parametrize(("state", "loads_sqlite"), [("memory", False), ("state.sqlite", True)])
def test_serving_loads_what_it_needs(tmp_path: Path, state: str, loads_sqlite: bool) -> None:
    name = state if state == "memory" else str(tmp_path / state)

    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, name],
        env={n: v for n, v in os.environ.items() if not n.startswith("COVERAGE")},  # it has SQLite
        capture_output=True,
        text=True,
        check=True,
    )

    loaded = set(done.stdout.split())
    assert not loaded & {"asyncpg", "pgqueuer", "sqlalchemy"}
    assert ("_sqlite3" in loaded) is loads_sqlite
