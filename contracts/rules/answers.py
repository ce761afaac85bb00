"""Owns the rules of the area RES: the immediate answer, errors, and the form of every answer."""

from collections import Counter
from collections.abc import Iterable, Iterator

from contracts.history import Exchange, History, Job
from contracts.reading import field
from contracts.registry import Broken, Kept, Observation, Unclear, rule
from contracts.rules.judging import answered, undecided
from contracts.specification import MATCH
from contracts.verdicts import Level, Reason

EVERYTHING = "keys refusals strangers nobody bought exhausted throttled standard quiet"
SLOW_SECONDS = 5.0
SLOW_FACTOR = 2


@rule(
    "RES-001",
    "A match is answered 200 with a trackingId",
    facts="OP-1 RES-1",
    journeys="nobody bought standard",
)
def accepted_jobs_have_an_id(history: History) -> Iterator[Observation]:
    """A text that is not empty, in the field trackingId."""
    for job in history.attempts:
        sent = history.exchange(job.submitted)
        if _is_refused_rightly(history, job, sent):
            continue
        if (unclear := undecided(sent)) is not None:
            yield unclear
        elif sent.status in (402, 403):
            yield Unclear(Reason.NO_CREDITS, f"{sent.probe} was answered {sent.status}")
        elif sent.status != 200:
            yield Broken("200 with a trackingId", f"{sent.probe} was answered {sent.status}", sent)
        else:
            yield from _has_id(sent)


def _is_refused_rightly(history: History, job: Job, sent: Exchange) -> bool:
    """Whether a refusal breaks nothing, or something that another rule tells."""
    if not sent.refused:
        return False
    if sent.status == 404 and history.is_standard(job.plan):
        return True  # no partner is asked, and Clodura's own database has no number
    contradiction = job.role == "free" and sent.status == 403  # listed, and without access
    return contradiction or not job.partners or job.by_url or job.journey == "extras"


def _has_id(sent: Exchange) -> Iterator[Observation]:
    value = sent.document.get("trackingId") if isinstance(sent.document, dict) else None
    if isinstance(value, str) and value.strip():
        yield Kept()
    else:
        yield Broken("a trackingId", f"trackingId is {value!r}", sent)


@rule(
    "RES-002",
    "Each job has a trackingId of its own",
    facts="RES-1",
    journeys="nobody bought retry own",
)
def ids_are_unique(history: History) -> Iterator[Observation]:
    """Two jobs with one id could not be told apart by poll or webhook."""
    sent = [each for each in history.matches() if each.accepted and each.tracking_id]
    counts = Counter(each.tracking_id for each in sent)
    for each in sent:
        if len(sent) < 2:
            return
        if counts[each.tracking_id] > 1:
            yield Broken(
                "a new id for each job", f"{counts[each.tracking_id]} jobs share an id", each
            )
        else:
            yield Kept()


@rule(
    "RES-003",
    "The answer confirms that the job is queued",
    facts="RES-1",
    journeys="nobody bought standard",
)
def jobs_are_confirmed(history: History) -> Iterator[Observation]:
    """Something beside the trackingId says so, under whatever name."""
    for job in history.jobs:
        sent = history.exchange(job.submitted)
        document = sent.document if isinstance(sent.document, dict) else {}
        others = {name: value for name, value in document.items() if name != "trackingId"}
        if any(value not in ("", None, [], {}) for value in others.values()):
            yield Kept()
        else:
            yield Broken("a confirmation", "the answer has nothing beside its trackingId", sent)


@rule(
    "RES-004",
    "The confirmation is a text named message",
    facts="RES-2",
    journeys="nobody bought standard",
    level=Level.ASSUMED,
    symptom_of="RES-003",
)
def the_confirmation_is_a_message(history: History) -> Iterator[Observation]:
    """The field is not named in the reference."""
    for job in history.jobs:
        sent = history.exchange(job.submitted)
        value = sent.document.get("message") if isinstance(sent.document, dict) else None
        if isinstance(value, str) and value:
            yield Kept()
        else:
            yield Broken("message, a text", f"message is {value!r}", sent)


@rule(
    "RES-005",
    "A match is answered at once, without the result",
    facts="OP-1",
    journeys="nobody bought",
)
def answers_come_at_once(history: History) -> Iterator[Observation]:
    """The job is queued: neither its result is in the answer, nor does the answer wait for it."""
    others = [
        each.seconds
        for each in history.exchanges
        if each.tracking_id is None or each.operation != MATCH
    ]
    usual = max(SLOW_SECONDS, SLOW_FACTOR * max(others, default=0))  # a slow target is slow in all
    for job in history.jobs:
        sent = history.exchange(job.submitted)
        reading = sent.reading
        if reading is not None and reading.is_result:
            yield Broken("the result comes later", "the answer to the match holds a result", sent)
        elif sent.seconds > usual:
            yield Broken("an answer at once", f"the answer took {sent.seconds:.1f} s", sent)
        else:
            yield Kept()


@rule(
    "RES-006",
    "No request makes the server fail",
    facts="ERR-400 ERR-401 ERR-402 ERR-403 ERR-404 ERR-422 ERR-429",
    journeys=f"{EVERYTHING} fuzz",
    symptom_of="AUTH-* REQ-* TRK-* BIL-* WHK-* LIM-* TEN-*",
)
def servers_do_not_fail(history: History) -> Iterator[Observation]:
    """Neither a 5xx nor a broken connection is documented for any operation."""
    for each in history.exchanges:
        if each.status is None:
            yield Broken("an answer", f"{each.probe}: {each.error}", each)
        elif each.status >= 500:
            yield Broken("a documented answer", f"{each.probe} was answered {each.status}", each)
        else:
            yield Kept()


@rule(
    "RES-007",
    "Only documented statuses are answered",
    facts="OP-1 OP-2 OP-3 RES-1 ERR-400 ERR-401 ERR-402 ERR-403 ERR-404 ERR-422 ERR-429",
    journeys=EVERYTHING,
    symptom_of="AUTH-* REQ-* TRK-* BIL-* WHK-* LIM-* TEN-* RES-001 RES-006",
)
def statuses_are_documented(history: History) -> Iterator[Observation]:
    """Rate limits may hold for any operation, a running job may be 202, another content type 415."""
    for each in history.exchanges:
        if each.status is None or each.status >= 500:
            continue
        allowed = history.spec.statuses[each.operation] | {429}
        if each.operation == "track":
            allowed |= {202}
        if each.probe == "content-type" or each.probe.startswith("key-first"):
            allowed |= {415}
        if each.status in allowed:
            yield Kept()
        else:
            yield Broken(
                f"one of {sorted(allowed)}", f"{each.probe} was answered {each.status}", each
            )


@rule(
    "RES-008",
    "Every answer is application/json",
    facts="AUTH-2",
    journeys=EVERYTHING,
    symptom_of="RES-009",
)
def answers_are_typed(history: History) -> Iterator[Observation]:
    """Also every error; parameters such as a charset change nothing."""
    for each in history.exchanges:
        if each.status is None or each.status >= 500:
            continue
        kind = each.headers.get("content-type", "")
        plain = kind.partition(";")[0].strip().lower()
        if plain == "application/json" or (each.refused and plain == "application/problem+json"):
            yield Kept()
        else:
            seen = f"{each.probe} was answered {each.status} as {kind or 'no type'}"
            yield Broken("application/json", seen, each)


@rule("RES-009", "Every answer is JSON", facts="AUTH-2", journeys=EVERYTHING)
def answers_can_be_read(history: History) -> Iterator[Observation]:
    """An object, also for errors."""
    for each in history.exchanges:
        if each.status is None or each.status >= 500:
            continue
        if isinstance(each.document, dict):
            yield Kept()
        else:
            seen = "no JSON" if not each.is_json else f"a {type(each.document).__name__}"
            yield Broken(
                "a JSON object", f"{each.probe} was answered {each.status} with {seen}", each
            )


@rule(
    "RES-010",
    "Without partners, nobody with a number is 404 at once",
    facts="RES-3 ERR-404",
    journeys="own",
    level=Level.ASSUMED,
    symptom_of="REQ-015",
)
def nothing_found_is_told_at_once(history: History) -> Iterable[Observation]:
    """No job is made for what Clodura's own database does not know."""
    attempts = [
        each for each in history.attempts if each.journey == "own" and each.label != "own-default"
    ]
    return answered([history.exchange(each.submitted) for each in attempts], {404}, "no number")


@rule(
    "RES-011",
    "A person who does not exist is 404",
    facts="RES-4 ERR-404",
    journeys="strangers",
    level=Level.ASSUMED,
    symptom_of="RES-006 RES-007",
)
def strangers_are_not_found(history: History) -> Iterable[Observation]:
    """At once, with partners and without."""
    return answered(history.probes("unknown-person"), {404}, "no such person")


@rule(
    "RES-012",
    "An error is told by statusCode, error and message",
    facts="ERR-C",
    journeys="refusals keys strangers exhausted",
    level=Level.ASSUMED,
    symptom_of="RES-009 RES-013",
)
def errors_have_a_form(history: History) -> Iterator[Observation]:
    """The reference shows no body of an error."""
    for each in history.exchanges:
        if not each.refused or not isinstance(each.document, dict):
            continue
        complaints = history.spec.complaints("Error", each.document)
        if complaints:
            yield Broken("statusCode, error and message", f"{each.status}: {complaints[0]}", each)
        else:
            yield Kept()


@rule(
    "RES-013",
    "An error's body tells the status of its answer",
    facts="ERR-C",
    journeys="refusals keys strangers exhausted",
    level=Level.ASSUMED,
)
def errors_tell_their_status(history: History) -> Iterator[Observation]:
    """Where the body has a status code, it is the one of the answer."""
    for each in history.exchanges:
        told = field(each.document, "statuscode") if each.refused else None
        if told is None:
            continue
        if str(told) == str(each.status):
            yield Kept()
        else:
            yield Broken(f"statusCode {each.status}", f"statusCode is {told!r}", each)


@rule(
    "RES-014",
    "Faults are checked in the assumed order",
    facts="ERR-B",
    journeys="order exhausted no-access",
    level=Level.ASSUMED,
    symptom_of="REQ-* BIL-014 AUTH-008",
)
def faults_have_an_order(history: History) -> Iterator[Observation]:
    """401, 429, 400, 422, 403, 402, 404: with two faults in a request, the earlier one is answered."""
    for each in history.probes("order"):
        first, _, second = each.probe.partition(":")[2].partition("-")
        if (unclear := undecided(each)) is not None:
            yield unclear
        elif str(each.status) == first:
            yield Kept()
        else:
            yield Broken(
                f"{first}, which comes before {second}",
                f"{each.probe} was answered {each.status}",
                each,
            )
