"""One clock and one seed: the same requests give the same bytes, instants and order."""

import re
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import pytest

from tests.api import CREDITS, TRACK, match
from tests.states import MockServer
from tests.web.raw import exchange
from tests.web.receivers import OK, receiving, status

KEYS = ("test_max_a", "test_prospect_b", "test_low_c", "test_throttled")
PEOPLE = ("mock-found", "somebody", "mock-found-wiza-hook-late-9", "another", "mock-none-after-4")


class Seen(NamedTuple):
    """All that the outside sees of a run."""

    answers: list[bytes]
    deliveries: list[tuple[str, bytes]]
    jobs: list[Any]


def run(mock: MockServer, people: Sequence[str] = PEOPLE) -> Seen:
    """Reveal everybody with every key, fail the first deliveries, move time, poll, and look."""
    with receiving(status(500), status(503), OK) as receiver:
        answers, owners = [], {}
        for person in people:
            for key in KEYS:
                body = {
                    "personId": person,
                    "revealPhoneNumberViaPartners": True,
                    "webhookUrl": f"http://127.0.0.1:{receiver.port}/{key}",
                }
                accepted = match(mock, body, key)
                answers.append(repr(accepted).encode())
                if accepted.status == 200:
                    owners[accepted.body["trackingId"]] = key
            mock.advance(2.5)
        mock.advance(to="idle")
        for tracking_id, key in owners.items():
            answers.append(exchange(mock, "GET", f"{TRACK}{tracking_id}", key=key).content)
        answers += [exchange(mock, "GET", CREDITS, key=key).content for key in KEYS]
        seen = [(each.line, each.body) for each in receiver.deliveries]
        return Seen(answers, seen, [without_real_time(each, receiver.port) for each in mock.jobs()])


def without_real_time(document: Any, port: int) -> Any:
    """A job without its port and without how long receivers took, the only real time that it tells."""
    text = re.sub(r"'durationMs': [\d.]+", "", repr(document))
    return text.replace(f":{port}/", ":PORT/")


def manual(seed: int) -> MockServer:
    return MockServer(clock="manual", seed=seed, self_check=True)


def test_the_same_seed_and_requests_give_the_same_bytes_instants_and_order() -> None:
    with manual(7) as one, manual(7) as other:
        assert run(one) == run(other)


def test_another_seed_gives_other_ids_and_other_people() -> None:
    with manual(7) as one, manual(8) as other:
        first, second = run(one), run(other)

    assert not {line for line in first.answers if b"trackingId" in line} & set(second.answers)
    assert first.jobs != second.jobs


def test_a_reset_with_the_same_seed_begins_the_same_again() -> None:
    with manual(7) as mock:
        first = run(mock)
        mock.reset(7)

        assert run(mock) == first


def accepted_ids(mock: MockServer, key: str, count: int = 5) -> list[str]:
    return [match(mock, {"personId": "mock-found"}, key).body["trackingId"] for _ in range(count)]


def test_a_keys_ids_do_not_depend_on_what_other_keys_do() -> None:
    with manual(7) as alone, manual(7) as crowded, ThreadPoolExecutor(8) as pool:
        expected = accepted_ids(alone, "test_max_mine")
        crowd = [pool.submit(accepted_ids, crowded, f"test_max_{n}", 20) for n in range(7)]
        mine = accepted_ids(crowded, "test_max_mine")
        others = [each for future in crowd for each in future.result()]

    assert mine == expected
    assert len({*mine, *others}) == 5 + 7 * 20


def test_refused_requests_change_no_id() -> None:
    with manual(7) as mock, manual(7) as other:
        match(other, {}, "test_max_mine")
        match(other, {"personId": "mock-unknown"}, "test_max_mine")

        assert accepted_ids(mock, "test_max_mine") == accepted_ids(other, "test_max_mine")


@pytest.mark.parametrize("clock", ["real", "x60"])
def test_ids_and_people_of_a_seed_are_the_same_whatever_the_clock(clock: str) -> None:
    with MockServer(clock=clock, seed=7, self_check=True) as running, manual(7) as standing:
        first, second = (accepted_ids(each, "test_max_mine") for each in (running, standing))
        assert first == second
        assert running.problems == []


def test_results_of_a_seed_are_the_same_on_a_fast_clock() -> None:
    body = {"personId": "somebody", "revealPhoneNumberViaPartners": True}
    with MockServer(clock="x10000", seed=7) as fast, manual(7) as standing:
        results = []
        for mock in (fast, standing):
            with receiving() as receiver:
                match(mock, {**body, "webhookUrl": receiver.url}, "test_max_mine")
                mock.advance(60)
                assert receiver.wait(1)
                results.append([each.body for each in receiver.deliveries])

    assert results[0] == results[1]


def test_without_a_seed_ids_are_new_in_every_run_and_people_are_not() -> None:
    with (
        MockServer(clock="manual") as one,
        MockServer(clock="manual") as other,
        manual(7) as seeded,
    ):
        runs = []
        for mock in (one, other, seeded):
            [tracking_id] = accepted_ids(mock, "test_prospect_x", 1)
            account = mock.account("prospect")
            url = "https://www.linkedin.com/in/somebody/"
            body = {"linkedinUrl": url, "revealPhoneNumberViaPartners": True}
            second = match(mock, {**body, "webhookUrl": "http://127.0.0.1:9/"}, account.api_key)
            mock.advance(1)
            runs.append((tracking_id, mock.job(second.body["trackingId"])["result"]))

    (id_one, person_one), (id_other, person_other), (_, person_seeded) = runs
    assert id_one != id_other
    assert person_one == person_other
    assert person_one != person_seeded


def test_a_clock_is_real_unless_said_otherwise() -> None:
    with MockServer() as mock:
        clock = mock.clock()

    assert (clock["mode"], clock["rate"]) == ("real", 1)


def test_a_manual_clock_begins_with_2026_and_stands() -> None:
    with manual(1) as mock:
        match(mock, {"personId": "mock-found"})
        first, second = mock.clock(), mock.clock()

    assert first == second
    assert first["now"] == "2026-01-01T00:00:00.000000Z"
    assert first["nextDueAt"] == "2026-01-01T00:00:01.000000Z"
