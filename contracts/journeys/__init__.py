"""Owns what is done to a target: few journeys, each seen by many rules."""

from contracts.journeys import (  # noqa: F401 - importing them registers their journeys
    buying,
    fuzzing,
    keys,
    others,
    quiet,
    refusals,
    reveals,
)
from contracts.journeys.registry import JOURNEYS, Journey, worst_of

__all__ = ["JOURNEYS", "Journey", "worst_of"]
