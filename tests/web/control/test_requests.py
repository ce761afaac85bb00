"""The journal explains every answer and keeps no secret."""

import json
from urllib.parse import quote

import pytest

from tests.api import CREDITS, MATCH, match, request, track
from tests.states import MockServer
from tests.web.control.described import CheckedServer
from tests.web.control.test_jobs import reveal

FOUND = {"personId": "mock-found"}
WIZA = {
    "personId": "mock-found-wiza",
    "revealPhoneNumberViaPartners": True,
    "webhookUrl": "http://127.0.0.1:9/",
}


def why(mock: CheckedServer) -> str:
    return mock.requests(limit=1)[0]["why"]


def test_a_request_is_kept_with_its_answer(mock: CheckedServer) -> None:
    tracking_id = match(mock, FOUND).body["trackingId"]

    [kept] = mock.requests()

    assert (kept["method"], kept["path"], kept["operationId"]) == ("POST", MATCH, "revealPhone")
    assert (kept["status"], kept["trackingId"], kept["key"]) == (200, tracking_id, "ax_t")
    assert kept["at"] == "2026-01-01T00:00:00.000000Z"
    assert kept["request"]["body"] == FOUND
    assert kept["request"]["headers"]["x-api-key"] == "ax_t"
    assert kept["response"]["body"]["trackingId"] == tracking_id
    assert kept["why"] == "200: the job is queued (RES-1)"


def test_a_402_is_explained_with_balance_price_and_what_was_charged(mock: CheckedServer) -> None:
    account = mock.account("max", credits=59)
    ids = []
    for _ in range(4):
        ids.append(match(mock, WIZA, account.api_key).body["trackingId"])
        mock.advance(10)

    assert match(mock, WIZA, account.api_key).status == 402

    text = why(mock)
    assert text.startswith("402: balance 3, the cheapest provider costs 10")
    assert "ERR-E" in text
    newest = f"{ids[3]}, {ids[2]}, {ids[1]}"
    assert text.endswith(f"56 unified credits were charged by jobs, the newest first: {newest}")


@pytest.mark.parametrize(
    ("key", "body", "facts"),
    [
        (None, FOUND, ["401: there is no X-API-KEY header", "AUTH-1"]),
        ("someone else's", FOUND, ["401: the key …se's belongs to no account", "AUTH-1"]),
        ("test_no_access", FOUND, ["403", "apiAccess is false", "ERR-403"]),
        ("test_max_t", {}, ["400: Either personId"]),
        ("test_max_t", {"personId": "mock-unknown"}, ["404", "RES-4"]),
        ("test_max_t", {"personId": "mock-none"}, ["404", "partners are off", "RES-3"]),
        ("test_exhausted", FOUND, ["402", "balance 0", "ERR-E"]),
        ("test_max_t", {"personId": "mock-status-429"}, ["429", "the magic person asks for 429"]),
    ],
)
def test_a_refusal_is_explained(
    mock: CheckedServer, key: str | None, body: object, facts: list[str]
) -> None:
    request(mock, "POST", MATCH, body, api_key=key)

    assert [each for each in facts if each not in why(mock)] == []


def test_a_limit_a_fault_and_a_preference_are_explained(mock: CheckedServer) -> None:
    match(mock, FOUND, "test_throttled")
    match(mock, FOUND, "test_throttled")
    limited = why(mock)
    match(mock, FOUND, Prefer="code=429")
    preferred = why(mock)
    fault = mock.fault({"status": 500})
    match(mock, FOUND)

    assert limited.startswith("429: request 2 of the window, 1 are allowed")
    assert preferred == "429: Prefer: code=429"
    assert "a fault of the control API" in why(mock)
    assert fault["id"]


def test_the_journal_can_be_filtered(mock: CheckedServer) -> None:
    match(mock, FOUND, "test_max_a")
    request(mock, "GET", CREDITS, api_key="test_max_b")
    request(mock, "GET", "/nowhere", api_key="test_max_b")

    def paths(**filters: str | int) -> list[str]:
        return [each["path"] for each in mock.requests(**filters)]  # type: ignore[arg-type]

    assert paths() == ["/nowhere", CREDITS, MATCH]
    assert paths(limit=1) == ["/nowhere"]
    assert paths(api_key="test_max_a") == [MATCH]
    assert paths(api_key="xx_a") == []
    assert paths(operation_id="getCredits") == [CREDITS]
    assert paths(status=404) == ["/nowhere"]
    assert paths(status="2XX") == paths(status="2xx") == [CREDITS, MATCH]


def test_the_requests_about_one_job_can_be_had(mock: CheckedServer) -> None:
    match(mock, FOUND)
    tracking_id = match(mock, FOUND).body["trackingId"]
    track(mock, tracking_id)

    status, kept = mock.ask("GET", f"/requests?trackingId={tracking_id}")

    assert (status, [each["operationId"] for each in kept["requests"]]) == (
        200,
        ["trackReveal", "revealPhone"],
    )


@pytest.mark.parametrize("status", ["", "20", "600", "2x"])
def test_a_status_that_is_none_is_refused(mock: CheckedServer, status: str) -> None:
    code, problem = mock.ask("GET", f"/requests?status={status}")

    assert (code, problem["field"], problem["example"]) == (422, "status", "402")


def test_the_journal_can_be_emptied_and_goes_on_counting(mock: CheckedServer) -> None:
    match(mock, FOUND)

    mock.ask("DELETE", "/requests")
    match(mock, FOUND)

    assert [each["id"] for each in mock.requests()] == [2]


def test_bodies_headers_and_paths_are_cut(mock: CheckedServer) -> None:
    headers = {f"X-{n}": "v" for n in range(150)}
    request(
        mock, "POST", MATCH, {"personId": "x" * 5000}, headers={"X-Long": "y" * 5000, **headers}
    )
    request(mock, "GET", f"/{'z' * 5000}")

    unknown, cut = mock.requests()

    assert cut["request"]["cut"]
    assert len(cut["request"]["body"]) == 4096
    assert len(cut["request"]["headers"]) == 100
    assert len(cut["request"]["headers"]["x-long"]) == 4096
    assert len(unknown["path"]) == 4096
    assert len(unknown["why"]) <= 4096


SECRETS = ("hidden", "s3cret", "t0ken", "test_max_long_key", "c00kie")
URL = "https://hidden:s3cret@127.0.0.1:9/hook?sig=t0ken"


@pytest.mark.parametrize(
    "body",
    [
        json.dumps({**FOUND, "webhookUrl": URL}),
        json.dumps({**FOUND, "webhookUrl": URL}).replace("/", "\\/").replace("?", "\\u003f"),
        json.dumps({**FOUND, "note": {"deep": [URL]}}),
        json.dumps({**FOUND, "webhookUrl": "http://127.0.0.1:9/hook#t0ken"}),
        f"no json, but {URL}",
    ],
)
def test_no_secret_is_found_in_requests_jobs_or_events(mock: CheckedServer, body: str) -> None:
    secret = {"Authorization": "Bearer s3cret-t0ken", "Cookie": "session=c00kie; a=bcd"}
    key = "test_max_long_key"
    answer = request(mock, "POST", MATCH, body.encode(), api_key=key, headers=secret)
    if answer.status == 200:
        track(mock, answer.body["trackingId"], key)
    request(mock, "GET", "/nowhere", api_key=key, headers=secret)
    mock.advance(to="idle")

    told = json.dumps([mock.requests(), mock.jobs(), mock.ask("GET", "/faults")])
    told += mock.engine_events()

    assert [each for each in SECRETS if each in told] == []
    assert "_key" in told


def test_accounts_on_one_server_do_not_see_each_other(mock: CheckedServer) -> None:
    accounts = [mock.account(requests_per_minute=2) for _ in range(3)]
    for account in accounts:
        reveal(mock, key=account.api_key)
    mock.fault({"status": 500}, when={"apiKey": accounts[0].api_key})
    mock.advance(1)

    answers = [request(mock, "GET", CREDITS, api_key=each.api_key).status for each in accounts]

    assert answers == [500, 200, 200]
    assert [len(each.jobs()) for each in accounts] == [1, 1, 1]
    assert [len(mock.requests(api_key=each.api_key)) for each in accounts] == [2, 2, 2]
    assert [each.credits() for each in accounts] == [9990] * 3


@pytest.mark.parametrize("whose", ["of an account", "of nobody"])
def test_a_key_in_the_wrong_place_is_not_kept_either(mock: CheckedServer, whose: str) -> None:
    key = "sk-own-98765432"
    if whose == "of an account":
        mock.account("max", api_key=key)
    body = {"personId": key, "apiKey": key, "linkedinUrl": key, "note": f"the key is {key}"}
    named = {"Api-Key": key, "X-Auth": f"Key {key}", "X-Odd": key}
    request(mock, "POST", MATCH, body, api_key=key, headers=named)
    request(mock, "POST", MATCH, body | {"note": ""}, api_key=None, headers={"X-Api-Token": key})
    told = [
        request(mock, "GET", f"/api/v1/search/people/track/{key}", api_key=key),
        request(mock, "GET", f"/api/v1/credits/{key}", api_key=key),
        request(mock, "GET", f"{MATCH}?key={key}", api_key=key),
    ]

    assert key not in str(told), "an answer tells the key (AUTH-4)"
    kept = mock.requests()
    assert len(kept) == 5
    without_header = next(each for each in kept if "x-api-token" in each["request"]["headers"])
    assert without_header["request"]["body"]["apiKey"] == "5432"
    assert any("5432" in each["path"] for each in kept), "what is hidden is told by its end"
    others = [each for each in kept if each is not without_header]
    assert key not in str(others), "the journal tells the key"


def test_a_journal_without_a_key_in_it_is_kept_for_unknown_paths() -> None:
    with MockServer(clock="manual") as mock:
        request(mock, "PATCH", CREDITS)

        [kept] = mock.requests()

        assert (kept["status"], kept["key"], kept["operationId"]) == (405, None, None)


@pytest.mark.parametrize("depth", [250, 300, 990, 1_000, 1_020])
def test_a_deeply_nested_body_hides_nothing_of_the_journal(mock: CheckedServer, depth: int) -> None:
    match(mock, b'{"personId":' + b"[" * depth + b"]" * depth + b"}")
    match(mock, FOUND)

    newest, deep = mock.requests()

    assert newest["status"] == 200
    assert deep["status"] in (400, 422)
    assert "[[[[" in json.dumps(deep["request"]["body"])


def test_a_key_beyond_ascii_is_told_by_its_end_in_whatever_it_stands(mock: CheckedServer) -> None:
    key = "test_max_sécret"
    in_header = key.encode().decode("latin-1")
    for body in (
        json.dumps(FOUND | {"note": key}, ensure_ascii=escaped).encode()
        for escaped in (True, False)
    ):
        match(mock, body, in_header)
    request(mock, "POST", f"/api/{quote(key)}", b"{}", api_key=in_header)

    kept = mock.requests()

    assert len(kept) == 3
    assert "sécret" not in json.dumps(kept, ensure_ascii=False)
