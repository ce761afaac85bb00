"""Owns the recording of a run: redacted records as JSON lines, written as they come, read back to be judged again."""

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, fields
from io import TextIOWrapper
from pathlib import Path
from typing import Any, Final, NoReturn

from contracts.history import (
    Absence,
    Ending,
    Exchange,
    History,
    Job,
    Record,
    Setting,
    Spending,
    Webhook,
)
from contracts.verdicts import Reason

FORMAT: Final = "clodura-kit contract recording 1"
_KINDS: Final[Mapping[str, type[Any]]] = {
    each.__name__.lower(): each for each in (Exchange, Webhook, Job, Spending, Absence, Ending)
}


class RecordingError(ValueError):
    """The file is no recording of this kit; the text says where."""


class Recording:
    """What a run has seen so far; with a file, each record is in it before the next call is made."""

    def __init__(self, setting: Setting, file: TextIOWrapper | None = None, **about: Any) -> None:
        self.setting = setting
        self.records: list[Record] = []
        self.heard: Callable[[Record], None] = lambda _: None
        self._file = file
        self.problems: list[str] = []
        self._write({"format": FORMAT, "setting": asdict(setting), **about})

    def note(self, record: Record) -> None:
        """Keep a record, redacted already."""
        self.records.append(record)
        self._write({"kind": type(record).__name__.lower(), **asdict(record)})
        self.heard(record)

    def history(self) -> History:
        return History(self.setting, tuple(self.records))

    def _write(self, line: Mapping[str, Any]) -> None:
        """A file that takes no more does not end the run, which may have cost money; `problems` tell it."""
        if self._file is None:
            return
        try:
            self._file.write(json.dumps(line) + "\n")
            self._file.flush()
        except OSError as error:
            reason = error.strerror or error
            self.problems.append(f"--record {self._file.name}: {reason}; the recording ends there")
            self._file = None


def load_recording(path: Path) -> tuple[History, Mapping[str, Any]]:
    """The history in a file, and what was written about the run. Raises RecordingError."""
    try:
        text = path.read_text("utf-8")
    except OSError as error:
        _refuse(path, error.strerror or str(error))
    except UnicodeDecodeError:
        _refuse(path, "this is no text")
    whole = text[: text.rfind("\n") + 1]  # a run that was killed may have written half a line
    documents = [_line(path, number, each) for number, each in enumerate(whole.splitlines(), 1)]
    if not documents or documents[0].get("format") != FORMAT:
        _refuse(path, f"its first line does not say {FORMAT!r}: make one with --record FILE")
    head = documents[0]
    try:
        setting = Setting(**head["setting"])
        records = [_record(each) for each in documents[1:]]
    except (KeyError, TypeError, ValueError) as error:
        _refuse(path, f"it holds something that this version does not know: {error}")
    return History(setting, tuple(records)), head


def _line(path: Path, number: int, line: str) -> dict[str, Any]:
    try:
        document = json.loads(line)
    except ValueError:
        document = None
    if not isinstance(document, dict):
        _refuse(path, f"line {number} is no record")
    return document


def _record(document: dict[str, Any]) -> Record:
    kind = _KINDS[document.pop("kind")]
    known = {each.name for each in fields(kind)}
    if unknown := set(document) - known:
        raise ValueError(", ".join(sorted(unknown)))
    if kind is Absence:
        document["reason"] = Reason(document["reason"])
    record: Record = kind(**document)
    return record


def _refuse(path: Path, problem: str) -> NoReturn:
    raise RecordingError(f"{path}: {problem}")  # noqa: TRY003 - the sentence is for the user
