"""Owns the table of journeys and how one is declared: whose key it uses, what it needs, what it may cost."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from contracts.history import Role
from contracts.specification import specification
from contracts.visit import Visit

WORST_UNIFIED: Final = 20  # CR-3
WORST_STANDARD: Final = 2  # CR-1: a phone and an export credit

Walk = Callable[[Visit], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Journey:
    """One thing that is done. Those of one role and phase go together, the phases of a role one after the other."""

    name: str
    title: str
    role: Role
    phase: int
    walk: Walk
    people: tuple[str, ...]  # known people that it needs
    needs: tuple[Role, ...]  # further identities
    calls: int  # about how many
    buys: bool  # whether it may cost credits
    webhooks: bool  # useless without a receiver
    weighed: bool  # whether balances before and after are compared


JOURNEYS: Final[dict[str, Journey]] = {}


def journey(  # noqa: PLR0913 - the fields of a journey
    name: str,
    title: str,
    *,
    phase: int,
    calls: int,
    role: Role = Role.MAIN,
    people: str = "",
    needs: tuple[Role, ...] = (),
    buys: bool = False,
    webhooks: bool = False,
    weighed: bool = True,
) -> Callable[[Walk], Walk]:
    """Register a journey."""

    def register(walk: Walk) -> Walk:
        JOURNEYS[name] = Journey(
            name,
            title,
            role,
            phase,
            walk,
            tuple(people.split()),
            needs,
            calls,
            buys,
            webhooks,
            weighed,
        )
        return walk

    return register


def worst_of(plan: str) -> int:
    """The most that one number may cost on a plan, in its credits."""
    return WORST_STANDARD if specification().is_standard(plan) else WORST_UNIFIED
