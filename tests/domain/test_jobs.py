"""Owns the claims about the life of a job."""

from itertools import product

import pytest

from mock_server.domain.jobs import (
    TRANSITIONS,
    Happening,
    IllegalTransition,
    Job,
    JobState,
    Pending,
    after,
)
from mock_server.domain.people import WELL_BEHAVED
from tests.builders import person

ILLEGAL = sorted(set(product(JobState, Happening)) - TRANSITIONS.keys())


def job(state: JobState) -> Job:
    return Job("t-1", "key", "max", person(), WELL_BEHAVED, True, None, 0, state)


@pytest.mark.parametrize(("state", "happening"), TRANSITIONS)
def test_a_legal_happening_leads_to_the_table_s_state(
    state: JobState, happening: Happening
) -> None:
    assert after(state, happening) is TRANSITIONS[state, happening]


@pytest.mark.parametrize(("state", "happening"), ILLEGAL)
def test_an_illegal_happening_raises_and_leaves_the_state(
    state: JobState, happening: Happening
) -> None:
    living = job(state)

    with pytest.raises(IllegalTransition, match=f"a {state} job cannot live through: {happening}"):
        living.state = after(living.state, happening)

    assert living.state is state


def test_nothing_happens_to_a_finished_job() -> None:
    assert {state for state, _ in TRANSITIONS} == {JobState.QUEUED, JobState.SEARCHING}


def test_every_state_can_be_left_for_the_end() -> None:
    assert {state for (state, _), to in TRANSITIONS.items() if to is JobState.FINISHED} == {
        JobState.QUEUED,
        JobState.SEARCHING,
    }


@pytest.mark.parametrize("state", [JobState.QUEUED, JobState.SEARCHING])
def test_a_job_that_is_not_finished_waits(state: JobState) -> None:
    assert job(state).waits()


def test_a_finished_job_waits_while_its_webhook_does() -> None:
    finished = job(JobState.FINISHED)
    finished.pending += (Pending(1, 1, 0, "why"),)

    assert finished.waits()


def test_a_finished_job_whose_webhook_is_done_waits_for_nothing() -> None:
    assert not job(JobState.FINISHED).waits()
