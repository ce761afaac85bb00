"""Owns the tables: their definition, their version, and how an older one becomes the newest."""

from dataclasses import replace
from typing import Any, Final

from pgqueuer.adapters.inmemory import InMemoryDriver
from pgqueuer.adapters.persistence.qb import (
    QueryBuilderEnvironment,
    QueryQueueBuilder,
    QuerySchedulerBuilder,
)
from pgqueuer.db import AsyncpgDriver
from pgqueuer.domain.settings import DBSettings
from pgqueuer.queries import Queries
from pgqueuer.types import Channel

from mock_server.adapters.postgres.database import SCHEMA
from mock_server.ports import StoreUnusable

_LOCK: Final = 0xC10D_0001  # one at a time creates or migrates
_SETTINGS: Final = DBSettings(db_schema=SCHEMA, prefix="", channel=Channel(f"{SCHEMA}_wakes"))
QUEUE: Final = Queries(
    InMemoryDriver(),  # to be replaced by a connection
    QueryBuilderEnvironment(_SETTINGS),
    QueryQueueBuilder(_SETTINGS),
    QuerySchedulerBuilder(_SETTINGS),
)
"""PgQueuer's tables, in our schema."""

MIGRATIONS: Final = (
    # Ids, keys and names are bytes: those that clients send may hold what `text` cannot (NUL).
    """
    CREATE TABLE world (version bigint NOT NULL, record bytea NOT NULL);
    CREATE TABLE accounts (api_key bytea PRIMARY KEY, record bytea NOT NULL);
    CREATE SEQUENCE endings;
    CREATE TABLE jobs (
        tracking_id bytea PRIMARY KEY,
        api_key bytea NOT NULL,
        number bigserial NOT NULL,  -- in the order of acceptance
        ended bigint,               -- in the order of being forgotten; NULL while something is to be done
        record bytea NOT NULL
    );
    CREATE INDEX jobs_api_key ON jobs (api_key);
    CREATE INDEX jobs_number ON jobs (number);
    CREATE INDEX jobs_ended ON jobs (ended) WHERE ended IS NOT NULL;
    CREATE TABLE ledger (
        api_key bytea NOT NULL,
        tracking_id bytea NOT NULL,
        kind text NOT NULL,
        provider text NOT NULL,
        number bigserial NOT NULL,
        record bytea NOT NULL,
        PRIMARY KEY (api_key, tracking_id, kind, provider)  -- nothing is charged twice (CR-5)
    );
    CREATE TABLE counters (
        api_key bytea NOT NULL,
        fault_id bytea NOT NULL,
        record bytea NOT NULL,
        PRIMARY KEY (api_key, fault_id)
    );
    CREATE SEQUENCE flushes;
    CREATE TABLE workers (
        worker bigserial PRIMARY KEY,
        seen timestamptz NOT NULL DEFAULT now(),
        flushed bigint NOT NULL DEFAULT 0  -- the last call to write the journal that it followed
    );
    CREATE TABLE wakes (
        tracking_id bytea NOT NULL,
        step text NOT NULL,
        number integer NOT NULL,
        due bigint NOT NULL,        -- virtual microseconds
        sequence bigserial NOT NULL,
        armed boolean NOT NULL,     -- the engine knows of it
        worker bigint,              -- who is sending this attempt, or lets this answer wait
        PRIMARY KEY (tracking_id, step, number)
    );
    CREATE INDEX wakes_due ON wakes (due, sequence);
    CREATE INDEX wakes_to_arm ON wakes (due, sequence) WHERE NOT armed AND worker IS NULL;
    CREATE INDEX wakes_worker ON wakes (worker) WHERE worker IS NOT NULL;
    CREATE TABLE inboxes (name bytea PRIMARY KEY, record bytea NOT NULL);
    CREATE TABLE messages (
        name bytea NOT NULL,
        number bigint NOT NULL,
        size integer NOT NULL,
        record bytea NOT NULL,
        PRIMARY KEY (name, number)
    );
    CREATE TABLE journal (noted bigint NOT NULL, exchanges bigint NOT NULL, cleared bigint NOT NULL);
    INSERT INTO journal VALUES (0, 0, 0);
    CREATE TABLE noted (number bigint PRIMARY KEY, exchange bigint, kind text NOT NULL, record bytea NOT NULL);
    CREATE UNIQUE INDEX noted_exchange ON noted (exchange) WHERE exchange IS NOT NULL;
    """,
)


async def migrate(connection: Any) -> None:
    """Bring the tables to the newest version; raises StoreUnusable where they are newer than this program."""
    async with connection.transaction():
        await connection.execute("SELECT pg_advisory_xact_lock($1)", _LOCK)
        version = await _version(connection)
        if version > len(MIGRATIONS):
            raise StoreUnusable(  # noqa: TRY003 - says what is wrong with it
                f"its tables are of version {version}, made by a newer clodura-kit; "
                f"this one reads up to version {len(MIGRATIONS)}"
            )
        for migration in MIGRATIONS[version:]:
            await connection.execute(migration)
        if version == 0:
            await replace(QUEUE, driver=AsyncpgDriver(connection)).install(create_schema=False)
        await connection.execute("UPDATE schema_version SET version = $1", len(MIGRATIONS))


async def _version(connection: Any) -> int:
    if await connection.fetchval("SELECT to_regclass($1)", f"{SCHEMA}.schema_version") is None:
        await connection.execute(
            f"CREATE SCHEMA IF NOT EXISTS {SCHEMA};"  # noqa: S608 - no input
            "CREATE TABLE schema_version (version integer NOT NULL);"
            "INSERT INTO schema_version VALUES (0)"
        )
    version: int = await connection.fetchval("SELECT version FROM schema_version")
    return version
