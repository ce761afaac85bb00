"""Owns worlds for the dashboard's tests and pictures: jobs of every outcome, at every stage."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from urllib.parse import urlsplit

from mock_server import MockServer
from tests.api import MATCH

PEOPLE = (
    "mock-found", "mock-found-wiza", "mock-none", "mock-found-signalhire", "asha.verma", "tom-okafor",
    "mock-found-findymail", "mock-found-rocketreach-hook-twice", "lena-sato", "nils.berg",
    "mock-found-enrichlayer-hook-drop",
)  # fmt: skip


class Sender:
    """Sends matches over one connection, as a busy client does."""

    def __init__(self, mock: MockServer, connection: HTTPConnection) -> None:
        self._mock = mock
        self._connection = connection

    def send(self, person: str, key: str = "test_max", inbox: str | None = "crm") -> int:
        """The status; a webhook goes to that inbox."""
        body = {"personId": person, "revealPhoneNumberViaPartners": inbox is not None}
        hook = {} if inbox is None else {"webhookUrl": self._mock.inbox(inbox).url}
        headers = {"X-API-KEY": key, "Content-Type": "application/json"}
        self._connection.request("POST", MATCH, json.dumps({**body, **hook}), headers)
        answer = self._connection.getresponse()
        answer.read()
        return answer.status


@contextmanager
def sending(mock: MockServer) -> Iterator[Sender]:
    target = urlsplit(mock.url)
    connection = HTTPConnection(target.hostname or "", target.port)
    try:
        yield Sender(mock, connection)
    finally:
        connection.close()


STORY = (  # who is asked for, with which key, the inbox that is told, and the seconds until the next
    ("mock-found-wiza", "test_low", "crm", 0),
    ("mock-found", "test_exhausted", "crm", 0),
    ("mock-unknown", "test_max", "crm", 0),
    ("mock-found-leadmagic", "test_max", "moody", 2),
    ("mock-found-signalhire", "test_max_anna", "down", 3),
    ("mock-found", "test_prospect", "crm", 4),
    ("kofi.haddad", "test_max", "crm", 0),
    ("mock-found-wiza-hook-late-20", "test_payg", "crm", 9),
    ("mock-found-findymail", "test_max_anna", "crm", 2.5),
    ("mock-found-rocketreach", "test_max", "crm", 1.4),
    ("mock-none", "test_payg", "crm", 0),
    ("mock-found-wiza", "test_max", "crm", 0.6),
)


def lively(mock: MockServer) -> None:
    """A few dozen jobs of a team at work: found, not found, out of credits, retried, dropped, still searching."""
    mock.inbox("moody").answer_with(500, 500, 200)
    mock.inbox("down").answer_with(503)
    with sending(mock) as sender:
        sender.send("mock-found-signalhire", "test_payg_batch", "down")
        mock.advance(to="idle")
        for n, person in enumerate(PEOPLE * 3):
            sender.send(person, ("test_max", "test_payg", "test_max_anna")[n % 3])
            mock.advance(1.7)
        for person, key, inbox, seconds in STORY:
            sender.send(person, key, inbox)
            mock.advance(seconds)
    mock.account("max", credits=120, api_key="acme-crm-staging")


def many(mock: MockServer, count: int, key: str = "test_crowd") -> None:
    """So many jobs that are finished, the first `person-1`."""
    mock.account("max", credits=1_000_000_000, api_key=key, requests_per_minute=1_000_000_000)
    with sending(mock) as sender:
        for n in range(count):
            assert sender.send(f"person-{n + 1}", key, None) in (200, 404)
