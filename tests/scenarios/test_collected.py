"""Stories that are given to pytest, as an integrator's CI runs them."""

import subprocess
import sys
from pathlib import Path

from tests.scenarios.stories import account, credits, document, step, workflow, written


def pytest_in(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """A pytest with no other plugins, which take long to load."""
    options = ["-p", "mock_server.pytest_plugin", "-p", "no:cacheprovider", "--rootdir", "."]
    command = [sys.executable, "-m", "pytest", "--disable-plugin-autoload", *options, *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def test_stories_are_collected_and_a_failure_is_told(tmp_path: Path) -> None:
    written(tmp_path, document(workflow(account(), credits("$statusCode == 200"))), "right")
    written(tmp_path, document(workflow(account(), credits("$statusCode == 201"))), "wrong")
    other = {"arazzo": "1.0.1", "info": {"title": "Of another API", "version": "1"}}
    written(tmp_path, other, "foreign")

    done = pytest_in(tmp_path)

    assert done.returncode == 1
    assert "1 failed, 1 passed" in done.stdout
    for expected in (
        "✗ step credits",
        "expected $statusCode == 201",
        "seen     $statusCode is 200",
    ):
        assert expected in done.stdout
    assert "Traceback" not in done.stdout


def test_a_file_with_a_mistake_is_an_error_with_its_line(tmp_path: Path) -> None:
    content = document(workflow(step("clock", "control.getClocks")))
    content["sourceDescriptions"][1]["url"] = "other.yaml"
    written(tmp_path, content, "mistaken")

    done = pytest_in(tmp_path, "mistaken.arazzo.yaml")

    assert done.returncode == 2
    assert (
        "mistaken.arazzo.yaml:11: sourceDescriptions[1].url: other.yaml is no file" in done.stdout
    )
