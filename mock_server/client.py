"""Owns the control API as Python: a typed, blocking client on the standard library. Knows the wire, not the server."""

import json
from collections.abc import Mapping, Sequence
from http.client import HTTPConnection, HTTPSConnection
from typing import Any, Literal, NamedTuple, NotRequired, TypedDict
from urllib.parse import quote, urlencode, urlsplit

Document = dict[str, Any]


class LedgerEntry(TypedDict):
    """One row of the ledger; a charge has a negative `amount`."""

    at: str
    trackingId: str
    kind: str
    amount: int
    provider: str | None
    balanceAfter: int
    why: str


class Delivery(TypedDict):
    """One attempt to deliver, done."""

    attempt: int
    dueAt: str
    sentAt: str | None
    url: str
    outcome: Literal["delivered", "failed", "blocked", "dropped"]
    statusCode: int | None
    error: str | None
    durationMs: float
    why: str


class Step(TypedDict):
    """One provider's answer."""

    provider: str
    status: str
    phoneNumbers: list[str]
    askedAt: str
    answeredAt: str
    why: str


class Job(TypedDict):
    """One reveal; `charged` in credits."""

    trackingId: str
    key: str
    plan: str
    personId: str
    state: Literal["queued", "searching", "finished"]
    createdAt: str
    finishedAt: str | None
    viaPartners: bool
    webhookUrl: str | None
    asking: Document | None
    steps: list[Step]
    charged: int
    charges: dict[str, int]
    why: str
    result: Document | None
    deliveries: list[Delivery]
    pending: list[Document]
    deliveryWhy: str


class Message(TypedDict):
    """One webhook that came to an inbox; `raw` is text, or base64 where `rawEncoding` says so."""

    receivedAt: str
    path: str
    headers: dict[str, str]
    body: Any
    raw: str
    rawEncoding: Literal["utf-8", "base64"]


class Clock(TypedDict):
    mode: Literal["real", "manual", "scaled"]
    rate: float
    now: str
    pending: int
    nextDueAt: str | None


class Advanced(TypedDict):
    """What an advance did: wakes handled, webhooks sent, and whether it came to its end."""

    now: str
    ran: int
    deliveries: int
    complete: bool


class Exchange(TypedDict):
    """One request of the journal."""

    id: int
    at: str
    method: str
    path: str
    operationId: str | None
    key: str | None
    status: int
    durationMs: float
    request: Document
    response: Document
    trackingId: str | None
    why: str


class Fault(TypedDict):
    id: str
    when: Document
    times: int | None
    then: NotRequired[Document]
    chaos: NotRequired[Document]
    matched: int
    happened: int


class Answer(NamedTuple):
    """What came back, as it came; header names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class ControlError(RuntimeError):
    """The control API refused; `problem` is its document."""

    def __init__(self, status: int, problem: Document) -> None:
        super().__init__(f"{status}: {problem.get('detail', problem)}")
        self.status = status
        self.problem = problem


class ControlClient:
    """Calls the control API of the fake at `url`; every method raises ControlError where that refuses."""

    def __init__(self, url: str, token: str | None = None, timeout: float = 120) -> None:
        self.url = url.rstrip("/")
        self._token = token
        self._timeout = timeout

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """One call under /_mock; the answer's document, or None where it has none."""
        answer = self._call(method, path, body)
        return json.loads(answer) if answer else None

    def send(
        self, method: str, path: str, body: bytes | None, headers: Mapping[str, str] | None = None
    ) -> tuple[int, bytes]:
        """One request to the server, the API's operations included; its status and body."""
        answer = self.exchange(method, path, body, headers or {})
        return answer.status, answer.body

    def exchange(
        self, method: str, path: str, body: bytes | None, headers: Mapping[str, str]
    ) -> Answer:
        """The same, with the answer's headers."""
        target = urlsplit(self.url)
        connect = HTTPSConnection if target.scheme == "https" else HTTPConnection
        connection = connect(target.hostname or "", target.port, timeout=self._timeout)
        authorization = {"Authorization": f"Bearer {self._token}"} if self._token else {}
        try:
            connection.request(method, path, body, {**authorization, **headers})
            response = connection.getresponse()
            named = {name.lower(): value for name, value in response.getheaders()}
            return Answer(response.status, named, response.read())
        finally:
            connection.close()

    def _call(self, method: str, path: str, body: Any = None) -> bytes:
        content = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        status, answer = self.send(method, f"/_mock{path}", content)
        if status >= 400:  # noqa: PLR2004 - where HTTP's errors begin
            raise ControlError(status, _problem(answer))
        return answer

    def account(
        self,
        plan: str = "max",
        *,
        credits: int | None = None,
        api_key: str | None = None,
        api_access: bool = True,
        requests_per_minute: int | None = None,
    ) -> "Account":
        """Open an account; `credits` is what is left to spend on phones."""
        body: Document = {"plan": plan, "apiAccess": api_access}
        given = {"credits": credits, "apiKey": api_key, "requestsPerMinute": requests_per_minute}
        body |= {name: value for name, value in given.items() if value is not None}
        opened = self.call("POST", "/accounts", body)
        return Account(self, opened["apiKey"], opened["plan"])

    def person(  # noqa: PLR0913 - the fields of PUT /_mock/people
        self,
        person_id: str,
        numbers: Mapping[str, Sequence[str]],
        *,
        linkedin_url: str | None = None,
        first_name: str = "",
        last_name: str = "",
        seconds: float | None = None,
        api_key: str | None = None,
    ) -> Document:
        """Declare a person: which provider has which numbers."""
        body: Document = {
            "numbers": {provider: list(each) for provider, each in numbers.items()},
            "firstName": first_name,
            "lastName": last_name,
        }
        given = {"linkedinUrl": linkedin_url, "seconds": seconds, "apiKey": api_key}
        body |= {name: value for name, value in given.items() if value is not None}
        declared: Document = self.call("PUT", f"/people/{quote(person_id, safe='')}", body)
        return declared

    def inbox(self, name: str) -> "Inbox":
        """The built-in webhook receiver of that name."""
        return Inbox(self, name)

    def jobs(self, api_key: str | None = None, state: str | None = None) -> list[Job]:
        """The jobs, oldest first."""
        given = {"apiKey": api_key, "state": state}
        found: list[Job] = self.call("GET", f"/jobs{_query(given)}")["jobs"]
        return found

    def job(self, tracking_id: str) -> Job:
        found: Job = self.call("GET", f"/jobs/{quote(tracking_id, safe='')}")
        return found

    def redeliver(self, tracking_id: str) -> Job:
        """Send the webhook again, free of charge."""
        job: Job = self.call("POST", f"/jobs/{quote(tracking_id, safe='')}/redeliver")
        return job

    def clock(self) -> Clock:
        clock: Clock = self.call("GET", "/clock")
        return clock

    def set_clock(
        self, mode: Literal["real", "manual", "scaled"], rate: float | None = None
    ) -> Clock:
        """Choose the clock; virtual time goes on from where it stands."""
        body = {"mode": mode} if rate is None else {"mode": mode, "rate": rate}
        clock: Clock = self.call("PUT", "/clock", body)
        return clock

    def advance(
        self,
        seconds: float | None = None,
        *,
        to: Literal["next", "idle"] | None = None,
        timeout_seconds: float = 60,
    ) -> Advanced:
        """Move virtual time and do everything that falls due; returns when it is done."""
        given = {"seconds": seconds, "to": to, "timeoutSeconds": timeout_seconds}
        body = {name: value for name, value in given.items() if value is not None}
        advanced: Advanced = self.call("POST", "/clock/advance", body)
        return advanced

    def fault(
        self,
        then: Mapping[str, Any] | None = None,
        *,
        when: Mapping[str, Any] | None = None,
        times: int | None = None,
        chaos: Mapping[str, Any] | None = None,
    ) -> Fault:
        """Misbehave on purpose; the fields are those of POST /_mock/faults."""
        given = {"then": then, "when": when, "times": times, "chaos": chaos}
        body = {name: value for name, value in given.items() if value is not None}
        fault: Fault = self.call("POST", "/faults", body)
        return fault

    def faults(self) -> list[Fault]:
        found: list[Fault] = self.call("GET", "/faults")["faults"]
        return found

    def remove_faults(self, fault_id: str | None = None) -> None:
        """Remove one fault, or all."""
        one = f"/{quote(fault_id, safe='')}" if fault_id else ""
        self.call("DELETE", f"/faults{one}")

    def requests(
        self,
        *,
        api_key: str | None = None,
        operation_id: str | None = None,
        status: int | str | None = None,
        limit: int | None = None,
    ) -> list[Exchange]:
        """The journal, newest first."""
        given = {"apiKey": api_key, "operationId": operation_id, "status": status, "limit": limit}
        found: list[Exchange] = self.call("GET", f"/requests{_query(given)}")["requests"]
        return found

    def reset(self, seed: int | None = None) -> None:
        """An empty world again."""
        self.call("POST", "/reset", {} if seed is None else {"seed": seed})

    def snapshot(self) -> bytes:
        """The whole world as one JSON document."""
        return self._call("GET", "/snapshot")

    def restore(self, snapshot: bytes) -> None:
        """The world of a snapshot, in the place of this one."""
        self.call("PUT", "/snapshot", snapshot)


class Account:
    """One tenant of the fake, by its key."""

    def __init__(self, client: ControlClient, api_key: str, plan: str) -> None:
        self._client = client
        self.api_key = api_key
        self.plan = plan

    def balance(self) -> Document:
        """The exact document of `GET /api/v1/credits`, in the form of the plan."""
        balance: Document = self._read()["balance"]
        return balance

    def credits(self) -> int:
        """What is left to spend on phones."""
        left: int = self._read()["credits"]
        return left

    def ledger(self) -> list[LedgerEntry]:
        """Every charge and every top-up, oldest first."""
        entries: list[LedgerEntry] = self._client.call("GET", f"{self._path}/ledger")["entries"]
        return entries

    def jobs(self) -> list[Job]:
        """The account's jobs, oldest first."""
        return self._client.jobs(self.api_key)

    def top_up(self, credits: int) -> None:
        self._client.call("PATCH", self._path, {"topUp": credits})

    def change(self, **fields: Any) -> None:
        """Change fields of PATCH /_mock/accounts/{apiKey}, in camelCase."""
        self._client.call("PATCH", self._path, fields)

    def remove(self) -> None:
        self._client.call("DELETE", self._path)

    @property
    def _path(self) -> str:
        return f"/accounts/{quote(self.api_key, safe='')}"

    def _read(self) -> Document:
        account: Document = self._client.call("GET", self._path)
        return account


class Inbox:
    """One built-in webhook receiver."""

    def __init__(self, client: ControlClient, name: str) -> None:
        self._client = client
        self._path = f"/inbox/{quote(name, safe='')}"
        self.url = f"{client.url}/_mock{self._path}"

    def messages(self, count: int = 0, wait: float = 0) -> list[Message]:
        """What came, oldest first; waits up to `wait` real seconds for `count` messages."""
        query = _query({"count": count, "wait": wait})
        found: list[Message] = self._client.call("GET", f"{self._path}{query}")["messages"]
        return found

    def answer_with(self, *answers: int | Literal["disconnect"], delay_seconds: float = 0) -> None:
        """How to answer: in order, the last one for ever; each after `delay_seconds` of real time."""
        body = {"answers": list(answers) or [200], "delaySeconds": delay_seconds}
        self._client.call("PUT", self._path, body)

    def empty(self) -> None:
        """Forget the messages and the behaviour."""
        self._client.call("DELETE", self._path)


def _problem(answer: bytes) -> Document:
    """The document of an error, also where something between here and the server answered."""
    try:
        problem = json.loads(answer)
    except ValueError:
        problem = None
    return problem if isinstance(problem, dict) else {"detail": answer.decode(errors="replace")}


def _query(given: Mapping[str, Any]) -> str:
    text = urlencode({name: value for name, value in given.items() if value is not None})
    return f"?{text}" if text else ""
