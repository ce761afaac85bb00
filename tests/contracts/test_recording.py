"""A recording is read as it was written, or told to be none."""

from dataclasses import asdict, replace
from io import StringIO
from pathlib import Path
from typing import Any, cast

import pytest

from contracts.history import Absence, Exchange, Job, Setting, Spending, Webhook
from contracts.recording import Recording, RecordingError, load_recording
from contracts.redaction import Redactor
from contracts.verdicts import Reason

SETTING = Setting({"main": "max"}, {"none": "x"}, 0.1, 1, webhooks=True, limits={"throttled": 1})
EXCHANGE = Exchange(
    1,
    0.5,
    0.1,
    "nobody",
    "main",
    "match",
    "job:x",
    "POST",
    "/x",
    {"a": "b"},
    {"c": [1]},
    200,
    {"d": "e"},
    {"f": None},
)
RECORDS = (
    EXCHANGE,
    Webhook(1, 0.7, "x", "POST", "/hook", {"a": "b"}, None, "no JSON", 200),
    Job("x", "nobody", "main", "max", "none", partners=True, submitted=1, webhook="/hook"),
    Spending("nobody", "main", "max", "free", 1, 1, "x"),
    Absence("bought", Reason.BUDGET, "too dear"),
)


def written(folder: Path) -> Path:
    path = folder / "run.jsonl"
    with path.open("w") as file:
        recording = Recording(SETTING, file, target="http://x")
        for each in RECORDS:
            recording.note(each)
    return path


def test_what_was_written_is_read_again(tmp_path: Path) -> None:
    history, head = load_recording(written(tmp_path))

    assert list(history.records) == list(RECORDS)
    assert asdict(history.setting) == asdict(SETTING)
    assert head["target"] == "http://x"


def test_each_record_is_in_the_file_before_the_next_is_made() -> None:
    file = StringIO()
    recording = Recording(SETTING, cast("Any", file))

    recording.note(EXCHANGE)

    assert file.getvalue().count("\n") == 2


@pytest.mark.parametrize(
    ("edit", "complaint"),
    ids=["empty", "no-head", "words", "list", "kind", "field", "setting"],
    argvalues=[
        (lambda _: "", "its first line does not say"),
        (lambda _: "{}\n", "its first line does not say"),
        (lambda text: text + "nonsense\n", "line 7 is no record"),
        (lambda text: text + "[]\n", "line 7 is no record"),
        (lambda text: text.replace('"kind": "job"', '"kind": "jobs"'), "does not know"),
        (lambda text: text.replace('"watched"', '"watching"'), "does not know"),
        (lambda text: text.replace('"settle_seconds"', '"settle"'), "does not know"),
    ],
)
def test_what_is_no_recording_is_told(tmp_path: Path, edit: Any, complaint: str) -> None:
    path = written(tmp_path)
    path.write_text(edit(path.read_text("utf-8")), "utf-8")

    with pytest.raises(RecordingError) as told:
        load_recording(path)

    assert complaint in str(told.value)


def test_bytes_that_are_no_text_are_told(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(b"\xff\xfe")

    with pytest.raises(RecordingError, match="no text"):
        load_recording(path)


@pytest.mark.parametrize("depth", range(100, 900, 40))
def test_what_was_redacted_can_be_written_however_deep_it_was(depth: int) -> None:
    file = StringIO()
    recording = Recording(SETTING, cast("Any", file))
    document: Any = "end"
    for _ in range(depth):
        document = {"a": document}

    recording.note(replace(EXCHANGE, document=Redactor().document(document)))

    assert file.getvalue().count("\n") == 2
