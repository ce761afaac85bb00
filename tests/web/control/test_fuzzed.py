"""Schemathesis, as a user runs it, has nothing to say against the control API and its file."""

import subprocess
import sys
from copy import deepcopy
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from mock_server.spec import load_spec
from tests.states import MockServer
from tests.web.control.described import document

LEFT_OUT: Final = {
    "streamEvents": "it has no end",
    "receive": "it answers what setInbox told it to, errors as well",
    "restoreSnapshot": "the file does not tell the inside of a snapshot",
}

HOOKS: Final = """
import schemathesis

@schemathesis.hook
def before_call(context, case, **kwargs):  # no route of Starlette takes a line break
    for name, value in (case.path_parameters or {}).items():
        case.path_parameters[name] = str(value).replace("%0A", "n").replace("\\n", "n")
"""


def concrete() -> dict[str, Any]:
    """The file with the names that openapi.yaml gives, and without what makes a call wait for long."""
    spec, narrowed = load_spec(), deepcopy(document())
    schemas = narrowed["components"]["schemas"]
    schemas["Plan"]["enum"] = list(spec.rules.plans)
    numbers = schemas["NewPerson"]["properties"]["numbers"]
    numbers["propertyNames"] = {"enum": [each.name for each in spec.rules.providers]}
    known = [each.operation_id for each in spec.operations]
    schemas["When"]["properties"]["operationId"]["enum"] = [*known, None]
    for each in (
        "PersonId",
        "InboxName",
    ):  # else it breaks the pattern on purpose, with a line break
        del narrowed["components"]["parameters"][each]["schema"]["pattern"]
    narrowed["paths"]["/inbox/{name}"]["get"]["parameters"].pop()
    return narrowed


def run(mock: MockServer, folder: Path, *options: str) -> str:
    """What `st run` prints."""
    (folder / "control.yaml").write_text(yaml.safe_dump(concrete()))
    (folder / "hooks.py").write_text(HOOKS)
    (folder / "schemathesis.toml").write_text('hooks = "hooks.py"')
    command = [str(Path(sys.executable).parent / "st"), "run", "control.yaml", "--no-color"]
    command += [
        "--url",
        f"{mock.url}/_mock",
        "--checks",
        "all",
        "--workers",
        "1",
        "--warnings",
        "off",
    ]
    command += [*options, *(f"--exclude-operation-id={each}" for each in LEFT_OUT)]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_schemathesis_finds_no_mismatch(tmp_path: Path) -> None:
    with MockServer(clock="manual", seed=1) as mock:
        printed = run(mock, tmp_path, "--max-examples", "5", "--generation-deterministic")

    assert "No issues found" in printed, printed
    assert "Selected: 32/35" in printed, printed


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(5))
def test_no_seed_makes_schemathesis_find_one(tmp_path: Path, seed: int) -> None:
    with MockServer(clock="manual", seed=1) as mock:
        printed = run(mock, tmp_path, "--max-examples", "200", "--seed", str(seed))

    assert "No issues found" in printed, printed
