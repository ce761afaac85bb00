"""The CI files are what GitHub and GitLab take, say the same, and their steps run as they stand."""

import re
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.docs.blocks import page
from tests.examples.commands import command_lines, commands_in, parse
from tests.examples.processes import EXAMPLES, free_port, running_together

CI = EXAMPLES / "ci"
JOBS = ("python", "node")
FEW_CHECKS = "--rules R1 --rules R6 --rules R10"  # all of them: test_applications


def load(name: str) -> Any:
    return yaml.safe_load((CI / f"{name}.yml").read_text(encoding="utf-8"))


def steps(name: str, job: str) -> list[str]:
    """What the job runs, without what installs."""
    if name == "gitlab":
        scripts = load(name)[job]["script"]
    else:
        scripts = [each["run"] for each in load(name)["jobs"][job]["steps"] if "run" in each]
        scripts = [each for each in scripts if " pip install " not in each]
    return [each.strip() for each in scripts]


def variables(job: str) -> dict[str, str]:
    return {name: str(value) for name, value in load("github")["jobs"][job]["env"].items()}


@pytest.mark.parametrize("job", JOBS)
def test_both_run_the_same(job: str) -> None:
    gitlab = load("gitlab")

    assert steps("github", job) == steps("gitlab", job)
    assert variables(job) == gitlab["variables"] | gitlab[job]["variables"]


@pytest.mark.parametrize("job", JOBS)
def test_the_webhook_and_the_contract_are_checked(job: str) -> None:
    words = [each for step in steps("github", job) for each in command_lines(step)]

    assert [each[1] for each in words] == ["contract", "receiver"]
    assert {"--probe", "--drive"} <= set(words[1])


def test_a_job_of_github_has_what_github_asks_for() -> None:
    workflow = load("github")

    assert set(workflow[True]) == {"push", "pull_request"}  # YAML 1.1 reads `on` so
    for job in workflow["jobs"].values():
        assert job["runs-on"]
        assert job["timeout-minutes"]
        assert all(("uses" in step) != ("run" in step) for step in job["steps"])


def test_a_job_of_gitlab_has_what_gitlab_asks_for() -> None:
    pipeline = load("gitlab")

    for job in JOBS:
        assert pipeline[job]["stage"] in pipeline["stages"]
        assert all(isinstance(each, str) for each in pipeline[job]["script"])


@pytest.mark.parametrize(
    "path", [CI / "github.yml", CI / "gitlab.yml"], ids=lambda each: str(each.name)
)
def test_every_command_is_one_that_there_is(path: Path) -> None:
    found = command_lines(re.sub(r"^ *- run: |^ *run: ", "", path.read_text(), flags=re.MULTILINE))

    for words in found:
        parse(words)
    assert len(found) == 4, "two jobs, each with contract and receiver"


def test_every_command_of_the_documentation_is_one_that_there_is() -> None:
    found = [words for block in page("ci").blocks_with("sh", "") for words in command_lines(block)]

    for words in found:
        parse(words)
    assert {each[1] for each in found} == {"serve", "contract", "receiver"}


def test_every_command_of_a_check_is_one_that_there_is() -> None:
    for path in EXAMPLES.glob("enrichment-*/check.sh"):
        (words,) = commands_in(path)
        parse(words[:-1])  # without "$@"


@pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl here")
@pytest.mark.parametrize(
    "job",
    [
        "python",
        pytest.param(
            "node",
            marks=pytest.mark.skipif(shutil.which("node") is None, reason="there is no node here"),
        ),
    ],
)
def test_the_step_that_checks_the_webhook_runs_as_it_stands(job: str, tmp_path: Path) -> None:
    folder = shutil.copytree(EXAMPLES / f"enrichment-{job}", tmp_path / f"enrichment-{job}")
    port = str(free_port())
    *_, step = steps("github", job)
    script = step.replace("8000", port).replace("--report", f"{FEW_CHECKS} --report")

    code, output = running_together(
        ["bash", "-e", "-c", script],
        cwd=folder,
        PORT=port,
        PUBLIC_URL=f"http://127.0.0.1:{port}",
        **variables(job),
    )

    assert code == 0, output
    assert (folder / "reports/receiver/junit.xml").exists()


def test_the_step_that_checks_the_contract_runs_as_it_stands(tmp_path: Path) -> None:
    _, step, _ = steps("github", "python")

    code, output = running_together(["bash", "-e", "-c", step], cwd=tmp_path)

    assert code == 0, output
    assert (tmp_path / "reports/contract/junit.xml").exists()
