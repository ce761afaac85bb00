"""Owns the rules of the area WHK: when webhooks come, where to, and what they tell."""

import re
from collections.abc import Iterable, Iterator
from functools import wraps
from typing import Final

from contracts.history import ELSEWHERE, History, Job, Webhook
from contracts.reading import FOUND, INSUFFICIENT, NOT_FOUND, Reading, field
from contracts.registry import Broken, Kept, Observation, Observe, Unclear, rule
from contracts.rules.results import (
    after,
    is_partner,
    numbers_fit,
    payload_fits,
    plain_digits,
    spelled,
    unmasked,
)
from contracts.verdicts import Level, Reason

HOOKED: Final = "nobody bought bought-partner standard standard-bought nobody-url free-plan"
_E164: Final = re.compile(r"\+[1-9][0-9]{6,14}")
_SIGNED: Final = re.compile(r"signature|hmac|digest")


def hooked(observe: Observe) -> Observe:
    """Without a receiver a rule of webhooks is skipped."""

    @wraps(observe)
    def observed(history: History) -> Iterable[Observation]:
        if not history.setting.webhooks:
            return [Unclear(Reason.NO_WEBHOOK, "run without --no-webhook to decide it")]
        return observe(history)

    return observed


def results(history: History) -> Iterator[tuple[Job, Webhook, Reading]]:
    """The results that came by webhook."""
    for job, source, reading in history.results():
        if isinstance(source, Webhook):
            yield job, source, reading


@rule(
    "WHK-001",
    "The result is posted to webhookUrl",
    facts="WH-1 OP-1",
    journeys=HOOKED,
    symptom_of="WHK-002 WHK-003",
)
@hooked
def webhooks_come(history: History) -> Iterator[Observation]:
    """For each job with a webhookUrl, in the time of the target file, also when nobody had a number."""
    for job in history.jobs:
        if job.webhook is None or not job.watched:
            continue
        if history.deliveries(job):
            yield Kept()
        elif not history.was_cut(job):
            seen = f"no webhook of {job.label} came"
            yield Broken("a webhook with the result", seen, history.exchange(job.submitted))


@rule("WHK-002", "Webhooks come to exactly the URL given", facts="WH-10", journeys=HOOKED)
@hooked
def the_url_is_kept(history: History) -> Iterator[Observation]:
    """Path and query as they were written."""
    paths = {job.label: job.webhook for job in history.jobs}
    for each in history.webhooks:
        expected = paths.get(each.label)
        if expected is None:
            continue
        yield Kept() if each.path == expected else Broken(expected, each.path, each)


@rule("WHK-003", "Webhooks are POSTs of application/json", facts="WH-10 AUTH-2", journeys=HOOKED)
@hooked
def webhooks_are_posts(history: History) -> Iterator[Observation]:
    """By method, by header, and by what they hold."""
    for each in history.webhooks:
        if each.label == ELSEWHERE:
            continue  # WHK-019 tells
        kind = each.headers.get("content-type", "").partition(";")[0].strip().lower()
        if each.method != "POST":
            yield Broken("POST", each.method, each)
        elif kind != "application/json":
            yield Broken("application/json", kind or "no content type", each)
        elif not isinstance(each.document, dict):
            yield Broken("a JSON object", "a body that is none", each)
        else:
            yield Kept()


@rule("WHK-004", "A webhook has the payload of the plan", facts="WH-2 WH-4", journeys=HOOKED)
@hooked
def webhooks_have_the_payload(history: History) -> Iterator[Observation]:
    """The standard payload on the Prospect plans, a result per provider on the others."""
    for job in history.jobs:
        for each in history.deliveries(job):
            yield from payload_fits(history, job, each)


@rule(
    "WHK-005",
    "A provider's status is found, notFound or Insufficient Credits",
    facts="WH-5 WH-6",
    journeys=HOOKED,
)
@hooked
def statuses_are_known(history: History) -> Iterator[Observation]:
    """In exactly this spelling, with the capitals and the space."""
    for _, source, reading in results(history):
        yield from spelled(source, reading.outcomes or ())


@rule("WHK-006", "A webhook tells the trackingId of its job", facts="WH-4", journeys=HOOKED)
@hooked
def webhooks_tell_their_id(history: History) -> Iterator[Observation]:
    """Equal to the one in the immediate answer, in the payload with a result per provider."""
    for job, source, reading in results(history):
        if history.is_standard(job.plan) or reading.is_standard:
            continue
        told = field(source.document, "trackingid")
        told = told if told is not None else field(reading.document, "trackingid")
        if told == history.tracking_id(job):
            yield Kept()
        else:
            yield Broken("the trackingId of the answer", f"trackingId is {told!r}", source)


@rule("WHK-007", "A finished webhook says success", facts="WH-4 WH-4a", journeys=HOOKED)
@hooked
def webhooks_say_success(history: History) -> Iterator[Observation]:
    """Also when nobody had a number, or the credits ran out: the search itself succeeded."""
    for job, source, reading in results(history):
        if history.is_standard(job.plan) or reading.is_standard:
            continue
        if reading.status == "success":
            yield Kept()
        else:
            yield Broken("the status success", f"the status is {reading.status!r}", source)


@rule(
    "WHK-008",
    "Numbers come with found, and with nothing else",
    facts="WH-5",
    journeys=f"{HOOKED} partners-off low",
)
@hooked
def numbers_come_with_found(history: History) -> Iterator[Observation]:
    """A provider that found has one or more numbers; notFound and Insufficient Credits have none."""
    for _, source, reading in results(history):
        yield from numbers_fit(source, reading)


@rule(
    "WHK-009",
    "A refused request sends no webhook",
    facts="WH-12",
    journeys="refusals keys strangers exhausted own",
)
@hooked
def refusals_send_nothing(history: History) -> Iterator[Observation]:
    """Neither at once nor later."""
    for sent in history.matches():
        if sent.refused:
            yield Kept()
    for each in history.webhooks:
        statuses = [sent for sent in history.matches() if f"/{each.label}?" in str(sent.request)]
        if statuses and all(sent.refused for sent in statuses):
            yield Broken("no webhook", f"a webhook came for the refused {each.label}", each)


@rule(
    "WHK-010",
    "A webhook that was answered 200 does not come again",
    facts="WH-1 WH-9",
    journeys=HOOKED,
)
@hooked
def webhooks_come_once(history: History) -> Iterator[Observation]:
    """Judged only where every delivery of a job was accepted."""
    for job in history.jobs:
        deliveries = history.deliveries(job)
        if not deliveries or any(each.answered != 200 for each in deliveries):
            continue
        if len(deliveries) == 1:
            yield Kept()
        else:
            yield Broken("one delivery", f"{len(deliveries)} came for {job.label}", deliveries[1])


@rule(
    "WHK-011",
    "The standard payload tells the person that was asked for",
    facts="WH-2",
    journeys="standard-bought standard bought nobody",
)
@hooked
def the_person_is_told(history: History) -> Iterator[Observation]:
    """personId, firstName and lastName; it is all by which a receiver knows the job."""
    for job, source, reading in results(history):
        if not history.is_standard(job.plan) or not reading.is_standard:
            continue
        told = {
            name: field(reading.document, name.lower())
            for name in ("personId", "firstName", "lastName")
        }
        missing = [name for name, value in told.items() if not isinstance(value, str)]
        asked = history.setting.people.get(job.person)
        if missing:
            yield Broken(
                "personId, firstName and lastName", f"{missing[0]} is {told[missing[0]]!r}", source
            )
        elif not job.by_url and asked is not None and told["personId"] != asked:
            yield Broken("the personId asked for", "another personId", source)
        else:
            yield Kept()


@rule(
    "WHK-012",
    "Clodura is asked first, partners only when it has no number",
    facts="PROV-2",
    journeys="bought bought-partner bought-again nobody",
)
@hooked
def clodura_comes_first(history: History) -> Iterator[Observation]:
    """A partner that finds what Clodura has costs more than it should."""
    for job, source, reading in results(history):
        found = [each.provider for each in reading.outcomes or () if each.meant == FOUND]
        partners = [each for each in found if is_partner(history, each)]
        clodura = [
            each.meant for each in reading.outcomes or () if not is_partner(history, each.provider)
        ]
        if not found:
            continue
        if partners and (not clodura or FOUND in clodura):
            seen = f"{partners[0]} found, and Clodura " + (
                "did too" if clodura else "was not asked"
            )
            yield Broken("Clodura first, then partners", seen, source)
        elif job.person == "found" and partners:
            yield Unclear(
                Reason.STALE_FIXTURE, "people.found is known to a partner, not to Clodura"
            )
        else:
            yield Kept()


@rule(
    "WHK-013",
    "After Insufficient Credits nobody finds anything",
    facts="WH-8 WH-6",
    journeys="low low-partner bought-partner",
)
@hooked
def insufficient_credits_end_the_search(history: History) -> Iterator[Observation]:
    """No further provider calls can be made."""
    for _, source, reading in results(history):
        if not any(each.meant == INSUFFICIENT for each in reading.outcomes or ()):
            continue
        later = [each.provider for each in after(reading, INSUFFICIENT) if each.meant == FOUND]
        if later:
            yield Broken("no provider after it finds", f"{later[0]} found a number", source)
        else:
            yield Kept()


@rule(
    "WHK-014",
    "The search stops at the first number or at the last credit",
    facts="WH-8a",
    journeys="bought bought-partner low",
    level=Level.ASSUMED,
    symptom_of="WHK-012 WHK-013",
)
@hooked
def the_search_stops(history: History) -> Iterator[Observation]:
    """Providers that were not asked are absent from the list."""
    for _, source, reading in results(history):
        rest = [*after(reading, FOUND), *after(reading, INSUFFICIENT)]
        if not reading.outcomes:
            continue
        yield (
            Broken("the list ends there", f"{rest[0].provider} is listed after it", source)
            if rest
            else Kept()
        )


@rule(
    "WHK-015",
    "A webhook has the assumed form",
    facts="WH-3 WH-7 WH-2 WH-4",
    journeys=HOOKED,
    level=Level.ASSUMED,
    symptom_of="WHK-*",
)
@hooked
def webhooks_have_the_form(history: History) -> Iterator[Observation]:
    """By the schema of openapi.yaml: providers is a list of provider, status and phoneNumbers; numbers are E.164."""
    for job, source, _ in results(history):
        schema = "StandardResult" if history.is_standard(job.plan) else "MultiProviderResult"
        complaints = history.spec.complaints(schema, unmasked(source.document))
        yield Broken(f"a {schema}", complaints[0], source) if complaints else Kept()


@rule(
    "WHK-016",
    "Numbers are E.164",
    facts="WH-3",
    journeys="bought bought-partner standard-bought",
    level=Level.ASSUMED,
)
@hooked
def numbers_are_e164(history: History) -> Iterator[Observation]:
    """A plus, the country, the number, and nothing between."""
    for _, source, reading in results(history):
        for number in reading.numbers:
            plain = plain_digits(number)
            yield Kept() if _E164.fullmatch(plain) else Broken("+ and digits", number, source)


@rule(
    "WHK-017",
    "A delivery that was not accepted is tried again",
    facts="WH-9",
    journeys="retry",
    level=Level.ASSUMED,
    symptom_of="WHK-001",
)
@hooked
def deliveries_are_retried(history: History) -> Iterator[Observation]:
    """Answered 500, it comes again after 5 seconds."""
    for job in history.jobs:
        deliveries = history.deliveries(job)
        if not job.expects_retry or not deliveries or deliveries[0].answered != 500:
            continue
        if len(deliveries) > 1:
            yield Kept()
        elif not history.was_cut(job):
            waited = history.setting.retry_wait
            yield Broken("a second attempt", f"none came within {waited:.1f} s", deliveries[0])


@rule(
    "WHK-018",
    "All attempts of a delivery have the same body",
    facts="WH-11",
    journeys="retry bought-again standard-bought",
)
@hooked
def attempts_are_equal(history: History) -> Iterator[Observation]:
    """So that a receiver can tell a repetition from news."""
    for job in history.jobs:
        deliveries = history.deliveries(job)
        for each in deliveries[1:]:
            same = (each.document, each.text) == (deliveries[0].document, deliveries[0].text)
            yield Kept() if same else Broken("the same body", "another body", each)


@rule(
    "WHK-019",
    "A redirect is not followed",
    facts="WH-10a",
    journeys="redirect",
    level=Level.ASSUMED,
    symptom_of="WHK-001",
)
@hooked
def redirects_are_not_followed(history: History) -> Iterator[Observation]:
    """An answer of 302 sends nobody's data elsewhere."""
    for each in history.webhooks:
        if each.label == ELSEWHERE:
            yield Broken("no request there", "the redirect was followed", each)
        elif each.answered in range(300, 400):
            yield Kept()


@rule("WHK-020", "Deliveries are not signed", facts="WH-10a", journeys=HOOKED, level=Level.ASSUMED)
@hooked
def webhooks_are_not_signed(history: History) -> Iterator[Observation]:
    """No signature is documented. One that is there is worth checking in a receiver."""
    for each in history.webhooks:
        signatures = [name for name in each.headers if _SIGNED.search(name)]
        yield Broken("no signature", f"the header {signatures[0]}", each) if signatures else Kept()


@rule(
    "WHK-021",
    "An empty result is told, not left out",
    facts="WH-4a WH-5",
    journeys="nobody standard nobody-url",
)
@hooked
def nothing_found_is_told(history: History) -> Iterator[Observation]:
    """The person whom nobody has a number of: each provider that was asked says notFound, and there is no number."""
    for job, source, reading in results(history):
        if job.person != "none" or job.role == "low":
            continue
        if reading.found or reading.numbers:
            yield Unclear(Reason.STALE_FIXTURE, "people.none has a number by now")
        elif reading.outcomes is not None and not any(
            each.meant == NOT_FOUND for each in reading.outcomes
        ):
            statuses = [each.status for each in reading.outcomes]
            if all(each.meant is None for each in reading.outcomes) and statuses:
                continue  # WHK-005 tells
            yield Broken("notFound of who was asked", f"the statuses are {statuses}", source)
        else:
            yield Kept()
