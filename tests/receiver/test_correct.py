"""No false alarms: correct receivers of three kinds pass everything that they can be asked."""

import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from contracts.receiver.trial import Options, Trial
from contracts.reports import Report
from contracts.reports.junit import told
from contracts.verdicts import Exit, Verdict
from tests.receiver.apps.correct import HOOK, TOKEN, Receiver
from tests.receiver.apps.flask_app import create_app
from tests.receiver.apps.variants import (
    AsksNoPartners,
    ConfirmsByPolling,
    KeepsNoConnection,
    SpeaksForms,
    Spools,
    TakesItsTime,
    WantsSignatures,
    WorksBehindItsAnswer,
)
from tests.receiver.conftest import Judged
from tests.receiver.processes import Process, hooks, in_root

APPS = Path(__file__).parent / "apps"
DRIVEN = {"R6", "R7", "R9", "R10", "R11", "R30"}
HOOKED = {"R26", "R27"}


def test_the_correct_receiver_passes_every_check(tmp_path: Path) -> None:
    report = whole_run(tmp_path)

    assert verdicts(report, but={"R24"}) == {"passed"}, explained(report)
    assert report.exit is Exit.PASSED


@pytest.mark.soak
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_it_passes_again_and_again(seed: int, tmp_path: Path) -> None:
    report = whole_run(tmp_path, seed=seed)

    assert verdicts(report, but={"R24"}) == {"passed"}, explained(report)
    assert report.seconds < 30, "a whole run against a correct receiver is meant to be quick"


def test_a_correct_flask_application_passes_every_check(judged: Judged) -> None:
    report = judged(create_app())

    assert verdicts(report, but={"R24", *DRIVEN, *HOOKED}) == {"passed"}, explained(report)


@pytest.fixture
def node() -> Iterator[str]:
    """The base URL of the receiver in Node."""
    program = shutil.which("node")
    if program is None:
        assert os.environ.get("CLODURA_KIT_NODE") != "required", "there is no node here"
        pytest.skip("there is no node here")
    command = [program, str(APPS / "node_receiver.mjs"), "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield f"http://127.0.0.1:{int(process.stdout.readline())}"
        process.terminate()


def test_a_correct_receiver_in_node_passes_every_check(node: str) -> None:
    report = Trial(Options(f"{node}{HOOK}?token={TOKEN}", probe=f"{node}/probe", seed=1)).run()

    assert verdicts(report, but={"R24", *DRIVEN, *HOOKED}) == {"passed"}, explained(report)


def whole_run(folder: Path, seed: int = 1) -> Report:
    """With everything that can be given."""
    with Process(folder) as receiver:
        options = Options(
            url=f"{receiver.url}{HOOK}?token={TOKEN}",
            probe=f"{receiver.url}/probe",
            drive=receiver.drive,
            hooks=receiver.hooks,
            seed=seed,
        )
        return Trial(options).run()


def verdicts(report: Report, *, but: set[str]) -> set[str]:
    return {str(each.verdict) for each in report.results if each.id not in but}


def explained(report: Report) -> str:
    found = [each for each in report.results if each.verdict is not Verdict.PASSED]
    return "\n".join(f"{each.id} {each.verdict} {each.reason} {told(each)}" for each in found)


@pytest.mark.parametrize(
    "variant", [WorksBehindItsAnswer, TakesItsTime, KeepsNoConnection, SpeaksForms]
)
def test_what_is_right_in_another_way_passes_every_check(
    variant: type[Receiver], judged: Judged, tmp_path: Path
) -> None:
    report = judged(variant(tmp_path / "receiver.db").app)

    assert verdicts(report, but={"R24", *DRIVEN, *HOOKED}) == {"passed"}, explained(report)


def test_a_receiver_that_wants_signatures_gets_them(
    judged: Judged, tmp_path: Path, signing: Path
) -> None:
    report = judged(
        WantsSignatures(tmp_path / "receiver.db").app,
        spec=signing,
        rules=["R1", "R4", "R12", "R15", "R20", "R24", "R25"],
    )

    assert verdicts(report, but=set()) == {"passed"}, explained(report)


def test_an_application_that_asks_no_partners_keeps_its_books(
    judged: Judged, tmp_path: Path
) -> None:
    db = tmp_path / "receiver.db"
    reveal = [sys.executable, "-m", "tests.receiver.apps.variants", str(db)]

    report = judged(AsksNoPartners(db).app, rules=["R30"], drive=in_root(shlex.join(reveal)))

    assert verdicts(report, but=set()) == {"passed"}, explained(report)


def test_2xx_without_a_database_is_right_if_nothing_is_lost(judged: Judged, tmp_path: Path) -> None:
    db = tmp_path / "receiver.db"

    report = judged(Spools(db).app, rules=["R27"], hooks=hooks(db))

    assert verdicts(report, but=set()) == {"passed"}, explained(report)


def test_who_confirms_by_polling_needs_no_secret(judged: Judged, tmp_path: Path) -> None:
    report = judged(ConfirmsByPolling(tmp_path / "receiver.db").app, secret=False, rules=["R25"])

    assert verdicts(report, but=set()) == {"passed"}, explained(report)
