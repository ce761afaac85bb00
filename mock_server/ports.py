"""Owns the protocols between the use cases and the world outside, and the transaction that they share."""

from collections.abc import Awaitable, Callable, Collection, Coroutine, MutableMapping, Sequence
from typing import Any, Final, Literal, NamedTuple, Protocol, TypeVar

from mock_server._version import __version__
from mock_server.domain.accounts import Account
from mock_server.domain.credits import LedgerEntry
from mock_server.domain.events import Event
from mock_server.domain.faults import FaultCounter
from mock_server.domain.inbox import Answer, Inbox, Message, Reception
from mock_server.domain.jobs import Job, Outcome
from mock_server.domain.rules import Rules
from mock_server.domain.world import ClockMode, World
from mock_server.journal import Exchange, Noted

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
    """Which records a use case touches: an account and a job; without a key, the job's own account.

    `reads_job`: the job is looked at and not changed, which spares the store to save it. `reads_account`: the account
    is looked at and seldom changed; a store that locks it does so only once it was, and runs the use case again.
    """

    api_key: str | None = None
    tracking_id: str | None = None
    reads_job: bool = False
    reads_account: bool = False


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


class StoreUnusable(ValueError):
    """What was named as the state of a server cannot be that; the text says why, in one line."""


class StoreAway(Exception):
    """The store cannot save or be read now; nothing was done. `retry_after` in real seconds."""

    def __init__(self, reason: str, retry_after: int = 1) -> None:
        super().__init__(reason)
        self.reason = reason
        self.retry_after = retry_after


class Transactions(Protocol):
    """Runs use cases."""

    rules: Rules

    def now(self) -> int:
        """Virtual time."""

    async def transact(self, keys: Keys, use_case: UseCase[T]) -> T:
        """Run a use case, maybe at once, and return when it is saved; raises StoreAway, then or now."""


class Store(Transactions, Protocol):
    """Where the records are. A use case runs without interruption and is saved whole or not at all.

    What a use case returns, and what `look` makes of a record, holds no record: these change meanwhile. Any call raises
    StoreAway where the store is away.
    """

    @property
    def world(self) -> World: ...

    async def change(self, change: Callable[[World], World]) -> World:
        """Replace the world by what `change` makes of it."""

    async def accounts(self, look: Callable[[Account], T]) -> list[T]: ...

    async def jobs(
        self, wanted: Callable[[Job], bool], limit: int, look: Callable[[Job], T]
    ) -> list[T]:
        """The newest of the jobs that are wanted, oldest first."""

    async def ledger(self, api_key: str) -> list[LedgerEntry]: ...

    async def forget(self, api_key: str) -> None:
        """Remove an account with its jobs and its ledger."""

    async def look(self) -> World:
        """The world as it is now, whoever changed it last; `world` is as this process saw it last."""

    async def counted(self, fault_id: str) -> list[FaultCounter]:
        """How often a fault fitted and happened, per key."""

    async def uncount(self, fault_ids: Collection[str]) -> None:
        """Forget the counters of faults that were removed."""


USER_AGENT: Final = f"clodura-kit-webhook/{__version__}"


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


class Agenda(NamedTuple):
    """How much is still to be done, and when the next of it is due, in virtual microseconds."""

    pending: int
    next_due: int | None


Until = int | Literal["next", "idle"]
"""How far to advance: for so many microseconds, to what is due next, or until nothing is due any more."""


class Timeline(Protocol):
    """Virtual time, and doing what it brings."""

    def attend(self) -> None:
        """Do what falls due on the loop that runs now."""

    async def agenda(self) -> Agenda: ...

    async def go(self, mode: ClockMode, rate: float) -> None:
        """Choose the clock; virtual time goes on from where it stands."""

    async def advance(self, until: Until, timeout: float) -> Advanced:  # noqa: ASYNC109 - as the adapter says
        """Do everything that falls due, in order, moving virtual time along; `timeout` in real seconds."""

    async def restart(self, world: World) -> None:
        """Have this world, no records, no inboxes and an empty journal; what is being done is broken off."""


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

    async def receive(self, name: str, message: Message) -> Reception: ...

    async def wait(self, name: str, count: int, seconds: float) -> Inbox:
        """The inbox once it has `count` messages, or as it is after `seconds` of real time."""

    async def behave(self, name: str, answers: Sequence[Answer], delay_seconds: float) -> None: ...

    async def empty(self, name: str) -> None: ...


class Chronicle(Protocol):
    """What happened, as it can be read: in all processes of a server."""

    async def exchanges(self, wanted: Callable[[Exchange], bool], limit: int) -> list[Exchange]:
        """The requests that are wanted, newest first."""

    async def since(self, number: int, most: int) -> tuple[int, list[Noted]]:
        """Up to `most` events after `number`, and the number before the first of them, as the journal has it."""

    async def last(self) -> int:
        """The number of the last event."""

    async def clear(self) -> None:
        """Forget the requests."""

    def listen(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Call `listener` whenever something comes; returns how to stop that."""


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


class Backend(NamedTuple):
    """What of a server depends on where its state is. `start` is awaited where it serves, `close` when it ends."""

    store: Store
    timeline: Timeline
    waiting: Waiting
    chronicle: Chronicle
    inboxes: Inboxes
    snapshots: Snapshots
    start: Callable[[], Awaitable[None]]
    close: Callable[[], Awaitable[None]]


Handled = Coroutine[Any, Any, int | None]
Handle = Callable[[Wake], Handled]
"""Does what is due and tells how many webhooks it sent, if any; does nothing where the record says that it is done."""
