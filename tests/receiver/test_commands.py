"""The user's own commands: bounded in time, told by their environment, and their trouble is told back."""

import asyncio
import gc
import os
import time
import warnings
from collections.abc import Mapping
from pathlib import Path

import pytest

from contracts.receiver import commands
from contracts.receiver.hooks import Hooks
from contracts.receiver.judgement import Undecided
from contracts.receiver.probe import NOTHING, ProbeError, Record, command_probe, record_of


def ask(command: str, **query: str) -> Record:
    return asyncio.run(command_probe(command)(query))  # type: ignore[arg-type]  # a coroutine in fact


def test_a_command_tells_its_output_and_its_end() -> None:
    ran = asyncio.run(commands.run("echo out; echo err >&2; exit 3", {}))

    assert (ran.code, ran.output, ran.errors) == (3, "out\n", "err\n")
    assert ran.trouble == "ended with 3: err"


def test_a_command_that_does_not_end_is_killed_with_what_it_started(tmp_path: Path) -> None:
    alive = tmp_path / "pid"

    ran = asyncio.run(commands.run(f"sleep 60 & echo $! > {alive}; wait", {}, 1))

    assert ran.trouble == "did not end in time"
    assert not runs(int(alive.read_text()))


def test_what_a_command_leaves_behind_lives_on_and_holds_nothing_up(tmp_path: Path) -> None:
    alive = tmp_path / "pid"

    ran = asyncio.run(commands.run(f"sleep 60 & echo $! > {alive}", {}))

    assert ran.trouble is None
    os.kill(int(alive.read_text()), 9)


def test_a_hook_that_fails_decides_nothing_and_names_its_option() -> None:
    with pytest.raises(Undecided, match="--restart-cmd ended with 7: no such unit"):
        asyncio.run(Hooks(restart_cmd="echo no such unit >&2; exit 7").run("restart_cmd"))


@pytest.mark.parametrize(
    "command",
    [
        'printf \'{"state": "%s", "appliedCount": 1}\' {trackingId}',
        'printf \'{"state": "%s", "appliedCount": 1}\' "$CLODURA_TRACKING_ID$CLODURA_PERSON_ID"',
    ],
)
def test_a_probe_command_gets_the_id_by_placeholder_and_by_environment(command: str) -> None:
    assert ask(command, trackingId="it's one; exit 1") == Record("it's one; exit 1", (), 1)


def test_the_other_id_is_empty() -> None:
    told = 'printf \'{"state": "%s|%s", "appliedCount": 0}\' {trackingId} {personId}'

    assert ask(told, personId="p").state == "|p"


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("exit 4", "--probe-cmd ended with 4"),
        ("echo nonsense", "and not 'nonsense"),
        ("echo 17", "and not 17"),
        ('echo \'{"state": 1, "appliedCount": 1}\'', "the probe should answer"),
        ('echo \'{"state": "x", "appliedCount": true}\'', "the probe should answer"),
        (
            'echo \'{"state": "x", "appliedCount": 1, "phoneNumbers": "+1"}\'',
            "the probe should answer",
        ),
    ],
)
def test_a_probe_that_tells_nothing_usable_is_told(command: str, said: str) -> None:
    with pytest.raises(ProbeError, match=said):
        ask(command, trackingId="x")


@pytest.mark.parametrize(
    "document", [None, {"state": None, "phoneNumbers": None, "appliedCount": 0}]
)
def test_nothing_known_is_a_record_too(document: Mapping[str, object] | None) -> None:
    assert record_of(document) == NOTHING


def runs(pid: int) -> bool:
    """Whether the process is more than a corpse that nobody has buried."""
    for _ in range(100):
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            return False
        if state in "ZX":
            return False
        time.sleep(0.05)
    return True


async def given_up_while_it_starts() -> None:
    starting = asyncio.ensure_future(commands.start("true", {}))
    await asyncio.sleep(0)
    starting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await starting


def test_a_command_that_is_given_up_while_it_starts_leaves_no_file_open() -> None:
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        asyncio.run(given_up_while_it_starts())
        gc.collect()

    assert not [each for each in told if "unclosed file" in str(each.message)]
