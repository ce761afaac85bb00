"""Nobody is blamed for what the run itself did: stopped early, asked slowly, was reached through a tunnel."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence

import httpx
import pytest
from aiohttp import ClientSession, web

import contracts.rules  # noqa: F401 - fills the table
from contracts.history import Absence, Exchange, History, Job, Record, Setting, Webhook
from contracts.listener import Arrival, Listener
from contracts.redaction import Redactor
from contracts.registry import judge, selected
from contracts.showing import Showing
from contracts.verdicts import Reason, Result, Verdict
from tests.contracts.bugs import BUGS
from tests.contracts.museum import Answer, Call, Hook, Museum, Tampering, exhibited
from tests.contracts.runs import headlines, journeyed, judged
from tests.contracts.test_judging import exchange

ACCEPTED = {"trackingId": "t-1"}


def result_of(rule: str, records: Sequence[Record], **limits: int) -> Result:
    setting = Setting(
        {"main": "max", "throttled": "max"}, {}, 0.1, 10, webhooks=True, limits=limits, scale=60
    )
    (result,) = judge(selected((rule,)), History(setting, records), Showing("http://x").evidence)
    return result


def begun(journey: str, answered: int = 500, polled: int = 202) -> list[Record]:
    """A job that was sent off, its first delivery not accepted, its last poll not final."""
    return [
        exchange(ACCEPTED, operation="match", probe="job:x", journey=journey),
        Job("x", journey, "main", "max", "none", True, 1, webhook="/hook", expects_retry=True),
        exchange(None, polled, number=2, operation="track", probe="poll:x", journey=journey),
        *(
            [Webhook(1, 0.2, "x", "POST", "/hook", {}, ACCEPTED, None, answered)]
            if journey == "retry"
            else []
        ),
    ]


@pytest.mark.parametrize(
    ("rule", "journey", "breach"),
    [
        ("WHK-001", "nobody", Verdict.FAILED),
        ("WHK-017", "retry", Verdict.DIFFERS),
        ("TEN-005", "foreign", Verdict.FAILED),
    ],
)
@pytest.mark.parametrize("reason", [Reason.STOPPED, Reason.NO_ANSWER])
def test_what_did_not_come_before_the_run_ended_is_no_breach(
    rule: str, journey: str, breach: Verdict, reason: Reason
) -> None:
    records = begun(journey)

    cut = result_of(rule, [*records, Absence(journey, reason)])

    assert result_of(rule, records).verdict is breach
    assert (cut.verdict, cut.reason) == (
        Verdict.SKIPPED if reason is Reason.STOPPED else Verdict.INCONCLUSIVE,
        reason,
    )


def test_what_came_before_the_run_ended_counts() -> None:
    other: list[Record] = [
        exchange(ACCEPTED, number=7, operation="match", probe="job:y", journey="standard"),
        Job("y", "standard", "main", "max", "none", True, 7, webhook="/hook"),
    ]
    records = [*begun("nobody"), *other, Absence("nobody", Reason.STOPPED)]

    assert "no webhook of y" in result_of("WHK-001", records).detail


def probes(name: str, count: int, gap: float, status: int = 200) -> list[Exchange]:
    """Matches of the throttled account, one after the other."""
    return [
        exchange(
            ACCEPTED, status, number=number + 1, at=number * gap, seconds=0.01,
            operation="match", probe=f"{name}:{number}", journey="throttled", role="throttled",
        )
        for number in range(count)
    ]  # fmt: skip


@pytest.mark.parametrize(("gap", "verdict"), [(0.05, Verdict.FAILED), (0.5, Verdict.INCONCLUSIVE)])
def test_requests_that_took_longer_than_a_window_show_no_limit(
    gap: float, verdict: Verdict
) -> None:
    result = result_of("LIM-001", probes("limit", 5, gap), throttled=2)  # a window is 1 s here

    assert result.verdict is verdict, result


@pytest.mark.parametrize(("gap", "verdict"), [(0.05, Verdict.DIFFERS), (0.6, Verdict.INCONCLUSIVE)])
def test_refused_requests_that_took_longer_than_a_window_fill_none(
    gap: float, verdict: Verdict
) -> None:
    freed = probes("freed", 2, gap, status=422)
    last = exchange(
        ACCEPTED,
        number=9,
        at=2 * gap,
        operation="match",
        probe="refused-count",
        journey="throttled",
    )

    result = result_of("LIM-006", [*freed, last], throttled=2)

    assert result.verdict is verdict, result


@contextlib.asynccontextmanager
async def tunnel(to: str, keeps: str) -> AsyncIterator[str]:
    """A reverse proxy for /hooks, which passes on the path after `keeps`."""

    async def passed_on(request: web.BaseRequest) -> web.StreamResponse:
        path = request.raw_path.removeprefix("/hooks")
        async with ClientSession() as session, session.post(f"{to}{keeps}{path}") as answer:
            return web.Response(status=answer.status)

    runner = web.ServerRunner(web.Server(passed_on))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/hooks"
    finally:
        await runner.cleanup()


@pytest.mark.parametrize("keeps", ["", "/hooks", "/inner"])
def test_a_webhook_may_come_by_the_way_that_the_tunnel_takes(keeps: str) -> None:
    heard: list[Arrival] = []

    async def delivered() -> str:
        listener = Listener([], Redactor([]), "secret")
        listener.heard = heard.append
        await listener.start("127.0.0.1", 0)
        inner = listener.expect("x").partition("/secret")[0]
        async with tunnel(inner, keeps) as public, httpx.AsyncClient() as sender:
            await listener.stop()
            await listener.start("127.0.0.1", int(inner.rpartition(":")[2]), public)
            await listener.prove(5)
            await sender.post(listener.expect("x"), json=ACCEPTED)
            await listener.stop()
        return listener.path("x")

    expected = asyncio.run(delivered())

    assert [each.path for each in heard] == [expected]
    assert expected.startswith(f"{keeps}/secret/x?")


def test_a_session_of_one_account_is_not_carried_into_the_requests_of_another() -> None:
    cookies: list[str | None] = []

    def request(_: Museum, call: Call) -> None:
        cookies.append(call.headers.get("cookie"))

    def answer(museum: Museum, call: Call, answer: Answer) -> None:
        answer.headers["set-cookie"] = f"session={museum.role(call.key)}; Path=/"

    with exhibited(Tampering(request=request, answer=answer)) as target:
        journeyed(target, ["foreign"])

    assert cookies
    assert set(cookies) == {None}


FREE_ALONE = [
    "quiet",
    "quiet-standard",
    "exhausted",
    "refusals",
    "order",
    "strangers",
    "standard",
    "nobody",
]
SHARING = [
    "nobody-url",
    "extras",
    "own",
    "retry",
    "redirect",
    "foreign",
]  # one account, at the same time


@pytest.mark.parametrize(
    "name", ["polls_of_results_cost", "refusals_cost", "reading_the_balance_costs"]
)
def test_a_charge_is_told_by_its_cause_whatever_else_was_done(name: str) -> None:
    bug = next(each for each in BUGS if each.name == name)

    with exhibited(bug.tampering) as target:
        results = judged(target, [*FREE_ALONE, *SHARING], risk=10**6)

    assert [each.id for each in headlines(results)] == [bug.caught_by]


def test_a_charge_that_several_see_is_counted_and_told_once() -> None:
    def webhook(museum: Museum, hook: Hook) -> None:
        if "/retry?" in hook.url and museum.once("charged"):
            museum.charge(hook.call.key, 7)

    with exhibited(Tampering(webhook=webhook)) as target:
        outcome = journeyed(target, SHARING, risk=7)
    (result,) = judge(selected(("BIL-011",)), outcome.history, Showing(target.base_url).evidence)

    assert not outcome.stopped, outcome.notes
    assert result.verdict is Verdict.FAILED
    assert result.detail.startswith("7 credits went: ")
    assert "retry" in result.detail
    assert "times)" not in result.detail


def test_a_person_who_has_a_number_by_now_excuses_every_job_that_asks_for_him() -> None:
    found = [{"provider": "Wiza", "status": "found", "phoneNumbers": ["+12025550143"]}]

    def webhook(museum: Museum, hook: Hook) -> None:
        hook.json["providers"] = found
        museum.charge(hook.call.key, 14)

    with exhibited(Tampering(webhook=webhook)) as target:
        results = {each.id: each for each in judged(target, SHARING, risk=10**6)}

    assert (results["BIL-011"].verdict, results["BIL-011"].reason) == (
        Verdict.INCONCLUSIVE,
        Reason.STALE_FIXTURE,
    )


def test_of_refusals_at_the_same_time_the_one_that_was_charged_is_named() -> None:
    def answer(museum: Museum, call: Call, answer: Answer) -> None:
        if call.is_match and answer.status == 404:
            museum.charge(call.key, 14)

    with exhibited(Tampering(answer=answer)) as target:
        results = {
            each.id: each for each in judged(target, ["order", "strangers", "fuzz"], risk=10**6)
        }

    seen = {each.seen for each in results["BIL-010"].evidence}
    assert seen == {f"14 credits went: unknown-person:{flag}" for flag in ("true", "false")}


def test_the_main_account_searches_nobody_while_another_is_throttled() -> None:
    with exhibited(Tampering()) as target:
        history = journeyed(target, ["throttled", "quiet"]).history

    asked = [each for each in history.matches() if each.role == "main"]
    assert [(each.probe, each.status) for each in asked] == [("limited:main", 404)]
