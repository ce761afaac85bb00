"""Owns how records look from outside: camelCase, times in RFC 3339, secrets shortened. Reads, changes nothing."""

from typing import Any

import orjson

from mock_server.domain.accounts import Account
from mock_server.domain.credits import LedgerEntry, balance
from mock_server.domain.instants import SECOND, rfc3339
from mock_server.domain.jobs import Attempt, Job, JobState, Outcome, Pending
from mock_server.domain.redaction import short_key, without_secrets
from mock_server.domain.rules import Rules
from mock_server.service import deliver
from mock_server.service.results import result_of
from mock_server.service.track import told_of

Document = dict[str, Any]


def account_view(rules: Rules, account: Account) -> Document:
    plan = rules.plans[account.plan]
    return {
        "apiKey": account.api_key,
        "plan": account.plan,
        "credits": account.purse[plan.spent_on_phones].left,
        "apiAccess": account.api_access,
        "requestsPerMinute": account.requests_per_minute,
        "createdAt": rfc3339(account.created_at),
        "balance": balance(plan, account.purse),
        "window": {
            "startedAt": rfc3339(account.window.started_at) if account.window.counted else None,
            "count": account.window.counted,
            "seconds": rules.window / SECOND,
        },
    }


def entry_view(entry: LedgerEntry) -> Document:
    return {
        "at": rfc3339(entry.at),
        "trackingId": entry.tracking_id,
        "kind": entry.kind,
        "amount": entry.amount,
        "provider": entry.provider,
        "balanceAfter": entry.balance_after,
        "why": entry.why,
    }


def job_view(rules: Rules, job: Job, now: int) -> Document:
    spent = rules.plans[job.plan].spent_on_phones
    return {
        "trackingId": job.tracking_id,
        "key": short_key(job.api_key),
        "plan": job.plan,
        "personId": job.person.person_id,
        "state": str(job.state),
        "createdAt": rfc3339(job.created_at),
        "finishedAt": None if job.finished_at is None else rfc3339(job.finished_at),
        "viaPartners": job.via_partners,
        "webhookUrl": None if job.webhook_url is None else without_secrets(job.webhook_url),
        "asking": asking_view(rules, job),
        "steps": [
            {
                "provider": each.provider,
                "status": rules.statuses[each.status],
                "phoneNumbers": list(each.numbers),
                "askedAt": rfc3339(each.asked_at),
                "answeredAt": rfc3339(each.answered_at),
                "why": each.why,
            }
            for each in job.steps
        ],
        "charged": job.charges.get(spent, 0),
        "charges": dict(job.charges),
        "why": job.charged_why or "nothing is charged before a number is found (CR-5a)",
        "result": result_of(rules, job) if job.state is JobState.FINISHED else None,
        "deliveries": [attempt_view(each) for each in job.attempts],
        "pending": [pending_view(each, now) for each in job.pending],
        "deliveryWhy": delivery_why(job, now),
    }


def job_details(rules: Rules, job: Job) -> Document:
    """What the job says to the outside: its result in every form, what track answers, the headers of its deliveries."""
    told = told_of(rules, job)
    return {
        "payloads": payloads_of(rules, job),
        "track": {"status": told.status, "body": told.body},
        "headers": deliver.headers_of(rules, job, orjson.dumps(result_of(rules, job))),
    }


def payloads_of(rules: Rules, job: Job) -> Document:
    """The result by the name of each payload, the plan's own first: that is what the webhook carries."""  # WH-2, WH-4
    if job.state is not JobState.FINISHED:
        return {}
    names = (rules.plans[job.plan].payload, *(each.payload for each in rules.plans.values()))
    return {name: result_of(rules, job, name) for name in dict.fromkeys(names)}


def asking_view(rules: Rules, job: Job) -> Document | None:
    """The provider that is being searched now."""
    if job.state != "searching":
        return None
    provider = rules.plans[job.plan].asked(via_partners=job.via_partners)[job.asking]
    return {
        "provider": provider.name,
        "askedAt": rfc3339(job.asked_at),
        "answersAt": rfc3339(job.due_at),
    }


def attempt_view(attempt: Attempt) -> Document:
    return {
        "attempt": attempt.attempt,
        "dueAt": rfc3339(attempt.due_at),
        "sentAt": None if attempt.outcome is Outcome.DROPPED else rfc3339(attempt.sent_at),
        "url": attempt.url,
        "outcome": str(attempt.outcome),
        "statusCode": attempt.status_code,
        "error": attempt.error,
        "durationMs": attempt.duration_ms,
        "why": attempt.why,
    }


def pending_view(pending: Pending, now: int) -> Document:
    left = max(pending.due_at - now, 0) / SECOND
    waiting = "it is being sent" if pending.sent_at is not None else f"due in {left:g} s"
    return {
        "attempt": pending.attempt,
        "dueAt": rfc3339(pending.due_at),
        "why": f"{waiting}: {pending.why}",
    }


def delivery_why(job: Job, now: int) -> str:
    """Where the webhook stands, in one sentence."""
    if job.webhook_url is None:
        return "no webhook: the request named no webhookUrl (REQ-5)"
    if job.pending:
        return f"attempt {job.pending[0].attempt}: {pending_view(job.pending[0], now)['why']}"
    if not job.attempts:
        return "no webhook yet: the search is not finished (WH-1)"
    last = job.attempts[-1]
    reasons = {
        Outcome.DELIVERED: f"delivered: answered {last.status_code} (WH-9)",
        Outcome.FAILED: f"given up after {len(job.attempts)} attempts: {last.error} (WH-9)",
        Outcome.BLOCKED: f"never sent: {last.error}",
        Outcome.DROPPED: "never sent: dropped on purpose",
    }
    return reasons[last.outcome]
