"""Answers that no client expects end no run: the sickest are kept as they can be, and judged."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from contracts.target import Target
from mock_server.cli import app
from tests.contracts.museum import Answer, Call, Hook, Museum, Tampering, exhibited

RULES = ["--rules", "TRK-001", "--rules", "WHK-005", "--rules", "BIL-016"]


def command(target: Target, folder: Path, *words: str, patience: int = 20) -> tuple[int, str]:
    """What the command says of a target, all reports written; `patience` in seconds, also for one answer."""
    path = folder / "target.toml"
    path.write_text(
        f'[target]\nbase_url = "{target.base_url}"\n[[identity]]\nrole = "main"\nplan = "max"\nkey_env = "K"\n'
        '[people]\nnone = "mock-none"\n[timing]\nsettle_seconds = 0.1\n'
        f"result_timeout_seconds = {patience}\n"
    )
    words = (str(path), "--report", str(folder / "out"), "--record", str(folder / "run"), *words)
    environment = {"K": target.main.key, "COLUMNS": "200"}
    done = CliRunner().invoke(app, ["contract", *words], env=environment)
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done.exit_code, done.output


def deep(document: object, depth: int) -> bytes:
    return b'{"a":' * depth + json.dumps(document).encode() + b"}" * depth


@pytest.mark.parametrize("depth", [320, 100_000])
def test_documents_of_any_depth_are_judged(depth: int, tmp_path: Path) -> None:
    def answer(museum: Museum, call: Call, answer: Answer) -> Answer | None:
        return Answer(200, deep(answer.json, depth)) if call.is_track else None

    with exhibited(Tampering(answer=answer)) as target:
        code, told = command(target, tmp_path, *RULES, patience=5)

    assert code == 1, told
    assert command_again(tmp_path) == 1


def command_again(folder: Path) -> int:
    done = CliRunner().invoke(app, ["contract", "--recheck", str(folder / "run"), *RULES])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done.exit_code


@pytest.mark.parametrize("value", ["1e999", "-1e999", "NaN", "Infinity", '"' + "9" * 400 + '"'])
def test_numbers_beyond_all_numbers_are_judged(value: str, tmp_path: Path) -> None:
    def answer(museum: Museum, call: Call, answer: Answer) -> Answer | None:
        text = f'{{"remainingCredits": {value}}}'.encode()
        return Answer(200, text) if call.is_credits and answer.status == 200 else None

    with exhibited(Tampering(answer=answer)) as target:
        code, told = command(target, tmp_path, *RULES)

    assert code == 3, told
    assert "BIL-016" in told


def test_half_a_character_in_every_place_is_judged(tmp_path: Path) -> None:
    half = '"\\ud800"'

    def answer(museum: Museum, call: Call, answer: Answer) -> Answer | None:
        if call.is_match and answer.status == 200:
            return Answer(200, f'{{"trackingId": {half}, "message": {half}}}'.encode())
        if call.is_track:
            return Answer(
                200,
                f'{{"status": {half}, "providers": [{{"provider": {half}, "status": {half}}}]}}'.encode(),
            )
        return None

    def webhook(museum: Museum, hook: Hook) -> None:
        hook.json = {"status": "\ud800", "providers": [{"provider": "\ud800", "status": "\ud800"}]}

    with exhibited(Tampering(answer=answer, webhook=webhook)) as target:
        code, told = command(target, tmp_path, *RULES)

    assert code == 1, told
    assert command_again(tmp_path) == 1
