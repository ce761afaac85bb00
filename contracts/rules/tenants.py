"""Owns the rules of the area TEN: what one account's key sees, and does, of another account."""

from collections.abc import Iterable, Iterator

from contracts.history import History
from contracts.reading import read
from contracts.registry import Broken, Kept, Observation, rule
from contracts.rules.judging import unchanged, undecided
from contracts.verdicts import Level


@rule("TEN-001", "Another account's key gets nothing of a job", facts="AUTH-3", journeys="foreign")
def jobs_are_private(history: History) -> Iterator[Observation]:
    """Neither while it runs nor once it is finished."""
    for each in history.probes("foreign"):
        if (unclear := undecided(each)) is not None:
            yield unclear
        elif each.accepted:
            yield Broken("403 or 404", f"{each.probe} was answered {each.status}", each)
        elif (found := read(each.document)) is not None and found.is_result:
            yield Broken("no data", f"{each.probe} holds a result", each)
        else:
            yield Kept()


@rule(
    "TEN-002",
    "A foreign job is answered as an unknown one: 404",
    facts="AUTH-3a",
    journeys="foreign",
    level=Level.ASSUMED,
    symptom_of="TEN-001",
)
def foreign_jobs_are_unknown(history: History) -> Iterator[Observation]:
    """So that nobody learns which jobs there are."""
    for each in history.probes("foreign"):
        if each.status == 404:
            yield Kept()
        elif undecided(each) is None:
            yield Broken("404", f"{each.probe} was answered {each.status}", each)


@rule(
    "TEN-003",
    "What one account buys, another does not pay",
    facts="AUTH-3 CR-1 CR-3",
    journeys="bought bought-partner",
    symptom_of="BIL-016",
)
def bystanders_pay_nothing(history: History) -> Iterable[Observation]:
    """The other account's balance stays as it is."""
    return unchanged(history, history.spendings("bystander"), "the other balance stays")


@rule(
    "TEN-004", "One account's limit is not another's", facts="ERR-429 AUTH-3", journeys="throttled"
)
def limits_are_private(history: History) -> Iterator[Observation]:
    """While one account is refused for its rate, another is answered."""
    for each in history.probes("limited:main"):
        if each.limited:
            yield Broken("an answer", "the main account was 429 when the throttled one was", each)
        else:
            yield undecided(each) or Kept()


@rule(
    "TEN-005",
    "A foreign poll disturbs nothing",
    facts="AUTH-3 TRK-1",
    journeys="foreign",
)
def foreign_polls_disturb_nothing(history: History) -> Iterator[Observation]:
    """After another key asked, the job's own key still gets the result."""
    for job in history.jobs:
        if job.journey != "foreign":
            continue
        polls = history.polls(job)
        last = polls[-1] if polls else None
        if last is None or undecided(last) is not None:
            continue
        if last.is_final:
            yield Kept()
        elif not history.was_cut(job):
            yield Broken("the result", f"the own key was answered {last.status}", last)
