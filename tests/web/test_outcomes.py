"""The table of plans and outcomes: what is sent, charged, booked, left and polled, in literals."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any, NamedTuple

import pytest
from typing_extensions import override

from mock_server.client import Job
from tests.api import CREDITS, TRACK, match, request
from tests.states import MockServer

NUMBER = "+12025550143"
FINDERS = {
    "asha": ["Clodura"],
    "tom": ["SignalHire"],
    "lena": ["Enrichlayer"],
    "mara": ["Wiza"],
    "kofi": ["LeadMagic"],
    "ines": ["RocketReach"],
    "ravi": ["Findymail"],
    "nils": [],
}
ORDER = ["Clodura", "SignalHire", "Enrichlayer", "Wiza", "LeadMagic", "RocketReach", "Findymail"]

MISS, FOUND, BROKE = "notFound", "found", "Insufficient Credits"


class Case(NamedTuple):
    """One row: who is asked for with how many credits; then the statuses, the ledger and what is left."""

    plan: str
    person: str
    partners: bool
    credits: int
    statuses: list[str]
    ledger: list[tuple[str, int, str, int]]
    left: int
    seconds: int

    @override
    def __str__(self) -> str:
        return f"{self.plan}-{self.person}-{self.credits}-{self.partners}"


PAID_WITH_CREDITS = [
    # plan, person, partners, credits, statuses, ledger, left, seconds
    Case("free_forever", "asha", True, 100, [FOUND], [("unified", -10, "Clodura", 90)], 90, 1),
    Case("free_forever", "tom", True, 100, [MISS, FOUND], [("unified", -12, "SignalHire", 88)], 88, 4),
    Case("free_forever", "lena", True, 100, [MISS] * 2 + [FOUND], [("unified", -13, "Enrichlayer", 87)], 87, 7),
    Case("free_forever", "mara", True, 100, [MISS] * 3 + [FOUND], [("unified", -14, "Wiza", 86)], 86, 10),
    Case("free_forever", "kofi", True, 100, [MISS] * 4 + [FOUND], [("unified", -15, "LeadMagic", 85)], 85, 13),
    Case("free_forever", "ines", True, 100, [MISS] * 5 + [FOUND], [("unified", -18, "RocketReach", 82)], 82, 16),
    Case("free_forever", "ravi", True, 100, [MISS] * 6 + [FOUND], [("unified", -20, "Findymail", 80)], 80, 19),
    Case("free_forever", "nils", True, 100, [MISS] * 7, [], 100, 19),
    Case("free_forever", "ravi", True, 13, [MISS] * 3 + [BROKE], [], 13, 7),
    Case("free_forever", "asha", False, 100, [FOUND], [("unified", -10, "Clodura", 90)], 90, 1),
    Case("max", "asha", True, 10_000, [FOUND], [("unified", -10, "Clodura", 9_990)], 9_990, 1),
    Case("max", "tom", True, 10_000, [MISS, FOUND], [("unified", -12, "SignalHire", 9_988)], 9_988, 4),
    Case("max", "lena", True, 10_000, [MISS] * 2 + [FOUND], [("unified", -13, "Enrichlayer", 9_987)], 9_987, 7),
    Case("max", "mara", True, 10_000, [MISS] * 3 + [FOUND], [("unified", -14, "Wiza", 9_986)], 9_986, 10),
    Case("max", "kofi", True, 10_000, [MISS] * 4 + [FOUND], [("unified", -15, "LeadMagic", 9_985)], 9_985, 13),
    Case("max", "ines", True, 10_000, [MISS] * 5 + [FOUND], [("unified", -18, "RocketReach", 9_982)], 9_982, 16),
    Case("max", "ravi", True, 10_000, [MISS] * 6 + [FOUND], [("unified", -20, "Findymail", 9_980)], 9_980, 19),
    Case("max", "nils", True, 10_000, [MISS] * 7, [], 10_000, 19),
    Case("max", "ravi", True, 19, [MISS] * 6 + [BROKE], [], 19, 16),
    Case("max", "asha", False, 10_000, [FOUND], [("unified", -10, "Clodura", 9_990)], 9_990, 1),
    Case("payg", "asha", True, 1_000, [FOUND], [("unified", -10, "Clodura", 990)], 990, 1),
    Case("payg", "tom", True, 1_000, [MISS, FOUND], [("unified", -12, "SignalHire", 988)], 988, 4),
    Case("payg", "lena", True, 1_000, [MISS] * 2 + [FOUND], [("unified", -13, "Enrichlayer", 987)], 987, 7),
    Case("payg", "mara", True, 1_000, [MISS] * 3 + [FOUND], [("unified", -14, "Wiza", 986)], 986, 10),
    Case("payg", "kofi", True, 1_000, [MISS] * 4 + [FOUND], [("unified", -15, "LeadMagic", 985)], 985, 13),
    Case("payg", "ines", True, 1_000, [MISS] * 5 + [FOUND], [("unified", -18, "RocketReach", 982)], 982, 16),
    Case("payg", "ravi", True, 1_000, [MISS] * 6 + [FOUND], [("unified", -20, "Findymail", 980)], 980, 19),
    Case("payg", "nils", True, 1_000, [MISS] * 7, [], 1_000, 19),
    Case("payg", "ravi", True, 10, [MISS, BROKE], [], 10, 1),
    Case("payg", "asha", False, 1_000, [FOUND], [("unified", -10, "Clodura", 990)], 990, 1),
]  # fmt: skip

PAID_WITH_PHONES = [
    Case(plan, person, partners, phones, statuses, ledger, left, 1)
    for plan, phones, left_one, exports in (
        ("prospect", 100, 99, 999),
        ("prospect_pro", 200, 199, 1_999),
    )
    for person, partners, statuses, ledger, left in [
        ("asha", True, [FOUND], [("phone", -1, "Clodura", left_one), ("export", -1, "Clodura", exports)], left_one),
        ("asha", False, [FOUND], [("phone", -1, "Clodura", left_one), ("export", -1, "Clodura", exports)], left_one),
        ("tom", True, [MISS], [], phones),
        ("lena", True, [MISS], [], phones),
        ("mara", True, [MISS], [], phones),
        ("kofi", True, [MISS], [], phones),
        ("ines", True, [MISS], [], phones),
        ("ravi", True, [MISS], [], phones),
        ("nils", True, [MISS], [], phones),
    ]
]  # fmt: skip

BALANCES = {
    "prospect": {"contactsView": 0, "maxContacts": "1000", "maxDirectDials": 100},
    "prospect_pro": {"contactsView": 0, "maxContacts": "2000", "maxDirectDials": 200},
}


@pytest.fixture(scope="module")
def world() -> Any:
    """A fake with declared people; each test has an account and an inbox of its own."""
    with MockServer(clock="manual", seed=1, self_check=True) as server:
        for person, finders in FINDERS.items():
            server.person(
                person,
                {each: [NUMBER] for each in finders},
                first_name=person.title(),
                last_name="Verma",
            )
        yield server
        assert server.problems == []


def raw(mock: MockServer, path: str, api_key: str) -> str:
    status, body = mock.send("GET", path, None, {"X-API-KEY": api_key})
    assert status == 200
    return body.decode()


def ask(mock: MockServer, case: Case, api_key: str, hook: str) -> str:
    body = {
        "personId": case.person,
        "revealPhoneNumberViaPartners": case.partners,
        "webhookUrl": hook,
    }
    answer = match(mock, body, api_key)
    assert answer.status == 200, answer
    tracking_id: str = answer.body["trackingId"]
    return tracking_id


def seconds_searched(job: Job) -> float:
    began, ended = (
        datetime.fromisoformat(each or "") for each in (job["createdAt"], job["finishedAt"])
    )
    return (ended - began).total_seconds()


@pytest.mark.parametrize("case", PAID_WITH_CREDITS, ids=str)
def test_the_other_plans_get_a_result_per_provider_and_pay_the_finders_price(
    world: MockServer, case: Case
) -> None:
    account = world.account(case.plan, credits=case.credits)
    inbox = world.inbox(account.api_key)
    tracking_id = ask(world, case, account.api_key, inbox.url)
    world.advance(60)

    [message] = inbox.messages()
    assert message["body"] == {
        "trackingId": tracking_id,
        "status": "success",
        "providers": [
            {
                "provider": name,
                "status": status,
                "phoneNumbers": [NUMBER] if status == FOUND else [],
            }
            for name, status in zip(ORDER, case.statuses, strict=False)
        ],
    }
    assert message["raw"] == raw(world, f"{TRACK}{tracking_id}", account.api_key)
    rows = [(e["kind"], e["amount"], e["provider"], e["balanceAfter"]) for e in account.ledger()]
    assert rows == case.ledger
    assert request(world, "GET", CREDITS, api_key=account.api_key).body == {
        "remainingCredits": case.left
    }
    job = world.job(tracking_id)
    assert job["charged"] == case.credits - case.left
    assert seconds_searched(job) == case.seconds


@pytest.mark.parametrize("case", PAID_WITH_PHONES, ids=str)
def test_the_prospect_plans_get_the_standard_payload_from_cloduras_own_database(
    world: MockServer, case: Case
) -> None:
    account = world.account(case.plan)
    inbox = world.inbox(account.api_key)
    tracking_id = ask(world, case, account.api_key, inbox.url)
    world.advance(60)

    [message] = inbox.messages()
    assert message["body"] == {
        "personId": case.person,
        "firstName": case.person.title(),
        "lastName": "Verma",
        "phoneNumbers": [NUMBER] if case.statuses == [FOUND] else [],
    }
    assert message["raw"] == raw(world, f"{TRACK}{tracking_id}", account.api_key)
    rows = [(e["kind"], e["amount"], e["provider"], e["balanceAfter"]) for e in account.ledger()]
    assert rows == case.ledger
    assert request(world, "GET", CREDITS, api_key=account.api_key).body == {
        **BALANCES[case.plan],
        "directDials": 1 if case.statuses == [FOUND] else 0,
    }
    assert world.job(tracking_id)["charged"] == (1 if case.statuses == [FOUND] else 0)


@pytest.mark.parametrize(
    ("person", "seconds"),
    [("asha", 1), ("tom", 4), ("lena", 7), ("mara", 10), ("kofi", 13), ("ines", 16), ("ravi", 19)],
)
def test_the_search_takes_one_second_and_three_for_each_partner(
    mock: MockServer, person: str, seconds: int
) -> None:
    mock.person(person, {each: [NUMBER] for each in FINDERS[person]})
    tracking_id = match(
        mock,
        {"personId": person, "revealPhoneNumberViaPartners": True, "webhookUrl": "http://127.0.0.1:9/"},
    ).body["trackingId"]  # fmt: skip
    mock.advance(seconds - 0.001)
    before = mock.job(tracking_id)["state"]
    mock.advance(0.001)

    assert (before, mock.job(tracking_id)["state"]) == ("searching", "finished")


@pytest.mark.parametrize("plan", ["prospect", "prospect_pro"])
def test_on_the_prospect_plans_credits_that_another_job_spent_leave_an_empty_result(
    mock: MockServer, plan: str
) -> None:
    account = mock.account(plan, credits=1)
    inbox = mock.inbox("broke")
    body = {"personId": "mock-found", "webhookUrl": inbox.url}
    for _ in range(2):
        assert match(mock, body, account.api_key).status == 200
    mock.advance(60)

    assert [len(each["body"]["phoneNumbers"]) for each in inbox.messages()] == [1, 0]
    assert [(each["kind"], each["amount"]) for each in account.ledger()] == [
        ("phone", -1),
        ("export", -1),
    ]
    assert account.balance()["directDials"] == 1


@pytest.mark.parametrize("plan", ["free_forever", "prospect", "prospect_pro", "max", "payg"])
@pytest.mark.parametrize("person", ["tom", "lena", "mara", "kofi", "ines", "ravi", "nils"])
def test_with_partners_off_a_person_without_an_own_number_is_404_and_no_job(
    world: MockServer, plan: str, person: str
) -> None:
    account = world.account(plan)
    inbox = world.inbox(account.api_key)
    before = account.balance()

    answer = match(world, {"personId": person, "webhookUrl": inbox.url}, account.api_key)
    world.advance(60)

    assert answer.status == 404
    assert account.jobs() == []
    assert account.ledger() == []
    assert account.balance() == before
    assert inbox.messages() == []


@pytest.mark.parametrize("plan", ["free_forever", "max", "payg"])
@pytest.mark.parametrize(("credits", "paid"), [(30, 3), (35, 3), (39, 3), (9, 0)])
def test_a_hundred_requests_at_once_charge_no_more_than_there_is(
    mock: MockServer, plan: str, credits: int, paid: int
) -> None:
    account = mock.account(plan, credits=credits, requests_per_minute=1000)
    inbox = mock.inbox("many")
    body = {"personId": "mock-found", "webhookUrl": inbox.url}

    with ThreadPoolExecutor(32) as pool:
        statuses = list(
            pool.map(lambda _: match(mock, body, account.api_key).status, range(100))
        )  # fmt: skip
    mock.advance(to="idle")

    assert statuses == [200 if paid else 402] * 100
    assert [each["amount"] for each in account.ledger()] == [-10] * paid
    assert all(each["balanceAfter"] >= 0 for each in account.ledger())
    assert account.balance() == {"remainingCredits": credits - 10 * paid}
    found = [each for each in inbox.messages() if each["body"]["providers"][-1]["status"] == FOUND]
    assert len(found) == paid


def test_a_job_is_charged_once_however_often_it_is_polled_and_delivered(mock: MockServer) -> None:
    account = mock.account("max", credits=100)
    inbox = mock.inbox("again")
    inbox.answer_with(500, 500, 200)
    tracking_id = match(
        mock, {"personId": "mock-found", "webhookUrl": inbox.url}, account.api_key
    ).body["trackingId"]
    mock.advance(to="idle")
    mock.redeliver(tracking_id)
    mock.advance(to="idle")
    polls = {raw(mock, f"{TRACK}{tracking_id}", account.api_key) for _ in range(5)}

    assert {each["raw"] for each in inbox.messages()} == polls
    assert len(inbox.messages()) == 4
    assert [each["amount"] for each in account.ledger()] == [-10]
