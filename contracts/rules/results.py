"""Owns the observations of results, which webhooks and polls share: spelling, payload, numbers."""

import re
from collections.abc import Iterable, Iterator
from typing import Any, Final

from contracts.history import Exchange, History, Job, Webhook
from contracts.reading import FOUND, INSUFFICIENT, NOT_FOUND, Outcome, Reading
from contracts.registry import Broken, Kept, Observation, Unclear
from contracts.verdicts import Reason

SPELLED: Final = frozenset({FOUND, NOT_FOUND, INSUFFICIENT})  # WH-5
_TAG: Final = re.compile(r"~[0-9a-f]{4}$")


def spelled(source: Exchange | Webhook, outcomes: Iterable[Outcome]) -> Iterator[Observation]:
    """Each provider's status is one of the three, exactly."""
    for each in outcomes:
        if each.status in SPELLED:
            yield Kept()
        else:
            yield Broken(
                " or ".join(sorted(SPELLED)), f"{each.provider} has {each.status!r}", source
            )


def payload_fits(history: History, job: Job, source: Exchange | Webhook) -> Iterator[Observation]:
    """The payload is that of the plan."""
    reading = source.reading
    if reading is None or not reading.is_result:
        yield Unclear(Reason.UNREADABLE, "the result cannot be read")
    elif history.is_standard(job.plan) == reading.is_standard:
        yield Kept()
    elif history.is_standard(job.plan):
        yield Broken("the standard payload", "a result per provider came", source)
    else:
        yield Broken("a result per provider", "the standard payload came", source)


def numbers_fit(source: Exchange | Webhook, reading: Reading) -> Iterator[Observation]:
    """`found` comes with a number, the other statuses come without."""
    for each in reading.outcomes or ():
        if each.meant == FOUND and not each.numbers:
            yield Broken("a number with found", f"{each.provider} found, and has no number", source)
        elif each.meant in (NOT_FOUND, INSUFFICIENT) and each.numbers:
            yield Broken(f"no number with {each.meant}", f"{each.provider} has one", source)
        elif each.meant is not None:
            yield Kept()


def is_partner(history: History, provider: str) -> bool:
    """Whether it is one of the known partners; the set is open, and so are the names."""  # PROV-1
    known = {each.lower() for each in history.spec.prices} - {"clodura"}
    return provider.lower() in known


def after(reading: Reading, status: str) -> list[Outcome]:
    """The providers listed behind the first with a status."""
    outcomes = list(reading.outcomes or ())
    places = [number for number, each in enumerate(outcomes) if each.meant == status]
    return outcomes[places[0] + 1 :] if places else []


def plain_digits(number: str) -> str:
    """A redacted number with digits for what is hidden, so that its form can be judged."""
    return _TAG.sub("", number).replace("x", "5")


def unmasked(value: Any, name: str = "") -> Any:
    """A redacted document with its numbers made whole in form."""
    if isinstance(value, dict):
        return {each: unmasked(inner, each) for each, inner in value.items()}
    if isinstance(value, list):
        return [unmasked(each, name) for each in value]
    if isinstance(value, str) and "phone" in name.lower():
        return plain_digits(value)
    return value
