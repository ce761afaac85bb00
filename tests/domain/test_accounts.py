"""Owns the claims about keys that stand for ready-made accounts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_server.domain import accounts, plans
from tests.builders import spec

PLANS = spec().rules.plans
KEYS = spec().rules.test_keys
NAMES = sorted({*PLANS, *KEYS})


def ready_made(api_key: str) -> plans.TestKey | None:
    return accounts.test_key(api_key, PLANS, KEYS)


@pytest.mark.parametrize("plan", PLANS)
def test_the_key_of_a_plan_is_an_account_of_that_plan(plan: str) -> None:
    assert ready_made(f"test_{plan}") == plans.TestKey(plan)


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("exhausted", plans.TestKey("max", credits=0)),
        ("low", plans.TestKey("max", credits=13)),
        ("no_access", plans.TestKey("max", api_access=False)),
        ("throttled", plans.TestKey("max", requests_per_minute=1)),
    ],
)
def test_the_key_of_a_special_account_is_that_account(name: str, what: plans.TestKey) -> None:
    assert ready_made(f"test_{name}_x") == what


@given(name=st.sampled_from(NAMES), anything=st.text("abc_-0", min_size=1, max_size=20))
def test_anything_may_follow_and_the_longest_name_wins(name: str, anything: str) -> None:
    whole = f"{name}_{anything}"
    longest = max((each for each in NAMES if whole.startswith(each)), key=len)

    found = ready_made(f"test_{whole}")

    assert found == (None if whole == f"{longest}_" else ready_made(f"test_{longest}"))


@pytest.mark.parametrize("name", NAMES)
def test_an_underscore_may_end_what_follows(name: str) -> None:
    assert ready_made(f"test_{name}_a_") == ready_made(f"test_{name}")


@pytest.mark.parametrize(
    "api_key",
    ["", "test_", "test__", "test_gold", "test_maximum", "test_max_", "test_prospect_pro_", "TEST_max",
     "test_Max", " test_max", "max", f"test_max_{'x' * 256}"],
)  # fmt: skip
def test_other_keys_stand_for_nothing(api_key: str) -> None:
    assert ready_made(api_key) is None


def test_the_rules_know_their_own_keys() -> None:
    assert spec().rules.test_key("test_low") == KEYS["low"]
