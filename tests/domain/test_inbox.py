"""Owns the claims about a built-in receiver: bounded, and answering in order."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_server.domain import inbox
from mock_server.domain.inbox import Inbox, Message


def message(n: int = 0, size: int = 0) -> Message:
    return Message(n, "/hook", (), b"x" * size)


@given(sizes=st.lists(st.integers(0, 9), max_size=30))
def test_the_newest_messages_are_kept_within_both_bounds(sizes: list[int]) -> None:
    box = Inbox()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(inbox, "MAX_MESSAGES", 5)
        patch.setattr(inbox, "MAX_BYTES", 20)
        for n, size in enumerate(sizes):
            box.add(message(n, size))

    kept = [each.received_at for each in box.messages]
    assert (box.size, kept) == (
        sum(len(each.raw) for each in box.messages),
        list(range(len(sizes)))[len(sizes) - len(kept) :],
    )
    assert len(kept) <= 5
    assert box.size <= 20


def test_an_inbox_keeps_10_000_messages_or_64_mib() -> None:
    many, large = Inbox(), Inbox()
    for n in range(10_005):
        many.add(message(n))
    mebibyte = message(size=1024 * 1024)
    for _ in range(70):
        large.add(mebibyte)

    assert [each.received_at for each in many.messages] == list(range(5, 10_005))
    assert len(large.messages) == 64


def test_every_message_is_counted_also_those_that_were_dropped() -> None:
    box = Inbox()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(inbox, "MAX_MESSAGES", 1)
        box.add(message(1))
        box.add(message(2))

    assert box.received == 2


def test_answers_come_in_order_and_the_last_one_for_ever() -> None:
    box = Inbox(answers=[500, "disconnect", 200])

    assert [box.next_answer() for _ in range(5)] == [500, "disconnect", 200, 200, 200]
