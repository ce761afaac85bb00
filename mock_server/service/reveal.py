"""Owns the use case `revealPhone`: who is meant, whether the job is taken, and the job itself."""

from collections.abc import Sequence
from typing import Final

from mock_server.domain import ids
from mock_server.domain.credits import can_pay, shortage
from mock_server.domain.errors import Refusal
from mock_server.domain.events import JobQueued
from mock_server.domain.jobs import Job
from mock_server.domain.people import GRAMMAR, Forced, Found, Hook, Person, Unknown, profile_id
from mock_server.domain.plans import Costs
from mock_server.ports import Tx
from mock_server.service.calls import Behaviour, Call, Reply, person_id_of
from mock_server.service.search import ask

PAYMENT_REQUIRED: Final = 402


def find_person(tx: Tx, call: Call) -> Found:
    """Whom a valid body means: a declared person, a magic one, or one made up from the id."""  # REQ-1, REQ-2
    document, api_key, world = call.document, call.api_key or "", tx.world
    person_id, url = document.get("personId"), document.get("linkedinUrl")
    if url is not None and (person_id is None or not tx.rules.assumptions.person_id_wins):
        if world.people and (declared := world.declared_profile(url, api_key)):
            return declared.person
        person_id = profile_id(url)
    if world.people and (declared := world.declared(person_id, api_key)):
        return declared.person
    return tx.rules.people.find(person_id, world.person_seed)


def refusals(tx: Tx, call: Call, found: Found | None) -> Sequence[Refusal]:
    """Why the job is not taken: no credits (402), no such person, or nobody to ask who has a number (404)."""
    return [each for each in (_unpayable(tx), _unfindable(tx, call, found)) if each]


def carry_out(tx: Tx, call: Call, found: Found | None, hook: Hook | None) -> Reply:
    """Queue the job and ask the first provider."""  # RES-1
    account, document = tx.account, call.document
    assert account is not None
    person = (
        found if isinstance(found, Person) else Person(person_id_of(tx, call) or "")
    )  # RES-4: `accept`
    hook = hook or person.hook
    account.accepted += 1
    job = tx.queue(
        Job(
            tracking_id=ids.tracking_id(tx.world.seed, account.api_key, account.accepted),
            api_key=account.api_key,
            plan=account.plan,
            person=person,
            hook=hook,
            via_partners=document.get("revealPhoneNumberViaPartners") is True,  # REQ-4
            webhook_url=document.get("webhookUrl"),
            created_at=tx.now,
            copies=hook.times - 1,
        )
    )
    tx.events.append(JobQueued(tx.now, job.api_key, job.tracking_id, person.person_id))
    ask(tx, job, 0, tx.now)
    body = tx.rules.payloads["accepted"]({"trackingId": job.tracking_id})
    status = call.operation.success.status
    why = f"{status}: the job is queued (RES-1)"
    reply = Reply(status, body, why, tracking_id=job.tracking_id)
    if job.hook.early and job.webhook_url and not job.hook.drop:
        reply.hold = job.tracking_id
    return reply


def _unpayable(tx: Tx) -> Refusal | None:
    account = tx.account
    assert account is not None
    plan = tx.rules.plans[account.plan]
    zero = tx.rules.assumptions.exhausted_below == "zero"
    costs: Costs = dict.fromkeys(plan.prices, 1) if zero else plan.lowest_costs
    if can_pay(account.purse, costs):
        return None
    spent = plan.spent_on_phones
    credits = account.purse[spent]
    newest = ", ".join(reversed(account.charged_jobs))
    why = (
        f"balance {credits.left}, the cheapest provider costs {costs[spent]} "
        f"({shortage(account.purse, costs)}; ERR-402, ERR-E); "
        f"{credits.used} {spent} credits were charged by jobs{', the newest first: ' if newest else ''}{newest}"
    )
    return Refusal(PAYMENT_REQUIRED, why)


def _unfindable(tx: Tx, call: Call, found: Found | None) -> Refusal | None:
    match found:
        case Person():
            return _no_number(tx, call, found)
        case Unknown():
            return _no_such_person(tx, found)
        case Forced(status):
            why = f"{call.operation.operation_id} documents no status {status}"
            return Refusal(404, why, f"No such person. Magic ids are {GRAMMAR}.")
        case _:
            return None


def _no_such_person(tx: Tx, found: Unknown) -> Refusal | None:
    status = tx.rules.assumptions.no_person
    if status != "accept":
        return Refusal(status, found.why, found.message)
    return Refusal(404, found.why, found.message) if found.message else None


def _no_number(tx: Tx, call: Call, person: Person) -> Refusal | None:
    status = tx.rules.assumptions.no_number
    if call.document.get("revealPhoneNumberViaPartners") is True or status == "accept":
        return None
    assert tx.account is not None
    own = tx.rules.plans[tx.account.plan].own
    if any(map(person.has_number, own)):
        return None
    names = ", ".join(each.name for each in own)
    return Refusal(status, f"partners are off and {names} has no number (RES-3, ERR-404)")


def _has_webhook(call: Call) -> bool:
    return call.document.get("webhookUrl") is not None


REVEAL_PHONE: Final = Behaviour(carry_out, refusals, find_person, has_webhook=_has_webhook)
