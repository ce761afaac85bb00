"""Owns the use case of one step of the waterfall: ask a provider, take its answer, finish the job."""

from mock_server.domain.credits import shortage
from mock_server.domain.events import JobFinished, ProviderAnswered, ProviderAsked
from mock_server.domain.jobs import Happening, Job, JobState, Status, Step, after
from mock_server.domain.plans import Provider
from mock_server.domain.waterfall import answer, duration, ends_with, may_ask
from mock_server.ports import SEARCH, Tx, Wake
from mock_server.service.charge import book, charged, promise
from mock_server.service.deliver import schedule_first


def ask(tx: Tx, job: Job, index: int, at: int) -> None:
    """Ask the `index`-th provider at an instant, if there is one and the balance lets it be asked."""  # CR-6b
    assert tx.account is not None
    plan, assumed = tx.rules.plans[job.plan], tx.rules.assumptions
    providers = plan.asked(via_partners=job.via_partners)
    if index >= len(providers):
        _finish(tx, job, Happening.PROVIDERS_EXHAUSTED, at)
        return
    provider = providers[index]
    costs = plan.costs(provider)
    if not may_ask(tx.account.purse, costs, assumed.balance_check):
        why = f"{shortage(tx.account.purse, costs)} (CR-6b, WH-6)"
        _note(tx, job, Step(provider.name, Status.INSUFFICIENT_CREDITS, (), at, at, why))
        _finish(tx, job, Happening.CREDITS_RAN_OUT, at)
        return
    job.state = after(job.state, Happening.PROVIDER_ASKED)
    job.asking, job.asked_at = index, at
    job.due_at = at if job.hook.early else at + duration(job.person, providers, index)
    tx.events.append(ProviderAsked(at, job.api_key, job.tracking_id, provider.name, job.due_at))
    tx.wakes.append(Wake(job.due_at, job.tracking_id, SEARCH, index))


def take_answer(tx: Tx, index: int) -> None:
    """The `index`-th provider answers; does nothing if that is not due or done already."""
    job, account = tx.job, tx.account
    if job is None or account is None or job.state is not JobState.SEARCHING:
        return
    if job.asking != index or job.due_at > tx.now:
        return
    plan, at = tx.rules.plans[job.plan], job.due_at
    provider = plan.asked(via_partners=job.via_partners)[index]
    status, numbers, why = answer(provider, job.person, account.purse, plan.costs(provider))
    _note(tx, job, Step(provider.name, status, numbers, job.asked_at, at, why))
    if status is Status.FOUND:
        _found(tx, job, provider, at)
    happening = ends_with(status, tx.rules.assumptions.after_found)
    if happening is None:
        ask(tx, job, index + 1, at)
    else:
        _finish(tx, job, happening, at)


def _found(tx: Tx, job: Job, provider: Provider, at: int) -> None:
    assumed, account = tx.rules.assumptions, tx.account
    assert account is not None
    is_charged = bool(job.charges or job.unbooked)
    if assumed.charged == "first" and is_charged:  # CR-6a
        return
    if not assumed.charged_again and not is_charged:
        if job.person.person_id in account.charged_people:
            job.charged_why = "this person was charged before (CR-8)"
            return
        account.charged_people.append(job.person.person_id)
    if assumed.booking == "delivered" and job.webhook_url:  # CR-5a
        promise(tx, job, provider)
    else:
        book(tx, job, provider, at)


def _note(tx: Tx, job: Job, step: Step) -> None:
    job.steps += (step,)
    spelled = tx.rules.statuses[step.status]
    tx.events.append(
        ProviderAnswered(
            step.answered_at, job.api_key, job.tracking_id, step.provider, spelled, step.why
        )
    )


def _finish(tx: Tx, job: Job, happening: Happening, at: int) -> None:
    job.state = after(job.state, happening)
    job.finished_at = at
    if not job.charges and not job.charged_why:
        job.charged_why = _free(job, happening)
    tx.events.append(
        JobFinished(at, job.api_key, job.tracking_id, charged(tx, job), job.charged_why)
    )
    schedule_first(tx, job, at)


def _free(job: Job, happening: Happening) -> str:
    if job.unbooked:
        return "the charge is booked with the delivery (CR-5a)"
    if happening is Happening.CREDITS_RAN_OUT:
        return f"the credits ran out: {job.steps[-1].why}"
    return "no provider found a number (CR-2, CR-4)"
