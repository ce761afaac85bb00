"""Owns the first look at an account: whether its balance rests, and whether reading it is free."""

from contracts.history import Role
from contracts.journeys.registry import journey
from contracts.visit import Visit, gone

READS = 4


async def _watch(visit: Visit) -> None:
    """Read at once several times, then once after a while: what moves by itself is told from what a read costs."""
    reads = [await visit.balance("quiet") for _ in range(READS)]
    visit.spending("read", reads[0], reads[-1], str(READS - 1))
    await visit.world.watch.sleep(visit.world.target.timing.settle_seconds)
    last = await visit.balance("quiet")
    moved = visit.spending("idle", reads[-1], last)
    if moved and gone(reads[0].balance, reads[1].balance) != moved:
        visit.world.restless.add(str(visit.role))


@journey("quiet", "the balance is watched at rest", phase=0, calls=READS + 1)
async def quiet(visit: Visit) -> None:
    await _watch(visit)


@journey(
    "quiet-standard",
    "the balance of a Prospect plan is watched at rest",
    phase=0,
    calls=READS + 1,
    role=Role.STANDARD,
)
async def quiet_standard(visit: Visit) -> None:
    await _watch(visit)
