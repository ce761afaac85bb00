"""Owns the claims about plans: who is asked and what a number costs."""

import pytest

from tests.builders import spec

PLANS = spec().rules.plans
PROSPECT = ["prospect", "prospect_pro"]
OTHERS = ["free_forever", "max", "payg"]
PRICES = {
    "Clodura": 10, "SignalHire": 12, "Enrichlayer": 13, "Wiza": 14, "LeadMagic": 15, "RocketReach": 18,
    "Findymail": 20,
}  # fmt: skip


@pytest.mark.parametrize("plan", OTHERS)
def test_each_provider_has_its_constant_price(plan: str) -> None:  # CR-3, CR-7
    assert {each.name: PLANS[plan].costs(each) for each in PLANS[plan].providers} == {
        name: {"unified": price} for name, price in PRICES.items()
    }


@pytest.mark.parametrize("plan", PROSPECT)
def test_a_number_costs_a_phone_and_an_export_credit(plan: str) -> None:  # CR-1
    assert [PLANS[plan].costs(each) for each in PLANS[plan].providers] == [
        {"phone": 1, "export": 1}
    ]


@pytest.mark.parametrize("plan", PROSPECT)
def test_the_prospect_plans_never_ask_partners(plan: str) -> None:  # WH-2b
    assert [each.name for each in PLANS[plan].asked(via_partners=True)] == ["Clodura"]


@pytest.mark.parametrize("plan", OTHERS)
def test_the_others_ask_partners_after_clodura_if_wanted(plan: str) -> None:  # PROV-2, REQ-4
    assert [each.name for each in PLANS[plan].asked(via_partners=True)] == [*PRICES]


@pytest.mark.parametrize("plan", PLANS)
def test_without_partners_clodura_alone_is_asked(plan: str) -> None:  # REQ-4
    assert [each.name for each in PLANS[plan].asked(via_partners=False)] == ["Clodura"]


@pytest.mark.parametrize(
    ("plan", "kind"),
    [*((each, "phone") for each in PROSPECT), *((each, "unified") for each in OTHERS)],
)
def test_phones_are_paid_with_one_kind_of_credit(plan: str, kind: str) -> None:
    assert PLANS[plan].spent_on_phones == kind


@pytest.mark.parametrize("plan", OTHERS)
def test_the_lowest_costs_are_those_of_the_cheapest_provider(plan: str) -> None:  # ERR-E
    assert PLANS[plan].lowest_costs == {"unified": 10}
