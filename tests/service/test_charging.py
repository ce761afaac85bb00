"""Owns the claims about money over the whole life of jobs, whatever the order in which things happen."""

from collections import Counter
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mock_server.domain.credits import LedgerEntry
from mock_server.domain.rules import Rules
from mock_server.ports import Keys, Tx
from mock_server.service.accounts import change_account
from mock_server.service.deliver import redeliver
from tests.builders import Bench, assuming, person, spec

PEOPLE = [
    "mock-found",
    "mock-found-signalhire",
    "mock-found-wiza",
    "mock-found-findymail",
    "mock-none",
]
HOOKS = [
    "",
    "-hook-twice",
    "-hook-early",
    "-hook-drop",
    "-hook-fail-2",
    "-hook-shuffled",
    "-hook-truncated",
]
VARIANTS: dict[str, dict[str, Any]] = {
    "as documented": {},
    "CR-5a delivered": {"booking": "delivered"},
    "CR-6b finder": {"balance_check": "finder"},
    "CR-8 free": {"charged_again": False},
    "WH-8a continue": {"after_found": "continue"},
    "CR-6a each": {"after_found": "continue", "charged": "each", "booking": "delivered"},
}
REVEALS = st.lists(
    st.tuples(st.sampled_from(PEOPLE), st.sampled_from(HOOKS)), min_size=1, max_size=6
)


def to_prospect(tx: Tx) -> None:
    change_account(tx, plan="prospect", api_access=None, requests_per_minute=None)


def rows_of(bench: Bench) -> list[LedgerEntry]:
    return [each for each in bench.entries if each.tracking_id in bench.jobs]


def disorder(data: st.DataObject, bench: Bench) -> None:
    """Wakes in any order, again and again, due or not; now and then time moves on, or a webhook is asked for again."""
    rung = list(bench.wakes)
    for deed in data.draw(st.lists(st.integers(0, 9), max_size=40)):
        rung += [each for each in bench.wakes if each not in rung]
        if rung and deed < 5:
            bench.ring(data.draw(st.sampled_from(rung)))
        elif bench.jobs and deed == 9:
            job = data.draw(st.sampled_from(sorted(bench.jobs)))
            bench.run(redeliver, Keys(tracking_id=job))
        else:
            bench.now += data.draw(st.integers(0, 20_000_000))


def lived(
    data: st.DataObject, rules: Rules, reveals: list[tuple[str, str]], plan: str, credits: int
) -> Bench:
    """Jobs of one account, searched and delivered in disorder, then to the end."""
    bench = Bench(rules)
    bench.account(plan=plan, credits=credits)
    bench.statuses = data.draw(st.lists(st.sampled_from([200, 500]), min_size=1, max_size=9))
    for whom, hook in reveals:
        bench.reveal(f"{whom}{hook}")
        disorder(data, bench)
    bench.advance()
    return bench


@pytest.mark.parametrize("variant", VARIANTS)
@settings(max_examples=20, deadline=None)
@given(
    data=st.data(),
    reveals=REVEALS,
    plan=st.sampled_from(["max", "prospect"]),
    credits=st.integers(0, 70),
)
def test_no_balance_is_negative_and_the_ledger_adds_up(  # CR-6
    variant: str, data: st.DataObject, reveals: list[tuple[str, str]], plan: str, credits: int
) -> None:
    bench = lived(data, assuming(**VARIANTS[variant]), reveals, plan, credits)

    assert bench.adds_up()


@pytest.mark.parametrize("variant", VARIANTS)
@settings(max_examples=20, deadline=None)
@given(
    data=st.data(),
    reveals=REVEALS,
    plan=st.sampled_from(["max", "prospect"]),
    credits=st.integers(0, 70),
)
def test_a_job_is_charged_at_most_once(  # CR-5
    variant: str, data: st.DataObject, reveals: list[tuple[str, str]], plan: str, credits: int
) -> None:
    bench = lived(data, assuming(**VARIANTS[variant]), reveals, plan, credits)

    assert all(n == 1 for n in Counter(each.key for each in rows_of(bench)).values())


@pytest.mark.parametrize("variant", VARIANTS)
@settings(max_examples=20, deadline=None)
@given(data=st.data(), reveals=REVEALS, credits=st.integers(0, 70))
def test_in_the_end_nothing_is_promised_any_more(
    variant: str, data: st.DataObject, reveals: list[tuple[str, str]], credits: int
) -> None:
    bench = lived(data, assuming(**VARIANTS[variant]), reveals, "max", credits)

    assert (
        {each.promised for each in bench.accounts["key"].purse.values()},
        [each for each in bench.jobs.values() if each.unbooked or each.waits()],
    ) == ({0}, [])


@settings(max_examples=20, deadline=None)
@given(data=st.data(), reveals=REVEALS, credits=st.integers(0, 70))
def test_who_got_a_number_paid_and_nobody_else(  # CR-3, CR-4
    data: st.DataObject, reveals: list[tuple[str, str]], credits: int
) -> None:
    bench = lived(data, spec().rules, reveals, "max", credits)

    prices = {each.name: each.price for each in bench.rules.providers}
    assert {each.tracking_id: each.charges for each in bench.jobs.values()} == {
        job.tracking_id: dict[str, int](
            ("unified", prices[each.provider]) for each in job.steps if each.numbers
        )
        for job in bench.jobs.values()
    }


@settings(max_examples=20, deadline=None)
@given(data=st.data(), reveals=REVEALS)
def test_a_job_takes_what_it_would_have_taken_in_order(
    data: st.DataObject, reveals: list[tuple[str, str]]
) -> None:
    in_order = Bench()
    in_order.account(credits=10_000)
    for whom, hook in reveals:
        in_order.reveal(f"{whom}{hook}")
    in_order.advance()

    bench = lived(data, spec().rules, reveals, "max", 10_000)

    assert {each.tracking_id: each.charges for each in bench.jobs.values()} == {
        each.tracking_id: each.charges for each in in_order.jobs.values()
    }


@pytest.mark.parametrize("plan", ["prospect", "prospect_pro"])
def test_the_prospect_plans_pay_a_phone_and_an_export_credit(plan: str) -> None:  # CR-1
    bench = Bench()
    bench.account(plan=plan)

    bench.finished("mock-found")

    assert [(each.kind, each.amount) for each in bench.entries] == [("phone", -1), ("export", -1)]


@pytest.mark.parametrize("plan", spec().rules.plans)
def test_nothing_is_charged_where_nobody_has_a_number(plan: str) -> None:  # CR-2, CR-4
    bench = Bench(assuming(no_number="accept"))
    bench.account(plan=plan)

    bench.finished("mock-none")

    assert bench.entries == []


@pytest.mark.parametrize("provider", spec().rules.providers, ids=lambda each: each.name)
def test_the_number_costs_the_price_of_the_provider_that_found_it(provider: Any) -> None:  # CR-3
    bench = Bench()
    bench.account(credits=100)

    bench.finished(f"mock-found-{provider.name.lower()}")

    assert [tuple(each)[2:6] for each in bench.entries] == [
        ("unified", -provider.price, provider.name, 100 - provider.price)
    ]


def test_the_charge_is_booked_at_the_moment_the_number_is_found() -> None:  # CR-5a
    bench = Bench()
    bench.account()
    job = bench.job("mock-found")

    bench.advance(5)

    assert [each.at for each in bench.entries] == [job.finished_at]


@pytest.mark.parametrize("hook", ["", "-hook-fail-3", "-hook-truncated", "-hook-late-50"])
def test_the_charge_may_be_booked_with_the_first_webhook_that_is_delivered(hook: str) -> None:
    bench = Bench(assuming(booking="delivered"))  # CR-5a
    bench.account()

    bench.finished(f"mock-found{hook}")

    assert [each.at for each in bench.entries] == [bench.sent[-1].at]


def test_until_then_the_balance_stands() -> None:  # CR-5a
    bench = Bench(assuming(booking="delivered"))
    bench.account(credits=100)
    bench.job("mock-found-hook-late-50")

    bench.advance(40)

    assert bench.call("getCredits").body == {"remainingCredits": 100}


def test_a_webhook_that_is_given_up_is_charged_too() -> None:  # CR-5a
    bench = Bench(assuming(booking="delivered"))
    bench.account()
    bench.statuses = [500]

    bench.finished("mock-found")

    assert (len(bench.sent), [each.at for each in bench.entries]) == (5, [bench.sent[-1].at])


def test_a_webhook_that_is_dropped_on_purpose_is_charged_too() -> None:  # CR-5a
    bench = Bench(assuming(booking="delivered"))
    bench.account()

    assert bench.finished("mock-found-hook-drop").charges == {"unified": 10}


def test_without_a_webhook_the_charge_is_booked_at_once() -> None:  # CR-5a
    bench = Bench(assuming(booking="delivered"))
    bench.account()

    job = bench.finished("mock-found", partners=False, webhookUrl=None)

    assert job.charges == {"unified": 10}


def test_credits_that_wait_for_a_delivery_pay_no_other_job() -> None:  # CR-5a, CR-6
    bench = Bench(assuming(booking="delivered"))
    bench.account(credits=15)
    bench.job("mock-found-hook-late-50")
    bench.advance(2)

    assert bench.reveal("mock-found").status == 402


def test_a_second_job_for_the_same_person_is_charged_again() -> None:  # CR-8
    bench = Bench()
    bench.account()

    assert [bench.finished("mock-found").charges for _ in range(2)] == [{"unified": 10}] * 2


def test_a_second_job_for_the_same_person_may_be_free() -> None:  # CR-8
    bench = Bench(assuming(charged_again=False))
    bench.account()

    jobs = [bench.finished("mock-found") for _ in range(2)]

    assert [(each.charges, each.charged_why) for each in jobs] == [
        ({"unified": 10}, "Clodura found a number"),
        ({}, "this person was charged before (CR-8)"),
    ]


TWO = person("Clodura", "Wiza")


def test_the_first_number_alone_is_charged_though_the_search_goes_on() -> None:  # CR-6a, WH-8a
    bench = Bench(assuming(after_found="continue")).knows(TWO)
    bench.account()

    assert bench.finished().charges == {"unified": 10}


@pytest.mark.parametrize("more", [{}, {"booking": "delivered"}, {"charged_again": False}])
def test_each_provider_that_found_a_number_may_be_charged(more: dict[str, Any]) -> None:  # CR-6a
    bench = Bench(assuming(after_found="continue", charged="each", **more)).knows(TWO)
    bench.account()

    bench.finished()

    assert [(each.provider, each.amount) for each in bench.entries] == [
        ("Clodura", -10),
        ("Wiza", -14),
    ]


def test_sending_again_is_free() -> None:  # CR-5
    bench = Bench()
    bench.account()
    job = bench.finished("mock-found")

    bench.run(redeliver, Keys(tracking_id=job.tracking_id))
    bench.advance()

    assert (len(bench.sent), len(bench.entries)) == (2, 1)


def test_a_job_keeps_the_prices_of_the_plan_it_was_made_with() -> None:
    bench = Bench()
    bench.account()
    job = bench.job("mock-found")

    bench.run(to_prospect, Keys("key"))
    bench.advance()

    assert job.charges == {"unified": 10}


def test_a_promise_survives_a_change_of_plan() -> None:  # CR-5a
    bench = Bench(assuming(booking="delivered"))
    bench.account()
    job = bench.job("mock-found-hook-late-50")
    bench.advance(2)

    bench.run(to_prospect, Keys("key"))
    bench.advance()

    assert (job.charges, bench.accounts["key"].purse["unified"].promised) == ({"unified": 10}, 0)
