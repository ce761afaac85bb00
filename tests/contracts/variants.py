"""Owns the harmless variants: targets that are otherwise than our fake, and keep the contract all the same."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.contracts.bugs import FLAG
from tests.contracts.museum import Answer, Call, Document, Hook, Museum, Tampering


@dataclass(frozen=True)
class Variant:
    """One harmless variant; `timing` where its target needs more time."""

    name: str
    tampering: Tampering
    timing: dict[str, float] = field(default_factory=dict)


VARIANTS: list[Variant] = []


def variant(**timing: float) -> Callable[[Callable[[], Tampering]], Callable[[], Tampering]]:
    def keep(function: Callable[[], Tampering]) -> Callable[[], Tampering]:
        VARIANTS.append(Variant(function.__name__, function(), timing))
        return function

    return keep


def every_result(change: Callable[[Document], Document]) -> Tampering:
    """The same change of the webhook's and of the poll's document."""

    def answer(museum: Museum, call: Call, answer: Answer) -> None:
        if call.is_track and answer.is_result:
            answer.json = change(answer.json)

    def webhook(museum: Museum, hook: Hook) -> None:
        hook.json = change(hook.json)

    return Tampering(answer=answer, webhook=webhook)


def every_answer(change: Callable[[Museum, Call, Answer], Answer | None]) -> Tampering:
    return Tampering(answer=change)


@variant()
def polls_are_wrapped() -> Tampering:
    def change(museum: Museum, call: Call, answer: Answer) -> None:
        if call.is_track and answer.status == 200:
            answer.json = {"ok": True, "data": {"job": answer.json}}

    return every_answer(change)


@variant()
def running_is_202() -> Tampering:
    def change(museum: Museum, call: Call, answer: Answer) -> None:
        if call.is_track and answer.status == 200 and not answer.is_result:
            answer.status = 202
            answer.json = {"trackingId": call.tracking_id, "status": "In Progress", "percent": 5}

    return every_answer(change)


@variant()
def everything_has_further_fields() -> Tampering:
    def change(museum: Museum, call: Call, answer: Answer) -> None:
        answer.json = {"requestId": "9d2e", "meta": {"version": 2, "notes": []}, **answer.json}

    def webhook(museum: Museum, hook: Hook) -> None:
        hook.json = {"event": "phone.revealed", **hook.json, "meta": {"attempt": None}}
        for each in hook.json.get("providers", []):
            each["latencyMs"] = 12

    return Tampering(answer=change, webhook=webhook)


@variant()
def providers_have_other_names() -> Tampering:
    names = {"SignalHire": "Lusha", "Wiza": "Apollo", "Findymail": "ContactOut"}

    def change(document: Document) -> Document:
        for each in document.get("providers", []):
            each["provider"] = names.get(each["provider"], each["provider"])
        return document

    return every_result(change)


def _statuses(words: dict[int, int]) -> Tampering:
    def change(museum: Museum, call: Call, answer: Answer) -> None:
        if call.is_match and answer.status in words:
            answer.status = words[answer.status]
            answer.json = {**answer.json, "statusCode": answer.status}

    return every_answer(change)


@variant()
def faults_are_400() -> Tampering:
    return _statuses({422: 400})


@variant()
def faults_are_403() -> Tampering:
    return _statuses({422: 403, 400: 403})


@variant()
def faults_are_422() -> Tampering:
    return _statuses({400: 422})


@variant()
def foreign_jobs_are_403() -> Tampering:
    def change(museum: Museum, call: Call, answer: Answer) -> None:
        if call.is_track and museum.role(call.key) == "other":
            answer.status = 403
            answer.json = {"statusCode": 403, "error": "Forbidden", "message": "not yours"}

    return every_answer(change)


@variant()
def charges_are_booked_with_the_delivery() -> Tampering:
    def edit(spec: Document) -> None:
        spec["x-mock"]["assumptions"]["CR-5a"]["value"] = "delivered"

    return Tampering(spec=edit)


@variant(settle_seconds=0.3)
def charges_are_booked_a_moment_later() -> Tampering:
    """The balance that is told is that of 0.15 seconds ago."""
    seen: dict[str, list[tuple[float, Any]]] = {}

    def change(museum: Museum, call: Call, answer: Answer) -> None:
        if not call.is_credits or answer.status != 200:
            return
        now = asyncio.get_running_loop().time()
        past = seen.setdefault(f"{id(museum)} {call.key}", [])
        if not past or past[-1][1] != answer.json:
            past.append((now, answer.json))
        ripe = [document for at, document in past if now - at >= 0.15]
        answer.json = ripe[-1] if ripe else past[0][1]

    return every_answer(change)


@variant()
def other_operations_are_limited_too() -> Tampering:
    def change(museum: Museum, call: Call, answer: Answer) -> Answer | None:
        count = sum(each.startswith("call") for each in museum.seen)
        museum.once(f"call {count}")
        if count % 7 or call.is_match or not museum.role(call.key):
            return None
        limited = Answer(
            429, b'{"statusCode": 429, "error": "Too Many Requests", "message": "slowly"}'
        )
        limited.headers["retry-after"] = "1"
        return limited

    return every_answer(change)


@variant()
def webhooks_are_signed() -> Tampering:
    def webhook(museum: Museum, hook: Hook) -> None:
        hook.headers["x-clodura-signature"] = "sha256=0123456789abcdef"

    return Tampering(webhook=webhook)


@variant()
def answers_have_a_charset() -> Tampering:
    def change(museum: Museum, call: Call, answer: Answer) -> None:
        answer.headers["content-type"] = "Application/JSON; charset=utf-8"

    def webhook(museum: Museum, hook: Hook) -> None:
        hook.headers["content-type"] = "application/json; charset=UTF-8"

    return Tampering(answer=change, webhook=webhook)


@variant()
def confirmations_are_worded_otherwise() -> Tampering:
    def change(museum: Museum, call: Call, answer: Answer) -> None:
        if call.is_match and answer.status == 200:
            answer.json = {
                "trackingId": answer.json["trackingId"],
                "status": "QUEUED",
                "queued": True,
            }

    return every_answer(change)


@variant()
def errors_are_problems() -> Tampering:
    def change(museum: Museum, call: Call, answer: Answer) -> None:
        if answer.status >= 400:
            answer.headers["content-type"] = "application/problem+json"
            answer.json = {
                "type": "about:blank",
                "title": "no",
                "status": answer.status,
                "errors": [1],
            }

    return every_answer(change)


@variant()
def balances_are_texts() -> Tampering:
    def change(museum: Museum, call: Call, answer: Answer) -> None:
        if call.is_credits and "remainingCredits" in answer.json:
            answer.json = {"remainingCredits": str(answer.json["remainingCredits"])}

    return every_answer(change)


@variant()
def providers_are_named_in_an_object() -> Tampering:
    def change(document: Document) -> Document:
        if "providers" in document:
            named = {each.pop("provider"): each for each in document["providers"]}
            document["providers"] = named
        return document

    return every_result(change)


@variant()
def numbers_are_objects() -> Tampering:
    def told(numbers: list[str]) -> list[Document]:
        return [{"number": each, "type": "mobile"} for each in numbers]

    def change(document: Document) -> Document:
        if "phoneNumbers" in document:
            document["phoneNumbers"] = told(document["phoneNumbers"])
        for each in document.get("providers", []):
            each["phoneNumbers"] = told(each["phoneNumbers"])
        return document

    return every_result(change)


@variant()
def strangers_are_queued() -> Tampering:
    def edit(spec: Document) -> None:
        spec["x-mock"]["assumptions"]["RES-4"]["value"] = "accept"
        spec["x-mock"]["assumptions"]["RES-3"]["value"] = "accept"

    return Tampering(spec=edit)


@variant()
def everybody_is_listed() -> Tampering:
    def edit(spec: Document) -> None:
        value = spec["x-mock"]["assumptions"]["WH-8a"]["value"]
        value["notAsked"] = "notFound"

    return Tampering(spec=edit)


@variant()
def webhooks_overtake_the_answer() -> Tampering:
    async def change(museum: Museum, call: Call, answer: Answer) -> None:
        if call.is_match and answer.status == 200:
            await asyncio.sleep(0.1)

    return Tampering(answer=change)


@variant()
def answers_take_their_time() -> Tampering:
    async def change(museum: Museum, call: Call, answer: Answer) -> None:
        await asyncio.sleep(0.02)

    return Tampering(answer=change)


@variant()
def nothing_is_tried_again() -> Tampering:
    def webhook(museum: Museum, hook: Hook) -> None:
        hook.answered = 200

    return Tampering(webhook=webhook)


@variant()
def unknown_fields_are_refused() -> Tampering:
    def request(museum: Museum, call: Call) -> Answer | None:
        known = {"personId", "linkedinUrl", FLAG, "webhookUrl"}
        if not call.is_match or not set(call.fields) - known:
            return None
        return Answer(422, b'{"statusCode": 422, "error": "Unprocessable", "message": "unknown"}')

    return Tampering(request=request)


@variant()
def credits_are_checked_before_the_body() -> Tampering:
    def request(museum: Museum, call: Call) -> Answer | None:
        if not call.is_match or museum.role(call.key) != "exhausted":
            return None
        return Answer(402, b'{"statusCode": 402, "error": "Payment Required", "message": "none"}')

    return Tampering(request=request)
