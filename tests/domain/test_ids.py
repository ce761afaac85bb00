"""Owns the claims about ids and draws: they follow from the seed and from nothing else."""

import re
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from mock_server.domain import ids

SEEDS = st.integers(0, 2**63 - 1)
KEYS = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), max_size=20)
SERIALS = st.integers(1, 10**6)


@given(seed=SEEDS, api_key=KEYS, serial=SERIALS)
def test_the_same_parts_give_the_same_id(seed: int, api_key: str, serial: int) -> None:
    assert ids.tracking_id(seed, api_key, serial) == ids.tracking_id(seed, api_key, serial)


@given(parts=st.lists(st.tuples(SEEDS, KEYS, SERIALS), unique=True))
def test_no_two_jobs_have_the_same_id(parts: list[tuple[int, str, int]]) -> None:  # RES-1
    assert len({ids.tracking_id(*each) for each in parts}) == len(parts)


@given(seed=SEEDS, api_key=KEYS, serial=SERIALS)
def test_an_id_is_a_uuid_of_version_four(seed: int, api_key: str, serial: int) -> None:
    parsed = UUID(ids.tracking_id(seed, api_key, serial))

    assert (parsed.version, parsed.variant) == (4, UUID(int=0x8 << 60).variant)


@given(seed=SEEDS, person_id=st.text())
def test_a_fraction_is_below_one(seed: int, person_id: str) -> None:
    assert 0 <= ids.fraction(seed, person_id) < 1


@given(person_id=st.text(st.characters(categories=["Cs", "L"])))
def test_a_lone_surrogate_draws_as_well(person_id: str) -> None:
    assert 0 <= ids.draw(1, person_id) < 1 << 64


def test_the_parts_are_not_run_together() -> None:
    assert ids.digest(1, "ab", "c") != ids.digest(1, "a", "bc")


@given(seed=SEEDS, serial=SERIALS)
def test_a_key_that_is_made_up_can_be_a_header(seed: int, serial: int) -> None:
    assert re.fullmatch("test_key_[0-9a-f]{20}", ids.new_api_key(seed, serial))
