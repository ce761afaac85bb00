"""Owns the jobs that find nothing, and so cost nothing: the shape of answers, polls, webhooks and retries."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from contracts.faults import FORMS, profile, slug_of
from contracts.history import Job, Role
from contracts.journeys.registry import journey
from contracts.visit import Visit

ALONE: Final = 4  # so that what this one costs is no other's
PHASE: Final = 5
FLAG: Final = "revealPhoneNumberViaPartners"


async def _free_job(
    visit: Visit,
    label: str,
    *,
    body: Mapping[str, Any] | None = None,
    partners: bool = True,
    answers: Sequence[int] = (200,),
    person: str = "none",
) -> Job:
    """A job from before to after, with its result, its webhook, its retry and a few more polls."""
    before = await visit.balance()
    job = await visit.job(label, person, body=body, partners=partners, answers=answers)
    await visit.follow(job)
    if job.expects_retry:
        await visit.await_retry(job)
    rested = await visit.settled()
    visit.free("free", before, rested, label)
    await visit.poll_again(job)
    visit.free("polled", rested, await visit.settled(), label)
    return job


@journey("nobody", "a job that finds no number", phase=ALONE, calls=16, people="none")
async def nobody(visit: Visit) -> None:
    await _free_job(visit, "nobody")


@journey("nobody-url", "the same by profile", phase=PHASE, calls=14, people="none none_url")
async def nobody_url(visit: Visit) -> None:
    body = visit.safe("nobody-url", personId=..., linkedinUrl=visit.person("none_url"))
    await _free_job(visit, "nobody-url", body=body)


@journey("url-forms", "forms of one profile URL", phase=PHASE, calls=8, people="none none_url")
async def url_forms(visit: Visit) -> None:
    before = await visit.balance()
    slug = slug_of(visit.person("none_url"))
    for name, form in FORMS.items():
        body = visit.safe("url-forms", personId=..., linkedinUrl=profile(form, slug))
        await visit.match(f"url-form:{name}", body)
    visit.free("free", before, await visit.settled())


@journey(
    "both", "a person by id and by profile", phase=PHASE, calls=4, people="none unknown none_url"
)
async def both(visit: Visit) -> None:
    before = await visit.balance()
    fields = {"personId": visit.person("unknown"), "linkedinUrl": visit.person("none_url")}
    await visit.match("both-ids", visit.safe("both-ids", **fields))
    visit.free("free", before, await visit.settled())


@journey("extras", "a body with fields that nobody knows", phase=PHASE, calls=4, people="none")
async def extras(visit: Visit) -> None:
    before = await visit.balance()
    body = visit.safe("extras", clientReference="clodura-kit", nested={"a": [1, None]})
    await visit.job("extras", "none", body=body, watched=False)
    visit.free("free", before, await visit.settled())


@journey(
    "own", "without partners, with and without a webhook", phase=PHASE, calls=12, people="none"
)
async def own(visit: Visit) -> None:
    before = await visit.balance()
    for label, fields in (
        ("own-default", {FLAG: ..., "webhookUrl": ...}),
        ("own-false", {FLAG: False, "webhookUrl": ...}),
        ("own-hook", {FLAG: False}),
    ):
        job = await visit.job(
            label, "none", body=visit.safe(label, **fields), partners=False, watched=True
        )
        await visit.follow(job)
    visit.free("free", before, await visit.settled())


@journey(
    "retry",
    "a webhook that is answered 500 at first",
    phase=PHASE,
    calls=14,
    people="none",
    webhooks=True,
)
async def retry(visit: Visit) -> None:
    await _free_job(visit, "retry", answers=(500, 200))


@journey(
    "redirect",
    "a webhook that is answered 302",
    phase=PHASE,
    calls=14,
    people="none",
    webhooks=True,
)
async def redirect(visit: Visit) -> None:
    await _free_job(visit, "redirect", answers=(302, 200))


@journey(
    "foreign",
    "another key asks for a job",
    phase=PHASE,
    calls=18,
    people="none",
    needs=(Role.OTHER,),
)
async def foreign(visit: Visit) -> None:
    before = await visit.balance()
    job = await visit.job("foreign", "none")
    tracking_id = visit.exchange(job.submitted).tracking_id
    if tracking_id is not None:
        await visit.track(tracking_id, "foreign:running", role=Role.OTHER)
        await visit.follow(job)
        await visit.track(tracking_id, "foreign:finished", role=Role.OTHER)
        await visit.poll_again(job)
    visit.free("free", before, await visit.settled(), "foreign")


@journey(
    "standard",
    "a job of a Prospect plan that finds no number",
    phase=1,
    calls=14,
    people="none",
    role=Role.STANDARD,
)
async def standard(visit: Visit) -> None:
    await _free_job(visit, "standard")


@journey(
    "free-plan",
    "a job of the plan Free Forever that finds no number",
    phase=1,
    calls=14,
    people="none",
    role=Role.FREE,
)
async def free_plan(visit: Visit) -> None:
    await _free_job(visit, "free-plan")
