"""What one process does, all others know: two servers on one database are one server."""

import json
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from typing import Any, NamedTuple, Self
from urllib.request import urlopen

import pytest

from mock_server import MockServer
from tests import postgresql
from tests.api import CREDITS, match, request, track
from tests.postgres.hosts import Host

Hosts = tuple[Host, Host]


def test_a_job_of_one_is_done_by_the_other_and_told_by_both(hosts: Hosts) -> None:
    one, other = hosts
    tracking_id = one.reveal()

    done = other.advance(5)

    assert (done["deliveries"], done["complete"]) == (1, True)
    assert [track(each, tracking_id).status for each in hosts] == [200, 200]
    assert [each.job(tracking_id)["state"] for each in hosts] == ["finished", "finished"]
    assert [len(each.inbox("a").messages()) for each in hosts] == [1, 1]


def test_money_is_one_account_s_wherever_it_is_spent(hosts: Hosts) -> None:
    one, other = hosts
    account = one.account(
        plan="max", credits=25
    )  # two numbers of partners at 12 each, and one credit

    statuses = [match(each, paid(), account.api_key).status for each in (one, other)]
    one.advance(60)

    assert statuses == [200, 200]
    assert other.account_of(account.api_key).credits() == 1
    assert [each["amount"] for each in other.account_of(account.api_key).ledger()] == [-12, -12]


def paid() -> dict[str, Any]:
    return {"personId": "mock-found-signalhire", "webhookUrl": "http://127.0.0.1:9/"} | PARTNERS


def test_a_key_s_first_requests_open_one_account_though_they_come_to_both_at_once(
    hosts: Hosts,
) -> None:
    def spend(n: int) -> int:
        body = {"personId": "mock-found", "revealPhoneNumberViaPartners": False}
        return match(hosts[n % 2], body, "test_max_first").status

    with ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(spend, range(24)))
    hosts[0].advance(to="idle")

    assert statuses == [200] * 24
    entries = hosts[1].account_of("test_max_first").ledger()
    assert len({each["trackingId"] for each in entries}) == len(entries) == 24
    balances = sorted((each["balanceAfter"] for each in entries), reverse=True)
    assert balances == [balances[0] - 10 * n for n in range(24)]


PARTNERS = {"revealPhoneNumberViaPartners": False}


def test_the_window_of_a_rate_limit_is_one(hosts: Hosts) -> None:
    account = hosts[0].account(requests_per_minute=3)

    statuses = [
        request(hosts[n % 2], "GET", CREDITS, api_key=account.api_key).status for n in range(2)
    ]
    statuses += [match(hosts[n % 2], paid(), account.api_key).status for n in range(4)]

    assert statuses.count(429) >= 1
    assert len({each["status"] for each in hosts[1].requests(api_key=account.api_key)}) == 2


def test_a_clock_that_is_set_in_one_rules_the_other_at_once(hosts: Hosts) -> None:
    one, other = hosts
    for n in range(5):
        hosts[n % 2].advance(10)

    assert one.clock()["now"] == other.clock()["now"] == "2026-01-01T00:00:50.000000Z"
    one.set_clock("scaled", 1000)
    assert (other.clock()["mode"], other.clock()["rate"]) == ("scaled", 1000)


def test_a_fault_of_one_happens_in_the_other_and_is_counted_once(hosts: Hosts) -> None:
    one, other = hosts
    one.fault(when={"operationId": "getCredits"}, then={"status": 503}, times=2)

    statuses = [request(each, "GET", CREDITS).status for each in (other, one, other)]

    assert statuses == [503, 503, 200]
    assert [(each["matched"], each["happened"]) for each in other.faults()] == [(3, 2)]
    other.remove_faults()
    assert one.faults() == []


def test_a_person_who_is_declared_in_one_is_known_in_the_other(hosts: Hosts) -> None:
    one, other = hosts
    one.person("p-1", numbers={"Clodura": ["+12025550143"]})

    tracking_id = other.reveal("p-1")
    one.advance(5)

    assert "+12025550143" in json.dumps(other.job(tracking_id)["result"])


def test_who_waits_at_one_inbox_gets_what_comes_to_the_other_host(hosts: Hosts) -> None:
    one, other = hosts
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(one.inbox("a").messages, 2, 20)
        for n in range(2):
            other.send("POST", "/_mock/inbox/a", b"%d" % n)
        messages = waiting.result(30)

    assert [each["raw"] for each in messages] == ["0", "1"]
    assert one.inbox("b").messages(1, 0.05) == []


def test_an_inbox_answers_in_order_wherever_it_is_asked(hosts: Hosts) -> None:
    hosts[0].inbox("a").answer_with(500, 503, 200)

    statuses = [hosts[n % 2].send("POST", "/_mock/inbox/a", b"x")[0] for n in range(4)]
    hosts[1].inbox("a").empty()

    assert statuses == [500, 503, 200, 200]
    assert hosts[0].inbox("a").messages() == []


def test_the_journal_tells_at_once_what_the_other_answered(hosts: Hosts) -> None:
    one, other = hosts
    for n in range(10):
        request(hosts[n % 2], "GET", CREDITS, api_key=f"test_max_{n}")

        newest = hosts[(n + 1) % 2].requests(limit=1)

        assert [each["id"] for each in newest] == [n + 1]
    assert [each["id"] for each in one.requests()] == list(range(10, 0, -1))
    other.send("DELETE", "/_mock/requests", None)
    assert one.requests() == []


def test_events_of_all_are_one_stream_that_any_can_go_on_with(hosts: Hosts) -> None:
    one, other = hosts
    with events(one, 0) as first:
        tracking_id = other.reveal()
        other.advance(5)
        seen = first.until("jobFinished")

    with events(other, seen[3].number) as second:
        again = second.until("jobFinished")

    assert [each.number for each in seen] == list(range(1, len(seen) + 1))
    assert again == seen[4:]
    assert tracking_id in seen[-1].data


class Event(NamedTuple):
    number: int
    name: str
    data: str


class events:  # noqa: N801 - read like the call that it is
    """The stream of a host after an event."""

    def __init__(self, host: MockServer, last: int) -> None:
        address = host.url.removeprefix("http://")
        self._connection = HTTPConnection(address, timeout=20)
        self._connection.request("GET", "/_mock/events", headers={"Last-Event-ID": str(last)})
        self._response: HTTPResponse = self._connection.getresponse()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._response.close()
        self._connection.close()

    def until(self, name: str) -> list[Event]:
        seen: list[Event] = []
        while not seen or seen[-1].name != name:
            fields = self._fields()
            if "id" in fields:
                seen.append(Event(int(fields["id"]), fields["event"], fields["data"]))
        return seen

    def _fields(self) -> dict[str, str]:
        fields: dict[str, str] = {}
        while line := self._response.readline().decode().strip():
            name, _, value = line.partition(": ")
            fields[name] = value
        return fields


def test_an_early_webhook_is_waited_for_though_another_host_sends_it(hosts: Hosts) -> None:
    one, other = hosts
    inbox = f"{other.url}/_mock/inbox/a"
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(one.reveal, "mock-found-hook-early-hook-late-30", webhookUrl=inbox)
        when(lambda: len(other.jobs(state="finished")) == 1)
        assert not waiting.done()
        sent = other.advance(30)["deliveries"]
        waiting.result(5)

    assert (sent, len(one.inbox("a").messages())) == (1, 1)


def when(holds: Callable[[], bool]) -> None:
    """Return once it holds."""
    for _ in range(2_000):
        if holds():
            return
        threading.Event().wait(0.01)
    pytest.fail("that did not come")


def test_a_delayed_answer_of_one_is_given_when_the_other_advances(hosts: Hosts) -> None:
    one, other = hosts
    one.fault(when={"operationId": "getCredits"}, then={"delaySeconds": 30})
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(request, one, "GET", CREDITS)
        when(lambda: other.clock()["pending"] == 1)
        early = other.advance(29)
        assert not waiting.done()
        done = other.advance(1)
        assert waiting.result(5).status == 200

    assert (early["ran"], done["ran"], other.clock()["pending"]) == (0, 1, 0)
    newest = other.requests(limit=1)
    assert newest[0]["operationId"] == "getCredits"


def test_a_reset_of_one_empties_the_other_and_gives_answers_that_wait(hosts: Hosts) -> None:
    one, other = hosts
    one.fault(when={"operationId": "getCredits"}, then={"delaySeconds": 30})
    one.reveal()
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(request, one, "GET", CREDITS)
        when(lambda: other.clock()["pending"] == 2)
        other.reset(7)
        waiting.result(5)

    assert (one.jobs(), one.faults(), one.clock()["pending"]) == ([], [], 0)
    assert one.reveal() == other.jobs()[0]["trackingId"]


def test_two_advances_at_once_move_time_by_the_sum_of_both(hosts: Hosts) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: hosts[n % 2].advance(10), range(8)))

    assert hosts[0].clock()["now"] == "2026-01-01T00:01:20.000000Z"


def test_what_is_due_is_done_in_order_wherever_it_came_from(hosts: Hosts) -> None:
    one, other = hosts
    inbox = f"{one.url}/_mock/inbox/a"
    ids = [
        hosts[n % 2].reveal(f"mock-found-after-{seconds}", webhookUrl=inbox)
        for n, seconds in enumerate((9, 3, 6, 3))
    ]

    other.advance(to="idle")

    order = [json.loads(each["raw"])["trackingId"] for each in one.inbox("a").messages()]
    assert order == [ids[1], ids[3], ids[2], ids[0]]


def test_an_advance_that_has_no_time_says_so(hosts: Hosts) -> None:
    one, other = hosts
    one.inbox("slow").answer_with(200, delay_seconds=1)
    one.reveal(webhookUrl=f"{one.url}/_mock/inbox/slow")

    ended = other.advance(60, timeout_seconds=0.2)

    assert ended["complete"] is False
    assert one.advance(to="idle")["complete"]
    assert [each["outcome"] for each in one.jobs()[0]["deliveries"]] == ["delivered"]


def test_ids_may_hold_what_postgresql_has_no_text_for(hosts: Hosts) -> None:
    one, other = hosts

    tracking_id = one.reveal("p-\0")
    one.send("POST", "/_mock/inbox/a%00b", b"\0")
    assert track(other, "%00").status == 404
    other.advance(to="idle")

    assert other.job(tracking_id)["state"] == "finished"
    assert [each["raw"] for each in other.inbox("a\0b").messages()] == ["\0"]


def test_an_account_that_is_removed_in_one_is_gone_in_the_other(hosts: Hosts) -> None:
    one, other = hosts
    account = one.account()
    match(one, paid(), account.api_key)

    other.account_of(account.api_key).remove()

    assert (one.jobs(), one.clock()["pending"]) == ([], 0)
    assert request(one, "GET", CREDITS, api_key=account.api_key).status == 401


@pytest.mark.parametrize("kind", ["memory", "sqlite"])
def test_a_snapshot_moves_to_postgresql_and_back_byte_by_byte(
    url: str, tmp_path: Path, kind: str
) -> None:
    state = "memory" if kind == "memory" else str(tmp_path / "state.sqlite")
    with MockServer(state=state, clock="manual", seed=1) as alone, Host(url) as shared:
        fill(alone)
        document = raw_snapshot(alone)

        put(shared, document)

        assert raw_snapshot(shared) == document
        shared.advance(to="idle")
        alone.advance(to="idle")
        later = raw_snapshot(shared)
        assert later != document
        assert later == raw_snapshot(alone)
        alone.reset(2)
        put(alone, later)
        assert raw_snapshot(alone) == later


def raw_snapshot(mock: MockServer) -> bytes:
    """Byte by byte, as it is kept in a file."""
    with urlopen(f"{mock.url}/_mock/snapshot", timeout=20) as answer:
        document: bytes = answer.read()
    return document


def put(mock: MockServer, document: bytes) -> None:
    headers = {"Content-Type": "application/json"}
    status, answer = mock.send("PUT", "/_mock/snapshot", document, headers)
    assert 200 <= status < 300, answer


def fill(mock: MockServer) -> None:
    """A job in each state, a fault that was counted, messages, a retry that waits."""
    mock.inbox("a").answer_with(500, 200)
    mock.fault(when={"operationId": "getCredits"}, then={"status": 418}, times=1)
    request(mock, "GET", CREDITS)
    for person_id in ("mock-found", "mock-found-wiza", "mock-none", "mock-found-hook-shuffled"):
        match(mock, {"personId": person_id, "webhookUrl": NOBODY} | PARTNERS)
    mock.send("POST", "/_mock/inbox/a", b"a message")
    mock.advance(4)
    match(mock, {"personId": "mock-found"} | PARTNERS, "test_prospect_pro")


NOBODY = "http://127.0.0.1:9/"  # refuses a connection
PARTNERS = {"revealPhoneNumberViaPartners": True}


def test_a_snapshot_that_is_none_changes_nothing(hosts: Hosts) -> None:
    one, other = hosts
    tracking_id = one.reveal()

    status, _ = other.send("PUT", "/_mock/snapshot", b"{}", {"Content-Type": "application/json"})

    assert status == 422
    assert [each["trackingId"] for each in one.jobs()] == [tracking_id]


def test_a_store_that_is_opened_again_is_as_it_was_left(url: str) -> None:
    with Host(url) as before:
        fill(before)
        document = before.snapshot()

    with Host(url) as after:
        assert after.snapshot() == document
        assert after.clock()["now"] == "2026-01-01T00:00:04.000000Z"
        after.advance(to="idle")
        assert {each["state"] for each in after.jobs()} == {"finished"}


@pytest.mark.parametrize("kept", [1, 3])
def test_finished_jobs_beyond_the_retention_are_forgotten(url: str, kept: int) -> None:
    with Host(url, retention=kept) as host:
        finished = []
        for _ in range(3):
            finished += [host.reveal(), host.reveal()]
            host.advance(to="idle")
            when(lambda: len(host.jobs()) <= kept)
        waiting = host.reveal()

        left = [each["trackingId"] for each in host.jobs()]
        entries = host.account_of("test_max_t").ledger()

    assert left == [*finished[-kept:], waiting]
    assert sum(each["amount"] for each in entries) == -60
    assert [each["trackingId"] for each in entries].count("carried") == 1
    assert postgresql.ask(url, "SELECT count(*) FROM wakes") == 1


def test_a_delayed_answer_is_given_by_a_clock_that_goes_by_itself(url: str) -> None:
    with Host(url, clock="x60") as host:
        host.fault(when={"operationId": "getCredits"}, then={"delaySeconds": 60})

        assert request(host, "GET", CREDITS).status == 200
        assert host.requests()[0]["durationMs"] >= 900
        assert host.snapshot()


def test_several_wait_at_one_inbox(hosts: Hosts) -> None:
    one, other = hosts
    with ThreadPoolExecutor(2) as pool:
        waiting = [pool.submit(one.inbox("a").messages, n, 20) for n in (1, 2)]
        for _ in range(2):
            other.send("POST", "/_mock/inbox/a", b"x")
        counts = [len(each.result(30)) for each in waiting]

    assert counts[0] >= 1
    assert counts[1] == 2


def test_long_lists_are_read_in_parts(hosts: Hosts, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("chronicle", "store"):
        monkeypatch.setattr(f"mock_server.adapters.postgres.{module}.PAGE", 2)
    ids = [hosts[n % 2].reveal() for n in range(5)]

    assert [each["trackingId"] for each in hosts[0].jobs()] == ids
    assert len(hosts[1].requests()) == 5
    assert len(hosts[1].requests(limit=3)) == 3
    assert len(hosts[1].call("GET", "/accounts")["accounts"]) == 1
