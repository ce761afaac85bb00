import re
from pathlib import Path

import pytest

import scenarios
from contracts.facts import facts
from scenarios.events import StepFailed
from scenarios.fakes import descriptions
from scenarios.load import Story, load, names
from scenarios.totals import totals
from tests.scenarios.stories import narrated, of_kind, played

FOLDER = Path(scenarios.__file__).parent
STORIES = names(FOLDER)


def story(name: str) -> Story:
    return load(STORIES[name], descriptions())


@pytest.mark.parametrize("name", STORIES)
def test_a_packaged_story_passes(name: str) -> None:
    events = played(story(name))

    assert list(of_kind(events, StepFailed)) == [], narrated(events)[0]
    assert totals(events).passed


@pytest.mark.parametrize("name", STORIES)
def test_each_part_of_a_packaged_story_is_told_in_words(name: str) -> None:
    document = story(name).document

    assert document.info.summary
    assert document.info.description
    for workflow in document.workflows:
        assert workflow.summary
        for step in workflow.steps:
            assert step.description.endswith((".", ",")), step.step_id


@pytest.mark.parametrize("name", STORIES)
def test_a_packaged_story_says_on_which_facts_it_rests(name: str) -> None:
    document = story(name).document
    steps = [step for workflow in document.workflows for step in workflow.steps]

    quoted = {*document.info.facts, *(fact for step in steps for fact in step.facts)}

    assert document.info.facts
    assert quoted - facts().keys() == set()


@pytest.mark.parametrize("name", STORIES)
def test_each_step_of_a_packaged_story_expects_something(name: str) -> None:
    steps = [step for workflow in story(name).document.workflows for step in workflow.steps]

    assert [s.step_id for s in steps if s.operation_id and not s.success_criteria] == []


def test_a_story_is_told_the_same_each_time() -> None:
    name = "credits-run-out-mid-waterfall"

    first, second = (
        re.sub(r"127\.0\.0\.1:\d+", "fake", narrated(played(story(name)))[0]) for _ in "12"
    )
    assert first == second
