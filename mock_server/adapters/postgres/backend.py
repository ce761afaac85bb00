"""Owns the wiring of the shared store: what of a server depends on its state, on PostgreSQL."""

from collections.abc import Callable

from mock_server.adapters.dispatch import Dispatcher
from mock_server.adapters.postgres.answers import Answers
from mock_server.adapters.postgres.chronicle import Chronicle
from mock_server.adapters.postgres.clock import SharedClock
from mock_server.adapters.postgres.database import Database
from mock_server.adapters.postgres.engine import Engine
from mock_server.adapters.postgres.inboxes import Inboxes
from mock_server.adapters.postgres.opening import opened
from mock_server.adapters.postgres.process import Process
from mock_server.adapters.postgres.snapshots import Snapshots
from mock_server.adapters.postgres.store import PostgresStore
from mock_server.adapters.postgres.timeline import SharedTimeline
from mock_server.adapters.postgres.upkeep import Upkeep
from mock_server.adapters.postgres.waiting import Patient, SharedWaiting, Silent
from mock_server.domain.rules import Rules
from mock_server.domain.world import World
from mock_server.journal import Journal
from mock_server.ports import Backend, Clock, Transactions, Wakeups
from mock_server.settings import Settings


def shared(
    settings: Settings,
    rules: Rules,
    clock: Clock,
    journal: Journal,
    first: Callable[[Clock], World],
    dispatcher_of: Callable[[Transactions, Wakeups], Dispatcher],
) -> Backend:
    """A server whose state is in PostgreSQL; `first` makes the world of an empty one. Raises StoreUnusable."""
    time = SharedClock(clock)
    worlds = opened(settings, rules, time, first)
    database = Database(settings.state)
    engine = Engine(database, worlds, time)
    store = PostgresStore(rules, worlds, time, database, engine, journal)
    answers, inboxes = Answers(database, worlds, time, engine), Inboxes(database)
    chronicle = Chronicle(database, journal)
    timeline = SharedTimeline(database, store, time, engine, answers, chronicle)
    dispatcher = dispatcher_of(Patient(store), Silent())
    waiting = SharedWaiting(dispatcher, answers)
    engine.ring_with(waiting.handle)
    upkeep = Upkeep(database, store, time, engine, chronicle, retention=settings.retention)
    process = Process(database, store, engine, answers, inboxes, chronicle, dispatcher, upkeep)
    return Backend(
        store=store,
        timeline=timeline,
        waiting=waiting,
        chronicle=chronicle,
        inboxes=inboxes,
        snapshots=Snapshots(database, rules, time, timeline),
        start=process.start,
        close=process.close,
    )
