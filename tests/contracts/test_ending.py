"""How a run ended is in its recording: judging it again ends as the run did."""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from rich.console import Console

from contracts.concluding import conclude
from contracts.listener import Listener
from contracts.planning import Options
from contracts.recording import load_recording
from contracts.redaction import Redactor
from contracts.registry import selected
from contracts.reports import Report
from contracts.run import LAST, Outcome, run
from contracts.session import Asked, examine
from contracts.target import Target
from contracts.verdicts import Exit
from tests.contracts.bugs import BUGS
from tests.contracts.museum import Answer, Call, Museum, Tampering, exhibited

SOON = 10  # seconds, far below what a target that hangs would take


def recorded(target: Target, path: Path, *, cut_after: int | None = None) -> Report:
    """A run with a recording; cancelled, as Ctrl-C does, after so many records."""

    async def going() -> Outcome:
        with path.open("w", encoding="utf-8") as file:
            noted: list[object] = []
            task = asyncio.current_task()
            assert task is not None

            def heard(record: object) -> None:
                noted.append(record)
                if len(noted) == cut_after:
                    asyncio.get_running_loop().call_soon(task.cancel)

            options = Options(full=True, budget=None, examples=1, record=file, heard=heard)
            return await run(selected(("BIL-01[056]",)), target, options)

    outcome = asyncio.run(going())
    return conclude(selected(("BIL-01[056]",)), outcome, target=target.base_url, started_at="")


def rechecked(path: Path) -> Report:
    return examine(Asked(recheck=path, rules=("BIL-01[056]",)), Console(quiet=True))


def tampering(name: str) -> Tampering:
    return next(each.tampering for each in BUGS if each.name == name)


@pytest.mark.parametrize(
    ("tampered", "cut_after", "expected"),
    [
        (Tampering(), None, Exit.PASSED),
        (Tampering(), 12, Exit.INTERRUPTED),
        (tampering("refusals_cost"), None, Exit.STOPPED),
    ],
)
def test_a_recording_is_judged_to_the_same_end(
    tampered: Tampering, cut_after: int | None, expected: Exit, tmp_path: Path
) -> None:
    with exhibited(tampered) as target:
        report = recorded(target, tmp_path / "run", cut_after=cut_after)

    again = rechecked(tmp_path / "run")

    assert (report.exit, again.exit) == (expected, expected)
    assert again.credits == report.credits
    assert again.credits is not None
    assert again.credits.before == 10_000
    assert again.seconds == pytest.approx(report.seconds, abs=0.001)
    assert list(again.notes) == list(report.notes)
    assert again.calls == report.calls


@pytest.mark.parametrize("torn", ["", '{"kind": "exch'])
def test_a_recording_of_a_run_that_was_killed_is_one_of_an_interrupted_run(
    torn: str, tmp_path: Path
) -> None:
    with exhibited(Tampering()) as target:
        recorded(target, tmp_path / "run")
    lines = (tmp_path / "run").read_text("utf-8").splitlines(keepends=True)
    (tmp_path / "run").write_text("".join(lines[:-1]) + torn, "utf-8")

    again = rechecked(tmp_path / "run")

    assert again.exit is Exit.INTERRUPTED
    assert "the recording has no end" in again.notes[0]


def test_the_last_record_is_the_ending(tmp_path: Path) -> None:
    with exhibited(Tampering()) as target:
        recorded(target, tmp_path / "run")
    history, _ = load_recording(tmp_path / "run")

    assert history.ending is not None
    assert json.loads((tmp_path / "run").read_text("utf-8").splitlines()[-1])["kind"] == "ending"


def test_who_interrupts_waits_for_no_target_that_hangs() -> None:
    seen: list[str] = []

    async def answer(museum: Museum, call: Call, answer: Answer) -> None:
        seen.append(call.path)
        if len(seen) > 30:
            await asyncio.sleep(120)

    async def cancelled(target: Target) -> Outcome:
        came = asyncio.Event()

        def heard(_: object) -> None:
            if len(seen) >= 30:
                came.set()

        options = Options(examples=1, heard=heard)
        going = asyncio.create_task(run(selected(()), target, options))
        await came.wait()
        going.cancel()
        async with asyncio.timeout(SOON):
            return await going

    with exhibited(Tampering(answer=answer), result_timeout_seconds=120.0) as target:
        outcome = asyncio.run(cancelled(target))

    assert outcome.interrupted
    assert outcome.history.ending is not None
    assert [each for each in outcome.history.exchanges if each.journey == LAST] == []


def test_a_delivery_that_is_half_received_holds_up_no_end() -> None:
    async def stopped() -> None:
        listener = Listener([], Redactor(), "secret")
        await listener.start("127.0.0.1", 0)
        host, _, rest = listener.expect("job").removeprefix("http://").partition("/")
        name, _, port = host.partition(":")
        _, writer = await asyncio.open_connection(name, int(port))
        writer.write(f"POST /{rest} HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\nhalf".encode())
        await writer.drain()
        await listener.wait("job", 1, 0.3)
        async with asyncio.timeout(5):
            await listener.stop()
        writer.close()

    asyncio.run(stopped())


def test_ctrl_c_at_a_target_that_never_answered_is_an_interruption_too() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        process = subprocess.Popen(
            [sys.executable, "-m", "mock_server", "contract", url, "--key-env", "K"],
            env={**os.environ, "K": "live-key-1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        connection, _ = silent.accept()
        with connection:
            connection.recv(65536)
            process.send_signal(signal.SIGINT)
            _, problem = process.communicate(timeout=60)

    assert process.returncode == 130, problem
    assert problem.splitlines() == ["clodura-kit: interrupted"]
