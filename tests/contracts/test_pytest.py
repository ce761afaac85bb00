"""The contract as pytest: one item for each rule, one run for all, and nothing bought twice."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from contracts.conftest import settle
from contracts.verdicts import Evidence, Exit, Level, Reason, Result, Verdict, exit_code
from mock_server import MockServer

KEY = "live-secret-key-9a10"
RICH = "live-key-with-credits-4711"


def ran(folder: Path, *words: str, plugin: str | None = None) -> subprocess.CompletedProcess[str]:
    """pytest with our plugin, and one other: of those that are installed here each takes its time to load."""
    plugins = ["-p", "no:cacheprovider", "-p", "mock_server.pytest_plugin"]
    plugins += ["-p", plugin] if plugin else []
    command = [sys.executable, "-m", "pytest", *plugins, "--pyargs", "contracts", *words]
    return subprocess.run(
        command,
        cwd=folder,
        env={
            **os.environ,
            "K": KEY,
            "RICH": RICH,
            "PYTEST_ADDOPTS": "",
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


@pytest.fixture
def target(tmp_path: Path) -> str:
    path = tmp_path / "target.toml"
    path.write_text(
        '[target]\nbase_url = "http://127.0.0.1:9"\n[[identity]]\nrole = "main"\nplan = "max"\nkey_env = "K"\n'
    )
    return str(path)


def test_each_rule_is_an_item_and_only_its_journeys_are_made(tmp_path: Path) -> None:
    words = ["--clodura-report", str(tmp_path / "out"), "--clodura-profile", "free"]

    done = ran(tmp_path, "-v", "-k", "AUTH-001 or AUTH-003", *words, "--clodura-budget", "15")

    assert done.returncode == 0, done.stdout + done.stderr
    assert "--budget 15 was not used: the profile is free" in done.stdout
    assert "test_rule[AUTH-001] PASSED" in done.stdout
    assert "2 passed" in done.stdout
    assert (tmp_path / "out" / "junit.xml").exists()


def test_verdicts_become_outcomes_and_the_exit_code_is_the_commands(tmp_path: Path) -> None:
    with MockServer(clock="x60", seed=1) as mock:
        mock.account(api_key=KEY)
        mock.account(api_key=RICH)
        path = tmp_path / "target.toml"
        path.write_text(
            f'[target]\nbase_url = "{mock.url}"\n[[identity]]\nrole = "main"\nplan = "payg"\nkey_env = "K"\n'
            '[[identity]]\nrole = "exhausted"\nplan = "max"\nkey_env = "RICH"\n'
            "[timing]\nsettle_seconds = 0.1\nresult_timeout_seconds = 20\n"
        )
        known = tmp_path / "known.toml"
        known.write_text('[[expected]]\nrule = "BIL-003"\nreason = "x"\ndate = 2026-01-31\n')
        mock.fault(
            {"status": 200, "body": {"remainingCredits": "7"}}, when={"operationId": "getCredits"}
        )
        words = ["--clodura-target", str(path), "--clodura-expected-failures", str(known)]
        chosen = ["BIL-003", "BIL-014", "TEN-001", "RES-001", "AUTH-003"]
        options = [word for each in chosen for word in ("--clodura-rules", each)]
        done = ran(tmp_path, *words, *options, "-rA")

    assert done.returncode == 3, done.stdout + done.stderr
    told = [line for line in done.stdout.splitlines() if "test_rule[" in line and " " in line]
    assert any("SKIPPED" in line or "skipped" in line for line in done.stdout.splitlines()), told
    assert "XFAIL" in done.stdout, done.stdout
    assert "FAILED" in done.stdout
    assert "inconclusive: stale_fixture" in done.stdout


def test_a_target_that_is_down_ends_the_session_with_code_2(tmp_path: Path, target: str) -> None:
    done = ran(tmp_path, "--clodura-target", target, "--clodura-budget", "0")

    assert done.returncode == 2, done.stdout + done.stderr
    assert "nobody answers there" in done.stdout + done.stderr


def test_patterns_that_fit_no_rule_end_the_session_with_code_5(tmp_path: Path) -> None:
    done = ran(tmp_path, "--clodura-rules", "NOPE-*")

    assert done.returncode == 5, done.stdout + done.stderr
    assert "--rules 'NOPE-*' fits no rule" in done.stdout + done.stderr


def test_nothing_is_bought_under_xdist(tmp_path: Path, target: str) -> None:
    buying = ["--clodura-target", target, "--clodura-profile", "full", "--clodura-budget", "40"]

    done = ran(tmp_path, *buying, "-n", "2", "--clodura-rules", "BIL-00[45]", plugin="xdist.plugin")

    assert done.returncode != 0
    assert "would buy in every worker" in done.stdout + done.stderr


def test_nothing_is_bought_by_reruns(tmp_path: Path, target: str) -> None:
    (tmp_path / "rerunning.py").write_text(
        "def pytest_addoption(parser):\n    parser.addoption('--reruns', type=int, default=0)\n"
    )
    buying = ["--clodura-target", target, "--clodura-profile", "full", "--clodura-budget", "40"]

    done = ran(tmp_path, *buying, "--reruns", "2", plugin="rerunning")

    assert done.returncode == 2
    assert "reruns would buy again" in done.stdout + done.stderr


def test_other_tests_may_have_parameters_and_fail_the_session_themselves(tmp_path: Path) -> None:
    own = tmp_path / "test_own.py"
    own.write_text(
        "import pytest\n@pytest.mark.parametrize('number', [1, 2])\n"
        "def test_own(number):\n    assert number == 1\n"
    )

    done = ran(tmp_path, str(own), "-v", "-k", "BIL-001 or own")

    assert "test_rule[BIL-001] PASSED" in done.stdout, done.stdout + done.stderr
    assert "1 failed, 2 passed" in done.stdout
    assert done.returncode == 1


@pytest.mark.parametrize(("own", "code"), [("assert True", 3), ("assert False", 1)])
def test_a_failure_beside_the_rules_is_worse_than_a_rule_that_was_not_decided(
    tmp_path: Path, target: str, own: str, code: int
) -> None:
    with MockServer(clock="x60", seed=1) as mock:
        mock.account(api_key=KEY)
        mock.account(api_key=RICH)
        path = tmp_path / "target.toml"
        path.write_text(
            path.read_text().replace("http://127.0.0.1:9", mock.url)
            + '[[identity]]\nrole = "exhausted"\nplan = "max"\nkey_env = "RICH"\n'
            '[people]\nnone = "mock-none"\n[timing]\nsettle_seconds = 0.1\nresult_timeout_seconds = 20\n'
        )
        (tmp_path / "test_own.py").write_text(f"def test_own():\n    {own}\n")
        done = ran(
            tmp_path, "test_own.py", "--clodura-target", target, "--clodura-rules", "BIL-014"
        )

    assert "inconclusive: stale_fixture" in done.stdout, done.stdout + done.stderr
    assert done.returncode == code


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (["--clodura-profile", "bogus"], "--profile is free or full, not 'bogus'"),
        (["--clodura-report", "taken"], "--report taken"),
    ],
)
def test_an_option_that_cannot_be_used_ends_the_session_with_code_2(
    tmp_path: Path, words: list[str], problem: str
) -> None:
    (tmp_path / "taken").write_text("")

    done = ran(tmp_path, "-k", "BIL-001", *words)

    assert done.returncode == 2, done.stdout + done.stderr
    assert problem in done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("level", "strict", "outcome"),
    [
        (Level.MUST, False, pytest.fail.Exception),
        (Level.ASSUMED, False, pytest.skip.Exception),
        (Level.ASSUMED, True, pytest.fail.Exception),
    ],
)
def test_an_assumed_rule_that_was_not_decided_fails_its_item_only_when_strict(
    level: Level, strict: bool, outcome: type[BaseException]
) -> None:
    undecided = Result(
        "X-001", "X", "x", level, (), Verdict.INCONCLUSIVE, Reason.UNREADABLE, "nothing to read"
    )

    assert (exit_code([undecided], strict=strict) is Exit.INCOMPLETE) is (
        outcome is pytest.fail.Exception
    )
    with pytest.raises(outcome, match="inconclusive: unreadable: nothing to read"):
        settle(undecided, strict=strict)


def test_a_rule_that_failed_fails_its_item_and_tells_what_was_expected() -> None:
    seen = Evidence("refused: 400", "it was answered 200")
    failed = Result("X-001", "X", "x", Level.MUST, (), Verdict.FAILED, evidence=[seen])

    with pytest.raises(pytest.fail.Exception, match="it was answered 200"):
        settle(failed, strict=False)
