"""Owns the requests that should be refused, one fault each, the balance read after each."""

import json

from contracts.faults import faults, slug_of
from contracts.journeys.registry import journey
from contracts.visit import Visit


@journey("refusals", "bodies with exactly one fault", phase=2, calls=115)
async def refusals(visit: Visit) -> None:
    url = visit.world.target.people.none_url
    known = slug_of(url) if url else None
    for number, fault in enumerate(faults(visit.safe("refusals"), known)):
        hook = visit.hook(f"refused-{number}")
        if fault.content is not None:
            content = fault.content
        else:
            body = fault.body
            if isinstance(body, dict) and body.get("webhookUrl") == visit.hook("refusals"):
                body = {**body, "webhookUrl": hook}
            content = json.dumps(body).encode()
        await visit.refused(fault.probe, content=content, content_type=fault.content_type)


@journey("order", "bodies with two faults", phase=3, calls=3)
async def order(visit: Visit) -> None:
    """Which of two faults is answered tells the order of checks."""  # ERR-B
    bare = visit.safe("order", personId=..., webhookUrl=...)
    await visit.refused("order:400-422", bare | {"revealPhoneNumberViaPartners": "true"})


@journey("strangers", "a person who does not exist", phase=3, calls=5, people="unknown")
async def strangers(visit: Visit) -> None:
    for partners in (True, False):
        body = {
            "personId": visit.person("unknown"),
            "revealPhoneNumberViaPartners": partners,
            "webhookUrl": visit.hook(f"unknown-{partners}".lower()),
        }
        await visit.refused(f"unknown-person:{str(partners).lower()}", body)


@journey("unknown-job", "a tracking id that was never given out", phase=3, calls=2, weighed=False)
async def unknown_job(visit: Visit) -> None:
    for name in ("7b1d0c52-3f5e-4d0a-9c1e-5a8e6f0b9d27", "clodura-kit-no-such-job"):
        await visit.track(name, "unknown-job")
