"""Owns the rules of the area TRK: what a poll tells while a job runs, and once it is finished."""

from collections.abc import Iterator

from contracts.history import Exchange, History, Job
from contracts.registry import Broken, Kept, Observation, Unclear, rule
from contracts.rules.judging import undecided
from contracts.rules.results import payload_fits, spelled, unmasked
from contracts.verdicts import Level, Reason

JOBS = "nobody bought bought-partner standard retry nobody-url foreign own free-plan low standard-bought"


@rule(
    "TRK-001",
    "A finished job can be polled",
    facts="OP-2 TRK-1",
    journeys=JOBS,
    symptom_of="RES-001 RES-002 TEN-005",
)
def jobs_finish(history: History) -> Iterator[Observation]:
    """Within the time of the target file a poll answers 200 with the result; always once the webhook came."""
    for job in history.jobs:
        polls = history.polls(job)
        if history.final_poll(job) is not None:
            yield Kept()
        elif not polls or (unclear := undecided(polls[-1])) is not None:
            if polls:
                yield unclear or Kept()
        else:
            yield _unfinished(history, job, polls[-1])


def _unfinished(history: History, job: Job, last: Exchange) -> Observation:
    delivered = any(each.at < last.at for each in history.deliveries(job))
    seen = f"the last poll of {job.label} was answered {last.status}"
    reading = last.reading
    if last.accepted and not delivered and reading is None:
        return Unclear(Reason.UNREADABLE, f"{seen}, in a form that cannot be read")
    if delivered or not last.accepted:
        when = ", though its webhook had come" if delivered else ""
        return Broken("200 with the result", f"{seen}{when}", last)
    waited = last.at - history.exchange(job.submitted).at
    if waited < history.setting.result_timeout_seconds:
        return Unclear(Reason.NO_ANSWER, f"{seen}, and was the last that could be made")
    return Broken("200 with the result in time", f"{seen}: still not finished", last)


@rule(
    "TRK-002",
    "A poll tells the same result as the webhook",
    facts="TRK-1",
    journeys=JOBS,
    symptom_of="TRK-006 TRK-008 TRK-010 TRK-011 WHK-004 WHK-005 WHK-006 WHK-007 WHK-008 WHK-011",
)
def polls_and_webhooks_agree(history: History) -> Iterator[Observation]:
    """The same numbers, the same status of each provider, the same person."""
    for job in history.jobs:
        poll = history.final_poll(job)
        deliveries = [each for each in history.deliveries(job) if each.reading is not None]
        if poll is None or not deliveries or poll.reading is None or deliveries[0].reading is None:
            continue
        told, sent = poll.reading, deliveries[0].reading
        if told.agrees_with(sent):
            yield Kept()
        else:
            expected = f"what the webhook told: {sent.gist()}"
            yield Broken(expected, f"the poll tells {told.gist()}", poll)


@rule(
    "TRK-003",
    "A poll's document is the webhook's, not wrapped",
    facts="TRK-1a",
    journeys=JOBS,
    level=Level.ASSUMED,
)
def polls_are_not_wrapped(history: History) -> Iterator[Observation]:
    """The reference does not show track's document."""
    for job in history.jobs:
        poll = history.final_poll(job)
        if poll is not None and poll.reading is not None:
            wrapped = "the result is within another object"
            yield Broken("the result itself", wrapped, poll) if poll.reading.wrapped else Kept()


@rule(
    "TRK-004",
    "A running job is 200 with the status processing",
    facts="TRK-2",
    journeys=JOBS,
    level=Level.ASSUMED,
    symptom_of="TEN-005 TRK-001 TRK-006",
)
def running_jobs_say_so(history: History) -> Iterator[Observation]:
    """Not 202, not 404, and no half a result."""
    for job in history.jobs:
        for poll in history.polls(job):
            if poll.is_final:
                break
            if poll.status == 200 and not history.spec.complaints("Processing", poll.document):
                yield Kept()
            elif poll.status is not None and not poll.limited and poll.status < 500:
                status = poll.reading.status if poll.reading else None
                seen = f"a running job was answered {poll.status} with the status {status!r}"
                yield Broken("200 with the status processing", seen, poll)


@rule("TRK-005", "An unknown tracking id is 404", facts="TRK-3", journeys="unknown-job")
def unknown_jobs_are_not_found(history: History) -> Iterator[Observation]:
    """403 only where a foreign job is answered so too: then nobody learns which jobs there are."""
    foreign = {each.status for each in history.probes("foreign")}
    for each in history.probes("unknown-job"):
        if (unclear := undecided(each)) is not None:
            yield unclear
        elif each.status == 404 or (each.status == 403 and foreign == {403}):
            yield Kept()
        else:
            yield Broken("404", f"an unknown tracking id was answered {each.status}", each)


@rule("TRK-006", "What is finished stays as it is", facts="TRK-1", journeys=JOBS)
def results_stay(history: History) -> Iterator[Observation]:
    """A poll never goes back from the result, and never changes it."""
    for job in history.jobs:
        polls = history.polls(job)
        finals = [number for number, each in enumerate(polls) if each.is_final]
        for poll in polls[finals[0] + 1 :] if finals else ():
            if undecided(poll) is not None:
                continue
            first = polls[finals[0]].reading
            if poll.is_final and poll.reading and first and poll.reading.agrees_with(first):
                yield Kept()
            else:
                yield Broken(
                    "the same result", f"a later poll of {job.label} tells otherwise", poll
                )


@rule("TRK-007", "A poll tells the id that was asked for", facts="WH-4 RES-1", journeys=JOBS)
def polls_tell_their_id(history: History) -> Iterator[Observation]:
    """With the payload that carries a trackingId."""
    for job in history.jobs:
        asked = history.tracking_id(job)
        for poll in history.polls(job):
            told = poll.document.get("trackingId") if isinstance(poll.document, dict) else None
            if told is None:
                continue
            if told == asked:
                yield Kept()
            else:
                yield Broken(
                    "the trackingId of the job", f"a poll of {job.label} tells another id", poll
                )


@rule(
    "TRK-008",
    "A finished poll says success",
    facts="WH-4",
    journeys=JOBS,
    symptom_of="WHK-007 TRK-010",
)
def finished_polls_say_success(history: History) -> Iterator[Observation]:
    """On the plans whose payload has a final status, it is success, written so."""
    for job in history.jobs:
        poll = history.final_poll(job)
        reading = poll.reading if poll else None
        if poll is None or reading is None or history.is_standard(job.plan):
            continue
        if reading.status == "success":
            yield Kept()
        else:
            yield Broken("the status success", f"the status is {reading.status!r}", poll)


@rule(
    "TRK-009",
    "A finished poll has the form of the plan's payload",
    facts="WH-2 WH-4 WH-5 WH-7 WH-3 TRK-1a",
    journeys=JOBS,
    level=Level.ASSUMED,
    symptom_of="TRK-* WHK-*",
)
def polls_have_the_form(history: History) -> Iterator[Observation]:
    """By the schema of openapi.yaml for this plan; further fields are allowed."""
    for job in history.jobs:
        poll = history.final_poll(job)
        if poll is None or poll.reading is None:
            continue
        schema = "StandardResult" if history.is_standard(job.plan) else "MultiProviderResult"
        complaints = history.spec.complaints(schema, unmasked(poll.reading.document))
        yield Broken(f"a {schema}", complaints[0], poll) if complaints else Kept()


@rule(
    "TRK-010",
    "A poll has the payload of the plan",
    facts="WH-2 WH-4",
    journeys=JOBS,
    symptom_of="WHK-004",
)
def polls_have_the_payload(history: History) -> Iterator[Observation]:
    """The standard payload on the Prospect plans, a result per provider on the others."""
    for job in history.jobs:
        poll = history.final_poll(job)
        if poll is not None and poll.reading is not None:
            yield from payload_fits(history, job, poll)


@rule(
    "TRK-011",
    "A provider's status in a poll is found, notFound or Insufficient Credits",
    facts="WH-5 WH-6",
    journeys=JOBS,
    symptom_of="WHK-005",
)
def polled_statuses_are_known(history: History) -> Iterator[Observation]:
    """In exactly this spelling."""
    for _, source, reading in history.results():
        if isinstance(source, Exchange):
            yield from spelled(source, reading.outcomes or ())
