"""Owns reading command lines of clodura-kit out of text, and asking the command line's parser about them."""

import re
import shlex
from pathlib import Path

from mock_server.cli import app

_STARTS = re.compile(r"^\s*(?:- )?(clodura-kit .*)$", re.MULTILINE)


def command_lines(text: str) -> list[list[str]]:
    """Every line that begins with clodura-kit, split into words without its comment; lines that go on are joined."""
    return [shlex.split(line, comments=True) for line in _STARTS.findall(text.replace("\\\n", " "))]


def parse(words: list[str]) -> None:
    """What the command line does with them, but for running it; raises click's UsageError."""
    _program, name, *arguments = words
    app.commands[name].make_context(name, arguments)


def commands_in(path: Path) -> list[list[str]]:
    return command_lines(path.read_text(encoding="utf-8"))
