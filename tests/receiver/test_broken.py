"""The suite finds faults: each receiver of the museum is caught by the check that names its fault."""

import shlex
import sys
from pathlib import Path

import pytest

from contracts.receiver.registry import all_checks
from contracts.receiver.trial import Options, Trial
from contracts.reports import Report
from contracts.reports.junit import told
from tests.receiver.apps.broken import BUGS, Bug
from tests.receiver.apps.correct import HOOK, TOKEN
from tests.receiver.conftest import Judged
from tests.receiver.processes import Process, hooks, in_root

PROCESSES = ("R26",)  # what these name shows only when a process dies


def named(bugs: list[Bug]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("bug", bugs, ids=lambda each: f"{each.caught_by}-{each.name}")


@named([each for each in BUGS.values() if each.caught_by not in PROCESSES])
def test_a_fault_is_caught_by_the_check_that_names_it(
    bug: Bug, judged: Judged, tmp_path: Path, signing: Path
) -> None:
    db = tmp_path / "receiver.db"
    reveal = [sys.executable, "-m", "tests.receiver.apps.broken", "reveal", bug.name, str(db)]

    report = judged(
        bug.receiver(db).app,
        secret=bug.secret,
        rules=[bug.caught_by],
        drive=in_root(shlex.join(reveal)) if bug.drive else None,
        hooks=hooks(db),
        spec=signing if bug.signs else None,
    )

    assert_caught(report, bug)


@named([each for each in BUGS.values() if each.caught_by in PROCESSES])
def test_a_fault_that_a_crash_shows_is_caught_by_the_check_that_names_it(
    bug: Bug, tmp_path: Path
) -> None:
    with Process(tmp_path, bug.name) as receiver:
        options = Options(
            url=f"{receiver.url}{HOOK}?token={TOKEN}",
            probe=f"{receiver.url}/probe",
            hooks=receiver.hooks,
            rules=[bug.caught_by],
            seed=1,
        )
        report = Trial(options).run()

    assert_caught(report, bug)


def test_every_check_has_a_fault_that_it_names() -> None:
    caught = {each.caught_by for each in BUGS.values()}

    assert [each.id for each in all_checks() if each.id not in caught] == []


def assert_caught(report: Report, bug: Bug) -> None:
    [result] = report.results
    assert result.verdict == bug.verdict, (
        f"{bug.name}: {result.verdict} {result.reason} {told(result)}"
    )
