"""What the page on the receiver suite shows is run, and says what the suite does."""

import json
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from typing_extensions import override

from contracts.receiver.fixture import ReceiverSuite
from contracts.receiver.probe import record_of
from contracts.receiver.registry import all_checks
from contracts.receiver.serving import served
from contracts.verdicts import Exit
from mock_server.cli import app
from tests.docs.blocks import page
from tests.receiver.apps.correct import HOOK, Receiver

SHOWN = "http://127.0.0.1:8000"
PAGE = page("receiver")


class TrustsAll(Receiver):
    """Its URL on the page has no secret."""

    @override
    def trusts(self, _: Any) -> bool:
        return True


@pytest.fixture
def base(tmp_path: Path) -> Iterator[str]:
    with served(TrustsAll(tmp_path / "receiver.db").app) as url:
        yield url


def test_the_command_that_is_shown_passes(base: str, tmp_path: Path) -> None:
    [line] = PAGE.blocks_with("bash", "clodura-kit receiver")
    assert HOOK in line
    command = line.replace(SHOWN, base).replace("--report report", f"--report {tmp_path}")

    ran = CliRunner().invoke(app, [*shlex.split(command)[1:], "--rules", "R1", "--rules", "R22"])

    assert ran.exit_code == 0, ran.output
    assert (tmp_path / "report.html").exists()


def test_the_answer_of_a_probe_that_is_shown_can_be_read() -> None:
    [shown] = PAGE.blocks_with("json", "appliedCount")

    assert record_of(json.loads(shown)).applied == 1


def test_the_test_that_is_shown_is_green(clodura_receiver_suite: ReceiverSuite) -> None:
    [script] = PAGE.blocks_with("python", "def test_my_receiver")
    defined: dict[str, Any] = {}
    exec(script, defined)

    defined["test_my_receiver"](clodura_receiver_suite)


def test_every_check_and_every_exit_code_is_in_the_tables() -> None:
    [checks] = PAGE.tables("The checks")
    [codes] = PAGE.tables("Verdicts and exit codes")

    assert [row[0] for row in checks] == [each.id for each in all_checks()]
    assert {int(row[0]) for row in codes} == set(Exit) - {Exit.STOPPED}  # nothing is ever bought
