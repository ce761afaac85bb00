"""Every documented error of every operation, provoked in several ways and as the file documents it."""

from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, Final, NamedTuple

import pytest
import yaml
from jsonschema_rs import Draft202012Validator

from tests.api import CREDITS, MATCH, TRACK
from tests.states import MockServer
from tests.web.raw import Whole, exchange

FILE: Final = yaml.safe_load((Path(__file__).parents[2] / "openapi.yaml").read_bytes())
ERROR: Final = Draft202012Validator(
    {"$ref": "#/components/schemas/Error", "components": FILE["components"]}
)
SEARCH: Final = "/api/v1/search/people"
EMAIL: Final = "/api/v1/search/people/email/match"
FOUND: Final = b'{"personId":"mock-found"}'
PEOPLE: Final = b'{"page":1,"perPage":10}'
MAIL: Final = b'{"personId":"mock-found","webhookUrl":"http://127.0.0.1:9/"}'
LONG: Final = b'"' + b"a" * 1024 * 1024 + b'"'


class Way(NamedTuple):
    """A request that is answered with this error by nothing but what it says."""

    operation: str
    status: int
    body: bytes | None
    key: str | None = "test_max"
    path: str | None = None


REQUESTS: Final = {  # that are otherwise answered 200, or 404 for want of a job
    "revealPhone": ("POST", MATCH, FOUND),
    "trackReveal": ("GET", f"{TRACK}none", None),
    "getCredits": ("GET", CREDITS, None),
    "searchProspect": ("POST", SEARCH, PEOPLE),
    "revealEmail": ("POST", EMAIL, MAIL),
}
DOCUMENTED: Final = [
    *(("revealPhone", status) for status in (400, 401, 402, 403, 404, 422, 429)),
    *(("trackReveal", status) for status in (400, 401, 403, 404)),
    *(("getCredits", status) for status in (400, 401, 403)),
    *(("searchProspect", status) for status in (400, 401, 402, 403, 422, 429)),
    *(("revealEmail", status) for status in (400, 401, 402, 403, 404, 422, 429)),
]
NATURAL: Final = [
    Way("revealPhone", 400, b"{}"),
    Way("revealPhone", 400, b"[]"),
    Way("revealPhone", 400, b"{"),
    Way("revealPhone", 400, b""),
    Way("revealPhone", 400, b'{"revealPhoneNumberViaPartners":false}'),
    Way("revealPhone", 401, FOUND, None),
    Way("revealPhone", 401, FOUND, ""),
    Way("revealPhone", 401, FOUND, "nobody"),
    Way("revealPhone", 401, FOUND, "TEST_MAX"),
    Way("revealPhone", 401, FOUND, "test_maximum"),
    Way("revealPhone", 401, FOUND, "test_max_"),
    Way("revealPhone", 402, FOUND, "test_exhausted"),
    Way("revealPhone", 402, FOUND, "test_exhausted_y"),
    Way("revealPhone", 403, FOUND, "test_no_access"),
    Way("revealPhone", 403, FOUND, "test_no_access_y"),
    Way("revealPhone", 404, b'{"personId":"mock-unknown"}'),
    Way("revealPhone", 404, b'{"personId":"mock-none"}'),
    Way("revealPhone", 404, b'{"personId":"mock-found-wiza"}'),
    Way("revealPhone", 404, b'{"personId":"mock-found-nobody"}'),
    Way("revealPhone", 404, b'{"linkedinUrl":"https://www.linkedin.com/in/mock-none/"}'),
    Way("revealPhone", 422, b'{"personId":null}'),
    Way("revealPhone", 422, b'{"personId":"  "}'),
    Way("revealPhone", 422, b'{"personId":7}'),
    Way("revealPhone", 422, b'{"personId":"a","revealPhoneNumberViaPartners":"true"}'),
    Way("revealPhone", 422, b'{"personId":"a","revealPhoneNumberViaPartners":true}'),
    Way("revealPhone", 422, b'{"personId":"a","webhookUrl":"not a url"}'),
    Way("revealPhone", 422, b'{"linkedinUrl":"https://www.linkedin.com/sales/lead/x"}'),
    Way("revealPhone", 422, b'{"linkedinUrl":"https://www.linkedin.com/company/x"}'),
    Way("revealPhone", 422, b'{"linkedinUrl":"https://www.linkedin.com/pub/x"}'),
    Way("revealPhone", 422, b'{"linkedinUrl":"https://example.com/in/x"}'),
    Way("trackReveal", 400, None, "test_max", TRACK + "a" * 257),
    Way("trackReveal", 401, None, None),
    Way("trackReveal", 401, None, "nobody"),
    Way("trackReveal", 403, None, "test_no_access"),
    Way("trackReveal", 404, None),
    Way("getCredits", 400, LONG),
    Way("getCredits", 401, None, None),
    Way("getCredits", 401, None, "nobody"),
    Way("getCredits", 403, None, "test_no_access"),
    Way("searchProspect", 400, b"[]"),
    Way("searchProspect", 400, b"{"),
    Way("searchProspect", 401, PEOPLE, "nobody"),
    Way("searchProspect", 403, PEOPLE, "test_no_access"),
    Way("searchProspect", 422, b'{"page":0,"perPage":10}'),
    Way("searchProspect", 422, b'{"page":1}'),
    Way("revealEmail", 400, b'{"webhookUrl":"http://127.0.0.1:9/"}'),
    Way("revealEmail", 401, MAIL, "nobody"),
    Way("revealEmail", 403, MAIL, "test_no_access"),
    Way("revealEmail", 422, b'{"personId":"a"}'),
]


@pytest.fixture(scope="module")
def server() -> Iterator[MockServer]:
    with MockServer(clock="manual", seed=1, self_check=True) as mock:
        for number, plan in enumerate(("max", "max")):
            mock.account(plan, api_key=f"key-{number}", requests_per_minute=100_000)
        yield mock
        assert mock.problems == []


def asked(
    mock: MockServer, operation: str, *, key: str = "key-0", **headers: str
) -> Whole:  # fmt: skip
    method, path, body = REQUESTS[operation]
    return exchange(mock, method, path, body, headers, key=key)


def revealed(mock: MockServer, key: str, body: bytes = FOUND, **headers: str) -> Whole:
    return exchange(mock, "POST", MATCH, body, headers, key=key)


def is_documented(answer: Whole, status: int) -> bool:
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["x-mock"].startswith("clodura-kit/")
    problems = [each.message for each in ERROR.iter_errors(answer.body)]
    assert not problems
    assert answer.body["statusCode"] == answer.status
    assert ("retry-after" in answer.headers) == (answer.status == 429)
    if answer.status == 429:
        assert 1 <= int(answer.headers["retry-after"]) <= 60
    return answer.status == status


def test_the_errors_here_are_those_of_the_file() -> None:
    documented = [
        (operation["operationId"], int(status))
        for item in FILE["paths"].values()
        for operation in item.values()
        for status in operation["responses"]
        if int(status) >= 400
    ]

    assert documented == DOCUMENTED


@pytest.mark.parametrize("way", NATURAL, ids=map(str, range(len(NATURAL))))
def test_a_request_that_deserves_an_error_gets_it(server: MockServer, way: Way) -> None:
    method, path, _ = REQUESTS[way.operation]

    answer = exchange(server, method, way.path or path, way.body, key=way.key)

    assert is_documented(answer, way.status)


@pytest.mark.parametrize(("operation", "status"), DOCUMENTED)
def test_every_documented_error_comes_for_a_preference(
    server: MockServer, operation: str, status: int
) -> None:
    answer = asked(server, operation, Prefer=f"code={status}")

    assert is_documented(answer, status)
    assert "x-mock-reason" not in answer.headers


@pytest.mark.parametrize(("operation", "status"), DOCUMENTED)
def test_every_documented_error_comes_by_a_fault_of_the_control_api(
    server: MockServer, operation: str, status: int
) -> None:
    when = {"apiKey": "key-1", "operationId": operation}
    server.fault({"status": status}, when=when, times=1)

    assert is_documented(asked(server, operation, key="key-1"), status)
    assert asked(server, operation, key="key-1").status in {200, 404}


@pytest.mark.parametrize("status", [400, 401, 402, 403, 404, 422, 429])
@pytest.mark.parametrize(
    "body", ['{{"personId":"mock-status-{}"}}', '{{"linkedinUrl":"https://linkedin.com/in/mock-status-{}"}}']
)  # fmt: skip
def test_every_documented_error_of_a_reveal_comes_for_a_magic_person(
    server: MockServer, status: int, body: str
) -> None:
    assert is_documented(revealed(server, "key-0", body.format(status).encode()), status)


@pytest.mark.parametrize("status", [405, 418, 500, 299])
def test_a_magic_person_who_asks_for_what_is_not_documented_does_not_exist(
    server: MockServer, status: int
) -> None:
    answer = revealed(server, "key-0", f'{{"personId":"mock-status-{status}"}}'.encode())

    assert is_documented(answer, 404)
    assert "mock-<outcome>" in answer.body["message"]


def test_the_throttled_key_is_429_at_the_second_request_until_its_minute_is_over(
    mock: MockServer,
) -> None:
    assert revealed(mock, "test_throttled").status == 200
    first = revealed(mock, "test_throttled")
    mock.advance(20.5)
    second = revealed(mock, "test_throttled")
    mock.advance(39.4)
    third = revealed(mock, "test_throttled")
    mock.advance(0.1)

    assert all(is_documented(each, 429) for each in (first, second, third))
    assert [each.headers["retry-after"] for each in (first, second, third)] == ["60", "40", "1"]
    assert revealed(mock, "test_throttled").status == 200


@pytest.mark.parametrize(
    ("plan", "limit"),
    [("free_forever", 10), ("prospect", 60), ("prospect_pro", 120), ("max", 300), ("payg", 60)],
)
def test_each_plan_has_its_limit(mock: MockServer, plan: str, limit: int) -> None:
    statuses = [revealed(mock, f"test_{plan}_x", b"{}").status for _ in range(limit + 1)]

    assert statuses == [400] * limit + [429]


def test_polls_and_balances_are_not_limited(mock: MockServer) -> None:
    revealed(mock, "test_throttled")
    assert revealed(mock, "test_throttled").status == 429

    assert asked(mock, "getCredits", key="test_throttled").status == 200
    assert asked(mock, "trackReveal", key="test_throttled").status == 404
    assert asked(mock, "searchProspect", key="test_throttled").status == 200


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (FOUND, {"Prefer": "code=404"}),
        (FOUND, {"Prefer": "code=429"}),
        (FOUND, {"Prefer": "code=418"}),
        (b'{"personId":"mock-status-402"}', {}),
        (b'{"personId":null}', {}),
        (b"{", {}),
        (b"", {"Content-Type": "text/plain"}),
        (LONG, {}),
    ],
    ids=map(str, range(8)),
)
def test_whatever_a_request_is_answered_it_counts_in_the_window(
    mock: MockServer, body: bytes, headers: dict[str, str]
) -> None:
    assert revealed(mock, "test_throttled", body, **headers).status != 200

    assert revealed(mock, "test_throttled").status == 429


def test_a_request_that_a_fault_answers_counts_in_the_window(mock: MockServer) -> None:
    mock.fault({"status": 503}, times=1)

    assert revealed(mock, "test_throttled").status == 503
    assert revealed(mock, "test_throttled").status == 429


def test_a_request_without_an_account_counts_nowhere(mock: MockServer) -> None:
    for _ in range(3):
        assert revealed(mock, "nobody").status == 401

    mock.account(api_key="nobody", requests_per_minute=1)
    assert revealed(mock, "nobody").status == 200


def test_the_checks_come_in_the_order_of_the_file(mock: MockServer) -> None:
    broke = mock.account(credits=0).api_key
    locked = mock.account(credits=0, api_access=False).api_key
    slow = mock.account(credits=0, api_access=False, requests_per_minute=0).api_key
    both = b'{"webhookUrl":5}'  # names nobody, and a field is wrong
    wrong = b'{"personId":null}'
    unknown = b'{"personId":"mock-unknown"}'

    assert revealed(mock, "nobody", both).status == 401
    assert revealed(mock, slow, both).status == 429
    assert revealed(mock, locked, both).status == 400
    assert revealed(mock, locked, wrong).status == 422
    assert revealed(mock, locked, unknown).status == 403
    assert revealed(mock, broke, unknown).status == 402
    assert revealed(mock, "test_max", unknown).status == 404


@pytest.mark.parametrize(("operation", "status"), DOCUMENTED)
def test_without_a_key_everything_is_401(server: MockServer, operation: str, status: int) -> None:
    method, path, _ = REQUESTS[operation]
    server.fault({"status": 500}, when={"apiKey": "nobody"}, times=1)
    headers = {"Prefer": f"code={status}", "Content-Type": "text/plain"}

    answer = exchange(
        server, method, path, b'{"personId":"mock-status-404"}', headers, key="nobody"
    )

    assert is_documented(answer, 401)


def test_a_fault_comes_before_a_preference_and_that_before_a_magic_person(mock: MockServer) -> None:
    magic, prefer = b'{"personId":"mock-status-402"}', {"Prefer": "code=403"}
    mock.fault({"status": 418}, when={"operationId": "revealPhone"}, times=1)

    assert revealed(mock, "test_exhausted", magic, **prefer).status == 418
    assert revealed(mock, "test_exhausted", magic, **prefer).status == 403
    assert revealed(mock, "test_exhausted", magic).status == 402
    assert revealed(mock, "test_exhausted", b'{"personId":"mock-none"}').status == 402


@pytest.mark.parametrize("status", [400, 401, 402, 403, 404, 422, 429])
def test_a_forced_error_makes_no_job_and_sends_no_webhook(mock: MockServer, status: int) -> None:
    inbox = mock.inbox("forced")
    body = f'{{"personId":"mock-found","webhookUrl":"{inbox.url}"}}'.encode()
    revealed(mock, "test_max", body, Prefer=f"code={status}")
    revealed(mock, "test_max", body.replace(b"found", b"status-%d" % status))
    mock.advance(to="idle")

    assert mock.jobs() == []
    assert inbox.messages() == []


PREFERENCES: Final[list[tuple[str, int]]] = [
    ("code=404", 404),
    ('code="404"', 404),
    ("CODE=404", 404),
    ("code = 404", 404),
    ("  code=404  ", 404),
    ("respond-async, code=404", 404),
    ("wait=10; code=1, code=404", 404),
    ("code=404; dynamic=true", 404),
    ("code=404, code=403", 404),
    ("return=minimal,code=404,wait=5", 404),
    ("code=200", 200),
    ("code=", 200),
    ("code=4040", 200),
    ("code=40", 200),
    ("code=abc", 200),
    ("xcode=404", 200),
    ("code-404", 200),
    ('note="a, code=404"', 200),
    (r'note="\", code=404"', 200),
    ("", 200),
    ("code=418", 400),
    ("code=500", 400),
    ("code=201", 400),
    ("code=999", 400),
    ("code=000", 400),
]


@pytest.mark.parametrize(("preference", "status"), PREFERENCES)
def test_a_preference_is_read_as_rfc_7240_has_it(
    server: MockServer, preference: str, status: int
) -> None:
    answer = revealed(server, "key-0", Prefer=preference)

    assert answer.status == status
    assert ("x-mock-reason" in answer.headers) == (status == 400)


def test_of_several_preferences_the_first_with_a_code_counts(server: MockServer) -> None:
    def answered(*preferences: str) -> int:
        connection = HTTPConnection(server.url.removeprefix("http://"))
        connection.putrequest("GET", CREDITS)
        connection.putheader("X-API-KEY", "key-0")
        for each in preferences:
            connection.putheader("Prefer", each)
        connection.endheaders()
        status = connection.getresponse().status
        connection.close()
        return status

    assert answered("code=403", "respond-async") == 403
    assert answered("respond-async", "code=403") == 403
    assert answered("code=403", "code=400") == 403


def test_an_undocumented_code_says_which_there_are(server: MockServer) -> None:
    answer = asked(server, "getCredits", Prefer="code=404")

    assert is_documented(answer, 400)
    assert (
        answer.headers["x-mock-reason"] == "getCredits documents no 404; Prefer takes 400, 401, 403"
    )


def test_the_message_says_what_is_wrong_and_never_the_value(server: MockServer) -> None:
    secret = b'{"personId":"mock-found","webhookUrl":"secret-value"}'
    answer = revealed(server, "key-0", secret)

    assert "webhookUrl" in answer.body["message"]
    assert b"secret-value" not in answer.content


@pytest.mark.parametrize("operation", REQUESTS)
def test_no_answer_contains_the_key(server: MockServer, operation: str) -> None:
    key = "test_max_SECRETIVE"
    codes = (200, 400, 401, 402, 403, 404, 405, 422, 429)
    seen: list[Any] = [asked(server, operation, key=key, Prefer=f"code={code}") for code in codes]
    seen += [asked(server, operation, key=f"{key}_")]
    seen += [exchange(server, "PUT", REQUESTS[operation][1], b"", key=key)]

    assert "SECRETIVE" not in repr(seen)
