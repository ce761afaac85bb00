"""What the commands say to somebody who mistook one thing for another: before anything is sent, with what to write."""

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from click.testing import CliRunner
from typing_extensions import override

from mock_server.cli import app
from tests.web.receivers import OK, receiving


def told(*arguments: object) -> str:
    """The one line of a command that cannot do what was asked."""
    ran = CliRunner().invoke(app, [*map(str, arguments)])
    assert ran.exit_code == 2, ran.output
    assert ran.stderr.count("\n") == 1, ran.stderr
    return ran.stderr


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "file"
    path.write_text("taken")
    return path


@pytest.fixture
def website() -> Iterator[str]:
    """A server that is no fake."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Website) as server:
        Thread(target=server.serve_forever).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


class Website(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_error(404)

    @override
    def log_message(self, *_: object) -> None:
        """Nobody reads it."""


@pytest.mark.parametrize("name", ["localhost:4020", "127.0.0.1:4020", "fak"])
def test_a_target_without_a_scheme_is_told_what_targets_look_like(name: str) -> None:
    said = told("contract", name)

    assert "http://127.0.0.1:4020" in said
    assert "fake" in said


def test_a_folder_of_stories_is_told_how_to_be_played(folder: Path) -> None:
    assert "pytest" in told("replay", folder)


def test_a_name_that_is_near_nothing_is_led_to_the_list() -> None:
    assert told("replay", "zzz") == (
        "clodura-kit: 'zzz' is neither a file nor a story; --list shows the stories\n"
    )


def test_a_website_is_no_fake_and_its_page_is_not_printed(website: str) -> None:
    said = told("replay", "two-tenants", "--target", website)

    assert "what answers there is no fake" in said
    assert "<" not in said


@pytest.mark.parametrize(("option", "place"), [("--html", "folder"), ("--report", "file")])
def test_a_page_that_cannot_be_written_is_told_before_the_story(
    option: str, place: str, request: pytest.FixtureRequest
) -> None:
    path = request.getfixturevalue(place)

    ran = CliRunner().invoke(app, ["replay", "two-tenants", option, str(path)])

    assert (ran.exit_code, ran.stdout) == (2, "")
    assert option in ran.stderr


def test_a_report_that_cannot_be_written_is_told_before_the_receiver_is_called(file: Path) -> None:
    with receiving(OK) as receiver:
        said = told("receiver", receiver.url, "--rules", "R1", "--report", file)

        assert "--report" in said
        assert not receiver.deliveries


def test_a_probe_that_is_no_url_is_named() -> None:
    assert "--probe: 'x' is no URL" in told("receiver", "http://127.0.0.1:1/", "--probe", "x")
