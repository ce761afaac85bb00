"""Owns the first look at an account: whether its balance rests, and whether reading it is free."""

from typing import Final

from contracts.history import Role
from contracts.journeys.registry import journey
from contracts.visit import Visit, gone

READS: Final = 4
FIRST: Final = -1  # phase: before whatever a balance is compared for
UNWATCHED: Final = (
    Role.THROTTLED
)  # should reads be limited too, they would take what is to be probed


async def _watch(visit: Visit) -> None:
    """Read at once several times, then once after a while: what moves by itself is told from what a read costs."""
    async with visit.world.turns[visit.role]:
        reads = [await visit.balance("quiet")]
        if reads[0].status == 403:  # noqa: PLR2004 - an account that may not ask for its balance
            return
        reads += [await visit.balance("quiet") for _ in range(READS - 1)]
        visit.spending("read", reads[0], reads[-1], str(READS - 1))
        await visit.world.watch.sleep(visit.world.target.timing.settle_seconds)
        last = await visit.balance("quiet")
    moved = visit.spending("idle", reads[-1], last)
    if moved and gone(reads[0].balance, reads[1].balance) != moved:
        visit.world.restless.add(str(visit.role))


def at_rest(role: Role) -> str:
    """The name of the journey that watches an account at rest."""
    return "quiet" if role is Role.MAIN else f"quiet-{role}".replace("_", "-")


for _role in Role:
    if _role is not UNWATCHED:
        journey(
            at_rest(_role),
            f"the balance of {_role} is watched at rest",
            phase=FIRST,
            calls=READS + 1,
            role=_role,
            weighed=False,
        )(_watch)
