"""Owns the claim about every state in a file: once its server has ended, the file holds what the memory held."""

import asyncio
from dataclasses import replace
from typing import Any, Final

from mock_server.adapters.clocks import StoppedClock
from mock_server.adapters.memory import MemoryStore, Records
from mock_server.adapters.records import ACCOUNT, COUNTER, ENTRY, JOB, WORLD, Codec
from mock_server.adapters.sqlite.contents import contents_of
from mock_server.adapters.sqlite.file import StateFile
from mock_server.domain.jobs import Job
from mock_server.domain.world import Anchor, World
from mock_server.ports import Store

CODECS: Final = {each.kind: each for each in (ACCOUNT, COUNTER, ENTRY, JOB, WORLD)}


def told_by(path: str) -> tuple[World | None, Records]:
    """What the file of a server that has ended holds."""
    file = StateFile(path)
    try:
        contents = contents_of(file.read, StoppedClock())
    finally:
        file.close()
    assert contents is not None, "the file holds no world"
    return contents.whole.world, contents.whole.records


def assert_mirrored(path: str, store: Store) -> None:
    assert isinstance(store, MemoryStore)
    world, records = told_by(path)
    live = asyncio.run(MemoryStore.records(store, lambda records: records))
    for name, kept, held in zip(Records._fields, records, live, strict=True):
        assert _plain(kept) == _plain(held), f"{name} in the file and in memory"
    assert world is not None
    assert replace(world, anchor=Anchor()) == _again(replace(store.world, anchor=Anchor()))
    anchors = (world.anchor, store.world.anchor)
    assert len({(each.mode, each.rate) for each in anchors}) == 1


def _plain(kept: Any) -> Any:
    """With its order; whoever was sending when the server ended does not count, nor does an empty ledger."""
    if isinstance(kept, dict):
        return [(key, _plain(each)) for key, each in kept.items() if each != {}]
    if isinstance(kept, Job):
        kept.pending = tuple(each._replace(sent_at=None) for each in kept.pending)
    return kept if isinstance(kept, int) else _again(kept)


def _again(record: Any) -> Any:
    """As it is after a restart: 0 is 0.0, and a list a tuple."""
    codec: Codec[Any] = CODECS[type(record)]
    return codec.decode(codec.encode(record))
