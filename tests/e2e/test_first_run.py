"""What somebody types who misunderstands: one clear line, the right exit code, and never a traceback."""

import errno
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

import mock_server

HIDE = (
    "import sys; sys.modules.update(dict.fromkeys({hidden!r})); "
    "from mock_server.__main__ import main; main()"
)


def ran(
    *arguments: str, cwd: Path | None = None, environment: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "mock_server", *arguments],
        cwd=cwd, env={**os.environ, **(environment or {})},
        capture_output=True, text=True, timeout=20, check=False,
    )  # fmt: skip


def ran_without(*hidden: str, arguments: list[str]) -> subprocess.CompletedProcess[str]:
    """As `ran`, in an environment that does not have these packages."""
    return subprocess.run(
        [sys.executable, "-c", HIDE.format(hidden=hidden), *arguments],
        capture_output=True, text=True, timeout=20, check=False,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--host", ""], "--host"),
        (["--host", "http://127.0.0.1"], "--host is a name or an address such as 127.0.0.1"),
        (["--host", "127.0.0.1:4020"], "--host is a name or an address such as 127.0.0.1"),
        (["--host", "nowhere.invalid"], "cannot listen on nowhere.invalid:0: "),
        (["--control-token", ""], "--control-token"),
        (["--control-token", "two words"], "--control-token"),
        (["--control-token", "ключ"], "--control-token"),
        (["--allow-host", ""], "--allow-host"),
        (["--allow-host", "http://mock.example"], "--allow-host"),
        (["--state", "Memory"], "memory"),
        (["--spec", "/"], "Is a directory"),
    ],
)
def test_what_serve_cannot_use_is_one_line_and_exit_2(options: list[str], said: str) -> None:
    done = ran("serve", "--port", "0", *options)

    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("state", ["memory", "postgresql://127.0.0.1:1/clodura"])
def test_a_durability_that_the_state_does_not_have_is_told(state: str) -> None:
    done = ran("serve", "--state", state, "--durability", "power", "--spec", "/")

    assert "--durability power changes nothing: it is for a file (--state PATH)" in done.stderr


def test_the_durability_of_a_file_is_taken(tmp_path: Path) -> None:
    done = ran("serve", "--state", str(tmp_path / "s"), "--durability", "power", "--spec", "/")

    assert "changes nothing" not in done.stderr


def test_a_taken_port_tells_what_to_do_instead() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        done = ran("serve", "--port", str(taken.getsockname()[1]))

    assert done.returncode == 2
    assert "--port 0 takes a free one" in done.stderr


@pytest.mark.parametrize(
    ("package", "arguments"),
    [
        ("hypothesis", ["receiver", "http://127.0.0.1:1/"]),
        ("h11", ["receiver", "http://127.0.0.1:1/"]),
        ("hypothesis", ["explain"]),
        ("hypothesis", ["explain", "R3"]),
        ("httpx", ["contract"]),
    ],
)
def test_without_the_extra_it_is_told_how_to_get_it(package: str, arguments: list[str]) -> None:
    done = ran_without(package, arguments=arguments)

    assert (done.returncode, done.stdout) == (2, "")
    assert "pip install 'clodura-kit[contract]'" in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("name", ["contracts", "scenarios", "docs", "tests", "benchmarks"])
def test_a_folder_of_the_users_takes_no_package_of_ours_away(name: str, tmp_path: Path) -> None:
    (tmp_path / name).mkdir()
    (tmp_path / name / "__init__.py").write_text("raise RuntimeError('one of the user')")

    here = ran("explain", "BIL-004", cwd=tmp_path)
    by_path = ran("replay", "--list", environment={"PYTHONPATH": str(tmp_path)})

    assert (here.returncode, here.stderr) == (0, "")
    assert (by_path.returncode, by_path.stderr) == (0, "")


def test_ctrl_c_while_it_is_loaded_is_130_and_silent() -> None:
    interrupted = (
        "import sys\n"
        "class Interrupts:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name == 'mock_server.cli': raise KeyboardInterrupt\n"
        "sys.meta_path.insert(0, Interrupts())\n"
        "from mock_server.__main__ import main; main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", interrupted], capture_output=True, text=True, timeout=20, check=False
    )

    assert (done.returncode, done.stdout, done.stderr) == (130, "", "")


@pytest.mark.parametrize(
    "arguments", [["--version"], ["explain"], ["replay", "--list"], ["serve", "--port", "0"]]
)
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")
def test_output_that_cannot_be_written_is_one_line_and_exit_2(arguments: list[str]) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "mock_server", *arguments],
            stdout=full, stderr=subprocess.PIPE, text=True, timeout=20, check=False,
        )  # fmt: skip

    assert done.returncode == 2
    assert os.strerror(errno.ENOSPC) in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ["--version"],
        ["explain"],
        ["replay", "--list"],
        ["serve", "--help"],
        ["serve", "--port", "0"],
        ["contract", "--dry-run"],
    ],
)
def test_a_reader_that_goes_away_is_neither_an_accident_nor_a_failed_rule(
    arguments: list[str],
) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "mock_server", *arguments],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        assert process.stdout
        assert process.stderr
        process.stdout.close()
        errors = process.stderr.read()

    assert errors == ""
    assert process.returncode == 141, "as a shell tells of a command that SIGPIPE ended"


def test_a_terminal_that_knows_only_ascii_reads_every_fact() -> None:
    plain = {"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0", "LC_ALL": "C"}
    done = ran("explain", environment=plain)

    assert (done.returncode, done.stderr) == (0, "")
    assert "BIL-004" in done.stdout


def pytest_beside(package: str, folder: Path) -> str:
    """What pytest prints in a project that has a package of this name and uses everything of ours."""
    (folder / package).mkdir()
    (folder / package / "__init__.py").touch()
    (folder / "test_mine.py").write_text(
        f"import {package}\n"
        "def test_money(clodura_account): assert clodura_account.balance()\n"
        "def test_receiver(clodura_receiver_suite): pass\n"
    )
    story = Path(mock_server.__file__).parents[1] / "scenarios" / "two-tenants.arazzo.yaml"
    (folder / "mine.arazzo.yaml").write_bytes(story.read_bytes())
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"],
        cwd=folder, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    return " ".join(done.stdout.split())


def test_a_package_contracts_of_a_project_breaks_no_test_but_the_suite_which_says_why(
    tmp_path: Path,
) -> None:
    told = pytest_beside("contracts", tmp_path)

    assert "2 passed, 1 error" in told
    assert f"contracts in {tmp_path / 'contracts'} is found first" in told


def test_a_package_scenarios_of_a_project_breaks_no_test_but_the_story_which_says_why(
    tmp_path: Path,
) -> None:
    told = pytest_beside("scenarios", tmp_path)

    assert f"scenarios in {tmp_path / 'scenarios'} is found first" in told
    assert "1 error" in told
    assert "INTERNALERROR" not in told


def test_without_the_extra_the_suites_fixture_says_how_to_get_it(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text("import sys\nsys.modules['h11'] = None\n")
    (tmp_path / "test_mine.py").write_text("def test_it(clodura_receiver_suite): pass\n")

    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", tmp_path],
        cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip

    assert "this needs h11: pip install 'clodura-kit[contract]'" in done.stdout


def test_ctrl_c_in_the_middle_of_a_command_is_130_and_no_failed_rule() -> None:
    interrupted = (
        "import contracts.explaining as e\n"
        "def listed(): raise KeyboardInterrupt\n"
        "e.listed = listed\n"
        "from mock_server.__main__ import main; main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", interrupted, "explain"],
        capture_output=True, text=True, timeout=20, check=False,
    )  # fmt: skip

    assert (done.returncode, done.stderr) == (130, "")
