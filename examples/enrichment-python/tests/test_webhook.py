"""The webhook as a sender sees it: whom it believes, what it refuses, and that its 2xx is a promise."""

import sqlite3
from concurrent.futures import ThreadPoolExecutor

import pytest
from tests.application import Application, locked

from mock_server import Account, MockServer

FOUND = {
    "trackingId": "t-1",
    "status": "success",
    "providers": [
        {"provider": "Clodura", "status": "notFound", "phoneNumbers": []},
        {"provider": "Wiza", "status": "found", "phoneNumbers": ["+12025550143"]},
    ],
}
NOTHING = {**FOUND, "providers": FOUND["providers"][:1]}


def test_a_wrong_token_is_refused(application: Application) -> None:
    assert application.deliver(FOUND, token="guessed") == 401
    assert application.probe(trackingId="t-1") == {"error": "no such result"}


def test_the_token_of_another_job_is_refused(application: Application, account: Account) -> None:
    application.reveal("mock-found-after-90")
    (job,) = account.jobs()
    with sqlite3.connect(application.settings.database) as database:
        ((token,),) = database.execute("SELECT token FROM lookups").fetchall()
    database.close()

    assert application.deliver(FOUND, token) == 422
    assert application.deliver({**FOUND, "trackingId": job["trackingId"]}, token) == 204


def test_a_found_number_stays(application: Application) -> None:
    late = {"trackingId": "t-1", "status": "processing"}

    assert [application.deliver(each) for each in (FOUND, late, NOTHING)] == [204, 204, 204]

    assert application.probe(trackingId="t-1") == {
        "state": "found", "phoneNumbers": ["+12025550143"], "appliedCount": 1,
    }  # fmt: skip


def test_many_copies_at_once_count_once(application: Application) -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: application.deliver(FOUND), range(40)))

    assert set(answers) == {204}
    assert application.probe(trackingId="t-1")["appliedCount"] == 1
    assert application.status()["spent"] == 14


@pytest.mark.parametrize(
    "document",
    [
        [],
        {},
        {"trackingId": "t-1"},
        {**FOUND, "trackingId": 17},
        {**FOUND, "trackingId": "\ud800"},
        {**FOUND, "trackingId": "t" * 257},
        {**FOUND, "providers": {}},
        {**FOUND, "providers": ["Wiza"]},
        {**FOUND, "providers": [{"provider": "Wiza", "status": "found", "phoneNumbers": [17]}]},
        {**FOUND, "providers": [{"provider": "Wiza", "status": "found", "phoneNumbers": ["1"]}]},
        {"personId": "p", "phoneNumbers": "+12025550143"},
    ],
)
def test_what_is_no_result_is_refused(application: Application, document: object) -> None:
    assert application.deliver(document) == 422


def test_what_the_api_adds_one_day_does_no_harm(application: Application) -> None:
    new = {"provider": "New", "status": "asleep", "phoneNumbers": [], "since": 1}
    document = {**FOUND, "providers": [new, *FOUND["providers"]], "carrier": {}}

    assert application.deliver(document) == 204
    assert application.probe(trackingId="t-1")["phoneNumbers"] == ["+12025550143"]


def test_a_body_that_is_too_long_is_refused(application: Application) -> None:
    assert application.deliver({**FOUND, "note": "x" * 300_000}) == 413


def test_what_cannot_be_stored_is_not_acknowledged(application: Application) -> None:
    with locked(application.settings.database):
        assert application.deliver(FOUND) == 503

    assert application.deliver(FOUND) == 204
    assert application.probe(trackingId="t-1")["appliedCount"] == 1


def test_a_result_that_came_before_anybody_knew_its_job_is_found_later(
    application: Application, clodura_mock: MockServer, account: Account
) -> None:
    """As a stray, by a URL without a lookup's token; then the match's answer tells the trackingId."""
    clodura_mock.fault(
        {"status": 200, "body": {"trackingId": "t-1", "message": "queued"}},
        when={"apiKey": account.api_key, "operationId": "revealPhone"},
    )
    application.deliver(FOUND)

    lookup = application.reveal("mock-found")

    assert application.lookup(lookup)["phoneNumbers"] == ["+12025550143"]
    assert application.status()["spent"] == 14
