"""Owns the user's own commands: run in a shell, for a bounded time, with what they are told in their environment."""

import asyncio
import os
import signal
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import IO, Final

from contracts.receiver.pace import now

TIMEOUT: Final = 60.0  # seconds
TOLD: Final = 300  # characters of what a command printed


@dataclass(frozen=True, slots=True)
class Ran:
    """How a command ended; `code` is None where it did not within its time."""

    code: int | None
    output: str
    errors: str
    seconds: float

    @property
    def trouble(self) -> str | None:
        """What went wrong, in words."""
        if self.code == 0:
            return None
        ended = "did not end in time" if self.code is None else f"ended with {self.code}"
        said = (self.errors or self.output).strip()[-TOLD:]
        return f"{ended}: {said}" if said else ended


class Running:
    """A command on its way. What it started in the background lives on when it has ended."""

    def __init__(
        self, process: asyncio.subprocess.Process, files: tuple[IO[bytes], IO[bytes]]
    ) -> None:
        self._process = process
        self._files = files
        self._began = now()
        self._seen_ended: float | None = None

    @property
    def ended(self) -> bool:
        return self._process.returncode is not None

    @property
    def ended_at(self) -> float:
        """When its end was first seen."""
        self._seen_ended = now() if self._seen_ended is None else self._seen_ended
        return self._seen_ended

    @property
    def failed(self) -> bool:
        return self._process.returncode not in (None, 0)

    async def wait(self, limit: float = TIMEOUT) -> Ran:
        """Its end, or after so many seconds its death."""
        try:
            await asyncio.wait_for(self._process.wait(), limit)
        except TimeoutError:
            await self.stop()
            return self._ran(None)
        return self._ran(self._process.returncode)

    async def stop(self) -> None:
        """End it, and what it has not sent into a session of its own."""
        if not self.ended:
            with suppress(ProcessLookupError):
                self._kill()
            await self._process.wait()

    def _kill(self) -> None:
        if hasattr(os, "killpg"):
            os.killpg(self._process.pid, signal.SIGKILL)
        else:  # pragma: no cover - Windows has no groups of processes
            self._process.kill()

    def close(self) -> None:
        for each in self._files:
            each.close()

    def _ran(self, code: int | None) -> Ran:
        output, errors = (_text(each) for each in self._files)
        return Ran(code, output, errors, now() - self._began)


async def start(command: str, environment: Mapping[str, str]) -> Running:
    """Start it. Files and not pipes: a server that it leaves behind may hold them open for ever."""
    files = tempfile.TemporaryFile(), tempfile.TemporaryFile()  # noqa: SIM115 - Running.close closes them
    try:
        process = await asyncio.create_subprocess_shell(
            command,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=files[0],
            stderr=files[1],
            env={**os.environ, **environment},
            start_new_session=True,
        )
    except BaseException:  # also where it is given up while it starts
        for each in files:
            each.close()
        raise
    return Running(process, files)


async def run(command: str, environment: Mapping[str, str], limit: float = TIMEOUT) -> Ran:
    """Start it and wait for its end; it is killed after `limit` seconds."""
    running = await start(command, environment)
    try:
        return await running.wait(limit)
    finally:
        try:
            await running.stop()
        finally:
            running.close()


def _text(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read(1 << 20).decode(errors="replace")
