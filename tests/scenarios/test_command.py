from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from click.testing import CliRunner, Result

from mock_server import MockServer
from mock_server.cli import app
from tests.scenarios.stories import account, credits, document, workflow, written

SHORT = "webhook-comes-twice"


def replay(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["replay", *map(str, arguments)])


@pytest.fixture
def fake() -> Iterator[MockServer]:
    with MockServer(seed=1) as mock:
        yield mock


@pytest.fixture
def wrong(tmp_path: Path) -> Path:
    return written(tmp_path, document(workflow(account(), credits("$statusCode == 201"))), "wrong")


def test_the_list_names_each_story_with_a_line() -> None:
    listed = replay("--list")

    assert listed.exit_code == 0
    lines = listed.stdout.splitlines()
    assert len(lines) >= 16
    assert all(len(each.split("  ", 1)) == 2 for each in lines)
    assert any(each.startswith("credits-run-out-mid-waterfall  13 credits pay") for each in lines)


def test_a_packaged_story_is_played_by_name() -> None:
    told = replay(SHORT)

    assert (told.exit_code, told.stderr) == (0, "")
    assert "The webhook comes twice ──" in told.stdout
    assert told.stdout.endswith("\n1 passed\n")


def test_a_wrong_expectation_is_exit_1_and_told(wrong: Path) -> None:
    told = replay(wrong, SHORT)

    assert told.exit_code == 1
    for expected in (
        "✗ step credits",
        "expected $statusCode == 201",
        "seen     $statusCode is 200",
        "nearest  2026-01-01",
        "1 failed, 1 passed",
    ):
        assert expected in told.stdout


def test_reports_are_written(wrong: Path, tmp_path: Path) -> None:
    told = replay(
        wrong, SHORT, "--html", tmp_path / "page.html", "--report", tmp_path / "new" / "report"
    )

    assert told.exit_code == 1
    assert "The webhook comes twice" in (tmp_path / "page.html").read_text(encoding="utf-8")
    suites = ET.parse(tmp_path / "new" / "report" / "junit.xml").getroot()
    assert [each.attrib["name"] for each in suites] == ["wrong", SHORT]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "which story? For example: clodura-kit replay "),
        (["nope"], "'nope' is neither a file nor a story; --list shows the stories"),
        (["webhook-come-twice"], "near it: webhook-comes-twice"),
        ([SHORT, "--speed", "2"], "--speed is 1, 10 or instant, not '2'"),
        ([SHORT, "--html", "nowhere/page.html"], "there is no folder nowhere"),
        ([SHORT, "--step"], "--step waits for a key, and this is no terminal"),
        ([SHORT, "--target", "ftp://x"], "should be a URL such as http://127.0.0.1:4020"),
        ([SHORT, "--target", "http://127.0.0.1:1"], "--target http://127.0.0.1:1: no fake answers"),
        ([SHORT, "--report", "/dev/null/x"], "/dev/null/x/junit.xml: cannot be written"),
        ([SHORT, "--html", "/dev/full"], "/dev/full: cannot be written, No space left on device"),
    ],
)
def test_what_can_not_be_done_is_one_line_and_exit_2(arguments: list[str], said: str) -> None:
    told = replay(*arguments)

    assert told.exit_code == 2
    assert said in told.stderr
    assert len(told.stderr.splitlines()) == 1


def test_a_file_with_a_mistake_is_exit_2_before_anything_is_sent(
    tmp_path: Path, fake: MockServer
) -> None:
    path = written(tmp_path, document(workflow(account(), account())))

    told = replay(SHORT, path, "--target", fake.url)

    assert told.exit_code == 2
    assert told.stderr.startswith(f"clodura-kit: {path}:")
    assert "workflows[0].steps[1].stepId: is the id of two steps" in told.stderr
    assert (told.stdout, fake.call("GET", "/accounts")["accounts"]) == ("", [])


@pytest.mark.parametrize("mode", ["real", "manual", "scaled"])
def test_on_a_running_fake_the_clock_goes_on_as_before(fake: MockServer, mode: str) -> None:
    before = fake.call(
        "PUT", "/clock", {"mode": mode, **({"rate": 60} if mode == "scaled" else {})}
    )

    told = replay("receiver-down-for-ten-minutes", "--target", fake.url)

    after = fake.clock()
    assert told.exit_code == 0, told.stdout
    assert (after["mode"], after["rate"]) == (before["mode"], before["rate"])


def test_a_story_can_be_played_again_on_the_same_fake(fake: MockServer) -> None:
    codes = [replay("burst-of-fifty", "--target", fake.url).exit_code for _ in range(2)]

    assert codes == [0, 0]


def test_a_fake_with_a_token_takes_it_with_the_target() -> None:
    with MockServer(host="0.0.0.0", seed=1) as mock:
        url = mock.url.replace("0.0.0.0", "127.0.0.1")
        without = replay(SHORT, "--target", url)
        given = replay(SHORT, "--target", f"{url}/_mock/?token={mock._token}")

    assert (without.exit_code, given.exit_code) == (2, 0)
    assert "401" in without.stderr
