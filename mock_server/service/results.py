"""Owns the result of a finished job as the caller gets it: made when it is asked for, from what the job has seen."""

from typing import Any

from mock_server.domain.jobs import Job, Status
from mock_server.domain.rules import Rules


def result_of(rules: Rules, job: Job, payload: str | None = None) -> dict[str, Any]:
    """The document of webhook and poll, by that template or the plan's; a finished job always gives the same."""
    plan, spelled = rules.plans[job.plan], rules.statuses  # WH-2, WH-4
    steps = [
        {
            "provider": each.provider,
            "status": spelled[each.status],
            "phoneNumbers": list(each.numbers),
        }
        for each in job.steps
    ]
    if rules.assumptions.not_asked == "notFound":  # WH-8a
        asked = {each.provider for each in job.steps}
        steps += [
            {"provider": each.name, "status": spelled[Status.NOT_FOUND], "phoneNumbers": []}
            for each in plan.asked(via_partners=job.via_partners)
            if each.name not in asked
        ]
    person = job.person
    scope = {
        "trackingId": job.tracking_id,
        "personId": person.person_id,
        "person": {
            "personId": person.person_id,
            "firstName": person.first_name,
            "lastName": person.last_name,
        },
        "numbers": [number for step in job.steps for number in step.numbers],
        "steps": steps,
        "plan": plan.title,
    }
    document: dict[str, Any] = rules.payloads[payload or plan.payload](scope)
    return document
