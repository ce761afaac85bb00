"""Owns the use cases of delivery: schedule, take an attempt, record how it ended, retry or give up, send again."""

import hmac
from typing import NamedTuple

from mock_server.domain.events import DeliveryAttempted, DeliveryGivenUp, DeliveryScheduled
from mock_server.domain.instants import SECOND, microseconds
from mock_server.domain.jobs import Attempt, Job, JobState, Outcome, Pending
from mock_server.domain.people import SHUFFLE_SECONDS
from mock_server.domain.redaction import without_secrets
from mock_server.domain.rules import Rules
from mock_server.ports import DELIVER, USER_AGENT, Receipt, Tx, Wake
from mock_server.service.charge import book_promised


class Sending(NamedTuple):
    """An attempt that was taken and is to be sent now."""

    job: Job
    attempt: int
    truncate: bool


def schedule_first(tx: Tx, job: Job, at: int) -> None:
    """Schedule the first attempt for a job that finished, if it has a receiver."""  # WH-1
    if job.webhook_url is None:
        return
    account, hook = tx.account, job.hook
    assert account is not None
    due, why = at + microseconds(hook.late_seconds), "the job finished (WH-1)"
    if hook.late_seconds:
        why += f"; {hook.late_seconds:g} s late on purpose"
    if hook.shuffle:
        due += SHUFFLE_SECONDS * SECOND
        account.held.append(job.tracking_id)
        why += "; held until after the account's next delivery on purpose"
    _schedule(tx, job, 1, due, why)


def redeliver(tx: Tx) -> bool:
    """Send the webhook once more, free of charge; False where there is none to send."""  # CR-5
    job = tx.job
    if job is None or job.state is not JobState.FINISHED or job.webhook_url is None:
        return False
    _schedule(tx, job, 1, tx.now, "asked for by the control API")
    return True


def begin(tx: Tx, number: int) -> Sending | None:
    """Take an attempt that is due; None if it is not due, taken, done, or dropped on purpose."""
    job, account = tx.job, tx.account
    pending = next((each for each in job.pending if each.attempt == number), None) if job else None
    if job is None or account is None or pending is None or pending.sent_at is not None:
        return None
    if pending.due_at > tx.now and (number > 1 or not _released(job, account.held)):
        return None
    if job.hook.drop and number == 1:
        _record(tx, job, pending, Receipt(Outcome.DROPPED, None, None, 0.0))
        return None
    _sent_at(job, number, tx.now)
    return Sending(job, number, truncate=job.hook.truncate and number == 1)


def finish(tx: Tx, number: int, receipt: Receipt) -> None:
    """Record how an attempt ended; schedule what follows from it (WH-9).

    One that nobody has taken is another job's: an id comes back once its account was removed, or all was reset.
    """
    job = tx.job
    pending = next((each for each in job.pending if each.attempt == number), None) if job else None
    if job is None or pending is None or pending.sent_at is None:
        return
    if receipt.outcome is Outcome.DELIVERED and _fails_on_purpose(job, number):
        receipt = receipt._replace(outcome=Outcome.FAILED, error="counted as failed on purpose")
    _record(tx, job, pending, receipt)
    if receipt.status_code is not None and job.copies:
        job.copies -= 1
        _schedule(tx, job, 1, tx.now, "sent once more on purpose, right after an answer")
    _let_go_of_held(tx, job)


def give_back(tx: Tx, number: int) -> None:
    """Whoever was sending an attempt was broken off: it may be taken again."""
    job = tx.job
    if job is not None:
        _sent_at(job, number, None)


def headers_of(rules: Rules, job: Job, body: bytes) -> dict[str, str]:
    """What each attempt says beside the host and the length."""
    headers = {
        "Content-Type": job.hook.content_type or "application/json",  # WH-10
        "User-Agent": USER_AGENT,
    }
    if signature := rules.assumptions.signature:  # WH-10a
        digest = hmac.digest(signature.secret.encode(), body, "sha256").hex()
        headers[signature.header] = digest
    return headers


def _fails_on_purpose(job: Job, number: int) -> bool:
    return number <= job.hook.fail or (job.hook.truncate and number == 1)


def _schedule(tx: Tx, job: Job, tries: int, due: int, why: str) -> None:
    job.scheduled += 1
    job.pending += (Pending(job.scheduled, tries, due, why),)
    tx.wakes.append(Wake(due, job.tracking_id, DELIVER, job.scheduled))
    tx.events.append(
        DeliveryScheduled(tx.now, job.api_key, job.tracking_id, job.scheduled, due, why)
    )


def _sent_at(job: Job, number: int, instant: int | None) -> None:
    job.pending = tuple(
        each._replace(sent_at=instant) if each.attempt == number else each for each in job.pending
    )


def _record(tx: Tx, job: Job, pending: Pending, receipt: Receipt) -> None:
    job.pending = tuple(each for each in job.pending if each is not pending)
    sent_at = tx.now if pending.sent_at is None else pending.sent_at
    url = without_secrets(job.webhook_url or "")
    job.attempts += (
        Attempt(pending.attempt, pending.due_at, sent_at, url, *receipt, why=pending.why),
    )
    tx.events.append(
        DeliveryAttempted(
            tx.now,
            job.api_key,
            job.tracking_id,
            pending.attempt,
            *receipt,
            sent_at=None if receipt.outcome is Outcome.DROPPED else sent_at,
            why=pending.why,
        )
    )
    given_up = receipt.outcome is Outcome.FAILED and not _retry(tx, job, pending)
    if given_up or receipt.outcome is not Outcome.FAILED:  # CR-5a
        book_promised(tx, job)


def _retry(tx: Tx, job: Job, pending: Pending) -> bool:
    schedule = tx.rules.retries
    due = schedule.next_due(pending.tries, tx.now)
    if due is None:
        why = f"{schedule.attempts} attempts failed (WH-9)"
        tx.events.append(
            DeliveryGivenUp(tx.now, job.api_key, job.tracking_id, pending.attempt, why)
        )
        return False
    delay = (due - tx.now) / SECOND
    why = f"retry {pending.tries} of {schedule.attempts - 1}, {delay:g} s after a failed attempt (WH-9)"
    _schedule(tx, job, pending.tries + 1, due, why)
    return True


def _released(job: Job, held: list[str]) -> bool:
    return job.hook.shuffle and job.tracking_id not in held


def _let_go_of_held(tx: Tx, job: Job) -> None:
    account = tx.account
    assert account is not None
    if job.tracking_id in account.held:
        account.held.remove(job.tracking_id)
    for tracking_id in account.held:
        tx.wakes.append(Wake(tx.now, tracking_id, DELIVER, 1))
    account.held.clear()
