"""Owns the museum of named bugs: each is one thing that an API could do wrong."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

from tests.contracts.museum import (
    Answer,
    Call,
    Document,
    Hook,
    Museum,
    OnAnswer,
    OnRequest,
    OnSpec,
    OnWebhook,
    Tampering,
    error,
)

FLAG = "revealPhoneNumberViaPartners"
NONE = "mock-none"
SINK = "http://127.0.0.1:9/nowhere"


@dataclass(frozen=True)
class Bug:
    """One bug. `journeys` are those that can see it."""

    name: str
    caught_by: str
    journeys: str
    tampering: Tampering


BUGS: list[Bug] = []


def _keep(rule: str, journeys: str, name: str, tampering: Tampering) -> None:
    BUGS.append(Bug(name, rule, journeys, tampering))


def on_request(rule: str, journeys: str) -> Callable[[OnRequest], OnRequest]:
    def keep(function: OnRequest) -> OnRequest:
        _keep(rule, journeys, function.__name__, Tampering(request=function))
        return function

    return keep


def on_answer(rule: str, journeys: str) -> Callable[[OnAnswer], OnAnswer]:
    def keep(function: OnAnswer) -> OnAnswer:
        _keep(rule, journeys, function.__name__, Tampering(answer=function))
        return function

    return keep


def on_webhook(rule: str, journeys: str) -> Callable[[OnWebhook], OnWebhook]:
    def keep(function: OnWebhook) -> OnWebhook:
        _keep(rule, journeys, function.__name__, Tampering(webhook=function))
        return function

    return keep


def in_spec(rule: str, journeys: str) -> Callable[[OnSpec], OnSpec]:
    def keep(function: OnSpec) -> OnSpec:
        _keep(rule, journeys, function.__name__, Tampering(spec=function))
        return function

    return keep


def in_results(
    rule: str, journeys: str
) -> Callable[[Callable[[Museum, Document], Document]], Callable[[Museum, Document], Document]]:
    """A bug of every result, in webhook and poll alike."""

    def keep(
        function: Callable[[Museum, Document], Document],
    ) -> Callable[[Museum, Document], Document]:
        def answer(museum: Museum, call: Call, answer: Answer) -> None:
            if call.is_track and answer.is_result:
                answer.json = function(museum, answer.json)

        def webhook(museum: Museum, hook: Hook) -> None:
            hook.json = function(museum, hook.json)

        _keep(rule, journeys, function.__name__, Tampering(answer=answer, webhook=webhook))
        return function

    return keep


# AUTH


@on_request("AUTH-001", "keys")
def match_works_without_a_key(museum: Museum, call: Call) -> None:
    if call.is_match and not call.key:
        call.key = museum.keys["main"]


@on_request("AUTH-001", "keys")
def match_without_a_key_is_a_bad_request(museum: Museum, call: Call) -> Answer | None:
    return error(400) if call.is_match and not call.key and call.fields.get("personId") else None


@on_request("AUTH-002", "keys")
def polls_work_without_a_key(museum: Museum, call: Call) -> None:
    if call.is_track and not call.key:
        call.key = museum.keys["main"]


@on_request("AUTH-003", "keys")
def balances_are_told_to_everybody(museum: Museum, call: Call) -> None:
    if call.is_credits and not call.key:
        call.key = museum.keys["main"]


@on_request("AUTH-004", "keys")
def any_key_will_do(museum: Museum, call: Call) -> None:
    if call.key == "clodura-kit-nobodys-key":
        call.key = museum.keys["main"]


@on_request("AUTH-005", "keys")
def the_body_is_checked_before_the_key(museum: Museum, call: Call) -> Answer | None:
    known = museum.role(call.key)
    return error(400) if call.is_match and not known and not call.fields.get("personId") else None


@on_request("AUTH-006", "keys")
def keys_ignore_case(museum: Museum, call: Call) -> None:
    for key in museum.keys.values():
        if call.key is not None and call.key.lower() == key.lower():
            call.key = key


@on_request("AUTH-006", "keys")
def keys_are_compared_by_their_beginning(museum: Museum, call: Call) -> None:
    for key in museum.keys.values():
        if call.key is not None and call.key.startswith(key[:-1]):
            call.key = key


@on_answer("AUTH-007", "refusals")
def errors_repeat_the_key(museum: Museum, call: Call, answer: Answer) -> None:
    if answer.status == 422:
        answer.json = {**answer.json, "message": f"bad request of {call.key}"}


@on_webhook("AUTH-007", "nobody")
def webhooks_carry_the_key(museum: Museum, hook: Hook) -> None:
    hook.headers["x-account"] = hook.call.key or ""


@on_answer("AUTH-008", "no-access")
def no_access_is_a_wrong_key(museum: Museum, call: Call, answer: Answer) -> Answer | None:
    return error(401) if answer.status == 403 and call.is_match else None


# REQ


@on_request("REQ-001", "refusals")
def nobody_needs_to_be_named(museum: Museum, call: Call) -> None:
    if call.is_match and call.fields and not {"personId", "linkedinUrl"} & set(call.fields):
        call.say(personId=NONE)


@on_request("REQ-001", "refusals")
def nobody_named_is_nobody_found(museum: Museum, call: Call) -> Answer | None:
    named = {"personId", "linkedinUrl"} & set(call.fields)
    return error(404) if call.is_match and call.fields and not named else None


@on_request("REQ-002", "refusals")
def person_ids_of_any_type(museum: Museum, call: Call) -> None:
    if "personId" in call.fields and not isinstance(call.fields["personId"], str | None):
        call.say(personId=NONE)


@on_request("REQ-003", "refusals")
def blank_person_ids_are_people(museum: Museum, call: Call) -> None:
    value = call.fields.get("personId", "x")
    if isinstance(value, str) and not value.strip():
        call.say(personId=NONE)


@on_request("REQ-004", "refusals")
def sales_navigator_is_supported(museum: Museum, call: Call) -> None:
    if "/sales/" in str(call.fields.get("linkedinUrl")):
        call.say(linkedinUrl="https://www.linkedin.com/in/mock-none/")


@on_request("REQ-004", "refusals")
def sales_navigator_is_a_person_not_found(museum: Museum, call: Call) -> Answer | None:
    return error(404) if "/sales/" in str(call.fields.get("linkedinUrl")) else None


@on_request("REQ-005", "refusals")
def company_pages_are_people(museum: Museum, call: Call) -> None:
    if "/company/" in str(call.fields.get("linkedinUrl")):
        call.say(linkedinUrl="https://www.linkedin.com/in/mock-none/")


@on_request("REQ-006", "refusals")
def profiles_are_any_words(museum: Museum, call: Call) -> None:
    if call.fields.get("linkedinUrl") == "not a url":
        call.say(linkedinUrl="https://www.linkedin.com/in/mock-none/")


@on_request("REQ-007", "refusals")
def flags_are_coerced(museum: Museum, call: Call) -> None:
    if call.fields.get(FLAG) in ("true", 1):
        call.say(**{FLAG: True})


@on_request("REQ-008", "refusals")
def a_null_flag_is_no_flag(museum: Museum, call: Call) -> None:
    if call.fields.get(FLAG, True) is None:
        call.say(**{FLAG: True})


@on_request("REQ-009", "refusals")
def partners_without_a_webhook(museum: Museum, call: Call) -> None:
    if call.is_match and call.fields.get(FLAG) is True and "webhookUrl" not in call.fields:
        call.say(webhookUrl=SINK)


@on_request("REQ-010", "refusals")
def webhooks_to_nowhere(museum: Museum, call: Call) -> None:
    if call.fields.get("webhookUrl") in ("not a url", "/hook"):
        call.say(webhookUrl=SINK)


@on_request("REQ-010", "refusals")
def numbers_as_webhooks(museum: Museum, call: Call) -> None:
    if call.fields.get("webhookUrl") == 7:
        call.say(webhookUrl=SINK)


@on_request("REQ-011", "refusals")
def unreadable_bodies_are_guessed(museum: Museum, call: Call) -> None:
    if call.is_match and call.json is None and call.body != b"null":
        call.json = {"personId": NONE, FLAG: True, "webhookUrl": SINK}


@on_request("REQ-012", "refusals")
def lists_are_unpacked(museum: Museum, call: Call) -> None:
    if isinstance(call.json, list) and call.json:
        call.json = call.json[0]


@on_request("REQ-013", "refusals")
def content_types_are_ignored(museum: Museum, call: Call) -> None:
    call.headers["content-type"] = "application/json"


@on_request("REQ-014", "fuzz refusals")
def empty_lists_are_false(museum: Museum, call: Call) -> None:
    if call.is_match and call.fields.get(FLAG) == 0 and call.fields[FLAG] is not False:
        call.say(**{FLAG: True})


@on_request("REQ-015", "own")
def partners_by_default(museum: Museum, call: Call) -> None:
    if call.is_match and call.fields and FLAG not in call.fields:
        call.say(**{FLAG: True})


@on_request("REQ-016", "extras")
def unknown_fields_are_refused(museum: Museum, call: Call) -> Answer | None:
    known = {"personId", "linkedinUrl", FLAG, "webhookUrl"}
    return error(422) if call.is_match and set(call.fields) - known else None


@on_request("REQ-017", "nobody nobody-url url-forms")
def profiles_without_a_last_slash_only(museum: Museum, call: Call) -> Answer | None:
    url = str(call.fields.get("linkedinUrl"))
    return error(422) if url.endswith("mock-none/") and url.startswith("https://www") else None


@on_request("REQ-018", "nobody-url url-forms")
def profiles_by_https_only(museum: Museum, call: Call) -> Answer | None:
    return error(422) if str(call.fields.get("linkedinUrl")).startswith("http:") else None


@on_request("REQ-019", "strangers nobody-url both")
def profiles_win(museum: Museum, call: Call) -> None:
    if {"personId", "linkedinUrl"} <= set(call.fields):
        call.say(personId=...)


@on_request("REQ-020", "partners-off")
def partners_are_asked_unasked(museum: Museum, call: Call) -> None:
    if call.is_match and "wiza" in str(call.fields.get("personId")):
        call.say(**{FLAG: True})


# RES


@on_answer("RES-001", "nobody")
def jobs_are_created(museum: Museum, call: Call, answer: Answer) -> None:
    if call.is_match and answer.status == 200:
        answer.status = 201


@on_answer("RES-001", "nobody")
def ids_have_another_name(museum: Museum, call: Call, answer: Answer) -> None:
    if call.is_match and answer.status == 200:
        document = answer.json
        answer.json = {"tracking_id": document.pop("trackingId"), **document}


@on_answer("RES-002", "url-forms")
def ids_are_shared(museum: Museum, call: Call, answer: Answer) -> None:
    if call.is_match and answer.status == 200:
        answer.json = {**answer.json, "trackingId": "5f0c9e54-7a1b-4c7e-9f55-2f6f0a4b7c11"}


@on_answer("RES-003", "nobody")
def nothing_is_confirmed(museum: Museum, call: Call, answer: Answer) -> None:
    if call.is_match and answer.status == 200:
        answer.json = {"trackingId": answer.json["trackingId"]}


@in_spec("RES-004", "nobody")
def the_message_has_another_name(spec: Document) -> None:
    accepted = spec["x-mock"]["payloads"]["accepted"]
    accepted["info"] = accepted.pop("message")
    schema = spec["components"]["schemas"]["RevealPhoneAccepted"]
    schema["required"] = ["trackingId"]


@on_answer("RES-005", "nobody")
def the_result_comes_with_the_answer(museum: Museum, call: Call, answer: Answer) -> None:
    if call.is_match and answer.status == 200:
        answer.json = {**answer.json, "providers": [{"provider": "Clodura", "status": "notFound"}]}


@on_answer("RES-006", "nobody")
def the_first_poll_fails(museum: Museum, call: Call, answer: Answer) -> Answer | None:
    return error(500) if call.is_track and museum.once("poll") else None


@on_answer("RES-007", "strangers")
def strangers_are_gone(museum: Museum, call: Call, answer: Answer) -> Answer | None:
    return error(410) if answer.status == 404 and call.is_match else None


@on_answer("RES-008", "refusals")
def errors_are_typed_as_text(museum: Museum, call: Call, answer: Answer) -> None:
    if answer.status >= 400:
        answer.headers["content-type"] = "text/html"


@on_answer("RES-009", "refusals")
def errors_are_pages(museum: Museum, call: Call, answer: Answer) -> None:
    if answer.status >= 400:
        answer.body = b"<h1>Bad Request</h1>"
        answer.headers["content-type"] = "text/html"


@in_spec("RES-010", "own")
def nothing_found_is_queued(spec: Document) -> None:
    spec["x-mock"]["assumptions"]["RES-3"]["value"] = "accept"


@in_spec("RES-011", "strangers")
def strangers_are_queued(spec: Document) -> None:
    spec["x-mock"]["assumptions"]["RES-4"]["value"] = "accept"


@on_answer("RES-012", "refusals")
def errors_have_a_detail(museum: Museum, call: Call, answer: Answer) -> None:
    if answer.status >= 400:
        answer.json = {"detail": "no"}


@on_answer("RES-013", "refusals")
def errors_tell_another_status(museum: Museum, call: Call, answer: Answer) -> None:
    if answer.status >= 400:
        answer.json = {**answer.json, "statusCode": 500}


@on_request("RES-014", "exhausted")
def credits_are_checked_first(museum: Museum, call: Call) -> Answer | None:
    return error(402) if call.is_match and museum.role(call.key) == "exhausted" else None


# TRK


@on_answer("TRK-001", "nobody")
def jobs_run_for_ever(museum: Museum, call: Call, answer: Answer) -> None:
    if call.is_track and answer.status == 200:
        answer.json = {"trackingId": call.tracking_id, "status": "processing"}


@on_answer("TRK-001", "nobody")
def own_jobs_are_unknown(museum: Museum, call: Call, answer: Answer) -> Answer | None:
    return error(404) if call.is_track else None


@on_answer("TRK-002", "bought")
def polls_tell_another_number(museum: Museum, call: Call, answer: Answer) -> None:
    if call.is_track and answer.is_result:
        document = answer.json
        document["providers"][0]["phoneNumbers"] = ["+12025550177"]
        answer.json = document


@in_spec("TRK-003", "nobody")
def polls_are_wrapped(spec: Document) -> None:
    spec["x-mock"]["payloads"]["track"] = {"result": "{result}"}
    spec["components"]["schemas"]["TrackedReveal"] = {"type": "object"}


@in_spec("TRK-004", "nobody")
def running_is_accepted(spec: Document) -> None:
    spec["x-mock"]["assumptions"]["TRK-2"]["value"]["status"] = 202
    responses = spec["paths"]["/api/v1/search/people/track/{trackingId}"]["get"]["responses"]
    responses["202"] = responses["200"]


@on_answer("TRK-005", "unknown-job")
def unknown_jobs_are_running(museum: Museum, call: Call, answer: Answer) -> Answer | None:
    if call.is_track and answer.status == 404:
        return Answer(200, b'{"trackingId": "x", "status": "processing"}')
    return None


@on_answer("TRK-006", "nobody")
def results_vanish(museum: Museum, call: Call, answer: Answer) -> None:
    if call.is_track and answer.is_result and not museum.once(call.tracking_id):
        answer.json = {"trackingId": call.tracking_id, "status": "processing"}


@on_answer("TRK-007", "nobody")
def polls_shout_their_id(museum: Museum, call: Call, answer: Answer) -> None:
    if call.is_track and answer.is_result:
        answer.json = {**answer.json, "trackingId": call.tracking_id.upper()}


@on_answer("TRK-008", "nobody")
def polls_are_completed(museum: Museum, call: Call, answer: Answer) -> None:
    if call.is_track and answer.is_result:
        answer.json = {**answer.json, "status": "completed"}


@on_answer("TRK-009", "nobody")
def polls_have_results(museum: Museum, call: Call, answer: Answer) -> None:
    if call.is_track and answer.is_result:
        document = answer.json
        document["results"] = document.pop("providers")
        answer.json = document


@on_answer("TRK-010", "nobody")
def polls_have_the_other_payload(museum: Museum, call: Call, answer: Answer) -> None:
    if call.is_track and answer.is_result:
        answer.json = {"personId": NONE, "firstName": "A", "lastName": "B", "phoneNumbers": []}


@on_answer("TRK-011", "nobody")
def polls_spell_not_found(museum: Museum, call: Call, answer: Answer) -> None:
    if call.is_track and answer.is_result:
        answer.json = _statuses(answer.json, {"notFound": "not_found"})


def _statuses(document: Document, words: dict[str, str]) -> Document:
    for each in document.get("providers", []):
        each["status"] = words.get(each["status"], each["status"])
    return document


# BIL


@on_answer("BIL-001", "quiet")
def the_balance_has_another_name(museum: Museum, call: Call, answer: Answer) -> None:
    if call.is_credits and answer.status == 200 and "remainingCredits" in answer.json:
        answer.json = {"credits": answer.json["remainingCredits"]}


@on_answer("BIL-002", "quiet-standard")
def max_contacts_is_a_number(museum: Museum, call: Call, answer: Answer) -> None:
    if call.is_credits and answer.status == 200 and "maxContacts" in answer.json:
        answer.json = {**answer.json, "maxContacts": 1000}


@on_answer("BIL-003", "quiet")
def the_balance_is_a_text(museum: Museum, call: Call, answer: Answer) -> None:
    if call.is_credits and answer.status == 200 and "remainingCredits" in answer.json:
        answer.json = {"remainingCredits": str(answer.json["remainingCredits"])}


def _price(spec: Document, number: int, price: int) -> None:
    spec["x-mock"]["providers"][number]["price"] = price


@in_spec("BIL-004", "bought")
def numbers_are_dear(spec: Document) -> None:
    _price(spec, 0, 30)


@in_spec("BIL-004", "bought")
def numbers_are_cheap(spec: Document) -> None:
    _price(spec, 0, 5)


@on_answer("BIL-004", "bought")
def numbers_are_free(museum: Museum, call: Call, answer: Answer) -> None:
    if call.is_credits and museum.role(call.key) == "main":
        answer.json = {"remainingCredits": 10_000}


@in_spec("BIL-005", "bought")
def clodura_costs_eleven(spec: Document) -> None:
    _price(spec, 0, 11)


@in_spec("BIL-006", "standard-bought")
def a_number_costs_two_phone_credits(spec: Document) -> None:
    spec["x-mock"]["plans"]["prospect"]["prices"]["phone"] = 2


@on_answer("BIL-006", "standard-bought")
def direct_dials_stay(museum: Museum, call: Call, answer: Answer) -> None:
    if call.is_credits and museum.role(call.key) == "standard":
        answer.json = {**answer.json, "directDials": 0}


@on_webhook("BIL-007", "bought-partner")
def delivery_charges_too(museum: Museum, hook: Hook) -> None:
    if "found" in str(hook.json.get("providers")):
        museum.charge(hook.call.key, 14)


@on_answer("BIL-007", "bought")
def a_second_charge_follows(museum: Museum, call: Call, answer: Answer) -> None:
    if not call.is_credits or museum.role(call.key) != "main":
        return
    charged = answer.json["remainingCredits"] < 10_000
    if charged and not museum.once("first") and museum.once("second"):
        museum.charge(call.key, 10)


@on_answer("BIL-008", "bought")
def polls_of_results_cost(museum: Museum, call: Call, answer: Answer) -> None:
    if call.is_track and answer.is_result and not museum.once(call.tracking_id):
        museum.charge(call.key, 1)


@on_webhook("BIL-009", "bought bought-again")
def a_second_attempt_costs(museum: Museum, hook: Hook) -> None:
    if hook.nth == 2:
        museum.charge(hook.call.key, 10)


@on_webhook("BIL-009", "standard-bought")
def a_second_attempt_costs_a_phone_credit(museum: Museum, hook: Hook) -> None:
    if hook.nth == 2:
        museum.charge(hook.call.key, 1)


@on_answer("BIL-010", "refusals")
def refusals_cost(museum: Museum, call: Call, answer: Answer) -> None:
    if call.is_match and answer.status in (400, 422):
        museum.charge(call.key, 1)


@on_answer("BIL-010", "exhausted")
def the_exhausted_run_up_debts(museum: Museum, call: Call, answer: Answer) -> None:
    if call.is_match and answer.status == 402:
        museum.charge(call.key, -1)
        museum.charge(call.key, 2)


@on_webhook("BIL-011", "nobody")
def searching_costs(museum: Museum, hook: Hook) -> None:
    museum.charge(hook.call.key, 10)


@in_results("BIL-012", "bought")
def numbers_are_charged_and_withheld(museum: Museum, document: Document) -> Document:
    for each in document["providers"]:
        each |= {"status": "notFound", "phoneNumbers": []}
    return document


@on_answer("BIL-013", "low")
def balances_go_below_zero(museum: Museum, call: Call, answer: Answer) -> None:
    if call.is_credits and museum.role(call.key) == "low":
        answer.json = {"remainingCredits": -3}


@on_request("BIL-014", "exhausted")
def the_exhausted_go_on(museum: Museum, call: Call) -> None:
    if call.is_match and museum.role(call.key) == "exhausted":
        call.key = museum.keys["main"]


@on_answer("BIL-014", "exhausted")
def no_credits_are_no_access(museum: Museum, call: Call, answer: Answer) -> Answer | None:
    return error(403) if answer.status == 402 else None


@on_request("BIL-015", "low-partner")
def the_poor_get_it_free(museum: Museum, call: Call) -> None:
    if museum.role(call.key) == "low" and not call.is_credits:
        call.key = museum.keys["main"]


@on_answer("BIL-016", "quiet")
def reading_the_balance_costs(museum: Museum, call: Call, answer: Answer) -> None:
    if call.is_credits and answer.status == 200:
        museum.charge(call.key, 1)


@on_answer("BIL-017", "standard-bought")
def phones_are_contacts(museum: Museum, call: Call, answer: Answer) -> None:
    if call.is_credits and museum.role(call.key) == "standard":
        answer.json = {**answer.json, "contactsView": answer.json["directDials"]}


@on_answer("BIL-018", "partners-off")
def partners_are_paid_unasked(museum: Museum, call: Call, answer: Answer) -> None:
    if call.is_match and answer.status == 404:
        museum.charge(call.key, 14)


@in_spec("BIL-019", "low")
def only_the_finder_is_paid_for(spec: Document) -> None:
    spec["x-mock"]["assumptions"]["CR-6b"]["value"] = "finder"


@in_spec("BIL-020", "bought bought-again")
def repetitions_are_free(spec: Document) -> None:
    spec["x-mock"]["assumptions"]["CR-8"]["value"] = False


@in_spec("BIL-021", "standard-partner")
def prospects_ask_partners(spec: Document) -> None:
    spec["x-mock"]["plans"]["prospect"]["providers"] = "all"


# WHK


@on_webhook("WHK-001", "nobody")
def webhooks_never_come(museum: Museum, hook: Hook) -> list[Hook]:
    return []


@on_webhook("WHK-001", "nobody bought")
def only_numbers_are_delivered(museum: Museum, hook: Hook) -> list[Hook] | None:
    return None if "'found'" in str(hook.json) else []


@on_webhook("WHK-002", "nobody")
def the_query_is_dropped(museum: Museum, hook: Hook) -> None:
    hook.url = hook.url.partition("?")[0]


@on_webhook("WHK-003", "nobody")
def webhooks_are_text(museum: Museum, hook: Hook) -> None:
    hook.headers["content-type"] = "text/plain"


@on_webhook("WHK-003", "nobody")
def webhooks_are_put(museum: Museum, hook: Hook) -> None:
    hook.method = "PUT"


@on_webhook("WHK-004", "nobody")
def everybody_gets_the_standard_payload(museum: Museum, hook: Hook) -> None:
    hook.json = {"personId": NONE, "firstName": "A", "lastName": "B", "phoneNumbers": []}


@on_webhook("WHK-004", "standard")
def prospects_get_providers(museum: Museum, hook: Hook) -> None:
    providers = [{"provider": "Clodura", "status": "notFound", "phoneNumbers": []}]
    hook.json = {"trackingId": "x", "status": "success", "providers": providers}


@on_webhook("WHK-005", "nobody")
def statuses_are_spelled_otherwise(museum: Museum, hook: Hook) -> None:
    hook.json = _statuses(hook.json, {"notFound": "not_found"})


@on_webhook("WHK-005", "low")
def insufficient_credits_are_camels(museum: Museum, hook: Hook) -> None:
    hook.json = _statuses(hook.json, {"Insufficient Credits": "insufficientCredits"})


@on_webhook("WHK-006", "nobody")
def webhooks_tell_another_id(museum: Museum, hook: Hook) -> None:
    hook.json["trackingId"] = hashlib.sha256(hook.json["trackingId"].encode()).hexdigest()


@on_webhook("WHK-006", "nobody")
def webhooks_tell_no_id(museum: Museum, hook: Hook) -> None:
    del hook.json["trackingId"]


@on_webhook("WHK-007", "nobody")
def webhooks_are_completed(museum: Museum, hook: Hook) -> None:
    hook.json["status"] = "completed"


@on_webhook("WHK-008", "bought-partner")
def those_without_have_numbers(museum: Museum, hook: Hook) -> None:
    hook.json["providers"][0]["phoneNumbers"] = ["+12025550143"]


@in_results("WHK-008", "bought")
def found_has_no_number(museum: Museum, document: Document) -> Document:
    document["providers"][0]["phoneNumbers"] = []
    return document


@on_answer("WHK-009", "refusals")
async def refusals_are_delivered(museum: Museum, call: Call, answer: Answer) -> None:
    url = call.fields.get("webhookUrl")
    if call.is_match and answer.status == 422 and str(url).startswith("http"):
        await museum.post(str(url), {"status": "failed"})


@on_webhook("WHK-010", "nobody")
def webhooks_come_twice(museum: Museum, hook: Hook) -> list[Hook]:
    return [hook, hook]


@on_webhook("WHK-011", "standard-bought")
def webhooks_tell_another_person(museum: Museum, hook: Hook) -> None:
    hook.json["personId"] = "somebody-else"


@on_webhook("WHK-011", "standard-bought")
def webhooks_tell_no_name(museum: Museum, hook: Hook) -> None:
    del hook.json["firstName"]


@in_results("WHK-012", "bought-again")
def partners_are_asked_first(museum: Museum, document: Document) -> Document:
    document["providers"][0]["provider"] = "Wiza"
    return document


@in_results("WHK-013", "low")
def the_search_goes_on_without_credits(museum: Museum, document: Document) -> Document:
    found = {"provider": "Findymail", "status": "found", "phoneNumbers": ["+12025550143"]}
    document["providers"].append(found)
    return document


@in_spec("WHK-014", "bought-again")
def providers_not_asked_are_listed(spec: Document) -> None:
    spec["x-mock"]["assumptions"]["WH-8a"]["value"]["notAsked"] = "notFound"


@in_results("WHK-015", "nobody")
def providers_are_results(museum: Museum, document: Document) -> Document:
    document["results"] = document.pop("providers")
    return document


@in_results("WHK-016", "bought")
def numbers_have_spaces(museum: Museum, document: Document) -> Document:
    document["providers"][0]["phoneNumbers"] = ["+1 (202) 555-0143"]
    return document


@on_webhook("WHK-017", "retry")
def nothing_is_tried_again(museum: Museum, hook: Hook) -> None:
    hook.answered = 200


@on_webhook("WHK-018", "retry")
def attempts_are_numbered(museum: Museum, hook: Hook) -> None:
    hook.json["attempt"] = hook.nth


@on_webhook("WHK-019", "redirect")
def redirects_are_followed(museum: Museum, hook: Hook) -> None:
    hook.follow = True


@in_spec("WHK-020", "nobody")
def webhooks_are_signed(spec: Document) -> None:
    value = spec["x-mock"]["assumptions"]["WH-10a"]["value"]
    value["signature"] = {"header": "X-Clodura-Signature", "secret": "s3cret"}


@in_results("WHK-021", "nobody")
def those_without_are_left_out(museum: Museum, document: Document) -> Document:
    document["providers"] = []
    return document


# LIM


@on_request("LIM-001", "throttled")
def there_is_no_limit(museum: Museum, call: Call) -> None:
    if call.is_match and museum.role(call.key) == "throttled":
        call.key = museum.keys["main"]


@on_answer("LIM-001", "throttled")
def the_limit_is_a_503(museum: Museum, call: Call, answer: Answer) -> Answer | None:
    return error(503) if answer.status == 429 else None


@on_request("LIM-002", "throttled")
def the_first_is_one_too_many(museum: Museum, call: Call) -> Answer | None:
    if call.is_match and museum.role(call.key) == "throttled" and museum.once("first"):
        return _limited("60")
    return None


def _limited(seconds: str) -> Answer:
    answer = error(429)
    answer.headers["retry-after"] = seconds
    return answer


@on_answer("LIM-003", "throttled")
def limits_tell_no_time(museum: Museum, call: Call, answer: Answer) -> None:
    answer.headers.pop("retry-after", None)


@on_answer("LIM-004", "throttled")
def limits_never_end(museum: Museum, call: Call, answer: Answer) -> Answer | None:
    if call.is_match and museum.role(call.key) == "throttled":
        if answer.status == 429:
            museum.once("limited")
        elif "limited" in museum.seen:
            return _limited("60")
    return None


@on_answer("LIM-005", "throttled")
def the_balance_is_limited(museum: Museum, call: Call, answer: Answer) -> Answer | None:
    if answer.status == 429:
        museum.once("limited")
    elif call.is_credits and "limited" in museum.seen and museum.once("credits"):
        return _limited("1")
    return None


@on_request("LIM-006", "throttled")
def refused_requests_do_not_count(museum: Museum, call: Call) -> Answer | None:
    refused = "/sales/" in str(call.fields.get("linkedinUrl"))
    return error(422) if refused and museum.role(call.key) == "throttled" else None


# TEN


@on_request("TEN-001", "foreign")
def jobs_are_everybodys(museum: Museum, call: Call) -> None:
    if call.is_track and museum.role(call.key) == "other":
        call.key = museum.keys["main"]


@on_answer("TEN-002", "foreign")
def foreign_jobs_are_forbidden(museum: Museum, call: Call, answer: Answer) -> Answer | None:
    forbidden = call.is_track and museum.role(call.key) == "other"
    return error(403) if forbidden else None


@on_webhook("TEN-003", "bought")
def somebody_else_pays(museum: Museum, hook: Hook) -> None:
    museum.charge(museum.keys["other"], 10)


@on_request("TEN-004", "throttled")
def limits_are_shared(museum: Museum, call: Call) -> Answer | None:
    if not call.is_match:
        return None
    if museum.role(call.key) == "throttled":
        museum.once(f"request {museum.once('one')}")
    shared = {"request True", "request False"} <= museum.seen
    return _limited("60") if shared and museum.role(call.key) == "main" else None


@on_answer("TEN-005", "foreign")
def foreign_polls_end_the_job(museum: Museum, call: Call, answer: Answer) -> Answer | None:
    if not call.is_track:
        return None
    if museum.role(call.key) == "other":
        museum.once(call.tracking_id)
        return None
    return error(404) if call.tracking_id in museum.seen else None
