"""Schemathesis runs our rules as checks: silent at our fake, and naming the rule at a broken one."""

import os
import subprocess
import sys
from pathlib import Path

from mock_server import MockServer
from tests.contracts.bugs import BUGS
from tests.contracts.museum import exhibited

SPEC = Path(__file__).parents[2] / "openapi.yaml"


def ran(url: str, key: str, folder: Path, phases: str) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).parent / "st"), "run", str(SPEC), "--url", url]
    command += ["--header", f"X-API-KEY: {key}", "--checks", "clodura_contract", "--no-color"]
    command += ["--max-examples", "5", "--phases", phases, "--generation-deterministic"]
    command += ["--include-path-regex", "match|credits|track"]
    env = {
        **os.environ,
        "SCHEMATHESIS_HOOKS": "contracts.conformance",
        "PYTHONPATH": str(SPEC.parent),
    }
    return subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False)


def test_our_fake_breaks_none_of_our_rules_under_schemathesis(tmp_path: Path) -> None:
    with MockServer(seed=1) as mock:
        mock.account(api_key="live-key-3c59dc", requests_per_minute=10**6)
        done = ran(mock.url, "live-key-3c59dc", tmp_path, "examples,coverage,fuzzing")

    assert done.returncode == 0, done.stdout + done.stderr
    assert "No issues found" in done.stdout


def test_a_breach_is_told_with_the_id_of_the_rule(tmp_path: Path) -> None:
    bug = next(each for each in BUGS if each.name == "errors_are_pages")
    with exhibited(bug.tampering) as target:
        done = ran(target.base_url, target.main.key, tmp_path, "fuzzing")

    assert done.returncode == 1, done.stdout + done.stderr
    assert "RES-009 Every answer is JSON" in done.stdout
