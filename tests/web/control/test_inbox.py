"""The built-in webhook receivers."""

from base64 import b64decode
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPException

import pytest

from tests.web.control.described import CheckedServer


def test_an_inbox_keeps_bytes_headers_and_path_as_they_came(mock: CheckedServer) -> None:
    mock.exchange("POST", "/_mock/inbox/a%20b/c?x=%41&x=2", b'{"a": 1}', {"X-Odd": "1"})
    mock.exchange("POST", "/_mock/inbox/a%20b/c", b"\xff\x00", {})
    mock.exchange("POST", "/_mock/inbox/a%20b/c", b"", {})

    json_, binary, empty = mock.inbox("a b/c").messages()

    assert (json_["body"], json_["raw"], json_["rawEncoding"]) == ({"a": 1}, '{"a": 1}', "utf-8")
    assert json_["path"] == "/_mock/inbox/a%20b/c?x=%41&x=2"
    assert json_["headers"]["x-odd"] == "1"
    assert (b64decode(binary["raw"]), binary["rawEncoding"]) == (b"\xff\x00", "base64")
    assert (empty["body"], empty["raw"]) == ("", "")
    assert json_["receivedAt"] == "2026-01-01T00:00:00.000000Z"


def test_inboxes_of_other_names_know_nothing_of_it(mock: CheckedServer) -> None:
    mock.ask("POST", "/inbox/one", {})

    assert mock.inbox("two").messages() == []


def test_answers_are_given_in_order_the_last_one_for_ever(mock: CheckedServer) -> None:
    inbox = mock.inbox("t")
    inbox.answer_with(500, 302, 204)

    assert [mock.ask("POST", "/inbox/t", {})[0] for _ in range(4)] == [500, 302, 204, 204]
    inbox.answer_with()
    assert mock.ask("POST", "/inbox/t", {})[0] == 200


def test_an_answer_may_be_none_at_all(mock: CheckedServer) -> None:
    mock.inbox("t").answer_with("disconnect", 200)

    with pytest.raises((HTTPException, OSError)):
        mock.ask("POST", "/inbox/t", {})

    assert mock.ask("POST", "/inbox/t", {})[0] == 200
    assert len(mock.inbox("t").messages()) == 2


def test_reading_waits_for_as_many_messages_as_are_asked_for(mock: CheckedServer) -> None:
    with ThreadPoolExecutor(1) as pool:
        two = pool.submit(mock.inbox("t").messages, count=2, wait=20)
        mock.ask("POST", "/inbox/t", 1)
        mock.ask("POST", "/inbox/t", 2)

    assert [each["body"] for each in two.result()] == [1, 2]


def test_reading_waits_no_longer_than_asked_and_tells_what_came(mock: CheckedServer) -> None:
    mock.ask("POST", "/inbox/t", 1)

    messages = mock.inbox("t").messages(count=2, wait=0.2)

    assert [each["body"] for each in messages] == [1]


def test_an_emptied_inbox_answers_as_a_new_one(mock: CheckedServer) -> None:
    inbox = mock.inbox("t")
    inbox.answer_with(500)
    mock.ask("POST", "/inbox/t", 1)

    inbox.empty()

    assert inbox.messages() == []
    assert mock.ask("POST", "/inbox/t", 1)[0] == 200


@pytest.mark.parametrize("name", ["t", "of-%C3%84nne", "a%20b", "a%3Fb"])
def test_the_address_of_an_inbox_is_told_with_its_behaviour(mock: CheckedServer, name: str) -> None:
    _, told = mock.ask("PUT", f"/inbox/{name}", {"answers": [200]})

    assert told["url"] == f"{mock.url}/_mock/inbox/{name}"


@pytest.mark.parametrize(
    ("body", "field", "expected"),
    [
        ({"answers": [200, "drop"]}, "answers.1", 'a status from 200 to 599, or "disconnect"'),
        ({"answers": [True]}, "answers.0", 'a status from 200 to 599, or "disconnect"'),
        ({"answers": [600]}, "answers.0", 'a status from 200 to 599, or "disconnect"'),
        ({"answers": 200}, "answers", "a valid array"),
        ({"answers": []}, "answers", "at least 1 item"),
        ({"delaySeconds": 601}, "delaySeconds", "less than or equal to 600"),
        ({"delay": 1}, "delay", "answers, delaySeconds"),
    ],
)
def test_what_is_wrong_with_a_behaviour_is_told(
    mock: CheckedServer, body: object, field: str, expected: str
) -> None:
    status, problem = mock.ask("PUT", "/inbox/t", body)

    assert (status, problem["field"]) == (422, field)
    assert expected in problem["expected"]
    assert problem["example"] == {"answers": [500, 200], "delaySeconds": 0.5}


@pytest.mark.parametrize(
    ("query", "field"),
    [("wait=61", "wait"), ("wait=nan", "wait"), ("wait=-1", "wait"), ("count=1e3", "count")],
)
def test_what_is_wrong_with_the_wait_is_told(mock: CheckedServer, query: str, field: str) -> None:
    status, problem = mock.ask("GET", f"/inbox/t?{query}")

    assert (status, problem["field"]) == (422, field)
    assert "number from 0 to" in problem["expected"]


@pytest.mark.parametrize("method", ["POST", "GET", "PUT", "DELETE"])
def test_an_inbox_needs_a_name(mock: CheckedServer, method: str) -> None:
    status, problem = mock.ask(method, "/inbox/", {})

    assert (status, problem["field"]) == (422, "name")
