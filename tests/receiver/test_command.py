"""The command: one clear line and exit code 2 for what cannot be used, and the verdict's own code otherwise."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from contracts.receiver.serving import served
from mock_server.cli import app
from tests.receiver.apps.correct import HOOK, TOKEN, Receiver
from tests.web.receivers import OK, receiving, status

RULES = {"R1", "R22"}


@pytest.fixture
def base(tmp_path: Path) -> Iterator[str]:
    """The base URL of a correct receiver."""
    with served(Receiver(tmp_path / "receiver.db").app) as url:
        yield url


def receiver(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["receiver", *arguments])


def test_a_run_that_passes_is_0_and_writes_its_reports(base: str, tmp_path: Path) -> None:
    folder = tmp_path / "report"

    ran = receiver(
        f"{base}{HOOK}?token={TOKEN}", "--probe", f"{base}/probe", "--rules", "R1", "--rules", "r22",
        "--seed", "7", "--report", str(folder),
    )  # fmt: skip

    assert ran.exit_code == 0, ran.output
    document = json.loads((folder / "report.json").read_text())
    assert {each["id"]: each["verdict"] for each in document["rules"]} == dict.fromkeys(
        sorted(RULES), "passed"
    )
    assert document["verdict"] == "passed"
    assert document["seed"] == 7
    assert document["calls"] > 0
    for name in ("report.json", "junit.xml", "report.html"):
        assert TOKEN not in (folder / name).read_text(), f"{name} holds the secret of the URL"
    assert TOKEN not in ran.output


def test_a_failure_is_1_and_shows_how_to_repeat_it() -> None:
    with receiving(status(500)) as broken:
        ran = receiver(broken.url, "--rules", "R22")

    assert ran.exit_code == 1
    assert "curl -i" in ran.output
    assert "500" in ran.output


def test_an_expected_failure_is_none(tmp_path: Path) -> None:
    expected = tmp_path / "expected.toml"
    expected.write_text('[[expected]]\nrule = "R22"\nreason = "known"\ndate = 2026-01-31\n')
    with receiving(status(500)) as broken:
        ran = receiver(broken.url, "--rules", "R22", "--expected-failures", str(expected))

    assert ran.exit_code == 0, ran.output


def test_a_probe_that_tells_nothing_is_3() -> None:
    with receiving(OK) as broken:
        ran = receiver(broken.url, "--probe-cmd", "echo nonsense", "--rules", "R1")

    assert ran.exit_code == 3
    assert "the probe should answer" in ran.output


def test_a_run_that_could_ask_nothing_is_5() -> None:
    with receiving(OK) as broken:
        ran = receiver(broken.url, "--rules", "R26")

    assert ran.exit_code == 5
    assert "needs:restart_cmd" in ran.output


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nonsense"], "is no URL of a receiver"),
        (["ftp://127.0.0.1/hook"], "is no URL of a receiver"),
        (["htp://127.0.0.1:8000/hook?token=hunter2"], "'htp://127.0.0.1:8000/hook' is no URL"),
        (["127.0.0.1/t0k3n-hunter2?token=hunter2"], "'127.0.0.1/...' is no URL"),
        (["http://[::1/hook?token=hunter2"], "is no URL of a receiver"),
        (["http://127.0.0.1:0/hook"], "is no URL of a receiver"),
        (["http://127.0.0.1:99999/hook"], "is no URL of a receiver"),
        (["http://user:hunter2@127.0.0.1/hook"], "a URL with a user's name"),
        (["http://127.0.0.1/\u00e9?token=hunter2"], "what is not ASCII"),
        (["http://no-such-host.invalid/hook"], "there is no such host"),
        (["http://93.184.216.34/hook"], "--allow-host 93.184.216.34 allows it"),
        (["http://169.254.169.254/hook", "--allow-host", "169.254.169.254"], "never a receiver"),
        (["http://127.0.0.1/hook", "--allow-host", "a b"], "--allow-host 'a b'"),
        (["http://127.0.0.1/hook", "--rules", "R99"], "no check fits 'R99'; there are R1 to R30"),
        (["http://127.0.0.1/hook", "--probe", "x", "--probe-cmd", "y"], "not both"),
        (["http://127.0.0.1/hook", "--probe", "http://8.8.8.8/"], "8.8.8.8"),
        (["http://127.0.0.1/hook", "--probe", "htp://127.0.0.1/?key=hunter2"], "--probe: 'htp://127.0.0.1/'"),
        (["http://127.0.0.1/hook", "--expected-failures", "no-such-file"], "no-such-file"),
    ],
)  # fmt: skip
def test_what_cannot_be_used_is_one_line_and_2(arguments: list[str], said: str) -> None:
    ran = receiver(*arguments)

    assert ran.exit_code == 2, ran.output
    assert said in ran.stderr
    assert "hunter2" not in ran.stderr
    assert len(ran.stderr.splitlines()) == 1, ran.stderr


def test_a_report_that_cannot_be_written_is_2(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with receiving(OK) as broken:
        ran = receiver(broken.url, "--rules", "R22", "--report", str(tmp_path / "file"))

    assert ran.exit_code == 2
    assert "--report" in ran.stderr


def test_a_report_that_can_be_written_no_more_once_the_run_is_over_is_2(tmp_path: Path) -> None:
    folder = tmp_path / "report"

    def answer(_: object) -> bytes:
        folder.touch()
        return OK

    with receiving(answer) as broken:
        ran = receiver(broken.url, "--rules", "R22", "--report", str(folder))

    assert ran.exit_code == 2
    assert f"--report {folder}: " in ran.stderr


def test_without_the_extra_the_command_says_what_to_install() -> None:
    script = (
        "import sys; sys.modules['h11'] = None\n"
        "from mock_server.cli import app; app(['receiver', 'http://127.0.0.1/'])"
    )

    ran = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )

    assert ran.returncode == 2
    assert ran.stderr == "clodura-kit: this needs h11: pip install 'clodura-kit[contract]'\n"


def test_ctrl_c_ends_with_130_and_tells_what_was_seen(tmp_path: Path) -> None:
    with receiving(OK) as slow:
        command = [
            sys.executable,
            "-m",
            "mock_server",
            "receiver",
            slow.url,
            "--report",
            str(tmp_path),
        ]
        with subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        ) as run:
            assert slow.wait(20), "it never began"
            run.send_signal(signal.SIGINT)
            output, _ = run.communicate()

    assert run.returncode == 130, output
    assert json.loads((tmp_path / "report.json").read_text())["verdict"] == "interrupted"


def test_people_at_a_terminal_see_each_verdict_as_it_comes() -> None:
    script = "import pty, sys; sys.exit(pty.spawn(sys.argv[1:]) >> 8)"
    with receiving(OK) as good:
        command = [sys.executable, "-m", "mock_server", "receiver", good.url, "--rules", "R22"]
        ran = subprocess.run(
            [sys.executable, "-c", script, *command], capture_output=True, text=True, check=False
        )

    assert ran.returncode == 0
    assert "The registered URL answers itself" in ran.stdout
