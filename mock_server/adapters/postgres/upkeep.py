"""Owns what each process does for all, every second: it tells that it lives, takes over from the dead, and forgets."""

import asyncio
from collections.abc import Sequence
from functools import partial
from typing import Final

from mock_server.adapters.postgres.chronicle import Chronicle
from mock_server.adapters.postgres.clock import SharedClock
from mock_server.adapters.postgres.database import Connection, Database, raw, text
from mock_server.adapters.postgres.engine import Engine
from mock_server.adapters.postgres.store import PostgresStore
from mock_server.adapters.records import ENTRY
from mock_server.domain.credits import CARRIED, carry
from mock_server.ports import ANSWER, Keys, StoreAway
from mock_server.service import deliver

TICK: Final = 1.0  # seconds of real time
DEAD: Final = 8  # seconds without a sign of life
RARELY: Final = 30  # ticks
FORGOTTEN_AT_ONCE: Final = 500
NOW: Final = "(extract(epoch from clock_timestamp()) * 1000000)::bigint"
BEAT: Final = f"""
    INSERT INTO workers (worker) VALUES ($1) ON CONFLICT (worker) DO UPDATE SET seen = now() RETURNING {NOW}
"""  # noqa: S608 - no input


class Upkeep:
    """`retention` is the number of finished jobs that are kept."""

    def __init__(
        self,
        database: Database,
        store: PostgresStore,
        clock: SharedClock,
        engine: Engine,
        chronicle: Chronicle,
        *,
        retention: int,
    ) -> None:
        self._database = database
        self._store = store
        self._clock = clock
        self._engine = engine
        self._chronicle = chronicle
        self._retention = retention
        self._alive = (
            0  # ticks since the database was away: others too need time to tell that they live
        )
        self._ticks = 0

    async def enter(self) -> None:
        """Become one of the processes; raises StoreAway."""
        async with self._database.connection() as connection:
            self._engine.worker = await connection.fetchval(
                "INSERT INTO workers DEFAULT VALUES RETURNING worker"
            )

    async def leave(self) -> None:
        """What this process did not end is anybody's."""
        async with self._database.connection() as connection:
            await connection.execute(
                "UPDATE workers SET seen = '-infinity' WHERE worker = $1", self._engine.worker
            )

    async def run(self) -> None:
        """For ever; a database that went away is waited for."""
        while True:
            try:
                await self._tick()
                self._alive += 1
            except StoreAway:
                self._alive = 0
            except Exception as problem:  # noqa: BLE001 - a process that no longer tells that it lives is taken for dead
                self._alive = 0
                context = {
                    "message": "the upkeep of the shared state failed",
                    "exception": problem,
                }
                asyncio.get_running_loop().call_exception_handler(context)
            await asyncio.sleep(TICK)  # noqa: TID251 - real time: leases and signs of life

    async def forget(self) -> None:
        """Forget the jobs beyond the retention, the first that ended first; their charges fold into one row."""
        async with self._database.connection() as connection:
            rows = await connection.fetch(
                "SELECT api_key, tracking_id FROM jobs WHERE ended <= (SELECT ended FROM jobs"
                " WHERE ended IS NOT NULL ORDER BY ended DESC OFFSET $1 LIMIT 1) ORDER BY ended LIMIT $2",
                self._retention, FORGOTTEN_AT_ONCE,
            )  # fmt: skip
        for api_key in {each[0] for each in rows}:
            ids = [each[1] for each in rows if each[0] == api_key]
            await self._database.run(partial(_forget, api_key, ids))

    async def _tick(self) -> None:
        self._ticks += 1
        await self._beat()
        await self._engine.arm_near()
        await self.forget()
        if self._alive >= DEAD:
            await self._take_over()
        await self._give_back(self._engine.worker)
        if self._ticks % RARELY == 0:
            await self._chronicle.trim()
            await self._engine.trim()

    async def _beat(self) -> None:
        asked = self._clock.real()
        async with self._database.connection() as connection:
            told: int = await connection.fetchval(
                BEAT,
                self._engine.worker,
            )
        self._clock.adjust(asked, told)

    async def _take_over(self) -> None:
        async with self._database.connection() as connection:
            rows = await connection.fetch(
                "SELECT worker FROM workers WHERE seen < now() - make_interval(secs => $1)", DEAD
            )
        for (worker,) in rows:
            await self._give_back(worker)
            async with self._database.connection() as connection:
                await connection.execute(
                    "DELETE FROM workers WHERE worker = $1"
                    " AND NOT EXISTS (SELECT FROM wakes WHERE worker = $1)",
                    worker,
                )

    async def _give_back(self, worker: int) -> None:
        """Let others do what a process has begun and is not doing: it is dead, or lost sight of it in an outage."""
        async with self._database.connection() as connection:
            rows = await connection.fetch(
                "SELECT tracking_id, step, number FROM wakes WHERE worker = $1", worker
            )
        mine = worker == self._engine.worker
        doing = self._engine.at_work() if mine else set()
        for tracking_id, step, number in rows:
            if step == ANSWER:
                if not mine:
                    await self._drop(tracking_id)
            elif (text(tracking_id), step, number) not in doing:
                keys = Keys(tracking_id=text(tracking_id))
                await self._store.transact(keys, partial(deliver.give_back, number=number))

    async def _drop(self, tracking_id: bytes) -> None:
        async with self._database.connection() as connection:
            await connection.execute("DELETE FROM wakes WHERE tracking_id = $1", tracking_id)


async def _forget(api_key: bytes, tracking_ids: Sequence[bytes], connection: Connection) -> None:
    await connection.execute("SELECT FROM accounts WHERE api_key = $1 FOR UPDATE", api_key)
    gone = await connection.fetch(
        "DELETE FROM jobs WHERE tracking_id = ANY($1) AND ended IS NOT NULL RETURNING tracking_id",
        tracking_ids,
    )
    rows = await connection.fetch(
        "DELETE FROM ledger WHERE api_key = $1 AND tracking_id = ANY($2)"
        " RETURNING tracking_id <> $3, number, record",
        api_key, [raw(CARRIED), *(each for (each,) in gone)], raw(CARRIED),
    )  # fmt: skip
    for entry in carry(
        ENTRY.decode(each[-1]) for each in sorted(map(tuple, rows))
    ):  # what was carried, first
        await connection.execute(
            "INSERT INTO ledger (api_key, tracking_id, kind, provider, record) VALUES ($1, $2, $3, '', $4)",
            api_key, raw(entry.tracking_id), entry.kind, ENTRY.encode(entry),
        )  # fmt: skip
