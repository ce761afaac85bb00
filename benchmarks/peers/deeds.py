"""Owns what a mock server of this API does and leaves undone, found out by asking it as a client would."""

import json
import time
from collections.abc import Callable, Mapping
from http.client import HTTPConnection
from typing import Any, NamedTuple

from benchmarks.fake import INVALID, JSON, MATCH, VALID
from benchmarks.processes import Server
from mock_server.client import Inbox

PATIENCE = 4.0  # seconds for what a server does by itself
CREDITS, TRACK = "/api/v1/credits", "/api/v1/search/people/track/"
KEY = "test_max_deeds"
SOUGHT = "mock-found-after-120"  # two seconds of real time, where that goes 60 times as fast


class Answer(NamedTuple):
    status: int
    document: Any


class Waiting(NamedTuple):
    """How long a server is waited for, in seconds, and what lets its time pass where that does not by itself."""

    patience: float = PATIENCE
    elapse: Callable[[], object] = lambda: None

    def until(self, is_so: Callable[[], bool]) -> bool:
        """Whether it is so in time."""
        end = time.monotonic() + self.patience
        while time.monotonic() < end:
            self.elapse()
            if is_so():
                return True
            time.sleep(0.05)
        return False

    def messages(self, inbox: Inbox, count: int) -> int:
        """How many webhooks came in time, so many at most being waited for."""
        self.elapse()
        return len(inbox.messages(count=count, wait=self.patience))


AS_EVER = Waiting()


def deeds_of(server: Server, inbox: Inbox | None, waiting: Waiting = AS_EVER) -> dict[str, str]:
    """Each deed with yes or no; `inbox` receives webhooks, None where the server sends none."""
    probes: Mapping[str, Callable[[], bool]] = {
        "refuses a call without key": lambda: (
            _send(server, "POST", MATCH, VALID, key=None).status == 401
        ),
        "refuses an invalid body": lambda: (
            _send(server, "POST", MATCH, INVALID).status in (400, 422)
        ),
        "a tracking id per match": lambda: _accepted(server) != _accepted(server),
        "charges the account": lambda: _is_charged(server, waiting),
        "a poll tells how the job goes": lambda: _is_followed(server, waiting),
        "sends the webhook": lambda: (
            inbox is not None and _arrived(server, inbox, [200], waiting) >= 1
        ),
        "after the search": lambda: inbox is not None and _comes_later(server, inbox, waiting),
        "again after a 500": lambda: (
            inbox is not None and _arrived(server, inbox, [500, 200], waiting) >= 2
        ),
    }
    return {deed: "yes" if probe() else "no" for deed, probe in probes.items()}


def _send(
    server: Server, method: str, path: str, body: str | None = None, key: str | None = KEY
) -> Answer:
    connection = HTTPConnection("127.0.0.1", server.port, timeout=10)
    try:
        connection.request(method, path, body, {**JSON, **({"X-API-KEY": key} if key else {})})
        response = connection.getresponse()
        return Answer(response.status, _document(response.read()))
    finally:
        connection.close()


def _document(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return None


def _accepted(server: Server, person: str = "mock-found", **more: Any) -> Any:
    """The tracking id of a match."""
    body = json.dumps({"personId": person, **more})
    answer = _send(server, "POST", MATCH, body).document
    return answer.get("trackingId") if isinstance(answer, dict) else None


def _is_charged(server: Server, waiting: Waiting) -> bool:
    before = _send(server, "GET", CREDITS)
    _accepted(server)
    return before.status == 200 and waiting.until(lambda: _send(server, "GET", CREDITS) != before)


def _is_followed(server: Server, waiting: Waiting) -> bool:
    """First on its way, then done, and always of this job."""
    tracking_id = _accepted(server, SOUGHT)

    def status() -> Any:
        document = _send(server, "GET", f"{TRACK}{tracking_id}").document
        is_mine = isinstance(document, dict) and document.get("trackingId") == tracking_id
        return document.get("status") if is_mine else None

    return status() == "processing" and waiting.until(lambda: status() == "success")


def _arrived(server: Server, inbox: Inbox, answers: list[int], waiting: Waiting) -> int:
    """How many webhooks a match brings, to a receiver that answers so."""
    inbox.empty()
    inbox.answer_with(*answers)
    _accepted(server, webhookUrl=inbox.url)
    return waiting.messages(inbox, len(answers))


def _comes_later(server: Server, inbox: Inbox, waiting: Waiting) -> bool:
    """Not before the job can be found by a poll that says it is still searched."""
    inbox.empty()
    inbox.answer_with(200)
    tracking_id = _accepted(server, SOUGHT, webhookUrl=inbox.url)
    is_searching = _send(server, "GET", f"{TRACK}{tracking_id}").document
    is_early = bool(inbox.messages())
    came = waiting.messages(inbox, 1)
    is_mine = isinstance(is_searching, dict) and is_searching.get("trackingId") == tracking_id
    return came > 0 and is_mine and not is_early
