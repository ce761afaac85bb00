"""A server answers its first call before it has loaded what only some calls need."""

import subprocess
import sys

SCRIPT = """
import sys
import mock_server.cli, mock_server.serving
from mock_server import create_app
create_app()
print(*sorted({each.partition(".")[0] for each in sys.modules}))
"""


def test_what_takes_long_to_import_waits_for_its_first_use() -> None:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True
    )

    late = {"aiohttp", "pydantic", "rich", "hypothesis", "httpx", "jsonpath"}
    assert not set(done.stdout.split()) & late, "each of these makes every start slower"
    assert "starlette" in done.stdout.split()
