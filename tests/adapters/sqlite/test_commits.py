"""Group commit: who waits is told once its change is in the file, and of every failure."""

import asyncio
import threading
from collections.abc import Callable
from itertools import chain
from typing import Any

import pytest

from mock_server.adapters.sqlite.commits import GATHERED, Commits
from mock_server.ports import StoreAway


class Disk:
    """What was changed, what was written, and whether writing works."""

    def __init__(self) -> None:
        self.changed: list[int] = []
        self.written: list[list[int]] = []
        self.writers: list[threading.Thread] = []
        self.may_write = threading.Event()
        self.may_write.set()
        self.is_full = False
        self.is_quick = self.log_is_long = False
        self.checkpoint_begun, self.may_checkpoint = threading.Event(), threading.Event()
        self.may_checkpoint.set()
        self.checkpoints = 0
        self.resumed = self.tried = self.gathered = 0
        self.commits: Commits[list[int], str] = Commits(
            self._gather, self, self._recover, self._resume
        )
        self.commits.begin()

    def _gather(self) -> list[int]:
        gathered, self.changed = self.changed, []
        self.gathered += 1
        return gathered

    def write_at_once(self, batch: list[int]) -> bool:
        if self.is_quick:
            self.write(batch)
        return self.is_quick

    def write(self, batch: list[int]) -> None:
        assert self.may_write.wait(20)
        if self.is_full:
            raise OSError("no space left on device")
        self.written.append(batch)
        self.writers.append(threading.current_thread())

    def begins_checkpoint(self) -> bool:
        begins, self.log_is_long = self.log_is_long, False
        return begins

    def checkpoint(self) -> None:
        self.checkpoint_begun.set()
        assert self.may_checkpoint.wait(20)
        self.checkpoints += 1

    def _recover(self) -> str:
        if self.is_full:
            self.tried += 1
            raise OSError("still none")
        return "what was in the file"

    def _resume(self, _contents: str) -> None:
        self.resumed += 1

    async def change(self, number: int) -> None:
        self.changed.append(number)
        await self.commits.commit()

    async def begun(self) -> None:
        """Until the first batch is being written."""
        while not self.gathered:
            await asyncio.sleep(0)

    async def settled(self) -> None:
        future = self.commits.settled()
        if future is not None:
            await future


async def turns() -> None:
    """Long enough for whoever waits for nothing but the loop."""
    for _ in range(20):
        await asyncio.sleep(0)


def run(live: Callable[[Disk], Any], disk: Disk | None = None) -> Disk:
    disk = disk or Disk()
    try:
        asyncio.run(live(disk))
    finally:
        disk.is_full = False
        disk.may_write.set()
        disk.may_checkpoint.set()
        disk.commits.close()
    return disk


def test_a_failure_that_nobody_waits_for_any_more_is_no_error_of_its_own() -> None:
    reported: list[str] = []

    async def live(disk: Disk) -> None:
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _, context: reported.append(context["message"]))
        disk.is_full = True
        disk.changed.append(1)
        left = disk.commits.commit()
        while not left.done():
            await asyncio.sleep(0.001)
        del left
        await asyncio.sleep(0)

    run(live)

    assert reported == []


def test_the_loop_writes_what_is_quick_and_a_thread_what_is_not() -> None:
    async def live(disk: Disk) -> None:
        for disk.is_quick in (True, False, True):
            await disk.change(int(disk.is_quick))

    disk = run(live)

    assert disk.written == [[1], [0], [1]]
    assert [each is threading.main_thread() for each in disk.writers] == [True, False, True]


def test_a_checkpoint_holds_up_only_what_a_thread_must_write() -> None:
    async def live(disk: Disk) -> None:
        disk.is_quick = disk.log_is_long = True
        disk.may_checkpoint.clear()
        await disk.change(1)
        assert disk.checkpoint_begun.wait(20)
        await disk.change(2)
        disk.is_quick = False
        left = asyncio.ensure_future(disk.change(3))
        await asyncio.sleep(0.01)
        assert (disk.written, disk.checkpoints) == ([[1], [2]], 0)
        disk.may_checkpoint.set()
        await left

    disk = run(live)

    assert (disk.written, disk.checkpoints) == ([[1], [2], [3]], 1)


def test_a_batch_gathers_as_long_as_each_turn_of_the_loop_brings_more_up_to_a_bound() -> None:
    async def live(disk: Disk) -> None:
        disk.is_quick = True
        tasks = []
        for number in range(200):
            tasks.append(asyncio.ensure_future(disk.change(number)))
            await asyncio.sleep(0)
        await asyncio.gather(*tasks)

    written = run(live).written

    assert list(chain(*written)) == list(range(200)), "a change was lost, doubled or overtaken"
    sizes = [len(each) for each in written]
    assert len(sizes) > 2, "a batch that still grows is never begun"
    assert all(GATHERED <= each < GATHERED + 4 for each in sizes[:-1]), sizes


def test_who_comes_alone_waits_for_nobody() -> None:
    async def live(disk: Disk) -> None:
        disk.is_quick = True
        task = asyncio.ensure_future(disk.change(1))
        # Its own turn, two that look whether more comes, the one that tells it, and its last.
        for _ in range(5):
            await asyncio.sleep(0)
        assert task.done()

    run(live)


def test_what_happens_meanwhile_is_written_at_once() -> None:
    async def live(disk: Disk) -> None:
        disk.may_write.clear()
        tasks = [asyncio.ensure_future(disk.change(0))]
        await disk.begun()
        tasks += [asyncio.ensure_future(disk.change(n)) for n in range(1, 9)]
        await turns()
        disk.may_write.set()
        await asyncio.gather(*tasks)

    assert run(live).written == [[0], list(range(1, 9))]


def test_nobody_is_told_before_it_is_written() -> None:
    async def live(disk: Disk) -> None:
        disk.may_write.clear()
        task = asyncio.ensure_future(disk.change(1))
        reader = asyncio.ensure_future(disk.settled())
        _, waiting = await asyncio.wait([task, reader], timeout=0.05)
        assert waiting == {task, reader}
        disk.may_write.set()
        await asyncio.gather(task, reader)
        assert disk.written == [[1]]

    run(live)


def test_who_reads_waits_for_the_batch_that_gathers_too() -> None:
    async def live(disk: Disk) -> None:
        disk.may_write.clear()
        tasks = [asyncio.ensure_future(disk.change(1))]
        await disk.begun()
        tasks.append(asyncio.ensure_future(disk.change(2)))
        await asyncio.sleep(0)
        reader = asyncio.ensure_future(disk.settled())
        await asyncio.sleep(0)
        disk.may_write.set()
        await reader
        assert [1] in disk.written
        assert disk.written[1][0] == 2
        await asyncio.gather(*tasks)

    run(live)


def test_who_reads_what_is_being_written_waits_for_that_only() -> None:
    async def live(disk: Disk) -> None:
        disk.may_write.clear()
        task = asyncio.ensure_future(disk.change(1))
        await disk.begun()
        reader = asyncio.ensure_future(disk.settled())
        await turns()
        assert not reader.done()
        disk.may_write.set()
        await asyncio.gather(task, reader)

    assert run(live).written == [[1]], "the reader began a batch of its own"


def test_who_reads_while_nothing_is_on_its_way_does_not_wait() -> None:
    async def live(disk: Disk) -> None:
        assert disk.commits.settled() is None

    run(live)


def test_who_was_broken_off_holds_up_nobody() -> None:
    async def live(disk: Disk) -> None:
        disk.may_write.clear()
        tasks = [asyncio.ensure_future(disk.change(n)) for n in (1, 2)]
        await disk.begun()
        tasks[0].cancel()
        disk.may_write.set()
        await tasks[1]

    assert run(live).written == [[1, 2]]


def test_all_who_wait_are_told_of_a_failure_and_the_file_comes_back() -> None:
    async def live(disk: Disk) -> None:
        disk.may_write.clear()
        disk.is_full = True
        tasks = [asyncio.ensure_future(disk.change(1))]
        await disk.begun()
        tasks.append(asyncio.ensure_future(disk.change(2)))
        await turns()
        disk.may_write.set()
        problems = await asyncio.gather(*tasks, return_exceptions=True)
        assert [str(each) for each in problems] == [
            "the state cannot be written: no space left on device"
        ] * 2
        for ask in (disk.commits.check, disk.commits.settled, disk.commits.commit):
            with pytest.raises(StoreAway, match="no space left"):
                ask()
        disk.changed.clear()
        while not disk.tried:
            await asyncio.sleep(0.01)
        disk.is_full = False
        while not disk.resumed:
            await asyncio.sleep(0.01)
        await disk.change(3)

    disk = run(live)

    assert (disk.resumed, disk.written) == (1, [[3]])


def test_who_waits_for_a_quick_batch_is_told_of_its_failure_and_the_file_comes_back() -> None:
    async def live(disk: Disk) -> None:
        disk.is_quick = disk.is_full = True
        problems = await asyncio.gather(*map(disk.change, (1, 2)), return_exceptions=True)
        assert [str(each) for each in problems] == [
            "the state cannot be written: no space left on device"
        ] * 2
        disk.is_full = False
        while not disk.resumed:
            await asyncio.sleep(0.01)
        await disk.change(3)

    assert run(live).written == [[3]]


def test_it_comes_back_also_where_its_loop_has_ended() -> None:
    disk = Disk()
    disk.is_full = True
    with pytest.raises(StoreAway):
        asyncio.run(disk.change(1))
    disk.is_full = False
    disk.changed.clear()

    async def ask_again() -> None:
        while not disk.resumed:
            try:
                disk.commits.check()
            except StoreAway:
                await asyncio.sleep(0.01)
        await disk.change(2)

    asyncio.run(ask_again())
    disk.commits.close()

    assert disk.written == [[2]]


def test_a_loop_that_ended_leaves_the_next_one_nothing_to_wait_for() -> None:
    disk = Disk()
    disk.may_write.clear()

    async def broken_off() -> None:
        task = asyncio.ensure_future(disk.change(1))
        await disk.begun()
        task.cancel()

    async def next_one() -> None:
        task = asyncio.ensure_future(disk.change(2))
        await turns()
        disk.may_write.set()
        await task

    asyncio.run(broken_off())
    asyncio.run(next_one())
    disk.commits.close()

    assert disk.written == [[1], [2]]


def test_a_loop_that_ended_before_it_began_a_batch_holds_up_nobody() -> None:
    disk = Disk()

    async def leaves_at_once() -> None:
        disk.changed.append(1)
        _ = disk.commits.commit()

    loop = asyncio.new_event_loop()
    loop.run_until_complete(asyncio.wait_for(leaves_at_once(), 1))
    loop.close()
    asyncio.run(disk.change(2))
    disk.commits.close()

    assert [number for batch in disk.written for number in batch] == [1, 2]


def test_a_loop_that_goes_on_later_finds_its_change_written_by_the_one_between() -> None:
    disk = Disk()
    disk.is_quick = True
    first, second = asyncio.new_event_loop(), asyncio.new_event_loop()

    async def begun() -> asyncio.Future[None]:
        disk.changed.append(1)
        return disk.commits.commit()

    async def ended(future: asyncio.Future[None]) -> None:
        await future

    left = first.run_until_complete(begun())
    second.run_until_complete(disk.change(2))
    first.run_until_complete(ended(left))
    first.close()
    second.close()
    disk.commits.close()

    assert disk.written == [[1, 2]]


def test_after_the_end_nothing_can_be_saved() -> None:
    disk = Disk()
    disk.commits.close()

    with pytest.raises(StoreAway, match="this server has ended"):
        asyncio.run(disk.change(1))
