"""Owns the jobs that cost credits: each bought once, looked at from many sides."""

from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from functools import wraps
from typing import Any

from contracts.history import Role
from contracts.journeys.registry import Walk, journey, worst_of
from contracts.journeys.reveals import FLAG
from contracts.reading import Balance
from contracts.verdicts import Reason
from contracts.visit import Visit, gone


async def _buy(
    visit: Visit,
    label: str,
    person: str,
    *,
    body: Mapping[str, Any] | None = None,
    partners: bool = True,
    answers: Sequence[int] = (200,),
) -> None:
    """Reveal, and see the balance settle; then nothing more may be taken."""
    before = await visit.balance()
    bystander = await _bystander(visit)
    body = body or visit.safe(label, personId=visit.person(person), **{FLAG: partners})
    job = await visit.job(label, person, body=body, partners=partners, answers=answers)
    await visit.follow(job)
    await visit.balance("bought")
    bought = await visit.settled("bought")
    visit.spending("bought", before, bought, label)
    if job.expects_retry:
        await visit.await_retry(job)
        retried = await visit.settled()
        visit.spending("redelivered", bought, retried, label)
        bought = retried
    await visit.poll_again(job)
    after = await visit.settled()
    visit.spending("polled", bought, after, label)
    if bystander is not None:
        visit.spending("bystander", bystander, await visit.balance(role=Role.OTHER), label)
    _book(visit, before.balance, after.balance)


async def _bystander(visit: Visit) -> Any:
    """The balance of the other account, which pays nothing of this."""
    if Role.OTHER in visit.world.target.identities and visit.role is Role.MAIN:
        return await visit.balance(role=Role.OTHER)
    return None


def purchase(walk: Walk) -> Walk:
    """Reserve the worst case first; buy one after the other where the budget has a limit."""

    @wraps(walk)
    async def bought(visit: Visit) -> None:
        worst, purse = worst_of(visit.identity.plan), visit.world.purse
        if visit.role in visit.world.restless:
            visit.absent(Reason.NOT_QUIET, "the balance moves by itself: somebody else uses it")
            return
        async with visit.world.buying if purse.budget is not None else nullcontext():
            if purse.reserve(worst):
                await walk(visit)
                return
        told = f"it may cost {worst} credits, and of the budget of {purse.budget} only {purse.left} are left"
        visit.absent(Reason.BUDGET, told)

    return bought


def _book(visit: Visit, before: Balance | None, after: Balance | None) -> None:
    actual = gone(before, after) or 0
    if visit.is_standard:
        actual *= 2  # an export credit goes with each phone credit, and shows nowhere
    visit.world.purse.book(worst_of(visit.identity.plan), actual)


@journey(
    "bought",
    "a number of Clodura's own, bought",
    phase=10,
    calls=16,
    people="found none",
    buys=True,
)
@purchase
async def bought(visit: Visit) -> None:
    await _buy(visit, "bought", "found", partners=False)


@journey(
    "bought-partner",
    "a number of a partner's, bought",
    phase=11,
    calls=20,
    people="partner none",
    buys=True,
)
@purchase
async def bought_partner(visit: Visit) -> None:
    await _buy(visit, "bought-partner", "partner")


@journey(
    "bought-again",
    "the same number once more, its webhook answered 500 at first",
    phase=12,
    calls=20,
    people="found none",
    buys=True,
)
@purchase
async def bought_again(visit: Visit) -> None:
    url = visit.world.target.people.found_url
    if url is None:
        await _buy(visit, "bought-again", "found", answers=(500, 200))
        return
    body = visit.safe("bought-again", personId=..., linkedinUrl=url)
    await _buy(visit, "bought-again", "found", body=body, answers=(500, 200))


@journey(
    "partners-off",
    "a number that only a partner has, without partners",
    phase=13,
    calls=10,
    people="partner none",
    buys=True,
)
@purchase
async def partners_off(visit: Visit) -> None:
    """Should be free; a target that asks partners nevertheless may take their price, so it is reserved."""
    before = await visit.balance()
    body = visit.safe("partners-off", personId=visit.person("partner"), **{FLAG: ...})
    job = await visit.job("partners-off", "partner", body=body, partners=False)
    await visit.follow(job)
    after = await visit.settled()
    visit.spending("partners-off", before, after, job.label)
    _book(visit, before.balance, after.balance)


@journey(
    "standard-bought",
    "a number bought on a Prospect plan",
    phase=2,
    calls=16,
    people="found none",
    role=Role.STANDARD,
    buys=True,
)
@purchase
async def standard_bought(visit: Visit) -> None:
    await _buy(visit, "standard-bought", "found", partners=False, answers=(500, 200))


@journey(
    "standard-partner",
    "a number that only a partner has, asked for on a Prospect plan",
    phase=3,
    calls=16,
    people="partner none",
    role=Role.STANDARD,
    buys=True,
)
@purchase
async def standard_partner(visit: Visit) -> None:
    await _buy(visit, "standard-partner", "partner")


@journey(
    "low-partner",
    "a number of a partner's, with hardly any credits",
    phase=2,
    calls=16,
    people="partner none",
    role=Role.LOW,
    buys=True,
)
@purchase
async def low_partner(visit: Visit) -> None:
    await _buy(visit, "low-partner", "partner")
