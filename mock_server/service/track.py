"""Owns the use case `trackReveal`: the same result as the webhook's, or that the job is still running."""

from collections.abc import Sequence
from typing import Final

from mock_server.domain.errors import Refusal
from mock_server.domain.jobs import Job, JobState
from mock_server.domain.people import Found, Hook
from mock_server.domain.rules import Rules
from mock_server.ports import Tx
from mock_server.service.calls import Behaviour, Call, Reply
from mock_server.service.results import result_of

NOT_FOUND: Final = 404
NO_JOB: Final = "There is no such trackingId."


def refusals(tx: Tx, call: Call, _found: Found | None) -> Sequence[Refusal]:
    """An unknown id, or one of another account, whose existence is not told."""  # TRK-3, AUTH-3
    if tx.job is None:
        return [Refusal(NOT_FOUND, "no job has this trackingId (TRK-3)", NO_JOB)]
    if tx.job.api_key != call.api_key:
        status = tx.rules.assumptions.foreign_job
        return [Refusal(status, "the job belongs to another account (AUTH-3, AUTH-3a)", NO_JOB)]
    return []


def carry_out(tx: Tx, _call: Call, _found: Found | None, _hook: Hook | None) -> Reply:
    assert tx.job is not None
    return told_of(tx.rules, tx.job)


def told_of(rules: Rules, job: Job) -> Reply:
    """What the job's own account is answered."""
    if job.state is not JobState.FINISHED:
        status = rules.assumptions.processing_status
        body = rules.assumptions.processing({"trackingId": job.tracking_id})
        why = f"{status}: the job is {job.state} (TRK-2)"
        return Reply(status, body, why, tracking_id=job.tracking_id)
    scope = {"result": result_of(rules, job), "trackingId": job.tracking_id}
    body = rules.payloads["track"](scope)
    return Reply(200, body, "200: the job is finished (TRK-1)", tracking_id=job.tracking_id)


TRACK_REVEAL: Final = Behaviour(carry_out, refusals)
