"""Owns the rules of the area REQ: which bodies are accepted and which are refused."""

from collections.abc import Iterable, Iterator

from contracts.history import History
from contracts.reading import FOUND
from contracts.registry import Broken, Kept, Observation, Unclear, rule
from contracts.rules.judging import INVALID, answered, refused, undecided
from contracts.rules.results import is_partner
from contracts.verdicts import Level, Reason


@rule(
    "REQ-001",
    "Without personId and linkedinUrl a match is refused",
    facts="REQ-1 ERR-400",
    journeys="refusals",
)
def a_person_is_named(history: History) -> Iterable[Observation]:
    """At least one of the two says who is meant."""
    return refused(history, "no-identifier")


@rule(
    "REQ-002", "A personId that is no text is refused", facts="REQ-1 ERR-422", journeys="refusals"
)
def person_ids_are_texts(history: History) -> Iterable[Observation]:
    """Numbers, lists, objects and truths are not looked up."""
    return refused(history, "person-type")


@rule(
    "REQ-003",
    "A personId that is empty, blank, null or too long is refused",
    facts="REQ-1a",
    journeys="refusals",
    level=Level.ASSUMED,
)
def person_ids_say_something(history: History) -> Iterable[Observation]:
    """1 to 256 characters, not all of them blank."""
    return refused(history, "person-blank")


@rule("REQ-004", "Sales Navigator URLs are refused", facts="REQ-3 ERR-422", journeys="refusals")
def sales_urls_are_refused(history: History) -> Iterable[Observation]:
    """They are documented as not supported. Answered 404, they would look like a person without a number."""
    return refused(history, "sales-url")


@rule(
    "REQ-005",
    "Pages that are no profile are refused",
    facts="REQ-3a",
    journeys="refusals",
    level=Level.ASSUMED,
    symptom_of="REQ-006",
)
def other_pages_are_refused(history: History) -> Iterable[Observation]:
    """Other hosts, companies, /pub/ and a profile without a name."""
    return refused(history, "other-url")


@rule(
    "REQ-006",
    "A linkedinUrl that is no URL is refused",
    facts="REQ-1 REQ-3 ERR-422",
    journeys="refusals",
)
def profiles_are_urls(history: History) -> Iterable[Observation]:
    """Words, nothing, numbers and lists name nobody."""
    return refused(history, "no-url")


@rule("REQ-007", "A flag that is no boolean is refused", facts="REQ-4 ERR-422", journeys="refusals")
def the_flag_is_a_boolean(history: History) -> Iterable[Observation]:
    """The text "true" and the number 1 are neither true nor false: taking them for one of them costs money."""
    return refused(history, "flag-type")


@rule(
    "REQ-008",
    "A flag that is null is refused",
    facts="REQ-1a",
    journeys="refusals",
    level=Level.ASSUMED,
)
def the_flag_is_not_null(history: History) -> Iterable[Observation]:
    """A field that is there says something."""
    return refused(history, "flag-null")


@rule(
    "REQ-009",
    "Asking partners without webhookUrl is refused",
    facts="REQ-5 ERR-422",
    journeys="refusals",
)
def partners_need_a_webhook(history: History) -> Iterable[Observation]:
    """WebhookUrl is required when revealPhoneNumberViaPartners is true."""
    return refused(history, "no-webhook")


@rule(
    "REQ-010", "A webhookUrl that is no URL is refused", facts="REQ-5 ERR-422", journeys="refusals"
)
def webhooks_are_urls(history: History) -> Iterable[Observation]:
    """A result that can be delivered nowhere must not be paid for."""
    return refused(history, "webhook-url")


@rule("REQ-011", "A body that is no JSON is refused", facts="ERR-400 AUTH-2", journeys="refusals")
def bodies_are_json(history: History) -> Iterable[Observation]:
    """Cut off, empty, or in another form."""
    return refused(history, "unreadable")


@rule(
    "REQ-012", "A body that is no object is refused", facts="ERR-400 ERR-422", journeys="refusals"
)
def bodies_are_objects(history: History) -> Iterable[Observation]:
    """A list, a text, a number or null is no request."""
    return refused(history, "no-object")


@rule(
    "REQ-013",
    "A body of another content type is refused",
    facts="AUTH-2 ERR-A",
    journeys="refusals",
    level=Level.ASSUMED,
)
def the_content_type_is_json(history: History) -> Iterable[Observation]:
    """Requests with a body carry Content-Type: application/json; what else is answered is not documented."""
    return answered(history.probes("content-type"), INVALID | {415}, "refused")


@rule(
    "REQ-014",
    "No drawn body with a fault is accepted",
    facts="ERR-400 ERR-422 REQ-1 REQ-4 REQ-5",
    journeys="fuzz",
    symptom_of="REQ-*",
)
def drawn_faults_are_refused(history: History) -> Iterable[Observation]:
    """Hypothesis draws almost valid bodies, the known traps first."""
    return refused(history, "fuzz")


@rule(
    "REQ-015",
    "Without the flag only Clodura is asked, and webhookUrl is optional",
    facts="REQ-4 REQ-5",
    journeys="own",
)
def the_flag_is_false_by_default(history: History) -> Iterator[Observation]:
    """A match without flag and webhookUrl is valid, and is answered as one whose flag is false."""
    answers = {
        each.label: history.exchange(each.submitted)
        for each in history.attempts
        if each.journey == "own"
    }
    for sent in answers.values():
        if (unclear := undecided(sent)) is not None:
            yield unclear
        elif sent.status in INVALID | {401}:
            yield Broken(
                "a valid request: accepted, or 404",
                f"{sent.probe} was answered {sent.status}",
                sent,
            )
        else:
            yield Kept()
    default, explicit = answers.get("own-default"), answers.get("own-false")
    if default and explicit and not undecided(default) and default.status != explicit.status:
        seen = f"{default.status} without the flag, {explicit.status} with false"
        yield Broken("no flag means false", seen, default)


@rule(
    "REQ-016",
    "Unknown fields are ignored",
    facts="REQ-6",
    journeys="extras",
    level=Level.ASSUMED,
)
def unknown_fields_are_ignored(history: History) -> Iterable[Observation]:
    """So that a client may send what a later version knows."""
    attempts = [each for each in history.attempts if each.journey == "extras"]
    return answered([history.exchange(each.submitted) for each in attempts], {200, 404}, "accepted")


@rule(
    "REQ-017",
    "A person can be named by the documented form of a profile URL",
    facts="REQ-1 REQ-3",
    journeys="nobody-url",
)
def profiles_are_accepted(history: History) -> Iterable[Observation]:
    """https://www.linkedin.com/in/<name>/ is a standard profile URL; the person is the one whose id is known."""
    attempts = [each for each in history.attempts if each.journey == "nobody-url"]
    by_id = [
        history.exchange(each.submitted) for each in history.attempts if each.journey == "nobody"
    ]
    same = {each.status for each in by_id if each.accepted and each.status is not None}
    sent = [history.exchange(each.submitted) for each in attempts]
    return answered(sent, same or {200, 404}, "as for the same person by id")


@rule(
    "REQ-018",
    "Other spellings of a profile URL mean the same",
    facts="REQ-3a",
    journeys="url-forms",
    level=Level.ASSUMED,
    symptom_of="REQ-017",
)
def spellings_are_equal(history: History) -> Iterable[Observation]:
    """http, no subdomain or a country's, without the last slash, with a query."""
    spelled = [each for each in history.attempts if each.journey == "nobody-url"]
    sent = (history.exchange(each.submitted) for each in spelled)
    statuses = {each.status for each in sent if each.status is not None}
    return answered(history.probes("url-form"), statuses or {200}, "as for the documented form")


@rule(
    "REQ-019",
    "With both, personId wins",
    facts="REQ-2",
    journeys="both",
    level=Level.ASSUMED,
)
def the_id_wins(history: History) -> Iterator[Observation]:
    """Asked with the id of nobody and the profile of somebody: answered as for nobody."""
    stranger = [each.status for each in history.probes("unknown-person:true")]
    known = [
        history.exchange(each.submitted).status
        for each in history.attempts
        if each.journey == "nobody-url"
    ]
    for each in history.probes("both-ids"):
        if (unclear := undecided(each)) is not None:
            yield unclear
        elif stranger and known and stranger[0] == known[0]:
            yield Unclear(Reason.UNREADABLE, "an unknown person is answered as a known one")
        elif each.accepted or each.status in INVALID:
            yield Broken("the unknown personId: 404", f"both were answered {each.status}", each)
        else:
            yield Kept()


@rule(
    "REQ-020",
    "Without partners no partner finds the number",
    facts="REQ-4 PROV-2",
    journeys="partners-off own bought",
    symptom_of="REQ-015",
)
def partners_are_not_asked_unasked(history: History) -> Iterator[Observation]:
    """RevealPhoneNumberViaPartners is false by default; only when it is true are partners queried."""
    for job, source, reading in history.results():
        if job.partners or history.is_standard(job.plan):
            continue
        found = [each for each in reading.outcomes or () if each.meant == FOUND]
        found = [each for each in found if is_partner(history, each.provider)]
        if found:
            yield Broken("only Clodura is asked", f"{found[0].provider} found a number", source)
        else:
            yield Kept()
    for each in history.attempts:
        if each.journey == "partners-off" and not history.exchange(each.submitted).accepted:
            yield from answered(
                [history.exchange(each.submitted)], {404}, "no number without partners"
            )
