"""What the command line does where its surroundings fail it."""

import errno
import io
import os
import sys

import click
import pytest
from click.testing import CliRunner
from typing_extensions import override

from mock_server import cli
from mock_server.serving import ServingError, bind
from mock_server.settings import control_token_of


class Torn(io.TextIOWrapper):
    """An output that fails, once something was written, for a reason of its own."""

    def __init__(self, reason: int) -> None:
        super().__init__(io.BytesIO())
        self.works = True
        self._reason = reason

    @override
    def write(self, text: str) -> int:
        self.works = False
        return super().write(text)

    @override
    def flush(self) -> None:
        if not self.works:
            raise OSError(self._reason, os.strerror(self._reason))


def test_an_output_that_fails_otherwise_than_by_being_full_is_not_hidden(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    torn = Torn(errno.EIO)
    monkeypatch.setattr(sys, "stdout", torn)
    monkeypatch.setattr(sys, "argv", ["clodura-kit", "--version"])

    with pytest.raises(OSError, match=os.strerror(errno.EIO)):
        cli.main()
    torn.works = True


def test_a_reader_that_goes_away_before_the_last_line_is_141(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    torn = Torn(errno.EPIPE)
    monkeypatch.setattr(sys, "stdout", torn)
    monkeypatch.setattr(sys, "argv", ["clodura-kit", "--version"])

    with pytest.raises(SystemExit) as ended:
        cli.main()
    torn.works = True

    assert ended.value.code == 141


def test_ctrl_c_within_a_command_is_130() -> None:
    @click.group(cls=cli._InOrder)
    def group() -> None:
        pass

    @group.command()
    def interrupted() -> None:
        raise KeyboardInterrupt

    assert CliRunner().invoke(group, ["interrupted"]).exit_code == 130


def test_a_port_that_there_is_none_of_is_told() -> None:
    with pytest.raises(ServingError, match="no such port"):
        bind("127.0.0.1", 70_000)


@pytest.mark.parametrize(
    ("token", "said"),
    [
        ("", "--control-token is empty; is the variable set"),
        ("two words", "--control-token is letters, digits"),
        ('quo"te', "--control-token is letters, digits"),
        ("a,b", "--control-token is letters, digits"),
    ],
)
def test_a_token_that_no_header_can_carry_is_refused(token: str, said: str) -> None:
    ran = CliRunner().invoke(cli.app, ["serve", "--port", "0", "--control-token", token])

    assert (ran.exit_code, ran.stdout) == (2, "")
    assert said in ran.stderr


def test_a_token_that_a_header_can_carry_is_taken() -> None:
    assert control_token_of("t0ken-of_mine") == "t0ken-of_mine"


def test_help_lists_the_commands_in_the_order_of_their_use() -> None:
    shown = CliRunner().invoke(cli.app, ["--help"]).output.partition("Commands:")[2]

    assert [line.split()[0] for line in shown.strip().splitlines()] == [
        "serve", "contract", "receiver", "replay", "explain",
    ]  # fmt: skip


def test_ctrl_c_within_a_story_is_told_in_a_word(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("scenarios.command._play", interrupted)
    ran = CliRunner().invoke(cli.app, ["replay", "two-tenants"])

    assert (ran.exit_code, ran.stderr) == (130, "\ninterrupted\n")
