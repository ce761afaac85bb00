"""The journal keeps the newest, numbers everything, and tells who listens."""

from functools import partial

from mock_server.domain.events import ClockMoved
from mock_server.journal import Exchange, Journal


def event(number: int) -> ClockMoved:
    return ClockMoved(number, "manual", 0)


def exchange(number: int) -> Exchange:
    return Exchange(
        number, 0, "GET", "/", None, b"", None, 200, 0, [], b"", [], b"", None, "because"
    )


def test_events_are_read_after_a_number() -> None:
    journal = Journal()
    journal.note([event(n) for n in range(1, 6)])

    assert journal.since(0, 10) == (0, [event(n) for n in range(1, 6)])
    assert journal.since(3, 10) == (3, [event(4), event(5)])
    assert journal.since(1, 2) == (1, [event(2), event(3)])
    assert journal.since(5, 10) == (5, [])


def test_a_number_that_is_not_reached_yet_reads_nothing() -> None:
    journal = Journal()
    journal.note([event(1)])

    assert journal.since(7, 10) == (1, [])


def test_a_number_that_is_no_longer_kept_reads_from_the_oldest() -> None:
    journal = Journal(kept=2)
    journal.note([event(n) for n in range(1, 6)])

    assert journal.since(0, 10) == (3, [event(4), event(5)])


def test_requests_are_bounded_numbered_and_events_as_well() -> None:
    journal = Journal(kept=2)
    for _ in range(3):
        journal.serve(exchange(journal.next_number()))

    assert [each.number for each in journal.requests()] == [3, 2]
    assert journal.noted == 3
    assert journal.since(2, 10) == (2, [exchange(3)])


def test_clearing_forgets_requests_and_goes_on_counting() -> None:
    journal = Journal()
    journal.serve(exchange(journal.next_number()))

    journal.clear()

    assert list(journal.requests()) == []
    assert journal.next_number() == 2


def test_a_listener_is_told_until_it_stops() -> None:
    journal = Journal()
    told: list[str] = []
    stop = journal.listen(lambda: told.append("a"))
    journal.listen(lambda: told.append("b"))
    journal.note([event(1)])

    stop()
    stop()
    journal.note([event(2)])

    assert sorted(told) == ["a", "b", "b"]


def test_a_listener_may_stop_while_it_is_being_told() -> None:
    journal = Journal()
    told: list[str] = []

    def once() -> None:
        told.append("once")
        stop()

    stop = journal.listen(once)
    journal.note([event(1)])
    journal.note([event(2)])

    assert told == ["once"]


def test_what_nobody_reads_is_made_when_it_is_read_and_not_before() -> None:
    made: list[int] = []

    def make(number: int) -> Exchange:
        made.append(number)
        return exchange(number)

    journal = Journal()
    for _ in range(3):
        journal.serve(partial(make, journal.next_number()))

    assert made == [], "a request that nobody reads costs nothing more"
    assert next(journal.requests()) == exchange(3)
    assert journal.since(0, 1) == (0, [exchange(1)])
    assert made == [3, 1], "only what is read is made"
    assert [each.number for each in journal.requests()] == [3, 2, 1]
    assert [each.number for each in journal.requests()] == [3, 2, 1]
    assert made == [3, 1, 2, 1], "and only once in each list"
