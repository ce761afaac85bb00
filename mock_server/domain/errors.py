"""Owns refusals: what a request is refused for, and which of several comes first (ERR-B). Does not know JSON."""

from collections.abc import Sequence
from typing import NamedTuple


class Violation(NamedTuple):
    """What a fault of the request is answered; `message` None means that the fault is described."""  # ERR-A

    status: int
    message: str | None = None


class Refusal(NamedTuple):
    """One reason to refuse. `message` is for the caller (None: the documented one), `why` for the journal."""

    status: int
    why: str
    message: str | None = None
    retry_after: int | None = None  # whole seconds (ERR-D)
    reason: str | None = None  # set where the answer is the fake's own and not the API's


def foremost(refusals: Sequence[Refusal], order: Sequence[int]) -> Refusal | None:
    """The refusal whose status is checked first; statuses that the order does not name come last."""  # ERR-B
    for status in order if len(refusals) > 1 else ():
        for each in refusals:
            if each.status == status:
                return each
    return refusals[0] if refusals else None
