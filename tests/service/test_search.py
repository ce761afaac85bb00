"""Owns the claims about the search: the waterfall step by step, and the result that it makes."""

from functools import partial
from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mock_server.domain.instants import SECOND, microseconds
from mock_server.domain.jobs import Job, JobState
from mock_server.domain.rules import Rules
from mock_server.ports import Keys
from mock_server.service.results import result_of
from mock_server.service.search import take_answer
from tests.builders import NUMBER, Bench, assuming, person, spec, statuses_of

PROVIDERS = spec().rules.providers
NAMES = [each.name for each in PROVIDERS]
CALLBACKS = spec().callbacks
INSUFFICIENT = "insufficientCredits"


def searched(
    *finders: str, credits: int = 10_000, rules: Rules | None = None, plan: str = "max", **who: Any
) -> Job:
    """The job, done, for somebody whose number these have."""
    bench = Bench(rules).knows(person(*finders, **who))
    bench.account(plan=plan, credits=credits)
    return bench.finished()


def take(bench: Bench, job: Job, index: int) -> None:
    bench.run(partial(take_answer, index=index), Keys(tracking_id=job.tracking_id))


@pytest.mark.parametrize("finder", NAMES)
def test_the_waterfall_stops_at_the_first_number(finder: str) -> None:  # WH-8a, PROV-2
    job = searched(finder, "Findymail")

    assert [each.provider for each in job.steps] == NAMES[: NAMES.index(finder) + 1]


@pytest.mark.parametrize(("finder", "credits"), [*product([*NAMES, None], range(10, 23))])
def test_it_stops_at_the_first_provider_that_the_balance_cannot_pay(  # CR-6b, WH-6, WH-8
    finder: str | None, credits: int
) -> None:
    job = searched(*[finder] if finder else [], credits=credits)

    expected = []
    for each in PROVIDERS:
        found = "found" if each.name == finder else "notFound"
        expected.append(found if each.price <= credits else INSUFFICIENT)
        if expected[-1] != "notFound":
            break
    assert statuses_of(job) == expected


def test_the_balance_may_be_checked_for_the_finder_alone() -> None:  # CR-6b
    job = searched("Findymail", credits=13, rules=assuming(balance_check="finder"))

    assert statuses_of(job) == [*["notFound"] * 6, INSUFFICIENT]


def test_a_finder_that_cannot_be_paid_says_what_is_missing() -> None:  # CR-6
    job = searched("Findymail", credits=13, rules=assuming(balance_check="finder"))

    assert job.steps[-1].why == "it has a number, but 13 unified left, 20 needed (CR-6)"


def test_credits_that_another_job_spends_meanwhile_are_missed() -> None:  # CR-6
    bench = Bench().knows(person("Clodura", seconds=9), person("Clodura", person_id="quick"))
    bench.account(credits=15)
    slow, _ = bench.job(), bench.job("quick")

    bench.advance()

    assert (statuses_of(slow), slow.charges) == ([INSUFFICIENT], {})


def test_the_search_may_go_on_after_a_number() -> None:  # WH-8a
    job = searched("Clodura", "Wiza", rules=assuming(after_found="continue"))

    assert statuses_of(job) == [
        "found" if each in ("Clodura", "Wiza") else "notFound" for each in NAMES
    ]


def test_providers_that_were_not_asked_may_be_listed() -> None:  # WH-8a
    rules = assuming(not_asked="notFound")
    result = result_of(rules, searched("SignalHire", rules=rules))

    assert [each["status"] for each in result["providers"]] == [
        "notFound",
        "found",
        *["notFound"] * 5,
    ]


def test_each_provider_takes_its_time() -> None:
    job = searched("Enrichlayer")

    assert [each.answered_at - each.asked_at for each in job.steps] == [
        SECOND,
        3 * SECOND,
        3 * SECOND,
    ]


def test_a_provider_is_asked_when_the_one_before_has_answered() -> None:
    job = searched()

    assert [each.asked_at for each in job.steps[1:]] == [
        each.answered_at for each in job.steps[:-1]
    ]


@settings(deadline=None)
@given(seconds=st.floats(0, 9_999), finder=st.sampled_from([*NAMES, ""]))
def test_after_so_many_seconds_the_job_is_finished_to_the_microsecond(
    seconds: float, finder: str
) -> None:
    job = searched(finder, seconds=seconds)

    assert job.finished_at == job.created_at + microseconds(seconds)


@pytest.mark.parametrize("index", [-1, 1, 2, 99])
def test_an_answer_that_is_not_waited_for_is_nothing(index: int) -> None:
    bench = Bench()
    bench.account()
    job = bench.job()
    bench.now += 100 * SECOND

    take(bench, job, index)

    assert job.steps == ()


def test_an_answer_is_not_taken_before_its_time() -> None:
    bench = Bench()
    bench.account()
    job = bench.job()
    bench.now = job.due_at - 1

    take(bench, job, 0)

    assert job.steps == ()


def test_an_answer_is_taken_once() -> None:
    bench = Bench()
    bench.account()
    job = bench.job()
    bench.now = job.due_at

    take(bench, job, 0)
    take(bench, job, 0)

    assert len(job.steps) == 1


def test_a_job_that_is_gone_has_no_answer() -> None:
    bench = Bench()
    bench.account()
    job = bench.job()
    bench.jobs.clear()

    take(bench, job, 0)

    assert job.steps == ()


@settings(deadline=None)
@given(data=st.data(), finder=st.sampled_from([*NAMES, ""]))
def test_a_poll_never_goes_backwards(data: st.DataObject, finder: str) -> None:
    bench = Bench().knows(person(finder))
    bench.account()
    job = bench.job()
    polls: list[Any] = []
    while not polls or polls[-1].get("status") == "processing":
        polls.append(bench.track(job).body)
        bench.advance(data.draw(st.floats(0.1, 9)))

    last = [bench.track(job).body for _ in range(2)]

    assert last == [polls[-1], polls[-1]]


def test_the_standard_payload_names_person_and_numbers() -> None:  # WH-2, WH-3
    assert result_of(spec().rules, searched("Clodura", plan="prospect")) == {
        "personId": "p-1",
        "firstName": "Asha",
        "lastName": "Verma",
        "phoneNumbers": [NUMBER],
    }


def test_the_multi_provider_payload_names_job_and_providers() -> None:  # WH-4, WH-7
    job = searched("SignalHire")

    assert result_of(spec().rules, job) == {
        "trackingId": job.tracking_id,
        "status": "success",
        "providers": [
            {"provider": "Clodura", "status": "notFound", "phoneNumbers": []},
            {"provider": "SignalHire", "status": "found", "phoneNumbers": [NUMBER]},
        ],
    }


def test_the_status_is_success_though_the_credits_ran_out() -> None:  # WH-4a, WH-6
    result = result_of(spec().rules, searched(credits=13))

    assert (result["status"], result["providers"][-1]) == (
        "success",
        {"provider": "Wiza", "status": "Insufficient Credits", "phoneNumbers": []},
    )


@pytest.mark.parametrize("plan", ["prospect", "prospect_pro"])
def test_on_the_prospect_plans_a_lack_of_credits_is_no_number(plan: str) -> None:  # CR-6b
    bench = Bench().knows(person("Clodura", seconds=9), person("Clodura", person_id="quick"))
    bench.account(plan=plan, credits=1)
    slow, _ = bench.job(), bench.job("quick")

    bench.advance()

    assert (result_of(bench.rules, slow)["phoneNumbers"], slow.charges) == ([], {})


@pytest.mark.parametrize("plan", spec().rules.plans)
@settings(deadline=None, max_examples=50)
@given(
    finders=st.lists(st.sampled_from(NAMES), unique=True),
    credits=st.integers(10, 30),
    partners=st.booleans(),
    go_on=st.booleans(),
    absent=st.booleans(),
)
def test_every_result_is_one_that_the_file_allows(
    plan: str, finders: list[str], credits: int, partners: bool, go_on: bool, absent: bool
) -> None:
    rules = assuming(
        no_number="accept",
        after_found="continue" if go_on else "stop",
        not_asked="absent" if absent else "notFound",
    )
    bench = Bench(rules).knows(person(*finders))
    bench.account(plan=plan, credits=credits)

    job = bench.finished(partners=partners)

    assert CALLBACKS[rules.plans[plan].payload].problems(result_of(rules, job)) == []


@pytest.mark.parametrize(
    ("finders", "credits", "why"),
    [
        (["Clodura"], 100, "Clodura found a number"),
        ([], 100, "no provider found a number (CR-2, CR-4)"),
        ([], 12, "the credits ran out: 12 unified left, 13 needed (CR-6b, WH-6)"),
    ],
)
def test_a_job_says_why_it_was_charged_or_not(finders: list[str], credits: int, why: str) -> None:
    assert searched(*finders, credits=credits).charged_why == why


def test_a_job_says_that_its_charge_comes_with_the_delivery() -> None:  # CR-5a
    bench = Bench(assuming(booking="delivered"))
    bench.account()
    job = bench.job("mock-found-hook-late-50")

    bench.advance(2)

    assert job.charged_why == "the charge is booked with the delivery (CR-5a)"


def test_a_balance_that_was_spent_before_the_job_began_ends_it_at_once() -> None:  # CR-6b, ERR-E
    bench = Bench(assuming(exhausted_below="zero"))
    bench.account(credits=5)

    job = bench.job()

    assert (job.state, statuses_of(job)) == (JobState.FINISHED, [INSUFFICIENT])
