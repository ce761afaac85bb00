"""Owns faults: when the fake misbehaves on purpose, and how. Decides; does not do it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from mock_server.domain.ids import draw, fraction
from mock_server.domain.people import Hook


@dataclass(frozen=True, slots=True)
class When:
    """Which calls are meant; None means any."""

    api_key: str | None = None
    operation_id: str | None = None
    person_id: str | None = None
    nth: int | None = None  # the n-th such call of a key, counted from 1 since the fault was added

    def fits(self, api_key: str, operation_id: str, person_id: str | None) -> bool:
        return (
            self.api_key in (None, api_key)
            and self.operation_id in (None, operation_id)
            and self.person_id in (None, person_id)
        )


@dataclass(frozen=True, slots=True)
class Effect:
    """What happens: to the response, and to the webhook of the job that the call makes. Seconds are virtual."""

    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Any = None
    delay_seconds: float = 0
    disconnect: bool = False
    webhook: Hook | None = None

    @property
    def answers(self) -> bool:
        """Whether the call is answered by the fault instead of being carried out."""
        return self.status is not None or self.body is not None or self.disconnect

    @property
    def is_about_the_webhook(self) -> bool:
        """Whether nothing but the webhook is concerned."""
        return self.webhook is not None and not (self.answers or self.headers or self.delay_seconds)


@dataclass(frozen=True, slots=True)
class Fault:
    """One entry of the list; with `rate`, one of `effects` happens to that share of the calls (chaos)."""

    fault_id: str
    when: When
    effects: tuple[Effect, ...]
    times: int | None = None  # for each key; None for ever
    rate: float | None = None

    @property
    def is_about_webhooks(self) -> bool:
        """Whether it can concern only calls with a webhook."""
        return all(each.is_about_the_webhook for each in self.effects)


class FaultCounter(NamedTuple):
    """Per fault and key: how many calls fitted, and how often it happened."""

    matched: int = 0
    happened: int = 0


class Ruling(NamedTuple):
    """The counter after a call that fitted, and what happens to it, if anything."""

    counter: FaultCounter
    effect: Effect | None


def passed_over(counter: FaultCounter) -> FaultCounter:
    """The counter after a call that fitted, but to which an older fault happened."""
    return counter._replace(matched=counter.matched + 1)


def rule(fault: Fault, counter: FaultCounter, seed: int, api_key: str) -> Ruling:
    """Decide on a call that fits; the same seed, key and number of the call give the same draw."""
    matched = counter.matched + 1
    index = 0
    happens = fault.when.nth is None or matched >= fault.when.nth
    times = fault.times if fault.times is not None or fault.when.nth is None else 1
    happens = happens and (times is None or counter.happened < times)
    if happens and fault.rate is not None:
        happens = fraction(seed, "chaos", fault.fault_id, api_key, matched) < fault.rate
        index = draw(seed, "effect", fault.fault_id, api_key, matched) % len(fault.effects)
    if not happens:
        return Ruling(FaultCounter(matched, counter.happened), None)
    return Ruling(FaultCounter(matched, counter.happened + 1), fault.effects[index])
