"""Owns the drawn bodies: almost valid ones in the shape of free probes, bounded in number, never shrunk."""

import asyncio

from contracts.journeys.registry import journey
from contracts.visit import Visit


@journey("fuzz", "drawn bodies with a single fault", phase=3, calls=50)
async def fuzz(visit: Visit) -> None:
    safe = visit.safe("fuzz")
    bodies = await asyncio.to_thread(_drawn, safe, visit.world.examples, visit.world.seed)
    for number, body in enumerate(bodies):
        await visit.refused(f"fuzz:{number}", body)


def _drawn(safe: dict[str, object], count: int, seed: int) -> list[object]:
    from contracts.bodies import drawn  # noqa: PLC0415 - Hypothesis takes half a second, which others may use

    return drawn(safe, count, seed)
