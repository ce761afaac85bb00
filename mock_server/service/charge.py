"""Owns the use case of charging: what a job costs is promised, then booked once, with its rows in the ledger."""

from mock_server.domain.credits import LedgerEntry
from mock_server.domain.events import CreditsCharged
from mock_server.domain.jobs import Job
from mock_server.domain.plans import UNIFIED, Provider
from mock_server.ports import Tx


def book(tx: Tx, job: Job, provider: Provider, at: int) -> None:
    """Charge what the provider's number costs: one row per kind, once per job."""  # CR-1, CR-3, CR-5
    account = tx.account
    assert account is not None
    for kind, amount in tx.rules.plans[job.plan].costs(provider).items():
        credits = account.purse[kind].charged(amount)
        account.purse[kind] = credits
        job.charges[kind] = job.charges.get(kind, 0) + amount
        why = f"{provider.name} found a number ({'CR-3, CR-7' if kind == UNIFIED else 'CR-1'})"
        tx.entries.append(
            LedgerEntry(at, job.tracking_id, kind, -amount, provider.name, credits.left, why)
        )
        tx.events.append(
            CreditsCharged(at, job.api_key, job.tracking_id, kind, amount, credits.left, why)
        )
    account.charged_by(job.tracking_id)
    job.charged_why = f"{provider.name} found a number"


def promise(tx: Tx, job: Job, provider: Provider) -> None:
    """Keep back what is booked with the delivery, so that no other job spends it meanwhile."""  # CR-5a, CR-6
    account = tx.account
    assert account is not None
    for kind, amount in tx.rules.plans[job.plan].costs(provider).items():
        account.purse[kind] = account.purse[kind].kept_back(amount)
    job.unbooked += (provider.name,)


def book_promised(tx: Tx, job: Job) -> None:
    """Book what was promised; does nothing the second time."""  # CR-5, CR-5a
    account, plan = tx.account, tx.rules.plans[job.plan]
    assert account is not None
    for provider in [each for each in plan.providers if each.name in job.unbooked]:
        for kind, amount in plan.costs(provider).items():
            account.purse[kind] = account.purse[kind].released(amount)
        book(tx, job, provider, tx.now)
    job.unbooked = ()


def charged(tx: Tx, job: Job) -> int:
    """The credits taken for the number: 1 on the Prospect plans, else the price; 0 for none."""
    return job.charges.get(tx.rules.plans[job.plan].spent_on_phones, 0)
