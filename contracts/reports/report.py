"""Owns the Report: everything that is told of one run, redacted already."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from contracts.verdicts import SUMMARIES, Exit, Result


@dataclass(frozen=True, slots=True)
class Credits:
    """What the run cost, in the plan's own credits; None where the balance could not be read."""

    before: int | None = None
    after: int | None = None
    spent: int | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened, `at` seconds after the run began. `kind` is call, poll, webhook, balance or note."""

    at: float
    kind: str
    text: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Timeline:
    """What happened in one journey, or under one check, in order."""

    name: str
    title: str
    events: Sequence[Event]


@dataclass(frozen=True, slots=True)
class Report:
    """One run. `facts` are lines of the header, `notes` sentences that matter, `extra` more fields for report.json."""

    title: str
    target: str
    started_at: str  # RFC 3339
    seconds: float
    exit: Exit
    results: Sequence[Result]
    calls: int = 0
    credits: Credits | None = None
    strict: bool = False
    facts: Mapping[str, str] = field(default_factory=dict)
    notes: Sequence[str] = ()
    timelines: Sequence[Timeline] = ()
    extra: Mapping[str, Any] = field(default_factory=dict)

    @property
    def verdict(self) -> str:
        return SUMMARIES[self.exit]

    def areas(self) -> dict[str, list[Result]]:
        """The results by area, in the order of their first rule."""
        found: dict[str, list[Result]] = {}
        for each in self.results:
            found.setdefault(each.area, []).append(each)
        return found
