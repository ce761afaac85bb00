from io import StringIO
from pathlib import Path

from rich.console import Console

from scenarios.events import Event, StepFailed
from scenarios.fakes import descriptions
from scenarios.load import load
from scenarios.narrate import summarize
from scenarios.totals import totals
from tests.scenarios.stories import (
    Recorded,
    account,
    credits,
    document,
    narrated,
    passes,
    played,
    read,
    reveal,
    step,
    workflow,
    written,
)


def search(tmp_path: Path, seconds: float = 7) -> list[Event]:
    asked = {
        "personId": "mock-found-wiza",
        "revealPhoneNumberViaPartners": True,
        "webhookUrl": "http://127.0.0.1:1/nobody",
    }
    told = {
        **reveal(payload=asked),
        "description": "The app [asks] for a number.",
        "x-facts": ["REQ-4"],
    }
    return played(read(tmp_path, workflow(account(credits=100), told, passes(seconds))))


def test_a_story_is_told_with_who_what_why_money_and_fact_ids(tmp_path: Path) -> None:
    said, slept = narrated(search(tmp_path, 10))

    for expected in (
        "A story ──",
        "In short.",
        "The part told.",
        "  2 The app [asks] for a number.  REQ-4",
        "POST /api/v1/search/people/phone/match as …",
        '→ {"personId": "mock-found-wiza"',
        "0:00 Clodura      ████                     notFound  it has no number (WH-5)",
        "0:07 Wiza         ████████████             found +1",
        "0:10 money        -14 credits, 86 left  Wiza found a number (CR-3, CR-7)",
        "0:10 webhook      attempt 1 failed",
        '← {"trackingId": "',
        "✓ told to its end",
    ):
        assert expected in said
    assert slept == []


def test_a_search_that_goes_on_is_told_as_such(tmp_path: Path) -> None:
    said, _ = narrated(search(tmp_path))

    assert "0:07 Wiza         ░░░░░░░░░░░░             is being searched  answers in 3 s" in said


def test_plain_lines_hold_no_control_characters(tmp_path: Path) -> None:
    said, _ = narrated(search(tmp_path))

    assert "\x1b" not in said
    assert "\r" not in said


def test_on_a_terminal_a_bar_grows_for_as_long_as_the_search_takes(tmp_path: Path) -> None:
    said, slept = narrated(search(tmp_path, 10), terminal=True, speed=10)

    assert "▒▒▒▒" in said
    assert said.index("▒▒▒▒") < said.index("found +1")
    frames = [each for each in slept if each == 1 / 25]
    assert 20 <= len(frames) <= 25  # ten seconds of searching, ten times as fast
    assert not {0.1, 0.3} & {round(each, 3) for each in slept}, "a search was waited for again"


def test_a_bar_takes_no_longer_than_any_other_wait(tmp_path: Path) -> None:
    _, slept = narrated(search(tmp_path, 10), terminal=True, speed=0.001)

    assert len([each for each in slept if each == 1 / 25]) <= 4 * 3 * 25  # four providers


def test_a_long_time_of_nothing_is_cut_short(tmp_path: Path) -> None:
    _, slept = narrated(played(read(tmp_path, workflow(passes(86400)))), speed=1)

    assert sum(slept) == 2 + 3  # to read the step, and the longest wait


def test_a_failure_is_told_with_what_held_and_what_did_not(tmp_path: Path) -> None:
    story = read(tmp_path, workflow(account(), credits("$statusCode == 200", "$statusCode == 201")))

    said, _ = narrated(played(story))

    assert "✓ $statusCode == 200" in said
    assert "✗ step credits\n" in said
    assert "expected $statusCode == 201" in said
    assert "seen     $statusCode is 200" in said
    assert "nearest  2026-01-01T00:00:00.000000Z GET /api/v1/credits: 200" in said
    assert "✗ failed" in said


def test_a_retry_is_told(tmp_path: Path) -> None:
    def story(after: float) -> list[Event]:
        again = {"name": "a", "type": "retry", "retryAfter": after}
        return played(
            read(
                tmp_path,
                workflow(account(credits=0), reveal("$statusCode == 200", onFailure=[again])),
            )
        )

    assert "retry        1 of at most 1 in 2 s" in narrated(story(2))[0]
    assert "retry        1 of at most 1\n" in narrated(story(0))[0]


def test_an_answer_that_never_came_is_told(tmp_path: Path) -> None:
    gone = {"status": 200, "disconnect": True}
    fault = step("fault", "control.addFault", payload={"then": {"disconnect": gone["disconnect"]}})

    said, _ = narrated(played(read(tmp_path, workflow(account(), fault, credits()))))

    assert "GET /api/v1/credits as …" in said
    assert "an answer from http://127.0.0.1:" in said


def test_the_steps_of_a_called_workflow_are_told_by_their_names(tmp_path: Path) -> None:
    part = workflow(
        {**account(), "description": "An account."}, credits("$statusCode == 200"), name="part"
    )

    said, _ = narrated(
        played(read(tmp_path, part, workflow({"stepId": "call", "workflowId": "part"})))
    )

    assert "▸ The part part.\n" in said
    assert "1 An account.\n" in said
    assert "/api/v1/credits" not in said


def test_many_happenings_of_one_step_are_summed_up(tmp_path: Path) -> None:
    steps = [reveal(step_id=f"reveal{n}") for n in range(16)]

    said, _ = narrated(played(read(tmp_path, workflow(account(credits=160), *steps, passes(1)))))

    assert "searches     16 found" in said
    assert "money        16 entries, -160 credits, 0 left" in said


def test_a_target_without_records_is_told_without_times(tmp_path: Path) -> None:
    story = read(tmp_path, workflow(step("a", "clodura.getCredits")))

    said, _ = narrated(played(story, Recorded()))

    assert "GET /api/v1/credits → 200" in said


def test_server_errors_and_refusals_are_told_with_their_status(tmp_path: Path) -> None:
    broken = step("broken", "control.addFault", payload={"then": {"status": 503}})
    events = played(read(tmp_path, workflow(account(credits=0), reveal(), broken, credits())))

    said, _ = narrated(events)

    assert "→ 402" in said
    assert "→ 503" in said


def test_a_description_in_the_file_is_told(tmp_path: Path) -> None:
    info = {"title": "T", "version": "1", "description": "At\nlength.", "x-facts": ["WH-1", "CR-5"]}
    content = document(workflow(step("clock", "control.getClock")), info=info)

    said, _ = narrated(played(load(written(tmp_path, content), descriptions())))

    assert "\n  At length.\n  WH-1 CR-5\n" in said


def test_the_summary_counts_what_passed_and_what_failed(tmp_path: Path) -> None:
    good = search(tmp_path, 10)
    bad = played(read(tmp_path, workflow(account(), credits("$statusCode == 201"))))
    said = StringIO()

    summarize(Console(file=said, width=100), [totals(good), totals(bad)])

    lines = [" ".join(each.split()) for each in said.getvalue().splitlines()]
    assert "✓ A story 3 14 1 10 s" in lines
    assert "✗ A story 2 0 0 0 s" in lines
    assert lines[-1] == "1 failed, 1 passed"
    assert any(isinstance(each, StepFailed) for each in bad)
