"""An integrator's tests on the fixtures of clodura-kit: python -m pytest examples/test_integration.py

`Phones` stands for the code under test; it knows nothing of the fake but its address.
"""

import json
from collections.abc import Callable
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from mock_server import Account, Inbox, MockServer


class Phones:
    """The integrator's client."""

    def __init__(self, url: str, api_key: str, webhook_url: str | None = None) -> None:
        self.url, self.api_key, self.webhook_url = url, api_key, webhook_url

    def reveal(self, person_id: str) -> str:
        body: dict[str, Any] = {"personId": person_id}
        if self.webhook_url:
            body |= {"revealPhoneNumberViaPartners": True, "webhookUrl": self.webhook_url}
        tracking_id: str = self._call("/api/v1/search/people/phone/match", body)["trackingId"]
        return tracking_id

    def numbers(self, tracking_id: str) -> list[str] | None:
        """None while the search goes on."""
        result = self._call(f"/api/v1/search/people/track/{tracking_id}")
        if result["status"] == "processing":
            return None
        return [number for each in result["providers"] for number in each["phoneNumbers"]]

    def _call(self, path: str, body: Any = None) -> Any:
        content = None if body is None else json.dumps(body).encode()
        headers = {"X-API-KEY": self.api_key, "Content-Type": "application/json"}
        with urlopen(Request(self.url + path, content, headers), timeout=10) as response:
            return json.load(response)


@pytest.fixture
def phones(clodura_mock: MockServer, clodura_account: Account, clodura_inbox: Inbox) -> Phones:
    return Phones(clodura_mock.url, clodura_account.api_key, clodura_inbox.url)


def refused(deed: Callable[[], object]) -> int:
    with pytest.raises(HTTPError) as error:
        deed()
    error.value.close()
    return error.value.code


def test_a_number_is_there_once_the_search_is_over(
    phones: Phones, clodura_mock: MockServer
) -> None:
    tracking_id = phones.reveal("mock-found-wiza")
    assert phones.numbers(tracking_id) is None

    clodura_mock.advance(10)

    assert phones.numbers(tracking_id)


def test_the_webhook_brings_what_the_poll_tells(
    phones: Phones, clodura_mock: MockServer, clodura_inbox: Inbox
) -> None:
    tracking_id = phones.reveal("mock-found-signalhire")
    clodura_mock.advance(10)

    (message,) = clodura_inbox.messages()

    assert message["body"]["trackingId"] == tracking_id
    assert message["body"]["providers"][-1]["phoneNumbers"] == phones.numbers(tracking_id)


def test_the_finder_is_paid(
    phones: Phones, clodura_mock: MockServer, clodura_account: Account
) -> None:
    phones.reveal("mock-found-wiza")
    clodura_mock.advance(10)

    assert clodura_account.balance() == {"remainingCredits": 10_000 - 14}
    assert [entry["provider"] for entry in clodura_account.ledger()] == ["Wiza"]


def test_a_webhook_that_we_refuse_comes_again(
    phones: Phones, clodura_mock: MockServer, clodura_inbox: Inbox
) -> None:
    clodura_inbox.answer_with(500, 200)
    phones.reveal("mock-found")

    clodura_mock.advance(to="idle")

    assert len(clodura_inbox.messages()) == 2


def test_a_webhook_that_never_comes_is_made_up_for_by_polling(
    phones: Phones, clodura_mock: MockServer, clodura_inbox: Inbox
) -> None:
    tracking_id = phones.reveal("mock-found-hook-drop")
    clodura_mock.advance(to="idle")

    assert clodura_inbox.messages() == []
    assert phones.numbers(tracking_id)


def test_without_credits_nothing_is_revealed(clodura_mock: MockServer) -> None:
    poor = clodura_mock.account(plan="max", credits=9)

    assert refused(lambda: Phones(clodura_mock.url, poor.api_key).reveal("mock-found")) == 402


def test_an_outage_is_seen_as_one(
    phones: Phones, clodura_mock: MockServer, clodura_account: Account
) -> None:
    clodura_mock.fault({"status": 503}, when={"apiKey": clodura_account.api_key}, times=1)

    assert refused(lambda: phones.reveal("mock-found")) == 503
    assert phones.reveal("mock-found")


def test_a_person_of_the_tests_own(
    phones: Phones, clodura_mock: MockServer, clodura_account: Account
) -> None:
    clodura_mock.person("p-1", {"Findymail": ["+12025550143"]}, api_key=clodura_account.api_key)

    tracking_id = phones.reveal("p-1")
    clodura_mock.advance(60)

    assert phones.numbers(tracking_id) == ["+12025550143"]
