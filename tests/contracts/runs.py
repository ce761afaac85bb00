"""Owns how tests run the kit against a tampered target: only the journeys that can see something, all rules judged."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import contracts.rules  # noqa: F401 - fills the table
from contracts.planning import Options
from contracts.registry import RULES, judge, selected
from contracts.run import Outcome, run
from contracts.showing import Showing
from contracts.target import Target
from contracts.verdicts import Result, Verdict

OPEN = Options(full=True, budget=None, examples=15, seed=1)


def journeyed(target: Target, journeys: Sequence[str], **options: Any) -> Outcome:
    """What is seen by these journeys alone."""
    scout = replace(RULES["RES-006"], journeys=tuple(journeys))
    return asyncio.run(run([scout], target, replace(OPEN, **options)))


def judged(target: Target, journeys: Sequence[str], **options: Any) -> list[Result]:
    """All rules on what these journeys see."""
    outcome = journeyed(target, journeys, **options)
    return judge(selected(()), outcome.history, Showing(target.base_url).evidence)


def headlines(results: Sequence[Result]) -> list[Result]:
    """The breaches that no other explains."""
    broken = (Verdict.FAILED, Verdict.DIFFERS)
    return [each for each in results if each.verdict in broken and not each.also]
