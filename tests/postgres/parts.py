"""Owns the parts of a process on the shared store, wired as the server wires them, to be driven by hand."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import NamedTuple

from mock_server.adapters.clocks import SystemClock
from mock_server.adapters.dispatch import Dispatcher
from mock_server.adapters.postgres.answers import Answers
from mock_server.adapters.postgres.chronicle import Chronicle
from mock_server.adapters.postgres.clock import SharedClock
from mock_server.adapters.postgres.database import Database
from mock_server.adapters.postgres.engine import Engine
from mock_server.adapters.postgres.opening import opened
from mock_server.adapters.postgres.store import PostgresStore
from mock_server.adapters.postgres.timeline import SharedTimeline
from mock_server.adapters.postgres.upkeep import Upkeep
from mock_server.adapters.postgres.waiting import Patient, SharedWaiting, Silent
from mock_server.bootstrap import anchor_of
from mock_server.domain.world import World
from mock_server.journal import Journal
from mock_server.ports import Clock, Keys
from mock_server.service.calls import Call, Reply, answer
from mock_server.service.operations import behaviour_of
from mock_server.settings import REAL, ClockSetting, Settings
from tests.builders import HOOK_URL, operation, spec
from tests.fakes import FakeWebhooks

KEY = "test_max_parts"


class Parts(NamedTuple):
    database: Database
    store: PostgresStore
    engine: Engine
    answers: Answers
    chronicle: Chronicle
    journal: Journal
    timeline: SharedTimeline
    upkeep: Upkeep
    webhooks: FakeWebhooks

    async def reveal(self, person_id: str = "mock-found", api_key: str = KEY) -> str:
        """The id of an accepted job."""
        called = operation("revealPhone")
        document = {
            "personId": person_id,
            "revealPhoneNumberViaPartners": True,
            "webhookUrl": HOOK_URL,
        }
        call = Call(called, api_key, document, {}, [])
        use_case = partial(answer, call=call, behaviour=behaviour_of("revealPhone"))
        reply: Reply = await self.store.transact(Keys(api_key, reads_job=True), use_case)
        assert reply.tracking_id is not None, reply.why
        return reply.tracking_id


@asynccontextmanager
async def parts(
    url: str,
    clock: str = "manual",
    retention: int = 20_000,
    *,
    database: Database | None = None,
    webhooks: FakeWebhooks | None = None,
) -> AsyncIterator[Parts]:
    settings = Settings(state=url, seed=1, clock=ClockSetting.parse(clock))
    rules, time, journal = spec().rules, SharedClock(SystemClock()), Journal()
    database, webhooks = database or Database(url), webhooks or FakeWebhooks()

    def first(clock: Clock) -> World:
        return World(1, 1, anchor_of(settings.clock or REAL, clock))

    worlds = opened(settings, rules, time, first)
    engine = Engine(database, worlds, time)
    store = PostgresStore(rules, worlds, time, database, engine, journal)
    answers, chronicle = Answers(database, worlds, time, engine), Chronicle(database, journal)
    engine.ring_with(SharedWaiting(Dispatcher(Patient(store), Silent(), webhooks), answers).handle)
    timeline = SharedTimeline(database, store, time, engine, answers, chronicle)
    upkeep = Upkeep(database, store, time, engine, chronicle, retention=retention)
    try:
        await upkeep.enter()
        yield Parts(
            database, store, engine, answers, chronicle, journal, timeline, upkeep, webhooks
        )
    finally:
        await chronicle.stop()
        database.close()
