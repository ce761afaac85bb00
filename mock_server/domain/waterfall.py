"""Owns the waterfall: how long each provider is searched, and what its answer means for job and purse."""

from collections.abc import Sequence
from typing import Literal, NamedTuple

from mock_server.domain.credits import Purse, can_pay, shortage
from mock_server.domain.instants import microseconds
from mock_server.domain.jobs import Happening, Status
from mock_server.domain.people import Person
from mock_server.domain.plans import Costs, Provider

BalanceCheck = Literal["everyProvider", "finder"]  # CR-6b
AfterFound = Literal["stop", "continue"]  # WH-8a


class Answer(NamedTuple):
    """What a provider's answer comes to."""

    status: Status
    numbers: tuple[str, ...]
    why: str


def may_ask(purse: Purse, costs: Costs, check: BalanceCheck) -> bool:
    """Whether the balance lets this provider be asked."""  # CR-6b
    return check == "finder" or can_pay(purse, costs)


def answer(provider: Provider, person: Person, purse: Purse, costs: Costs) -> Answer:
    """What the provider has, and whether the balance still pays for it."""  # WH-5, WH-6, CR-6
    numbers = tuple(person.numbers.get(provider.name, ()))
    if not numbers:
        return Answer(Status.NOT_FOUND, (), "it has no number (WH-5)")
    if not can_pay(purse, costs):
        why = f"it has a number, but {shortage(purse, costs)} (CR-6)"
        return Answer(Status.INSUFFICIENT_CREDITS, (), why)
    return Answer(Status.FOUND, numbers, "it has a number (WH-5)")


def ends_with(status: Status, after_found: AfterFound) -> Happening | None:
    """What the answer means for the job, None to go on with the next provider."""  # WH-8, WH-8a
    if status is Status.INSUFFICIENT_CREDITS:
        return Happening.CREDITS_RAN_OUT
    if status is Status.FOUND and after_found == "stop":
        return Happening.NUMBER_FOUND
    return None


def duration(person: Person, providers: Sequence[Provider], index: int) -> int:
    """How long the `index`-th provider is searched, in microseconds.

    Where the person says how long all takes, the providers up to the one that ends the search share that time.
    """
    if person.seconds is None:
        return providers[index].duration
    finder = next((n for n, each in enumerate(providers) if person.has_number(each)), None)
    last = len(providers) - 1 if finder is None else finder
    if index > last:
        return 0
    whole = microseconds(person.seconds)
    weights = [each.duration or 1 for each in providers[: last + 1]]
    before, upto = sum(weights[:index]), sum(weights[: index + 1])
    return whole * upto // sum(weights) - whole * before // sum(weights)
