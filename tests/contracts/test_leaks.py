"""What a target echoes of keys and people stands in no recording and no report."""

import asyncio
import json
from dataclasses import replace
from pathlib import Path

import pytest

import contracts.rules  # noqa: F401 - fills the table
from contracts.concluding import conclude
from contracts.journeys.keys import variants
from contracts.planning import Options
from contracts.registry import RULES, selected
from contracts.reports import write_reports
from contracts.run import run
from contracts.target import People, Target
from tests.contracts.museum import Answer, Call, Museum, Tampering, error, exhibited


def everything_told(target: Target, folder: Path, *journeys: str) -> str:
    """The recording and all reports of a run of these journeys."""
    scout = replace(RULES["RES-006"], journeys=journeys)
    with (folder / "run.jsonl").open("w", encoding="utf-8") as file:
        outcome = asyncio.run(run([scout], target, Options(examples=3, record=file)))
    report = conclude(
        selected(()), outcome, target=target.base_url, started_at="2026-01-01T00:00:00Z"
    )
    write_reports(report, folder)
    return "".join(each.read_text("utf-8") for each in folder.iterdir())


def echoes_the_key(museum: Museum, call: Call, answer: Answer) -> Answer | None:
    return error(answer.status, f"no such key: {call.key}") if answer.status == 401 else None


def test_a_key_that_is_almost_ours_is_as_secret_as_ours(tmp_path: Path) -> None:
    with exhibited(Tampering(answer=echoes_the_key)) as target:
        told = everything_told(target, tmp_path, "keys")

    assert "no such key" in told
    for name, each in variants(target.main.key, magic=False).items():
        assert each.lower() not in told.lower(), name
    assert target.main.key[1:] not in told
    assert target.main.key[:-1] not in told


@pytest.mark.parametrize(
    "url",
    [
        "https://www.linkedin.com/in/asha-rao-7/?trk=public",
        "https://www.linkedin.com/in/asha-rao-7/",
        "https://www.linkedin.com/in/%61sha-rao-7",
        "https://www.linkedin.com/in/āsha-rao-7",
    ],
)
def test_a_name_in_the_profile_of_a_known_person_is_told_nowhere(url: str, tmp_path: Path) -> None:
    def echoes(museum: Museum, call: Call, answer: Answer) -> Answer | None:
        return error(422, f"no profile {call.fields}") if "linkedinUrl" in call.fields else None

    with exhibited(Tampering(answer=echoes)) as target:
        people = People(none="mock-none", unknown="mock-unknown", none_url=url)
        told = everything_told(replace(target, people=people), tmp_path, "both", "url-forms")

    assert "no profile" in told
    assert "sha-rao" not in told


def test_the_head_of_a_recording_holds_no_profile(tmp_path: Path) -> None:
    with exhibited(Tampering()) as target:
        everything_told(target, tmp_path, "unknown-job")
    head = json.loads((tmp_path / "run.jsonl").read_text("utf-8").splitlines()[0])

    assert "linkedin" not in json.dumps(head)
    assert head["setting"]["people"]["none"] == "mock-none"
