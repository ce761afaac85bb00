"""Group commit where what has changed cannot be made a batch."""

import asyncio

import pytest
from typing_extensions import override

from mock_server.ports import StoreAway
from tests.adapters.sqlite.test_commits import Disk, run


class Unreadable(Disk):
    """Has a change that no batch can be made of."""

    @override
    def _gather(self) -> list[int]:
        if -1 in self.changed:
            raise RecursionError("too deep")
        return super()._gather()

    @override
    def _resume(self, _contents: str) -> None:
        super()._resume(_contents)
        self.changed.clear()


def test_who_waits_for_a_batch_that_cannot_be_made_is_told_and_the_file_comes_back() -> None:
    async def live(disk: Disk) -> None:
        with pytest.raises(StoreAway, match="too deep"):
            await asyncio.wait_for(disk.change(-1), 10)
        while not disk.resumed:
            await asyncio.sleep(0.01)
        await disk.change(3)

    assert run(live, Unreadable()).written == [[3]]
