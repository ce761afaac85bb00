"""Owns the protocols between the use cases and the world outside, and the transaction that they share."""

from collections.abc import Awaitable, Callable, Collection, MutableMapping, Sequence
from typing import Final, NamedTuple, Protocol, TypeVar

from mock_server.domain.accounts import Account
from mock_server.domain.credits import LedgerEntry
from mock_server.domain.events import Event
from mock_server.domain.faults import FaultCounter
from mock_server.domain.inbox import Answer, Inbox, Message
from mock_server.domain.jobs import Job, Outcome
from mock_server.domain.rules import Rules
from mock_server.domain.world import World

T = TypeVar("T")


SEARCH: Final = "search"  # a provider answers
DELIVER: Final = "deliver"  # an attempt is due
ANSWER: Final = "answer"  # a delayed answer is to be given


class Wake(NamedTuple):
    """A hint that something is due: it carries no decision, its handler re-reads the record. `due` in virtual µs."""

    due: int
    tracking_id: str
    step: str  # SEARCH, DELIVER or ANSWER
    number: int

    @property
    def key(self) -> str:
        return f"{self.tracking_id}:{self.step}:{self.number}"


class Keys(NamedTuple):
    """Which records a use case touches: an account and a job; without a key, the job's own account."""

    api_key: str | None = None
    tracking_id: str | None = None


class Tx:
    """One account and one job in memory; what a use case changed here is saved by the store, or nothing of it."""

    __slots__ = (
        "account", "counters", "entries", "events", "job", "keys", "now", "opened", "queued", "rules", "wakes", "world",
    )  # fmt: skip

    def __init__(self, keys: Keys, now: int, world: World, rules: Rules) -> None:
        self.keys = keys
        self.now = now
        self.world = world
        self.rules = rules
        self.account: Account | None = None
        self.job: Job | None = None
        self.counters: MutableMapping[tuple[str, str], FaultCounter] = {}
        self.entries: list[LedgerEntry] = []
        self.wakes: list[Wake] = []
        self.events: list[Event] = []
        self.opened = False  # the account is new
        self.queued = False  # the job is new

    def open(self, account: Account) -> Account:
        self.account, self.opened = account, True
        return account

    def queue(self, job: Job) -> Job:
        self.job, self.queued = job, True
        return job


UseCase = Callable[[Tx], T]


class Clock(Protocol):
    """The one clock. Real time is in microseconds, from a source that never goes back."""

    def real(self) -> int: ...

    def wall(self) -> int:
        """The calendar's time, where a real clock begins."""


class Store(Protocol):
    """Where the records are. A use case runs without interruption and is saved whole or not at all."""

    rules: Rules

    @property
    def world(self) -> World: ...

    def now(self) -> int:
        """Virtual time."""

    async def transact(self, keys: Keys, use_case: UseCase[T]) -> T: ...

    async def change(self, change: Callable[[World], World]) -> World:
        """Replace the world by what `change` makes of it."""

    async def accounts(self) -> list[Account]: ...

    async def jobs(self) -> list[Job]: ...

    async def ledger(self, api_key: str) -> list[LedgerEntry]: ...

    async def forget(self, api_key: str) -> None:
        """Remove an account with its jobs and its ledger."""

    async def reset(self, world: World) -> None:
        """Have this world and no records."""

    def counted(self, fault_id: str) -> list[FaultCounter]:
        """How often a fault fitted and happened, per key."""

    async def uncount(self, fault_ids: Collection[str]) -> None:
        """Forget the counters of faults that were removed."""


class Post(NamedTuple):
    """One attempt to deliver, ready to be sent. `timeout` in real seconds."""

    url: str
    body: bytes
    headers: tuple[tuple[str, str], ...]
    timeout: float
    follow_redirects: bool = False
    truncate: bool = False  # cut in mid-body (the magic modifier hook-truncated)


class Receipt(NamedTuple):
    """How an attempt was answered. `duration_ms` of real time."""

    outcome: Outcome
    status_code: int | None
    error: str | None
    duration_ms: float


class Webhooks(Protocol):
    """Sends documents to receivers. Does not decide on retries."""

    async def send(self, post: Post) -> Receipt:
        """Never raises for what a receiver does; a refused target is a receipt with the outcome `blocked`."""

    async def close(self) -> None: ...


class Wakeups(Protocol):
    """The alarm clock: what is armed is handled at least once, at its time."""

    def arm(self, wakes: Sequence[Wake]) -> None: ...


class Advanced(NamedTuple):
    """What an advance did. `complete` is False where real time ran out first."""

    ran: int
    deliveries: int
    complete: bool


class Alarm(Wakeups, Protocol):
    """An alarm clock that can be wound on by hand."""

    def attend(self) -> None:
        """Ring on the loop that runs now."""

    def waiting(self) -> list[Wake]:
        """What is still to be rung, soonest first."""

    def next_due(self) -> int | None:
        """When the next wake is due, in virtual microseconds."""

    def clear(self) -> None:
        """Forget everything; what is being done is broken off."""

    def retime(self) -> None:
        """Virtual time was moved: ring anew."""

    async def advance(
        self,
        goal: Callable[[], Callable[[], int | None]],
        move: Callable[[int], Awaitable[None]],
        timeout: float,  # noqa: ASYNC109 - as the adapter says
    ) -> Advanced:
        """Do everything that falls due up to a limit, moving virtual time along; `timeout` in real seconds."""


class Answered(Protocol):
    """Tells that an answer has left."""

    async def wait(self) -> object: ...


class Waiting(Protocol):
    """Lets an answer wait."""

    async def delay(self, seconds: float, done: Answered) -> None:
        """Wait for virtual time; `done` is set by the caller once it has answered."""

    async def first_attempt(self, tracking_id: str) -> None:
        """Wait until the first attempt to deliver was answered, at most 10 s of real time."""


class Inboxes(Protocol):
    """The built-in webhook receivers by name."""

    def receive(self, name: str, message: Message) -> Inbox: ...

    async def wait(self, name: str, count: int, seconds: float) -> Inbox:
        """The inbox once it has `count` messages, or as it is after `seconds` of real time."""

    def behave(self, name: str, answers: Sequence[Answer], delay_seconds: float) -> None: ...

    def empty(self, name: str) -> None: ...

    def replace(self, inboxes: dict[str, Inbox]) -> None:
        """Have these and no others."""


class SnapshotError(ValueError):
    """A document is no snapshot that this server can take."""


class Restored(NamedTuple):
    """How much a snapshot held."""

    accounts: int
    jobs: int


class Snapshots(Protocol):
    """The whole world as one document, and back."""

    async def take(self) -> bytes: ...

    async def restore(self, document: bytes) -> Restored:
        """Raises SnapshotError and leaves the world as it was."""


Handle = Callable[[Wake], Awaitable[int]]
"""Does what is due and tells how many webhooks it sent; does nothing where the record says that it is done."""
