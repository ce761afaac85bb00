"""Owns the claims about accounts: opened, changed, topped up."""

from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_server.domain.credits import Credits, Overdrawn
from mock_server.domain.events import AccountChanged, AccountOpened
from mock_server.domain.instants import MANUAL_START
from mock_server.domain.plans import Plan
from mock_server.ports import Keys
from mock_server.service.accounts import account_of, change_account, top_up
from tests.builders import Bench, spec


def bench_of(plan: str = "max", credits: int | None = None) -> Bench:
    bench = Bench()
    bench.account(plan=plan, credits=credits)
    return bench


def change(
    bench: Bench,
    plan: str | None = None,
    api_access: bool | None = None,
    requests_per_minute: int | None = None,
) -> None:
    use_case = partial(
        change_account, plan=plan, api_access=api_access, requests_per_minute=requests_per_minute
    )
    bench.run(use_case, Keys("key"))


def topped_up(bench: Bench, amount: int) -> None:
    bench.run(partial(top_up, amount=amount, why="asked for"), Keys("key"))


@pytest.mark.parametrize("plan", spec().rules.plans.values(), ids=lambda each: each.name)
def test_an_account_opens_with_its_plan_s_limit_and_credits(plan: Plan) -> None:  # BAL-4, ERR-D
    account = bench_of(plan.name).accounts["key"]

    assert (
        account.requests_per_minute,
        {kind: each.granted for kind, each in account.purse.items()},
    ) == (plan.requests_per_minute, plan.starting_credits)


def test_that_an_account_was_opened_is_told() -> None:
    assert bench_of().events == [AccountOpened(MANUAL_START, "key", "max")]


def test_an_account_is_opened_once() -> None:
    bench = Bench()
    first = bench.run(lambda tx: account_of(tx, "test_max"), Keys("test_max"))

    assert bench.run(lambda tx: account_of(tx, "test_max"), Keys("test_max")) is first


@given(amounts=st.lists(st.integers(-50, 50)))
def test_topping_up_never_overdraws_and_each_time_is_a_row(amounts: list[int]) -> None:
    bench = bench_of(credits=20)

    for each in amounts:
        try:
            topped_up(bench, each)
        except Overdrawn:
            continue

    left = bench.accounts["key"].purse["unified"].left
    assert left == 20 + sum(each.amount for each in bench.entries) >= 0
    assert len({each.key for each in bench.entries}) == len(bench.entries)


def test_topping_up_a_prospect_account_grants_phones() -> None:
    bench = bench_of("prospect")

    topped_up(bench, 5)

    assert bench.call("getCredits").body["maxDirectDials"] == 105


def test_another_plan_brings_its_rate_limit() -> None:
    bench = bench_of()

    change(bench, plan="free_forever")

    assert bench.accounts["key"].requests_per_minute == 10


def test_another_plan_brings_credits_of_kinds_that_are_new() -> None:
    bench = bench_of(credits=7)

    change(bench, plan="prospect")

    assert bench.accounts["key"].purse == {
        "unified": Credits(7),
        "phone": Credits(100),
        "export": Credits(1000),
    }


def test_going_there_and_back_grants_nothing() -> None:
    bench = bench_of(credits=7)

    change(bench, plan="prospect")
    change(bench, plan="max")

    assert bench.accounts["key"].purse["unified"].left == 7


def test_the_same_plan_changes_nothing() -> None:
    bench = bench_of()
    change(bench, requests_per_minute=5)

    change(bench, plan="max")

    assert bench.accounts["key"].requests_per_minute == 5


def test_what_is_not_given_is_left() -> None:
    bench = bench_of()

    change(bench, api_access=False)

    assert (bench.accounts["key"].api_access, bench.accounts["key"].plan) == (False, "max")


def test_that_an_account_was_changed_is_told() -> None:
    bench = bench_of()

    change(bench)

    assert isinstance(bench.events[-1], AccountChanged)
