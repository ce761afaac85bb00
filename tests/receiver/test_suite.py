"""A run: what is chosen, what is skipped and why, and that one check that breaks does not take the others along."""

import asyncio
import shlex
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import strategies as st

from contracts.receiver import suite
from contracts.receiver.border import judge_of, started_fake
from contracts.receiver.endpoint import find_endpoint
from contracts.receiver.forms import load_forms
from contracts.receiver.hooks import Hooks
from contracts.receiver.judgement import Broken
from contracts.receiver.pace import pause
from contracts.receiver.payloads import Payloads
from contracts.receiver.probe import NOTHING, Record
from contracts.receiver.registry import Check, DuplicateCheckError, When, Work, all_checks, check
from contracts.receiver.search import no_failing
from contracts.receiver.subject import KEPT, Rig, Subject
from contracts.receiver.trial import Options, Trial
from contracts.verdicts import Exit, Reason, Result, Verdict
from tests.receiver.raw import only, run
from tests.web.receivers import OK, Last, Receiver, receiving, status

REFUSED = """curl -s $CLODURA_BASE_URL/api/v1/search/people/phone/match -H "X-API-KEY: $CLODURA_API_KEY" \\
  -H 'Content-Type: application/json' -d '{"personId": "'$CLODURA_PERSON_ID'", "webhookUrl": 7}'"""


def rig(url: str) -> Rig:
    return Rig(find_endpoint(url, judge_of(())), Payloads(load_forms(), 1, "run"))


def checking(work: Work) -> Check:
    return Check(
        "R1", "made", "made", "made for a test", "nobody", (), (), When.TOGETHER, False, work
    )


def ran(work: Work, **changed: float) -> Result:
    async def whole() -> list[Result]:
        prepared = rig(fine.url)
        for name, value in changed.items():
            setattr(prepared, name, value)
        return await suite.run(prepared, [checking(work)])

    with receiving(OK) as fine:
        [result] = asyncio.run(whole())
    return result


def test_there_are_thirty_checks_and_each_is_explained() -> None:
    checks = all_checks()

    assert [each.id for each in checks] == [f"R{n}" for n in range(1, 31)]
    assert [
        each.id
        for each in checks
        if not (each.title and each.explanation and each.sender and each.facts)
    ] == []


def test_an_id_is_taken_once() -> None:
    with pytest.raises(DuplicateCheckError):
        check("R1", sender="", facts=())(all_checks()[0].run)


@pytest.mark.parametrize(
    ("patterns", "ids"),
    [
        (["R3"], ["R3"]),
        (["r2?"], [f"R2{n}" for n in range(10)]),
        (["cut", "R1"], ["R1", "R15", "R16"]),
    ],
)
def test_checks_are_chosen_by_id_and_by_theme(patterns: list[str], ids: list[str]) -> None:
    assert [each.id for each in suite.chosen(patterns)] == ids


def test_a_check_that_breaks_is_told_as_such() -> None:
    async def breaks(_: Subject) -> None:
        raise ZeroDivisionError("oh")

    result = ran(breaks)

    assert (result.verdict, result.reason) == (Verdict.INCONCLUSIVE, Reason.FAULTY_CHECK)
    assert result.detail == "ZeroDivisionError: oh"


def test_a_check_that_takes_too_long_is_ended() -> None:
    async def endless(_: Subject) -> None:
        await pause(60)

    assert ran(endless, limit=0.1).reason is Reason.NO_ANSWER


def test_a_failure_without_a_delivery_has_no_curl() -> None:
    async def fails(_: Subject) -> None:
        raise Broken("this", "that")

    [evidence] = ran(fails).evidence

    assert (evidence.expected, evidence.seen, evidence.curl) == ("this", "that", None)


def test_without_a_probe_the_answers_alone_can_fail() -> None:
    with receiving(*[OK] * 3, status(409)) as broken:
        report = run(broken.url, rules=["R3"])

    assert only(report).verdict is Verdict.FAILED
    assert "409" in only(report).evidence[0].seen


@pytest.mark.parametrize("rule", ["R3", "R5", "R8", "R21"])
def test_without_a_probe_right_answers_decide_nothing(rule: str) -> None:
    with receiving(OK) as fine:
        report = run(fine.url, rules=[rule])

    assert (only(report).verdict, only(report).reason) == (Verdict.SKIPPED, Reason.NEEDS_PROBE)


@pytest.mark.parametrize("rule", ["R1", "R2", "R17", "R18", "R19", "R22"])
def test_what_the_answers_show_alone_needs_no_probe(rule: str) -> None:
    with receiving(OK) as fine:
        report = run(fine.url, rules=[rule])

    assert only(report).verdict is Verdict.PASSED


def test_an_answer_to_half_a_body_needs_no_probe_to_fail() -> None:
    with receiving(OK) as hasty:
        report = run(hasty.url, rules=["R15"])

    assert only(report).verdict is Verdict.FAILED
    assert "200" in only(report).evidence[0].seen


def test_2xx_in_trouble_is_not_judged_without_a_probe() -> None:
    with receiving(OK) as fine:
        report = run(fine.url, rules=["R27"], hooks=suite_hooks("true", "true"))

    assert (only(report).verdict, only(report).reason) == (Verdict.SKIPPED, Reason.NEEDS_PROBE)


def test_a_secret_that_is_not_looked_at_fails_without_a_probe_too() -> None:
    with receiving(OK) as fine:
        report = run(f"{fine.url}&token=s3cret-s3cret", rules=["R25"])

    assert only(report).verdict is Verdict.FAILED


def test_a_secret_in_the_path_is_guessed_at() -> None:
    def answer(delivery: object) -> bytes:
        return OK if "/a1b2c3d4e5f6g7" in str(delivery) else status(404)

    with receiving(answer) as fine:
        report = run(fine.url.replace("/hook?x=1", "/a1b2c3d4e5f6g7?x=1"), rules=["R25"])

    assert only(report).verdict is Verdict.PASSED


def test_a_receiver_that_never_comes_back_fails() -> None:
    with receiving(*[OK] * 3, status(500)) as broken:
        report = run(broken.url, rules=["R26"], hooks=restarting("true"), asked=knows_nothing)

    assert "after --restart-cmd" in only(report).evidence[0].expected


def test_a_receiver_that_takes_nothing_is_not_restarted() -> None:
    with receiving(OK, status(500)) as broken:
        report = run(broken.url, rules=["R26"], hooks=restarting("true"), asked=knows_nothing)

    assert only(report).reason is Reason.NOT_SEEN


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("echo no such app >&2; exit 5", "--drive ended with 5: no such app"),
        ("true", "--drive made no match for $CLODURA_PERSON_ID arrive"),
        (
            REFUSED,
            "was refused by the fake",
        ),
    ],
)
def test_a_drive_that_sends_no_match_decides_nothing(command: str, said: str) -> None:
    with receiving(OK) as fine:
        report = run(fine.url, rules=["R7"], drive=command)

    assert (only(report).verdict, only(report).reason) == (Verdict.INCONCLUSIVE, Reason.NOT_SEEN)
    assert said in only(report).detail


def test_the_fake_takes_another_port_where_its_own_is_taken() -> None:
    with started_fake((), 1) as one, started_fake((), 1) as other:
        assert one.url != other.url


def test_a_localhost_that_listens_at_one_of_its_addresses_is_found() -> None:
    with receiving(OK) as fine:
        report = run(f"http://localhost:{fine.port}/hook", rules=["R22"])

    assert only(report).verdict is Verdict.PASSED


def test_an_http_probe_that_fails_decides_nothing() -> None:
    with receiving(OK) as fine, receiving(status(500)) as probe:
        report = run(fine.url, probe=probe.url, rules=["R1"])

    assert (only(report).verdict, only(report).reason) == (Verdict.INCONCLUSIVE, Reason.UNREADABLE)


def test_a_slow_probe_is_asked_seldom(tmp_path: Path) -> None:
    asked = tmp_path / "asked"
    script = f"open({str(asked)!r}, 'a').write('x'); print('{{\"state\": \"found\", \"appliedCount\": 1}}')"

    with receiving(OK) as fine:
        run(fine.url, rules=["R14"], probe_cmd=shlex.join([sys.executable, "-c", script]))

    assert 0 < len(asked.read_text()) < 400


def test_history_is_bounded() -> None:
    prepared = rig("http://127.0.0.1:9/hook")
    subject = Subject(prepared, "R1")
    delivery = subject.payloads.found().delivery()
    answer = asyncio.run(subject.deliver(delivery))

    for _ in range(KEPT + 10):
        subject.note(delivery, answer)

    assert len(prepared.history) == KEPT
    assert prepared.calls == KEPT + 11


def test_the_smallest_failing_document_is_found() -> None:
    async def examine(number: int) -> None:
        if number >= 17:
            delivery = Payloads(load_forms(), 1, "run").found().saying("x", note="x" * number)
            raise Broken("less", str(number), delivery)

    with pytest.raises(Broken) as caught:
        asyncio.run(no_failing(st.integers(0, 10_000), examine, seed=1))

    assert caught.value.seen == "17"


def test_trouble_during_a_search_is_raised_as_it_is() -> None:
    async def examine(_: int) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        asyncio.run(no_failing(st.integers(), examine, seed=1))


async def knows_nothing(_: Mapping[str, str]) -> Record:
    return NOTHING


def suite_hooks(break_cmd: str, fix_cmd: str) -> Hooks:
    return Hooks(None, break_cmd, fix_cmd)


def restarting(command: str) -> Hooks:
    return Hooks(command)


def test_what_is_no_http_in_the_middle_is_told() -> None:
    with receiving(OK, Last(b"HTTP/1.1 200 OK\r\nContent-Length: nonsense\r\n\r\n")) as broken:
        report = run(broken.url, rules=["R22"])

    assert only(report).evidence[0].seen.startswith("what came is no HTTP")


def test_a_connection_that_cannot_be_made_in_the_middle_fails() -> None:
    async def connects(subject: Subject) -> None:
        fine.close()
        async with subject.connected():
            pytest.fail("there is nobody to connect to")

    fine = Receiver([OK])
    result = asyncio.run(suite.run(rig(fine.url), [checking(connects)]))[0]

    assert result.evidence[0].expected == "a connection"


def test_whoever_believes_everybody_is_told_so_without_a_probe_too() -> None:
    with receiving(OK) as fine:
        report = run(fine.url, rules=["R25"])

    assert only(report).verdict is Verdict.DIFFERS


def test_a_restart_after_which_nothing_is_known_fails() -> None:
    with receiving(OK) as forgetful:
        report = run(
            forgetful.url, rules=["R26"], hooks=restarting("sleep 0.3"), asked=knows_nothing
        )

    assert only(report).verdict is Verdict.FAILED
    assert "phoneNumbers should be" in only(report).evidence[0].expected


def test_an_interrupted_run_tells_what_was_seen() -> None:
    def interrupt(_: Result) -> None:
        raise KeyboardInterrupt

    with receiving(OK) as fine:
        report = Trial(Options(url=fine.url, rules=["R22", "R23"])).run(interrupt)

    assert report.exit is Exit.INTERRUPTED
    assert [each.id for each in report.results] == ["R22"]
