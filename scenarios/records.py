"""Owns what happened at the fake between two looks at its records: searches, money, webhooks. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

Document = Mapping[str, Any]


class Searched(NamedTuple):
    """A provider was asked, and has answered, or is still at it."""

    at: str
    job: str
    provider: str
    seconds: float
    status: str | None
    numbers: tuple[str, ...]
    why: str


class Finished(NamedTuple):
    at: str
    job: str
    charged: int
    why: str


class Charged(NamedTuple):
    """An entry of the ledger; a charge has a negative amount."""

    at: str
    kind: str
    amount: int
    left: int
    why: str


class Sent(NamedTuple):
    """One attempt to deliver a webhook; `body` is None after the first of a job."""

    at: str
    job: str
    attempt: int
    url: str
    outcome: str
    why: str
    body: Any


Happening = Searched | Finished | Charged | Sent
_ORDER = (Searched, Charged, Finished, Sent)  # of what happens at the same instant


class Records(NamedTuple):
    """One look: the clock, and the jobs and ledgers of a story's accounts."""

    now: str
    jobs: Sequence[Document] = ()
    ledgers: Mapping[str, Sequence[Document]] = {}


class Seen(NamedTuple):
    """The virtual instant, the seconds since the look before, and what happened between."""

    now: str
    passed: float
    happened: tuple[Happening, ...]


NOTHING = Seen("", 0, ())


def between(before: Records, after: Records) -> Seen:
    known = {each["trackingId"]: each for each in before.jobs}
    happened = [
        each for job in after.jobs for each in _of_job(known.get(job["trackingId"], {}), job)
    ]
    for account, entries in after.ledgers.items():
        happened += map(_charged, entries[len(before.ledgers.get(account, ())) :])
    happened.sort(key=lambda each: (each.at, _ORDER.index(type(each))))
    return Seen(after.now, seconds(before.now, after.now), tuple(happened))


def seconds(start: str, end: str) -> float:
    """Between two instants of the control API."""
    return (datetime.fromisoformat(end) - datetime.fromisoformat(start)).total_seconds()


def later(instant: str, passed: float) -> str:
    """The instant so many seconds after another, in the control API's form."""
    moved = datetime.fromisoformat(instant) + timedelta(seconds=passed)
    return moved.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _of_job(before: Document, job: Document) -> Iterator[Happening]:
    short = job["trackingId"][:8]
    for step in job["steps"][len(before.get("steps", ())) :]:
        lasted = seconds(step["askedAt"], step["answeredAt"])
        numbers = tuple(step["phoneNumbers"])
        yield Searched(
            step["askedAt"], short, step["provider"], lasted, step["status"], numbers, step["why"]
        )
    asking = job["asking"]
    if asking and asking != before.get("asking"):
        lasts = seconds(asking["askedAt"], asking["answersAt"])
        yield Searched(asking["askedAt"], short, asking["provider"], lasts, None, (), "")
    if job["finishedAt"] and not before.get("finishedAt"):
        yield Finished(job["finishedAt"], short, job["charged"], job["why"])
    sent = len(before.get("deliveries", ()))
    for n, each in enumerate(job["deliveries"][sent:], sent):
        at = each["sentAt"] or each["dueAt"]
        body = None if n else job["result"]
        yield Sent(at, short, each["attempt"], each["url"], each["outcome"], each["why"], body)


def _charged(entry: Document) -> Charged:
    return Charged(entry["at"], entry["kind"], entry["amount"], entry["balanceAfter"], entry["why"])
