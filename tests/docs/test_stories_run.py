"""What the page of stories tells to type is typed here, and its own story is played."""

import shlex
from itertools import chain
from pathlib import Path

import pytest
from click.testing import CliRunner

from mock_server.cli import app
from tests.docs.blocks import page

LINES = list(
    chain.from_iterable(
        block.splitlines() for block in page("scenarios").blocks_with("bash", "clodura-kit")
    )
)


@pytest.mark.parametrize("line", LINES)
def test_the_lines_run_as_they_stand(
    line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    command, *arguments = shlex.split(line)

    told = CliRunner().invoke(app, arguments)

    assert (command, told.exit_code) == ("clodura-kit", 0), told.output


def test_the_story_that_is_shown_passes(tmp_path: Path) -> None:
    (story,) = page("scenarios").blocks_with("yaml", "arazzo: 1.0.1")
    path = tmp_path / "mine.arazzo.yaml"
    path.write_text(story, encoding="utf-8")

    told = CliRunner().invoke(app, ["replay", str(path)])

    assert told.exit_code == 0, told.output
    assert "The app asks for a number.  RES-1" in told.output


def test_the_mistake_that_is_shown_is_told_so(tmp_path: Path) -> None:
    (story,) = page("scenarios").blocks_with("yaml", "arazzo: 1.0.1")
    (shown,) = page("scenarios").blocks_with("text", "onSuccess: is Arazzo")
    path = tmp_path / "mine.arazzo.yaml"
    lines = story.splitlines()
    line = int(shown.split(":")[2])
    lines.insert(line - 1, "        onSuccess: []")
    path.write_text("\n".join(lines), encoding="utf-8")

    told = CliRunner().invoke(app, ["replay", str(path)])

    assert told.stderr.replace(f"{tmp_path}/", "") == shown
