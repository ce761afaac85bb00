"""Owns the accounts of a special kind: without credits, with few, with few requests, without access."""

from typing import Final

from contracts.faults import SALES, profile
from contracts.history import WINDOW, Role
from contracts.journeys.keys import NO_JOB
from contracts.journeys.registry import journey
from contracts.visit import Visit, retry_after

MOST_PROBES: Final = 12  # of an account whose limit is not told
BEYOND: Final = 3
MARGIN: Final = 0.1  # seconds after the end of a window
TRIES: Final = 3  # to fill a window before it ends


@journey("exhausted", "an account without credits", phase=0, calls=9, role=Role.EXHAUSTED)
async def exhausted(visit: Visit) -> None:
    await visit.refused("exhausted", visit.safe("exhausted"))
    await visit.refused("order:422-402", _faulty(visit))
    if visit.world.target.people.unknown:
        body = visit.safe("exhausted-unknown", personId=visit.person("unknown"))
        await visit.refused("order:402-404", body)


@journey("no-access", "an account without access", phase=0, calls=6, role=Role.NO_ACCESS)
async def no_access(visit: Visit) -> None:
    await visit.refused("no-access", visit.safe("no-access"))
    await visit.refused("order:422-403", _faulty(visit))


@journey(
    "low", "an account with hardly any credits", phase=0, calls=14, people="none", role=Role.LOW
)
async def low(visit: Visit) -> None:
    before = await visit.balance()
    job = await visit.job("low", "none")
    await visit.follow(job)
    visit.free("free", before, await visit.settled(), "low")


@journey(
    "throttled",
    "an account with few requests",
    phase=0,
    calls=14,
    people="none",
    role=Role.THROTTLED,
)
async def throttled(visit: Visit) -> None:
    """Valid requests until the limit; then what else is limited, and when it ends."""
    limit = visit.identity.requests_per_minute
    before = await visit.balance()
    wait = await _reach_limit(visit, limit or MOST_PROBES)
    if wait is not None:
        await visit.balance("limited:credits", impatient=True)
        await visit.track(NO_JOB, "limited:track", impatient=True)
        await _ask_as_main(visit)
        await _outwait(visit, wait, limit)
    visit.free("free", before, await visit.settled(), "throttled")


async def _ask_as_main(visit: Visit) -> None:
    """For a person who does not exist, if one is known: no search of ours moves the balance that others watch."""
    people = visit.world.target.people
    body = visit.safe("limited-main", personId=people.unknown or people.none)
    async with visit.world.turns[Role.MAIN]:
        await visit.match("limited:main", body, role=Role.MAIN, impatient=True)


async def _reach_limit(visit: Visit, limit: int) -> float | None:
    """Send until refused by the limit; the seconds to wait then, 0 where it does not say, None if it never was."""
    for number in range(limit + BEYOND):
        label = f"throttled-{number}"
        sent = await visit.match(f"limit:{number}", visit.safe(label), impatient=True)
        if sent.limited:
            return retry_after(sent) or 0
    return None


async def _outwait(visit: Visit, wait: float, limit: int | None) -> None:
    """After the time that was asked for: as many refused requests as the window holds, and one more.

    Again after a window where they took longer than one: that shows nothing.
    """
    timing, watch = visit.world.target.timing, visit.world.watch
    pause, window = wait / timing.scale, WINDOW / timing.scale
    for _ in range(TRIES if wait else 0):
        if pause > timing.result_timeout_seconds:
            return
        await watch.sleep(pause + MARGIN)
        began = watch.now()
        for number in range(limit or 1):
            await visit.match(f"freed:{number}", _faulty(visit), impatient=True)
        if limit is not None:
            await visit.match("refused-count", visit.safe("refused-count"), impatient=True)
        if watch.now() - began <= window:
            return
        pause = window


def _faulty(visit: Visit) -> dict[str, object]:
    return visit.safe("faulty", personId=..., linkedinUrl=profile(SALES["people"]))
