"""Owns the wiring: knows every module, has no logic."""

from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final, NamedTuple

from starlette.types import ASGIApp

from mock_server.adapters.alarm import Alarm
from mock_server.adapters.chronicle import Chronicle
from mock_server.adapters.clocks import SystemClock
from mock_server.adapters.dispatch import Check, Dispatcher
from mock_server.adapters.inbox import Inboxes
from mock_server.adapters.memory import MemoryStore
from mock_server.adapters.seeds import fresh_seed, fresh_token
from mock_server.adapters.snapshots import Snapshots
from mock_server.adapters.targets import Targets
from mock_server.adapters.timeline import Timeline
from mock_server.adapters.webhooks import HttpWebhooks
from mock_server.domain.instants import MANUAL_START
from mock_server.domain.jobs import JobState
from mock_server.domain.rules import Rules
from mock_server.domain.world import Anchor, ClockMode, World
from mock_server.journal import Journal
from mock_server.ports import ANSWER, SEARCH, Backend, Clock, Transactions, Wake, Wakeups, Webhooks
from mock_server.settings import MEMORY, POSTGRESQL, REAL, SQLITE, ClockSetting, Settings
from mock_server.spec import Spec, load_spec
from mock_server.web.app import create_web
from mock_server.web.control.guard import LOCAL_HOSTS
from mock_server.web.engine import Engine
from mock_server.web.recorder import Recorder
from mock_server.web.self_check import SelfCheck

if TYPE_CHECKING:
    from mock_server.adapters.sqlite import StateFile

OpenFile = Callable[..., "StateFile"]
Deed = Callable[[], Awaitable[None]]
DispatcherOf = Callable[[Transactions, Wakeups], Dispatcher]
LOOPBACK: Final = frozenset(("127.0.0.1", "localhost", "::1"))


@dataclass(frozen=True, slots=True)
class Fake:
    """A fake, wired: the ASGI application and what it works with."""

    app: ASGIApp
    engine: Engine


class Access(NamedTuple):
    """What the control API asks for, and by which names it may be called; None: it asks nothing."""

    token: str | None
    hosts: frozenset[str] | None


def access_of(settings: Settings) -> Access:
    """Bound to loopback: known names only. Beyond: a token, made up where none is given."""
    if settings.host in LOOPBACK:
        return Access(settings.control_token, LOCAL_HOSTS | frozenset(settings.allow_hosts))
    return Access(settings.control_token or fresh_token(), None)


def build(  # noqa: PLR0913 - whatever a test may want to replace
    settings: Settings,
    *,
    spec: Spec | None = None,
    clock: Clock | None = None,
    webhooks: Webhooks | None = None,
    token: str | None = None,
    hosts: Collection[str] | None = None,
    open_file: OpenFile | None = None,
) -> Fake:
    """Wire a fake; what is not given is real. Raises SpecError and ValueError for settings that cannot be."""
    spec = spec or load_spec(settings.spec)
    clock = clock or SystemClock()
    webhooks = webhooks or HttpWebhooks(Targets.parse(settings.webhook_targets), clock)
    journal, self_check = Journal(), SelfCheck(spec) if settings.self_check else None
    check = self_check.webhook if self_check else None
    backends: Mapping[str, Callable[..., Backend]] = {
        MEMORY: _in_memory,
        SQLITE: partial(_in_file, open_file=open_file),
        POSTGRESQL: _shared,
    }
    in_place = backends[settings.kind_of_state]
    backend = in_place(settings, spec.rules, clock, journal, partial(_dispatcher, webhooks, check))
    engine = Engine(
        settings=settings,
        spec=spec,
        store=backend.store,
        timeline=backend.timeline,
        waiting=backend.waiting,
        journal=journal,
        chronicle=backend.chronicle,
        inboxes=backend.inboxes,
        snapshots=backend.snapshots,
        recorder=Recorder(journal, clock),
        self_check=self_check,
        fresh_seed=fresh_seed,
    )

    async def close() -> None:
        await backend.close()
        await webhooks.close()

    return Fake(create_web(engine, backend.start, close, token=token, hosts=hosts), engine)


def _dispatcher(
    webhooks: Webhooks, check: Check | None, store: Transactions, wakeups: Wakeups
) -> Dispatcher:
    return Dispatcher(store, wakeups, webhooks, check)


def _in_memory(
    settings: Settings, rules: Rules, clock: Clock, journal: Journal, dispatcher_of: DispatcherOf
) -> Backend:
    world = _world(settings, clock)
    store = MemoryStore(rules, world, clock, journal, retention=settings.retention)

    async def start() -> None:
        """There is nothing to begin: the alarm rings from the first request on."""

    async def close() -> None:
        alarm.clear()

    parts = _Parts(store, Inboxes(), clock, journal)
    alarm, backend = _in_process(parts, dispatcher_of, start, close)
    return backend


def _in_file(
    settings: Settings,
    rules: Rules,
    clock: Clock,
    journal: Journal,
    dispatcher_of: DispatcherOf,
    *,
    open_file: OpenFile | None,
) -> Backend:
    """Raises StoreUnusable."""
    from mock_server.adapters.sqlite import StateFile  # noqa: PLC0415 - memory needs nothing of it

    file = (open_file or StateFile)(settings.state, power=settings.durability == "power")
    try:
        return _mirrored(file, settings, rules, clock, journal, dispatcher_of)
    except BaseException:
        file.close()
        raise


def _mirrored(
    file: "StateFile",
    settings: Settings,
    rules: Rules,
    clock: Clock,
    journal: Journal,
    dispatcher_of: DispatcherOf,
) -> Backend:
    from mock_server.adapters import sqlite  # noqa: PLC0415 - memory needs nothing of it

    def resume(contents: sqlite.Contents) -> None:
        store.have(contents.whole.world, contents.whole.records)
        inboxes.have(dict(contents.whole.inboxes))
        book.remember(contents)
        alarm.rearm(contents.whole.wakes)

    async def start() -> None:
        alarm.attend()  # what was left waiting falls due without any request

    async def close() -> None:
        alarm.clear()
        await book.close()

    book = sqlite.Book(file, clock, resume)
    world = _world(settings, clock)
    store = sqlite.FileStore(rules, world, clock, journal, book, settings.retention)
    inboxes = sqlite.FileInboxes(book)
    parts = _Parts(store, inboxes, clock, journal)
    alarm, backend = _in_process(parts, dispatcher_of, start, close)
    if contents := book.read():
        resume(sqlite.continued(contents, settings, rules, clock))
    book.begin()
    return backend


def _shared(
    settings: Settings, rules: Rules, clock: Clock, journal: Journal, dispatcher_of: DispatcherOf
) -> Backend:
    """Raises StoreUnusable."""
    from mock_server.adapters import postgres  # noqa: PLC0415 - its packages are an extra

    first = partial(_world, settings)
    return postgres.shared(settings, rules, clock, journal, first, dispatcher_of)


class _Parts(NamedTuple):
    store: MemoryStore
    inboxes: Inboxes
    clock: Clock
    journal: Journal


def _in_process(
    parts: _Parts,
    dispatcher_of: DispatcherOf,
    start: Deed,
    close: Deed,
) -> tuple[Alarm, Backend]:
    """What a server of one process is made of, whatever its store is."""
    store, inboxes, clock, journal = parts
    alarm = Alarm(
        store.now,
        lambda: store.world.anchor,
        lambda wake: _is_live(store, dispatcher, wake),
    )
    dispatcher = dispatcher_of(store, alarm)
    alarm.ring_with(dispatcher.handle)
    store.wake(alarm)
    return alarm, Backend(
        store=store,
        timeline=Timeline(store, alarm, clock, inboxes, journal),
        waiting=dispatcher,
        chronicle=Chronicle(journal),
        inboxes=inboxes,
        snapshots=Snapshots(store, inboxes, alarm, clock),
        start=start,
        close=close,
    )


def _world(settings: Settings, clock: Clock) -> World:
    seed = fresh_seed() if settings.seed is None else settings.seed
    return World(seed, settings.seed or 0, anchor_of(settings.clock or REAL, clock))


def anchor_of(setting: ClockSetting, clock: Clock) -> Anchor:
    """Where virtual time begins: a manual clock at its fixed start, others at the calendar's time."""
    start = MANUAL_START if setting.mode is ClockMode.MANUAL else clock.wall()
    return Anchor(setting.mode, setting.rate, start, clock.real())


def _is_live(store: MemoryStore, dispatcher: Dispatcher, wake: Wake) -> bool:
    """Whether a wake still reminds of something."""
    if wake.step == ANSWER:
        return dispatcher.is_delayed(wake.tracking_id)
    job = store.job(wake.tracking_id)
    if job is None:
        return False
    if wake.step == SEARCH:
        return job.state is JobState.SEARCHING and job.asking == wake.number
    return any(each.attempt == wake.number and each.sent_at is None for each in job.pending)
