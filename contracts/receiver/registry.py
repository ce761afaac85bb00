"""Owns the table of checks: each registers itself with what it is about and what it needs. Refuses duplicates."""

from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from enum import StrEnum
from importlib import import_module
from pkgutil import iter_modules
from typing import Any, Final

from contracts.receiver.subject import Subject
from contracts.verdicts import Reason

Work = Callable[[Subject], Coroutine[Any, Any, None]]


class Need(StrEnum):
    """What a check cannot do without, by the option that gives it."""

    PROBE = "probe"
    DRIVE = "drive"
    RESTART = "restart_cmd"
    BREAK = "break_cmd"
    FIX = "fix_cmd"

    @property
    def reason(self) -> Reason:
        return Reason(f"needs:{self}")


class When(StrEnum):
    """With which others a check may run at the same time."""

    TOGETHER = "together"  # in turn with the others of this kind, while the slow ones wait
    BESIDE = "beside"  # waits most of its time: beside everything else
    ALONE = "alone"  # measures or loads the receiver: nothing else runs
    LAST = "last"  # restarts or breaks the receiver, or looks back


@dataclass(frozen=True, slots=True)
class Check:
    """One check. `sender`: who really behaves so. `tries`: without a probe it can still fail, but not pass."""

    id: str
    area: str
    title: str
    explanation: str
    sender: str
    facts: Sequence[str]
    needs: Sequence[Need]
    when: When
    tries: bool
    run: Work

    @property
    def number(self) -> int:
        return int(self.id[1:])


_CHECKS: Final[dict[str, Check]] = {}


class DuplicateCheckError(RuntimeError):
    """Two checks want the same id."""


def check(
    check_id: str,
    *,
    sender: str,
    facts: Sequence[str],
    needs: Sequence[Need] = (),
    when: When = When.TOGETHER,
    tries: bool = False,
) -> Callable[[Work], Work]:
    """Register the function as the check of that id; its docstring is title and explanation.

    It returns if the receiver keeps what the check is about, and raises Broken, Worrying, Undecided or NotShown.
    """

    def registered(work: Work) -> Work:
        if check_id in _CHECKS:
            raise DuplicateCheckError(check_id)
        title, _, explanation = (work.__doc__ or "").partition("\n")
        area = work.__module__.rpartition(".")[2]
        _CHECKS[check_id] = Check(
            id=check_id,
            area=area,
            title=title.removesuffix("."),
            explanation=" ".join(explanation.split()),
            sender=sender,
            facts=tuple(facts),
            needs=tuple(needs),
            when=when,
            tries=tries,
            run=work,
        )
        return work

    return registered


def all_checks() -> list[Check]:
    """Every check, by number."""
    package = import_module("contracts.receiver.checks")
    for module in iter_modules(package.__path__):
        import_module(f"{package.__name__}.{module.name}")
    return sorted(_CHECKS.values(), key=lambda each: each.number)
