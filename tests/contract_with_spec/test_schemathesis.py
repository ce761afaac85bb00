"""Schemathesis, as a user runs it, has nothing to say against the fake and its file."""

import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from mock_server import MockServer

SPEC: Final = Path(__file__).parents[2] / "openapi.yaml"
KEY: Final = "test_max_schemathesis"
PHASES: Final = ("Examples", "Coverage", "Fuzzing", "Stateful")


def run(mock: MockServer, folder: Path, examples: int, *options: str) -> str:
    """What `st run` prints, all phases and all checks."""
    mock.account(api_key=KEY, credits=10**9, requests_per_minute=10**9)
    command = [str(Path(sys.executable).parent / "st"), "run", str(SPEC), "--url", mock.url]
    command += ["--header", f"X-API-KEY: {KEY}", "--checks", "all", "--no-color"]
    command += ["--max-examples", str(examples), "--workers", "1", *options]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def is_complete(printed: str) -> bool:
    """Every phase did something, and found nothing."""
    found = [phase for phase in PHASES if f"✅ {phase}" in " ".join(printed.split())]
    return found == list(PHASES) and "No issues found" in printed


def test_all_phases_of_schemathesis_report_no_failure(mock: MockServer, tmp_path: Path) -> None:
    printed = run(mock, tmp_path, 20, "--generation-deterministic")

    assert is_complete(printed), printed
    assert "3 covered / 3 selected / 3 total" in printed, printed


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(5))
def test_no_seed_makes_schemathesis_report_a_failure(
    mock: MockServer, tmp_path: Path, seed: int
) -> None:
    assert is_complete(run(mock, tmp_path, 300, "--seed", str(seed)))
