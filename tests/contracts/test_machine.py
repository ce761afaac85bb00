"""Any order of reveals, polls and time keeps the balance, and the results, as the model has them."""

from collections.abc import Iterator

import pytest
from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test

from contracts.machine import reveal_machine
from contracts.profiles import register
from contracts.specification import MATCH
from mock_server import MockServer

register()


@pytest.fixture(scope="module")
def mock() -> Iterator[MockServer]:
    with MockServer(clock="manual", seed=1) as mock:
        yield mock


def test_no_order_of_events_breaks_the_model(mock: MockServer) -> None:
    run_state_machine_as_test(reveal_machine(mock), settings=settings.get_profile("contract-ci"))


@pytest.mark.soak
def test_no_long_order_of_events_breaks_the_model(mock: MockServer) -> None:
    run_state_machine_as_test(reveal_machine(mock), settings=settings.get_profile("contract-soak"))


def test_live_targets_see_no_shrinking_and_few_examples() -> None:
    live = settings.get_profile("contract-live")

    assert live.max_examples <= 10
    assert {each.name for each in live.phases} == {"explicit", "generate"}
    assert live.database is None


def test_the_machine_notices_a_charge_that_should_not_be(mock: MockServer) -> None:
    machine = reveal_machine(mock)

    class Overcharged(machine):  # type: ignore[misc, valid-type]
        def _balance(self) -> int:
            return int(super()._balance()) - len(self.open)

    live = settings(settings.get_profile("contract-live"), stateful_step_count=5)
    with pytest.raises((AssertionError, ExceptionGroup)):
        run_state_machine_as_test(Overcharged, settings=live)


def test_the_machine_notices_that_another_account_pays(mock: MockServer) -> None:
    machine = reveal_machine(mock)

    class Bystander(machine):  # type: ignore[misc, valid-type]
        def teardown(self) -> None:
            self._call("POST", MATCH, {"personId": "mock-found"}, key=self.other.api_key)
            super().teardown()

    live = settings(settings.get_profile("contract-live"), stateful_step_count=1)
    with pytest.raises((AssertionError, ExceptionGroup)) as caught:
        run_state_machine_as_test(Bystander, settings=live)

    assert (
        caught.group_contains(AssertionError, match="nobody else pays")
        if isinstance(caught.value, ExceptionGroup)
        else "nobody else pays" in str(caught.value)
    )
