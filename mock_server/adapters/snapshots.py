"""Owns taking and restoring snapshots of a server whose records are in memory."""

from mock_server.adapters.alarm import Alarm
from mock_server.adapters.inbox import Inboxes
from mock_server.adapters.memory import MemoryStore, Records
from mock_server.domain.world import ClockMode
from mock_server.ports import Clock, Restored


class Snapshots:
    """Takes and restores snapshots of one server."""

    def __init__(self, store: MemoryStore, inboxes: Inboxes, alarm: Alarm, clock: Clock) -> None:
        self._store = store
        self._inboxes = inboxes
        self._alarm = alarm
        self._clock = clock

    async def take(self) -> bytes:
        """On a manual clock, what is due now is done first; the same history gives the same bytes."""
        if self._store.world.anchor.mode is ClockMode.MANUAL:
            await self._alarm.settle()
        from mock_server.adapters.snapshot_document import Whole, document_of

        def document(records: Records) -> bytes:
            store, wakes = self._store, self._alarm.waiting()
            return document_of(Whole(store.world, records, wakes, self._inboxes.all()), store.now())

        return await self._store.records(document)

    async def restore(self, document: bytes) -> Restored:
        """Time goes on from the snapshot's; raises SnapshotError that says what is wrong with it."""
        from mock_server.adapters.snapshot_document import whole_of

        whole = whole_of(document, self._store.rules, self._clock.real())
        self._alarm.clear()
        self._inboxes.replace(dict(whole.inboxes))
        await self._store.load(whole.world, whole.records)
        self._alarm.arm(whole.wakes)
        return Restored(len(whole.records.accounts), len(whole.records.jobs))
