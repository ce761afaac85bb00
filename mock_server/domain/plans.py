"""Owns plans and providers: who is asked, in which order, and what a number costs."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from mock_server.domain.templates import Template

UNIFIED: Final = "unified"  # one kind of credit for everything (BAL-2)
PHONE: Final = "phone"

Costs = Mapping[str, int]  # credits per kind


@dataclass(frozen=True, slots=True)
class Provider:
    """One source of numbers. `price` in credits, `duration` in microseconds."""  # PROV-1, CR-7

    name: str
    price: int
    duration: int
    partner: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """What an account of this plan may do and pays; `prices` per kind, None stands for the provider's own."""

    name: str
    title: str
    payload: str  # the callback and the template of its webhook (WH-2, WH-4)
    providers: tuple[Provider, ...]
    prices: Mapping[str, int | None]
    starting_credits: Mapping[str, int]
    requests_per_minute: int
    balance: Template
    own: tuple[Provider, ...] = field(init=False)  # asked when partners are off (PROV-2)
    _costs: Mapping[str, Costs] = field(init=False, repr=False)
    lowest_costs: Costs = field(init=False)  # of the provider whose number costs the least (ERR-E)

    def __post_init__(self) -> None:
        object.__setattr__(self, "own", tuple(each for each in self.providers if not each.partner))
        costs = {each.name: self._costs_of(each) for each in self.providers}
        object.__setattr__(self, "_costs", costs)
        cheapest = min(self.providers, key=lambda each: each.price)
        object.__setattr__(self, "lowest_costs", costs[cheapest.name])

    @property
    def spent_on_phones(self) -> str:
        """The kind of credit that a number is paid with."""
        return UNIFIED if UNIFIED in self.prices else PHONE

    def asked(self, *, via_partners: bool) -> tuple[Provider, ...]:
        """The waterfall's order; partners only if wanted."""  # REQ-4, PROV-2, WH-2b
        return self.providers if via_partners else self.own

    def costs(self, provider: Provider) -> Costs:
        """What a number from this provider costs."""  # CR-1, CR-3
        return self._costs[provider.name]

    def _costs_of(self, provider: Provider) -> Costs:
        return {
            kind: provider.price if price is None else price for kind, price in self.prices.items()
        }


@dataclass(frozen=True, slots=True)
class TestKey:
    """A ready-made account: what it has other than its plan; None keeps the plan's."""

    plan: str
    credits: int | None = None
    api_access: bool = True
    requests_per_minute: int | None = None


Booking = Literal["found", "delivered"]  # CR-5a
