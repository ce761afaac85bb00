"""The control API is what control.yaml says, and all of that can be had."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, NamedTuple

import pytest

from mock_server.bootstrap import build
from mock_server.settings import Settings
from mock_server.web.control.app import CALLS
from mock_server.web.wire import MIB
from tests.api import match
from tests.web.away import ask_away
from tests.web.control.described import (
    FILE,
    PREFIX,
    CheckedServer,
    Operation,
    operation_of,
    operations,
    problems,
)

KEY, TRACKING_ID = "test_key_mine", "3f8a1c52-0b7d-4e69-a3f4-9d2c5b7e8a10"


class Case(NamedTuple):
    """A call that is to be answered so; `first` makes what it needs and may give the path's last part."""

    operation_id: str
    status: int
    target: str
    body: Any = None
    first: Callable[[CheckedServer], str | None] = lambda _mock: None


def _account(mock: CheckedServer) -> None:
    mock.account("max", api_key=KEY)


def _job(mock: CheckedServer) -> str:
    url = mock.inbox("job").url
    tracking_id: str = match(mock, {"personId": "mock-found", "webhookUrl": url}).body["trackingId"]
    return tracking_id


def _finished(mock: CheckedServer) -> str:
    tracking_id = _job(mock)
    mock.advance(to="idle")
    return tracking_id


def _fault(mock: CheckedServer) -> str:
    return mock.fault({"status": 500})["id"]


def _told_to_answer_503(mock: CheckedServer) -> None:
    mock.inbox("a").answer_with(503)


NEXT = {"to": "next"}
SNAPSHOT = {
    "format": 1,
    "world": {"seed": 1},
    "accounts": [],
    "jobs": [],
    "finished": [],
    "wakes": [],
    "ledgers": {},
    "counters": [],
    "inboxes": {},
}
PROVOKED = [
    Case("getPage", 200, "/"),
    Case("getDashboardFile", 200, "/dashboard/main.js"),
    Case("getDashboardFile", 404, "/dashboard/..%2Fapp.py"),
    Case("getHealth", 200, "/health"),
    Case("getRules", 200, "/rules"),
    Case("getOpenapi", 200, "/openapi.yaml"),
    Case("getControl", 200, "/control.yaml"),
    Case("listAccounts", 200, "/accounts", first=_account),
    Case("openAccount", 201, "/accounts", {"plan": "max", "apiKey": KEY}),
    Case("openAccount", 409, "/accounts", {"plan": "max", "apiKey": KEY}, _account),
    Case("openAccount", 422, "/accounts", {"plan": "maximal"}),
    Case("getAccount", 200, f"/accounts/{KEY}", first=_account),
    Case("getAccount", 404, f"/accounts/{KEY}"),
    Case("changeAccount", 200, f"/accounts/{KEY}", {"topUp": 5}, _account),
    Case("changeAccount", 404, f"/accounts/{KEY}", {"topUp": 5}),
    Case("changeAccount", 409, f"/accounts/{KEY}", {"topUp": -1_000_000}, _account),
    Case("changeAccount", 422, f"/accounts/{KEY}", {"topUp": 0.5}, _account),
    Case("removeAccount", 204, f"/accounts/{KEY}", first=_account),
    Case("removeAccount", 404, f"/accounts/{KEY}"),
    Case("getLedger", 200, f"/accounts/{KEY}/ledger", first=_account),
    Case("getLedger", 404, f"/accounts/{KEY}/ledger"),
    Case("listPeople", 200, "/people"),
    Case("declarePerson", 200, "/people/p-1", {"numbers": {"wiza": ["+12025550143"]}}),
    Case("declarePerson", 422, "/people/p-1", {"numbers": {"Wizard": []}}),
    Case("listJobs", 200, "/jobs", first=_job),
    Case("getJob", 200, "/jobs/", first=_job),
    Case("getJob", 404, f"/jobs/{TRACKING_ID}"),
    Case("getJobDetails", 200, "/jobs/{}/details", first=_job),
    Case("getJobDetails", 404, f"/jobs/{TRACKING_ID}/details"),
    Case("redeliver", 202, "/jobs/{}/redeliver", first=_finished),
    Case("redeliver", 404, f"/jobs/{TRACKING_ID}/redeliver"),
    Case("redeliver", 409, "/jobs/{}/redeliver", first=_job),
    Case("getClock", 200, "/clock"),
    Case("setClock", 200, "/clock", {"mode": "scaled", "rate": 60}),
    Case("setClock", 422, "/clock", {"mode": "scaled"}),
    Case("advanceClock", 200, "/clock/advance", NEXT, _job),
    Case("advanceClock", 422, "/clock/advance", {"to": "tomorrow"}),
    Case("listFaults", 200, "/faults", first=_fault),
    Case("addFault", 201, "/faults", {"chaos": {"rate": 0.2, "effects": [{"status": 500}]}}),
    Case("addFault", 422, "/faults", {"when": {"operationId": "revealFax"}, "then": {}}),
    Case("removeFaults", 204, "/faults", first=_fault),
    Case("removeFault", 204, "/faults/", first=_fault),
    Case("removeFault", 404, "/faults/fault-9"),
    Case("listRequests", 200, "/requests?status=2xx", first=_job),
    Case("clearRequests", 204, "/requests"),
    Case("receive", 200, "/inbox/a", {"any": "body"}),
    Case("receive", 503, "/inbox/a", first=_told_to_answer_503),
    Case("receive", 422, f"/inbox/{'a' * 257}"),
    Case("readInbox", 200, "/inbox/a?count=0&wait=0.5"),
    Case("setInbox", 200, "/inbox/a", {"answers": [500, "disconnect"]}),
    Case("setInbox", 422, "/inbox/a", {"answers": []}),
    Case("emptyInbox", 204, "/inbox/a"),
    Case("reset", 200, "/reset", {"seed": 7}),
    Case("reset", 422, "/reset", {"seed": -1}),
    Case("takeSnapshot", 200, "/snapshot", first=_job),
    Case("restoreSnapshot", 200, "/snapshot", SNAPSHOT),
    Case("restoreSnapshot", 422, "/snapshot", {**SNAPSHOT, "format": 2}),
]
UNKNOWN_IN_THE_QUERY = sorted(set(operations()) - {"receive"})
WITH_JSON = [key for key, each in operations().items() if "400" in each.statuses]
WITH_A_LIMIT = [*WITH_JSON, "receive"]
NEEDS_THE_STORE = [key for key, each in operations().items() if "503" in each.statuses]
SECURED = sorted(set(operations()) - {"getHealth", "receive"})
ELSEWHERE = {
    "getPage": {"303"},
    "streamEvents": {"200"},
    "restoreSnapshot": {"413"},
}  # tests of their own


@pytest.fixture(scope="module")
def shared() -> Iterator[CheckedServer]:
    """A fake for calls that change nothing."""
    with CheckedServer(clock="manual") as server:
        yield server


@pytest.fixture(scope="module")
def locked() -> Iterator[CheckedServer]:
    """A fake that has a token which its client does not bring."""
    server = CheckedServer(clock="manual")
    server._settings = replace(server._settings, control_token="secret-token")
    with server:
        server._token = None
        yield server


def _target(operation: Operation) -> str:
    path = operation.path
    for name in ("apiKey", "personId", "trackingId", "faultId", "name", "file"):
        path = path.replace(f"{{{name}}}", "some")
    return path


@pytest.mark.parametrize("case", PROVOKED, ids=lambda each: f"{each.operation_id}-{each.status}")
def test_a_documented_answer_can_be_had(mock: CheckedServer, case: Case) -> None:
    made = case.first(mock)
    target = case.target.format(made) if "{" in case.target else case.target
    target += made if made and target.endswith("/") else ""
    operation = operations()[case.operation_id]
    assert operation_of(operation.method, PREFIX + target) is operation

    status, _ = mock.ask(operation.method, target, case.body)

    assert status == case.status


@pytest.mark.parametrize("operation_id", UNKNOWN_IN_THE_QUERY)
def test_an_unknown_query_parameter_is_named(shared: CheckedServer, operation_id: str) -> None:
    operation = operations()[operation_id]

    status, problem = shared.ask(operation.method, f"{_target(operation)}?colour=red")

    assert (status, problem["field"]) == (422, "colour")


@pytest.mark.parametrize("operation_id", WITH_JSON)
def test_a_body_that_is_no_json_is_400(shared: CheckedServer, operation_id: str) -> None:
    operation = operations()[operation_id]

    status, problem = shared.ask(operation.method, _target(operation), b"{nonsense")

    assert (status, problem["field"], problem["expected"]) == (400, "body", "JSON")


@pytest.mark.parametrize("operation_id", WITH_A_LIMIT)
def test_a_body_over_a_mebibyte_is_413(shared: CheckedServer, operation_id: str) -> None:
    operation = operations()[operation_id]

    status, problem = shared.ask(operation.method, _target(operation), b" " * (MIB + 1))

    assert status == 413
    assert str(MIB) in problem["detail"]


@pytest.mark.parametrize("operation_id", SECURED)
def test_without_the_token_it_is_401(locked: CheckedServer, operation_id: str) -> None:
    operation = operations()[operation_id]

    assert locked.ask(operation.method, _target(operation))[0] == 401


@pytest.mark.parametrize("operation_id", sorted(operations()))
def test_under_a_strange_name_it_is_403(shared: CheckedServer, operation_id: str) -> None:
    operation = operations()[operation_id]

    status, problem = shared.ask(operation.method, _target(operation), Host="rebound.example")

    assert status == 403
    assert "rebound.example" in problem["detail"]


@pytest.mark.parametrize("operation_id", NEEDS_THE_STORE)
def test_while_the_store_is_away_it_is_503(operation_id: str) -> None:
    operation = operations()[operation_id]
    case = next(each for each in PROVOKED if each.operation_id == operation_id)
    target = case.target + ("some" if case.target.endswith("/") else "")

    answer = ask_away(operation.method, PREFIX + target.replace("{}", "some"), case.body)

    assert (answer.status, answer.headers["retry-after"]) == (503, "3")
    assert answer.headers["x-mock-reason"].startswith("the state cannot be written")
    assert problems(operation, answer) == []


@pytest.mark.parametrize("operation_id", sorted(operations()))
def test_every_documented_answer_is_provoked_by_a_test(operation_id: str) -> None:
    provoked = {str(each.status) for each in PROVOKED if each.operation_id == operation_id}
    provoked |= {"403"} | ELSEWHERE.get(operation_id, set())
    provoked |= {"401"} if operation_id in SECURED else set()
    provoked |= {"422"} if operation_id in UNKNOWN_IN_THE_QUERY else set()
    provoked |= {"400"} if operation_id in WITH_JSON else set()
    provoked |= {"413"} if operation_id in WITH_A_LIMIT else set()
    provoked |= {"503"} if operation_id in NEEDS_THE_STORE else set()
    statuses = operations()[operation_id].statuses

    assert {each if each in statuses else "default" for each in provoked} == statuses


def test_the_calls_are_those_of_the_file() -> None:
    described = {(each.path, each.method) for each in operations().values()}

    assert described == {
        (path.replace(":path", ""), method) for path, calls in CALLS.items() for method in calls
    }


def test_the_file_is_served(mock: CheckedServer) -> None:
    assert mock.ask("GET", "/control.yaml") == (200, FILE.read_bytes())


def test_the_file_that_drives_the_fake_is_served(mock: CheckedServer) -> None:
    spec = build(Settings()).engine.spec

    assert mock.ask("GET", "/openapi.yaml") == (200, spec.text)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/_mock/nope", 404),
        ("GET", "/_mock/jobs/nope", 404),
        ("POST", "/_mock/health", 405),
        ("POST", "/_mock/faults", 422),
    ],
)
def test_an_error_of_the_control_api_is_marked_as_the_fake_s_own(
    mock: CheckedServer, method: str, path: str, status: int
) -> None:
    answer = mock.exchange(method, path, b"{}", {})

    assert answer.status == status
    assert answer.headers["x-mock-reason"] == json.loads(answer.body)["detail"]


def test_another_method_is_405_and_told_which_there_are(mock: CheckedServer) -> None:
    answer = mock.exchange("POST", "/_mock/clock", b"", {})

    assert (answer.status, answer.headers["allow"]) == (405, "GET, HEAD, PUT")


def test_an_unknown_path_is_404_and_told_where_to_look(mock: CheckedServer) -> None:
    status, problem = mock.ask("GET", "/accunts")

    assert status == 404
    assert "/_mock/control.yaml" in problem["detail"]


def test_head_is_answered_like_get_without_a_body(mock: CheckedServer) -> None:
    answer = mock.exchange("HEAD", "/_mock/events", None, {})

    assert (answer.status, answer.body) == (200, b"")
    assert answer.headers["content-type"].startswith("text/event-stream")
