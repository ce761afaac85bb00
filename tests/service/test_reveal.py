"""Owns the claims about accepting a reveal: who is meant, and whether the job is taken."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mock_server.domain import ids
from mock_server.domain.jobs import JobState
from mock_server.domain.people import GRAMMAR, Hook
from mock_server.domain.plans import Plan
from mock_server.domain.rules import Rules
from mock_server.service.results import result_of
from tests.builders import HOOK_URL, Bench, assuming, person, spec, statuses_of

PROFILE = "https://www.linkedin.com/in/"


def bench_of(rules: Rules | None = None, plan: str = "max", **what: Any) -> Bench:
    bench = Bench(rules)
    bench.account(plan=plan, **what)
    return bench


def test_an_accepted_job_is_searched_at_once() -> None:
    assert bench_of().job().state is JobState.SEARCHING


@given(seed=st.integers(0, 2**63 - 1), n=st.integers(1, 4))
@settings(deadline=None)
def test_the_nth_accepted_job_of_a_key_has_the_nth_id(seed: int, n: int) -> None:  # RES-1
    bench = Bench(seed=seed)
    bench.account()
    bench.account("other")

    for _ in range(n - 1):
        bench.job(api_key="other")
        bench.reveal("mock-unknown")
        bench.job()

    assert bench.job().tracking_id == ids.tracking_id(seed, "key", n)


def test_the_answer_names_the_job() -> None:  # RES-1, RES-2
    reply = bench_of().reveal()

    assert reply.body == {
        "trackingId": reply.tracking_id,
        "message": "Your request has been queued. The result will be sent to webhookUrl.",
    }


def test_partners_are_off_unless_wanted() -> None:  # REQ-4
    bench = bench_of()

    reply = bench.call("revealPhone", {"personId": "mock-found"})

    assert bench.jobs[reply.tracking_id or ""].via_partners is False


@pytest.mark.parametrize("url", [f"{PROFILE}mock-found-wiza/", f"{PROFILE}mock-found-wiza?a=b"])
def test_a_profile_means_the_person_of_its_slug(url: str) -> None:  # REQ-1, REQ-3
    bench = bench_of()

    job = bench.job(personId=None, linkedinUrl=url)

    assert job.person.person_id == "mock-found-wiza"


def test_a_profile_that_was_declared_means_that_person() -> None:
    bench = bench_of().knows(person("Wiza"), linkedin_url=f"{PROFILE}asha")

    assert bench.job(personId=None, linkedinUrl=f"{PROFILE}asha/").person == person("Wiza")


def test_a_profile_s_slug_may_be_the_id_of_a_declared_person() -> None:
    bench = bench_of().knows(person("Wiza", person_id="asha"))

    job = bench.job(personId=None, linkedinUrl=f"{PROFILE}asha/")

    assert job.person.numbers.keys() == {"Wiza"}


@pytest.mark.parametrize("slug", ["%20", "a" * 300])
def test_a_profile_whose_slug_can_be_no_id_gives_a_result_that_the_file_allows(slug: str) -> None:
    bench = bench_of(assuming(no_number="accept"), "prospect")

    job = bench.finished(personId=None, linkedinUrl=f"{PROFILE}{slug}")

    assert spec().callbacks["standard"].problems(result_of(bench.rules, job)) == []


@pytest.mark.parametrize(("wins", "meant"), [(True, "mock-found"), (False, "mock-found-wiza")])
def test_of_two_identifiers_one_wins(wins: bool, meant: str) -> None:  # REQ-2
    bench = bench_of(assuming(person_id_wins=wins))

    job = bench.job("mock-found", linkedinUrl=f"{PROFILE}mock-found-wiza")

    assert job.person.person_id == meant


@pytest.mark.parametrize("person_id", ["mock-none", "mock-found-wiza"])
def test_without_partners_somebody_without_a_number_is_not_found(person_id: str) -> None:
    assert bench_of().reveal(person_id, partners=False).status == 404  # RES-3


def test_a_refused_request_makes_no_job_and_no_webhook() -> None:  # WH-12, RES-3
    bench = bench_of()

    bench.reveal("mock-none", partners=False)

    assert (bench.jobs, bench.wakes, bench.accounts["key"].accepted) == ({}, [], 0)


@pytest.mark.parametrize("plan", ["prospect", "prospect_pro"])
def test_where_partners_are_never_asked_the_flag_still_makes_a_job(plan: str) -> None:  # WH-2b
    job = bench_of(plan=plan).finished("mock-found-wiza")

    assert statuses_of(job) == ["notFound"]


def test_somebody_without_a_number_may_be_accepted() -> None:  # RES-3
    bench = bench_of(assuming(no_number="accept"))

    job = bench.finished("mock-none", partners=False)

    assert [tuple(each)[:3] for each in job.steps] == [("Clodura", "notFound", ())]


def test_somebody_without_a_number_may_be_refused_otherwise() -> None:  # RES-3
    assert bench_of(assuming(no_number=422)).reveal("mock-none", partners=False).status == 422


@pytest.mark.parametrize("partners", [True, False])
def test_nobody_is_not_found_whatever_the_flag(partners: bool) -> None:  # RES-4
    assert bench_of().reveal("mock-unknown", partners=partners).status == 404


@pytest.mark.parametrize("partners", [True, False])
def test_nobody_may_be_accepted_and_has_no_number(partners: bool) -> None:  # RES-4
    bench = bench_of(assuming(no_person="accept"))

    job = bench.finished("mock-unknown", partners=partners)

    assert {each.status for each in job.steps} == {"notFound"}


@pytest.mark.parametrize(
    ("wins", "meant"), [(True, "mock-unknown"), (False, "mock-unknown-after-1")]
)
def test_nobody_who_is_accepted_has_the_id_of_the_identifier_that_wins(
    wins: bool, meant: str
) -> None:  # REQ-2, RES-4
    bench = bench_of(assuming(no_person="accept", person_id_wins=wins))

    job = bench.job("mock-unknown", linkedinUrl=f"{PROFILE}mock-unknown-after-1")

    assert job.person.person_id == meant


def test_nobody_may_be_refused_otherwise() -> None:  # RES-4
    assert bench_of(assuming(no_person=422)).reveal("mock-unknown").status == 422


@pytest.mark.parametrize("rules", [spec().rules, assuming(no_person="accept")])
def test_a_typing_error_in_a_magic_id_is_told_the_grammar(rules: Rules) -> None:
    reply = bench_of(rules).reveal("mock-fuond")

    assert (reply.status, GRAMMAR in reply.body["message"]) == (404, True)


@pytest.mark.parametrize("status", [400, 401, 402, 403, 404, 422, 429])
def test_a_magic_person_forces_a_documented_answer(status: int) -> None:
    assert bench_of().reveal(f"mock-status-{status}").status == status


@pytest.mark.parametrize("status", [418, 500])
def test_a_magic_person_cannot_force_what_is_not_documented(status: int) -> None:
    reply = bench_of().reveal(f"mock-status-{status}")

    assert (reply.status, reply.why) == (404, f"404: revealPhone documents no status {status}")


PLANS = spec().rules.plans


@pytest.mark.parametrize("plan", PLANS.values(), ids=lambda each: each.name)
def test_the_last_credit_for_the_cheapest_provider_is_enough(plan: Plan) -> None:  # ERR-E
    enough = plan.lowest_costs[plan.spent_on_phones]

    replies = [
        bench_of(plan=plan.name, credits=credits).reveal() for credits in (enough - 1, enough)
    ]

    assert [each.status for each in replies] == [402, 200]


@pytest.mark.parametrize(("credits", "status"), [(0, 402), (1, 200)])
def test_only_a_balance_of_zero_may_be_refused(credits: int, status: int) -> None:  # ERR-E
    bench = bench_of(assuming(exhausted_below="zero"), credits=credits)

    assert bench.reveal().status == status


def test_a_refusal_for_credits_explains_itself() -> None:
    assert bench_of(credits=9).reveal().why == (
        "402: balance 9, the cheapest provider costs 10 (9 unified left, 10 needed; ERR-402, ERR-E); "
        "0 unified credits were charged by jobs"
    )


def test_a_lack_of_export_credits_is_a_lack_of_credits() -> None:  # CR-1, ERR-E
    bench = bench_of(plan="prospect")
    account = bench.accounts["key"]
    account.purse["export"] = account.purse["export"].charged(1000)

    assert bench.reveal("mock-found").status == 402


def test_the_hook_of_the_person_is_that_of_the_job() -> None:
    bench = bench_of().knows(person("Clodura", times=2))

    job = bench.job()

    assert (job.hook, job.copies, job.webhook_url) == (Hook(times=2), 1, HOOK_URL)
