"""Accounts, their ledger, and people over the control API."""

import pytest

from mock_server import ControlError
from tests.api import credits, match, request
from tests.web.control.described import CheckedServer

FOUND = {"personId": "mock-found"}


def test_an_account_has_what_it_was_opened_with(mock: CheckedServer) -> None:
    status, account = mock.ask(
        "POST",
        "/accounts",
        {"plan": "max", "apiKey": "k!", "credits": 100, "requestsPerMinute": 7, "apiAccess": False},
    )

    assert status == 201
    assert account["balance"] == {"remainingCredits": 100}
    assert mock.ask("GET", "/accounts/k!") == (200, account)
    assert mock.ask("GET", "/accounts") == (200, {"accounts": [account]})


@pytest.mark.parametrize(
    ("plan", "balance"),
    [
        ("max", {"remainingCredits": 7}),
        (
            "prospect",
            {"contactsView": 0, "maxContacts": "1000", "directDials": 0, "maxDirectDials": 7},
        ),
    ],
)
def test_credits_are_what_is_left_to_spend_on_phones(
    mock: CheckedServer, plan: str, balance: object
) -> None:
    account = mock.account(plan, credits=7)

    assert (account.credits(), account.balance()) == (7, balance)
    assert credits(mock, account.api_key) == balance


def test_keys_that_are_made_up_differ_and_follow_from_the_seed(mock: CheckedServer) -> None:
    keys = [mock.account().api_key, mock.account().api_key]
    mock.reset()

    assert [mock.account().api_key, mock.account().api_key] == keys
    assert len(set(keys)) == 2


def test_a_taken_key_is_409_and_left_as_it_is(mock: CheckedServer) -> None:
    mock.account("max", api_key="mine", credits=5)

    with pytest.raises(ControlError, match="409"):
        mock.account("payg", api_key="mine")

    assert mock.ask("GET", "/accounts/mine")[1]["credits"] == 5


def test_a_top_up_is_an_entry_of_the_ledger_and_the_opening_balance_is_none(
    mock: CheckedServer,
) -> None:
    account = mock.account(credits=100)

    account.top_up(50)

    [entry] = account.ledger()
    assert (entry["kind"], entry["amount"], entry["balanceAfter"]) == ("topup", 50, 150)
    assert account.balance() == {"remainingCredits": 150}


def test_credits_can_be_set_and_taken_away(mock: CheckedServer) -> None:
    account = mock.account(credits=100)

    account.change(credits=30)
    account.top_up(-30)

    assert [each["amount"] for each in account.ledger()] == [-70, -30]
    assert account.credits() == 0


def test_more_than_there_is_cannot_be_taken_and_then_nothing_is_changed(
    mock: CheckedServer,
) -> None:
    account = mock.account("max", credits=10)
    before = mock.ask("GET", f"/accounts/{account.api_key}")

    status, problem = mock.ask(
        "PATCH", f"/accounts/{account.api_key}", {"plan": "payg", "topUp": -11, "apiAccess": False}
    )

    assert (status, problem["field"]) == (409, "topUp")
    assert mock.ask("GET", f"/accounts/{account.api_key}") == before


def test_another_plan_brings_its_rate_limit_and_its_kinds_of_credits(mock: CheckedServer) -> None:
    account = mock.account("max", credits=10)

    account.change(plan="prospect")

    changed = mock.ask("GET", f"/accounts/{account.api_key}")[1]
    assert (changed["plan"], changed["requestsPerMinute"], changed["credits"]) == (
        "prospect",
        60,
        100,
    )
    account.change(plan="max", requestsPerMinute=3)
    assert account.credits() == 10
    assert mock.ask("GET", f"/accounts/{account.api_key}")[1]["requestsPerMinute"] == 3


def test_access_can_be_taken_away(mock: CheckedServer) -> None:
    account = mock.account()

    account.change(apiAccess=False)

    assert match(mock, FOUND, account.api_key).status == 403


def test_a_rate_limit_holds_until_virtual_time_ends_the_window(mock: CheckedServer) -> None:
    account = mock.account(requests_per_minute=1)
    match(mock, FOUND, account.api_key)
    assert match(mock, FOUND, account.api_key).status == 429
    window = mock.ask("GET", f"/accounts/{account.api_key}")[1]["window"]

    mock.advance(60)

    assert window == {"startedAt": "2026-01-01T00:00:00.000000Z", "count": 2, "seconds": 60}
    assert match(mock, FOUND, account.api_key).status == 200


def test_a_removed_account_takes_its_jobs_and_ledger_with_it(mock: CheckedServer) -> None:
    account = mock.account(api_key="short-lived")
    match(mock, FOUND, account.api_key)
    mock.advance(1)

    account.remove()

    assert request(mock, "GET", "/api/v1/credits", api_key="short-lived").status == 401
    assert mock.jobs() == []
    again = mock.account(api_key="short-lived")
    assert again.ledger() == []


def test_a_charge_is_told_by_job_provider_and_balance(mock: CheckedServer) -> None:
    account = mock.account("prospect", credits=3)
    tracking_id = match(mock, FOUND, account.api_key).body["trackingId"]
    mock.advance(1)

    entries = account.ledger()

    told = [(each["kind"], each["amount"], each["balanceAfter"]) for each in entries]
    assert told == [("phone", -1, 2), ("export", -1, 999)]
    assert {(each["trackingId"], each["provider"]) for each in entries} == {
        (tracking_id, "Clodura")
    }


def test_a_key_may_hold_whatever_a_header_may(mock: CheckedServer) -> None:
    account = mock.account(api_key="a/b?c%20#d")

    assert mock.ask("GET", "/accounts/a%2Fb%3Fc%2520%23d/ledger") == (200, {"entries": []})
    account.top_up(1)
    assert account.ledger() != []


def test_a_declared_person_is_found_by_id_and_by_profile(mock: CheckedServer) -> None:
    url = "https://www.linkedin.com/in/asha-verma"
    mock.person("p-1", {"wiza": ["+12025550143"]}, linkedin_url=url, first_name="Asha", seconds=2)
    for body in ({"personId": "p-1"}, {"linkedinUrl": f"{url}/"}):
        match(
            mock, {**body, "revealPhoneNumberViaPartners": True, "webhookUrl": mock.inbox("t").url}
        )

    mock.advance(2)

    assert [each["personId"] for each in mock.jobs()] == ["p-1", "p-1"]
    assert [each["charged"] for each in mock.jobs()] == [14, 14]


def test_a_person_may_be_declared_for_one_key(mock: CheckedServer) -> None:
    mine, other = mock.account(), mock.account()
    mock.person("p-1", {"Clodura": ["+12025550143"]}, api_key=mine.api_key)
    mock.person("p-1", {})

    found = match(mock, {"personId": "p-1"}, mine.api_key)
    not_found = match(mock, {"personId": "p-1"}, other.api_key)

    assert (found.status, not_found.status) == (200, 404)
    people = mock.ask("GET", "/people")[1]["people"]
    assert [(each["apiKey"], each["numbers"]) for each in people] == [
        (mine.api_key, {"Clodura": ["+12025550143"]}),
        (None, {}),
    ]


@pytest.mark.parametrize(
    ("body", "field", "expected"),
    [
        ({"numbers": {"Wiza": ["555"]}}, "numbers.Wiza.0", "E.164"),
        ({"numbers": {"Wizard": []}}, "numbers.Wizard", "SignalHire"),
        ({"linkedinUrl": "https://example.org"}, "linkedinUrl", "profile"),
        ({"linkedinUrl": "https://example.org/in/a b"}, "linkedinUrl", "profile"),
        ({"lastname": "V"}, "lastname", "lastName"),
        ({"seconds": "2"}, "seconds", "number"),
    ],
)
def test_what_is_wrong_with_a_person_is_told(
    mock: CheckedServer, body: object, field: str, expected: str
) -> None:
    status, problem = mock.ask("PUT", "/people/p-1", body)

    assert (status, problem["field"]) == (422, field)
    assert expected in problem["expected"]
    assert problem["example"]["numbers"]


@pytest.mark.parametrize("path", ["/people/", f"/people/{'p' * 257}"])
def test_a_person_needs_an_id(mock: CheckedServer, path: str) -> None:
    status, problem = mock.ask("PUT", path, {})

    assert (status, problem["field"]) == (422, "personId")


@pytest.mark.parametrize(
    ("body", "field", "expected"),
    [
        ({}, "plan", "required"),
        ({"plan": "maximal"}, "plan", "free_forever, prospect"),
        ({"plan": "max", "apiKey": "with blank"}, "apiKey", "without blanks"),
        ({"plan": "max", "credits": -1}, "credits", "greater than or equal to 0"),
        ({"plan": "max", "credit": 1}, "credit", "plan, apiKey, credits"),
        ([], "body", "object"),
    ],
)
def test_what_is_wrong_with_an_account_is_told(
    mock: CheckedServer, body: object, field: str, expected: str
) -> None:
    status, problem = mock.ask("POST", "/accounts", body)

    assert (status, problem["field"]) == (422, field)
    assert expected in problem["expected"]
    assert problem["example"] == (
        "max" if expected.startswith("free") else {"plan": "max", "credits": 100}
    )


def test_two_ways_to_say_how_many_credits_are_one_too_many(mock: CheckedServer) -> None:
    account = mock.account()

    with pytest.raises(ControlError, match="either credits or topUp"):
        account.change(credits=5, topUp=5)
