"""The integrators' applications: their own tests are green, their webhooks pass the whole receiver suite."""

import json
import shutil
import sys
from pathlib import Path

import pytest

from tests.examples.processes import (
    EXAMPLES,
    LONG_PATIENCE,
    SCRIPTS,
    free_port,
    run,
    running_together,
)

needs_node = pytest.mark.skipif(shutil.which("node") is None, reason="there is no node here")
CHECKS = [f"R{n}" for n in range(1, 31)]
NOT_SIGNED = {"R24"}  # WH-10a: there is nothing to see
FAST = {"R13"}  # a verdict on the machine as well: slower than a second differs, and fails nobody


@pytest.fixture
def copied(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    """The application's folder, as a user has it: nothing of ours around it."""
    name: str = request.param
    return shutil.copytree(EXAMPLES / name, tmp_path / name)


@pytest.mark.parametrize("copied", ["enrichment-python"], indirect=True)
def test_the_python_applications_own_tests_are_green(copied: Path) -> None:
    unneeded = ("-p", "no:cacheprovider", "-p", "no:schemathesis")  # slow to load

    output = run(
        sys.executable, "-m", "pytest", "-q", *unneeded, cwd=copied, patience=LONG_PATIENCE
    )

    assert " passed" in output
    assert "skipped" not in output


@needs_node
@pytest.mark.parametrize("copied", ["enrichment-node"], indirect=True)
def test_the_node_applications_own_tests_are_green(copied: Path) -> None:
    output = run(
        "node",
        "--test",
        cwd=copied,
        patience=LONG_PATIENCE,
        CLODURA_KIT=str(SCRIPTS / "clodura-kit"),
    )

    assert "fail 0" in output
    assert "pass 0" not in output


@pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl here")
@pytest.mark.parametrize(
    "copied",
    ["enrichment-python", pytest.param("enrichment-node", marks=needs_node)],
    indirect=True,
)
def test_its_webhook_passes_the_receiver_suite_with_every_option(
    copied: Path, tmp_path: Path
) -> None:
    report = tmp_path / "report"
    code, output = running_together(
        [copied / "check.sh", "--report", report],
        cwd=copied,
        PORT=str(free_port()),
        PYTHON=sys.executable,
    )

    assert code == 0, output
    rules = json.loads((report / "report.json").read_text(encoding="utf-8"))["rules"]
    verdicts = {each["id"]: each["verdict"] for each in rules}
    assert list(verdicts) == CHECKS
    assert {each for each in CHECKS if verdicts[each] != "passed"} - FAST == NOT_SIGNED
