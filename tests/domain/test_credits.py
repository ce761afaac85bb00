"""Owns the claims about money: never negative, and the ledger adds up whatever is folded."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_server.domain.credits import (
    CARRIED,
    Credits,
    LedgerEntry,
    Overdrawn,
    balance,
    can_pay,
    carry,
    opening,
    shortage,
)
from tests.builders import spec

PLANS = spec().rules.plans
AMOUNTS = st.integers(0, 50)
DEEDS = st.lists(
    st.tuples(st.sampled_from(["charged", "topped_up", "kept_back", "released"]), AMOUNTS)
)
ENTRIES = st.lists(
    st.builds(
        LedgerEntry,
        st.integers(0, 10),
        st.text(max_size=3),
        st.sampled_from(["unified", "phone", "export"]),
        st.integers(-20, 20),
        st.none(),
        AMOUNTS,
        st.just("why"),
    )
)


@given(granted=AMOUNTS, deeds=DEEDS, signs=st.lists(st.booleans()))
def test_whatever_is_done_no_balance_is_negative(  # CR-6
    granted: int, deeds: list[tuple[str, int]], signs: list[bool]
) -> None:
    credits = Credits(granted)

    for n, (deed, amount) in enumerate(deeds):
        taken = -amount if deed == "topped_up" and n < len(signs) and signs[n] else amount
        if deed == "released":
            taken = min(amount, credits.promised)
        try:
            credits = getattr(credits, deed)(taken)
        except Overdrawn:
            continue

    assert credits.left >= credits.free >= 0


@given(credits=AMOUNTS.map(Credits), more=st.integers(1, 50))
def test_taking_more_than_there_is_says_how_much_there_is(credits: Credits, more: int) -> None:
    amount = credits.left + more

    with pytest.raises(Overdrawn, match=f"^{amount} credits cannot be taken from {credits.left}$"):
        credits.charged(amount)


def test_a_promise_leaves_the_balance_as_it_is() -> None:  # CR-5a
    assert Credits(20).kept_back(12).left == 20


def test_what_is_promised_to_one_cannot_pay_another() -> None:  # CR-6
    assert not can_pay({"unified": Credits(20).kept_back(12)}, {"unified": 10})


def test_credits_that_are_promised_cannot_be_taken_away() -> None:
    with pytest.raises(Overdrawn):
        Credits(20).kept_back(12).topped_up(-9)


def test_every_kind_has_to_suffice() -> None:  # CR-1
    assert not can_pay({"phone": Credits(5), "export": Credits(0)}, {"phone": 1, "export": 1})


def test_a_shortage_names_only_the_kinds_that_fall_short() -> None:
    purse = {"phone": Credits(0), "export": Credits(5)}

    assert shortage(purse, {"phone": 1, "export": 1}) == "0 phone left, 1 needed"


@pytest.mark.parametrize("plan", PLANS)
def test_an_account_opens_with_the_credits_of_its_plan(plan: str) -> None:  # BAL-4
    purse = opening(PLANS[plan], None)

    assert {kind: each.left for kind, each in purse.items()} == PLANS[plan].starting_credits


def test_credits_that_are_given_replace_what_phones_are_paid_with() -> None:
    assert opening(PLANS["prospect"], 7) == {"phone": Credits(7), "export": Credits(1000)}


def test_the_unified_balance_counts_down() -> None:  # BAL-2, BAL-3
    assert balance(PLANS["max"], {"unified": Credits(100, 14)}) == {"remainingCredits": 86}


def test_the_prospect_balance_counts_up() -> None:  # BAL-1, BAL-3, BAL-3a
    purse = {"phone": Credits(100, 3), "export": Credits(1000, 3)}

    assert balance(PLANS["prospect"], purse) == {
        "contactsView": 0,
        "maxContacts": "1000",
        "directDials": 3,
        "maxDirectDials": 100,
    }


def sums(entries: Sequence[LedgerEntry]) -> dict[str, int]:
    kinds = {each.kind for each in entries}
    return {kind: sum(each.amount for each in entries if each.kind == kind) for kind in kinds}


@given(entries=ENTRIES)
def test_folded_rows_add_up_to_the_same(entries: list[LedgerEntry]) -> None:
    assert sums(carry(entries)) == sums(entries)


@given(entries=ENTRIES)
def test_one_row_per_kind_is_left(entries: list[LedgerEntry]) -> None:
    assert {each.key for each in carry(entries)} == {(CARRIED, each.kind, None) for each in entries}


@given(entries=ENTRIES, at=st.integers(0, 100))
def test_it_does_not_matter_when_rows_are_folded(entries: list[LedgerEntry], at: int) -> None:
    assert carry([*carry(entries[:at]), *entries[at:]]) == carry(entries)
