"""The control API as Python: every method makes its call, every refusal is an error."""

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest
from typing_extensions import override

from mock_server import ControlClient, ControlError
from tests.api import match
from tests.web.control.described import CheckedServer

NUMBERS = {"Clodura": ["+12025550143"]}


@pytest.fixture
def client() -> Iterator[CheckedServer]:
    with CheckedServer(clock="manual", seed=1) as server:
        yield server


def test_a_client_elsewhere_does_what_the_server_object_does(client: CheckedServer) -> None:
    elsewhere = ControlClient(f"{client.url}/")

    account = elsewhere.account("payg", credits=5)

    assert [account.plan, account.credits()] == ["payg", 5]
    assert client.call("GET", f"/accounts/{account.api_key}")["credits"] == 5


def test_an_account_is_worked_with_by_its_key(client: CheckedServer) -> None:
    account = client.account("max", credits=30, api_key="a_key/?", requests_per_minute=9)
    account.top_up(1)
    account.change(apiAccess=True)
    match(client, {"personId": "mock-found"}, account.api_key)
    client.advance(1)

    assert account.balance() == {"remainingCredits": 21}
    assert [each["amount"] for each in account.ledger()] == [1, -10]
    assert [each["charged"] for each in account.jobs()] == [10]
    account.remove()
    with pytest.raises(ControlError, match="404: no account has the key"):
        account.credits()


def test_a_person_is_declared(client: CheckedServer) -> None:
    url = "https://www.linkedin.com/in/asha"

    person = client.person(
        "p", NUMBERS, linkedin_url=url, first_name="A", last_name="V", seconds=1, api_key="k"
    )

    assert person == {
        "personId": "p",
        "linkedinUrl": url,
        "firstName": "A",
        "lastName": "V",
        "numbers": NUMBERS,
        "seconds": 1,
        "apiKey": "k",
    }


def test_a_job_is_followed_and_sent_again(client: CheckedServer) -> None:
    inbox = client.inbox("in box")
    body = {"personId": "mock-found", "webhookUrl": inbox.url}
    tracking_id = match(client, body).body["trackingId"]
    assert [each["state"] for each in client.jobs(state="searching")] == ["searching"]
    client.advance(to="idle")

    assert client.job(tracking_id) == client.jobs("test_max_t")[0]
    assert client.redeliver(tracking_id)["pending"] != []
    client.advance(0)
    assert len(inbox.messages()) == 2


def test_an_inbox_answers_as_it_is_told(client: CheckedServer) -> None:
    inbox = client.inbox("t")
    inbox.answer_with(500, "disconnect", delay_seconds=0.01)
    assert client.send("POST", "/_mock/inbox/t", b"1")[0] == 500
    assert [each["raw"] for each in inbox.messages(count=1, wait=1)] == ["1"]

    inbox.empty()

    assert inbox.messages() == []


def test_the_clock_is_chosen_and_moved(client: CheckedServer) -> None:
    assert client.set_clock("scaled", 2)["rate"] == 2
    assert client.set_clock("manual")["mode"] == "manual"
    assert client.clock()["pending"] == 0
    assert client.advance(1, timeout_seconds=5)["complete"]


def test_an_advance_without_a_goal_or_with_two_is_refused(client: CheckedServer) -> None:
    with pytest.raises(ControlError, match="either seconds or to"):
        client.advance()
    with pytest.raises(ControlError, match="either seconds or to"):
        client.advance(1, to="next")


def test_faults_are_added_listed_and_removed(client: CheckedServer) -> None:
    first = client.fault({"status": 500}, when={"nth": 1}, times=2)
    second = client.fault(chaos={"rate": 0.5, "effects": [{"status": 503}]})
    assert client.faults() == [first, second]

    client.remove_faults(first["id"])
    assert client.faults() == [second]
    client.remove_faults()
    assert client.faults() == []
    with pytest.raises(ControlError, match="there is no fault 'a b'"):
        client.remove_faults("a b")


def test_the_world_is_taken_restored_and_emptied(client: CheckedServer) -> None:
    client.account(api_key="k")
    snapshot = client.snapshot()

    client.reset(seed=3)
    assert client.snapshot() != snapshot
    client.restore(snapshot)
    assert client.snapshot() == snapshot
    client.reset()
    assert client.requests() == []


def test_a_refusal_has_its_problem(client: CheckedServer) -> None:
    with pytest.raises(ControlError) as refused:
        client.account("maximal")

    assert refused.value.status == 422
    assert refused.value.problem["field"] == "plan"
    assert str(refused.value).startswith("422: plan: expected one of")


class Proxy(BaseHTTPRequestHandler):
    """Something on the way that answers in its own words."""

    @override
    def log_message(self, *_args: object) -> None:
        pass

    def do_GET(self) -> None:
        self.send_response(502)
        self.end_headers()
        self.wfile.write(b"[1]" if "snapshot" in self.path else b"<h1>Bad Gateway</h1>")


def test_an_error_that_is_no_problem_document_is_an_error_as_well() -> None:
    with HTTPServer(("127.0.0.1", 0), Proxy) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        client = ControlClient(f"http://127.0.0.1:{server.server_port}")
        try:
            with pytest.raises(ControlError, match="502: <h1>Bad Gateway"):
                client.clock()
            with pytest.raises(ControlError, match=r"502: \[1\]"):
                client.snapshot()
        finally:
            server.shutdown()
            thread.join()


def test_a_server_that_is_not_there_is_the_connections_error() -> None:
    with HTTPServer(("127.0.0.1", 0), Proxy) as server:
        port = server.server_port

    with pytest.raises(OSError, match="refused"):
        ControlClient(f"https://127.0.0.1:{port}", "token", timeout=5).clock()
