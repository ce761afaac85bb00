"""Owns the sum of a story that was played: steps, money, webhooks, virtual time. Pure."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from scenarios.events import Answered, Event, StepFailed, StepPassed, StoryBegan, StoryEnded
from scenarios.load import Story
from scenarios.records import Charged, Happening, Sent


class Totals(NamedTuple):
    story: Story
    passed: bool
    steps: int
    spent: int
    webhooks: int
    virtual: float  # seconds


def totals(events: Sequence[Event]) -> Totals:
    """The sum of the events of one story."""
    seen = happened(events)
    return Totals(
        story=next(each.story for each in events if isinstance(each, StoryBegan)),
        passed=any(isinstance(each, StoryEnded) and each.passed for each in events),
        steps=sum(isinstance(each, StepPassed | StepFailed) for each in events),
        spent=-sum(min(each.amount, 0) for each in seen if isinstance(each, Charged)),
        webhooks=sum(isinstance(each, Sent) and each.outcome != "dropped" for each in seen),
        virtual=sum(each.seen.passed for each in events if isinstance(each, Answered)),
    )


def happened(events: Iterable[Event]) -> list[Happening]:
    """What happened at the target, in the order of its clock."""
    found = [one for each in events if isinstance(each, Answered) for one in each.seen.happened]
    return sorted(found, key=lambda each: each.at)
