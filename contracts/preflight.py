"""Owns the first calls to a target: whether it answers, whether it is this API, and whether the main key is good."""

from typing import NoReturn

from contracts.history import Exchange, Role
from contracts.specification import specification
from contracts.target import TargetError
from contracts.visit import Visit, World

JOURNEY = "preflight"


async def preflight(world: World) -> None:
    """Read the main identity's balance. Raises TargetError with one sentence that says what is wrong."""
    visit = Visit(world, JOURNEY, Role.MAIN)
    url = world.target.base_url
    told = await visit.balance(JOURNEY)
    if told.status is None:
        _refuse(f"{url}: {told.error}")
    if told.status in (401, 403):
        _refuse(f"{url}: the key of the main identity is answered {told.status}")
    if told.balance is None and not _knows_us(told):
        probe = await visit.match(JOURNEY, {}, key=None)
        if not _knows_us(probe):
            seen = f"GET {told.path} was answered {told.status}, POST {probe.path} {probe.status}"
            _refuse(f"{url}: this does not look like the API ({seen})")


def _knows_us(answer: Exchange) -> bool:
    """Whether an answer could be this API's, faulty as it may be."""
    documented = specification().statuses[answer.operation] - {404}
    return answer.status in documented and isinstance(answer.document, dict)


def _refuse(problem: str) -> NoReturn:
    raise TargetError(problem)
