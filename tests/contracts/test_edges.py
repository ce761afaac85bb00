"""What strangers, odd targets and broken connections bring is bounded, and told."""

import asyncio
import socket
import struct

import httpx
import pytest

import contracts.rules  # noqa: F401 - fills the table
from contracts.history import History, Role
from contracts.listener import Arrival, Listener
from contracts.redaction import Redactor
from contracts.registry import judge, selected
from contracts.showing import Showing
from contracts.target import Identity, Target
from contracts.verdicts import Reason, Result, Verdict
from tests.contracts.museum import (
    UNHURRIED,
    Answer,
    Call,
    Document,
    Hook,
    Museum,
    Tampering,
    error,
    exhibited,
)
from tests.contracts.runs import journeyed, judged
from tests.contracts.test_judging import SETTING, exchange


def by_id(results: list[Result]) -> dict[str, Result]:
    return {each.id: each for each in results}


def test_the_listener_keeps_what_is_no_json_and_turns_strangers_away() -> None:
    heard: list[Arrival] = []

    async def tried() -> list[int]:
        listener = Listener(["live-secret"], Redactor(["live-secret"]), "secret")
        listener.heard = heard.append
        await listener.start("127.0.0.1", 0)
        url = listener.expect("job")
        base = url.partition("/secret")[0]
        async with httpx.AsyncClient() as client:
            answers = [
                await client.post(url, content=b"no JSON but live-secret"),
                await client.post(f"{base}/other/job", content=b"{}"),
                await client.post(base, content=b"{}"),
                await client.post(url, content=b"x" * ((1 << 20) + 70_000)),
            ]
        _cut_off(url)
        await listener.wait("job", 3, 5)
        await listener.stop()
        return [each.status_code for each in answers]

    assert asyncio.run(tried()) == [200, 404, 404, 200]
    assert heard[0].text == "no JSON but ***"
    assert heard[0].leaks_key
    assert not heard[1].leaks_key


def _cut_off(url: str) -> None:
    """A delivery whose sender goes away in the middle of it."""
    host, _, rest = url.removeprefix("http://").partition("/")
    name, _, port = host.partition(":")
    with socket.create_connection((name, int(port))) as connection:
        connection.sendall(
            f"POST /{rest} HTTP/1.1\r\nhost: x\r\ncontent-length: 99\r\n\r\nhalf".encode()
        )
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def test_a_balance_that_is_not_found_is_still_this_api() -> None:
    def answer(museum: Museum, call: Call, answer: Answer) -> Answer | None:
        return error(404) if call.is_credits else None

    with exhibited(Tampering(answer=answer)) as target:
        results = by_id(judged(target, ["quiet", "refusals"]))

    assert results["RES-007"].verdict is Verdict.FAILED
    assert results["REQ-001"].verdict is Verdict.PASSED


def test_a_window_that_ended_before_it_was_full_is_filled_again() -> None:
    async def answer(museum: Museum, call: Call, answer: Answer) -> None:
        is_throttled = museum.role(call.key) == Role.THROTTLED
        if is_throttled and answer.status == 422 and museum.once("slow"):
            await asyncio.sleep(60 / UNHURRIED + 0.1)  # longer than a window

    with exhibited(Tampering(answer=answer), scale=UNHURRIED) as target:
        results = by_id(judged(target, ["throttled"]))

    assert results["LIM-006"].verdict is Verdict.PASSED, results["LIM-006"]
    assert results["LIM-004"].verdict is Verdict.PASSED, results["LIM-004"]


def test_windows_that_always_end_too_soon_are_given_up() -> None:
    tries: list[str] = []

    async def answer(museum: Museum, call: Call, answer: Answer) -> None:
        if museum.role(call.key) == Role.THROTTLED and answer.status == 422:
            tries.append(call.path)
            await asyncio.sleep(1.1)  # longer than a window

    with exhibited(Tampering(answer=answer)) as target:
        results = by_id(judged(target, ["throttled"]))

    assert results["LIM-006"].reason is Reason.NOT_SEEN, results["LIM-006"]
    assert len(tries) == 3


def test_a_limit_that_is_not_told_is_found_all_the_same() -> None:
    with exhibited(Tampering()) as target:
        throttled = target.identities[Role.THROTTLED]
        untold = Identity(Role.THROTTLED, throttled.plan, throttled.key)
        loose = Target(
            target.base_url,
            {**target.identities, Role.THROTTLED: untold},
            target.people,
            target.timing,
        )
        results = by_id(judged(loose, ["throttled"]))

    assert results["LIM-001"].verdict is Verdict.PASSED
    assert results["LIM-006"].verdict is Verdict.UNOBSERVABLE


def test_jobs_that_are_not_accepted_are_followed_no_further() -> None:
    def request(museum: Museum, call: Call) -> Answer | None:
        return error(402) if call.is_match else None

    with exhibited(Tampering(request=request)) as target:
        history = journeyed(target, ["foreign", "nobody", "retry", "order"]).history

    assert history.probes("foreign") == []
    assert [each for each in history.exchanges if each.operation == "track"] == []


@pytest.mark.parametrize(
    ("probe", "rule", "operation"),
    [
        ("limit:0", "LIM-001", "match"),
        ("order:400-422", "RES-014", "match"),
        ("foreign:running", "TEN-001", "track"),
        ("unknown-job", "TRK-005", "track"),
        ("no-key", "AUTH-001", "match"),
    ],
)
def test_without_an_answer_nothing_is_decided(probe: str, rule: str, operation: str) -> None:
    lost = exchange(status=None, error="nobody answers there", probe=probe, operation=operation)

    (result,) = judge(selected((rule,)), History(SETTING, (lost,)), Showing("http://x").evidence)

    assert (result.verdict, result.reason) == (Verdict.INCONCLUSIVE, Reason.NO_ANSWER)


def test_statuses_that_nobody_knows_are_told_and_not_guessed() -> None:
    def webhook(museum: Museum, hook: Hook) -> None:
        for each in hook.json["providers"]:
            each["status"] = "maybe"

    with exhibited(Tampering(webhook=webhook)) as target:
        results = by_id(judged(target, ["nobody"]))

    assert results["WHK-005"].verdict is Verdict.FAILED
    assert results["WHK-021"].verdict is not Verdict.PASSED


def test_a_number_of_nobody_is_a_stale_fixture() -> None:
    found = [{"provider": "Wiza", "status": "found", "phoneNumbers": ["+12025550143"]}]

    def webhook(museum: Museum, hook: Hook) -> None:
        hook.json["providers"] = found

    def answer(museum: Museum, call: Call, answer: Answer) -> None:
        if call.is_track and answer.is_result:
            answer.json = {**answer.json, "providers": found}

    with exhibited(Tampering(webhook=webhook, answer=answer)) as target:
        results = by_id(judged(target, ["nobody"]))

    assert results["WHK-021"].reason is Reason.STALE_FIXTURE
    assert results["BIL-011"].reason is Reason.STALE_FIXTURE


def test_polls_that_cannot_be_read_are_unreadable() -> None:
    def answer(museum: Museum, call: Call, answer: Answer) -> None:
        if call.is_track:
            answer.json = {"blob": 1}

    with exhibited(Tampering(answer=answer), result_timeout_seconds=3.0) as target:
        bare = Target(target.base_url, target.identities, target.people, target.timing)
        results = by_id(judged(bare, ["nobody"], webhooks=False))

    assert results["TRK-001"].reason is Reason.UNREADABLE


def test_limited_polls_are_no_verdict() -> None:
    def answer(museum: Museum, call: Call, answer: Answer) -> Answer | None:
        return error(429) if call.is_track else None

    with exhibited(Tampering(answer=answer), result_timeout_seconds=3.0) as target:
        results = by_id(judged(target, ["nobody"]))

    assert results["TRK-001"].reason is Reason.RATE_LIMITED


def test_providers_that_are_called_name_are_judged_by_it() -> None:
    def named(document: Document) -> Document:
        providers = document.get("providers", [])
        return document | {
            "providers": [{"name": each.pop("provider"), **each} for each in providers]
        }

    def answer(museum: Museum, call: Call, answer: Answer) -> None:
        if call.is_track and answer.is_result:
            answer.json = named(answer.json)

    def webhook(museum: Museum, hook: Hook) -> None:
        hook.json = named(hook.json)

    with exhibited(Tampering(answer=answer, webhook=webhook)) as target:
        results = by_id(judged(target, ["bought-partner"]))

    assert results["BIL-005"].verdict is Verdict.PASSED
