"""Owns the claims about who a person id means: the grammar of magic ids, profiles, and people made up."""

import re
from collections import Counter
from typing import Any

import orjson
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from mock_server.domain.people import (
    GRAMMAR,
    WELL_BEHAVED,
    Forced,
    Found,
    Hook,
    People,
    Person,
    Unknown,
    profile_id,
    slug_of,
)
from mock_server.domain.plans import Provider
from tests.builders import JSON, operation, spec

PEOPLE = spec().rules.people
PROVIDERS = [each.name for each in spec().rules.providers]
SECONDS = st.integers(0, 9_999_999_999_999).map(lambda n: f"{n // 10**6}.{n % 10**6:06}")
OUTCOMES = {
    "found": {"Clodura"},
    "none": set[str](),
    **{f"found-{name.lower()}": {name} for name in PROVIDERS},
}
MODIFIERS: dict[str, dict[str, Any]] = {
    "hook-drop": {"drop": True},
    "hook-twice": {"times": 2},
    "hook-early": {"early": True},
    "hook-truncated": {"truncate": True},
    "hook-shuffled": {"shuffle": True},
    "hook-late-7.5": {"late_seconds": 7.5},
    "hook-fail-3": {"fail": 3},
}
SLUGS = st.text(
    st.characters(categories=["L", "N", "P", "S"], exclude_characters="/?#"),
    min_size=1,
    max_size=40,
)


def find(person_id: str, seed: int = 0) -> Found:
    return PEOPLE.find(person_id, seed)


def found(person_id: str) -> Person:
    person = find(person_id)
    assert isinstance(person, Person)
    return person


@pytest.mark.parametrize(("outcome", "finders"), OUTCOMES.items())
def test_an_outcome_says_who_has_the_number(outcome: str, finders: set[str]) -> None:
    assert found(f"mock-{outcome}").numbers.keys() == finders


@pytest.mark.parametrize("outcome", OUTCOMES)
@pytest.mark.parametrize(("modifier", "hook"), MODIFIERS.items())
def test_every_outcome_takes_every_modifier(
    outcome: str, modifier: str, hook: dict[str, Any]
) -> None:
    assert found(f"mock-{outcome}-{modifier}").hook == Hook(**hook)


@given(
    outcome=st.sampled_from([*OUTCOMES]),
    modifiers=st.lists(st.sampled_from([*MODIFIERS]), unique=True),
    seconds=SECONDS,
    at=st.integers(0, 7),
)
def test_modifiers_add_up_in_any_order(
    outcome: str, modifiers: list[str], seconds: str, at: int
) -> None:
    parts = [*modifiers[:at], f"after-{seconds}", *modifiers[at:]]
    hooks = [MODIFIERS[each] for each in modifiers]

    person = found("-".join(["mock", outcome, *parts]))

    merged = {name: value for each in hooks for name, value in each.items()}
    assert (person.seconds, person.hook) == (float(seconds), Hook(**merged))


def test_without_a_modifier_the_webhook_behaves() -> None:
    assert found("mock-found").hook is WELL_BEHAVED


@pytest.mark.parametrize("modifier", ["", *(f"-{each}" for each in MODIFIERS), "-after-3"])
def test_nobody_is_unknown_whatever_the_modifier(modifier: str) -> None:  # RES-4
    person = find(f"mock-unknown{modifier}")

    assert person == Unknown("the magic person does not exist (RES-4)")


@pytest.mark.parametrize("status", [400, 401, 402, 403, 404, 422, 429, 418, 500])
def test_a_status_forces_that_answer(status: int) -> None:
    assert find(f"mock-status-{status}") == Forced(status)


@pytest.mark.parametrize(
    "typo",
    ["mock-", "mock-fuond", "mock-found-", "mock-found-nobody", "mock-foundation", "mock-none-wiza",
     "mock-found-wizard", "mock-status-", "mock-status-40", "mock-status-4022", "mock-found-after-",
     "mock-found-after-x", "mock-found-after-1e3", "mock-found-after-99999999", "mock-found-after--1",
     "mock-found-after-1.1234567", "mock-found-after-٣", "mock-found-hook-", "mock-found-hook-fail",
     "mock-found-hook-fail-1000", "mock-found-hook-drop-", "mock-found-hook-dropped",
     "mock-found-hook-late", "mock-found-after-inf", "mock-found after-3", "MOCK-FOUNT"],
)  # fmt: skip
def test_a_typing_error_is_nobody_and_told_the_grammar(typo: str) -> None:
    assert find(typo) == Unknown(
        f"{typo!r} is no magic person", f"No such person. Magic ids are {GRAMMAR}."
    )


@given(text=st.text())
def test_no_magic_id_becomes_a_person_who_is_made_up(text: str) -> None:
    person = find(f"mock-{text}")

    assert not isinstance(person, Person) or text.lower().startswith(("found", "none"))


@pytest.mark.parametrize("person_id", ["Mock-Found-Wiza", " mock-found-wiza", "mock-found-wiza\n"])
def test_case_and_space_around_do_not_matter(person_id: str) -> None:
    assert found(person_id).numbers.keys() == {"Wiza"}


def test_a_person_keeps_the_id_that_was_asked_for() -> None:  # WH-2
    assert found(" Mock-Found").person_id == " Mock-Found"


def test_a_provider_whose_name_begins_with_another_s_is_told_apart() -> None:
    people = People([Provider("Wiza", 1, 1), Provider("Wiza Plus", 1, 1, partner=True)])

    person = people.find("mock-found-wiza-plus-after-1", 0)

    assert isinstance(person, Person)
    assert person.numbers.keys() == {"Wiza Plus"}


@given(person_id=st.text(min_size=1), seed=st.integers(0, 2**63))
def test_whoever_is_made_up_stays_the_same(person_id: str, seed: int) -> None:
    assert find(person_id, seed) == find(person_id, seed)


@given(person_id=st.text(st.characters(), min_size=1, max_size=300), seed=st.integers(0, 9))
def test_numbers_are_of_a_range_for_fiction(person_id: str, seed: int) -> None:
    assume(not person_id.strip().lower().startswith("mock-"))

    person = find(person_id, seed)

    assert isinstance(person, Person)
    numbers = [number for each in person.numbers.values() for number in each]
    assert all(re.fullmatch(r"\+1[2-9]\d{2}55501\d{2}", each) for each in numbers)


def test_another_seed_makes_up_other_people() -> None:
    ids = [f"p-{n}" for n in range(50)]

    assert [find(each, 1) for each in ids] != [find(each, 2) for each in ids]


def test_half_of_the_people_are_in_the_first_source_and_some_nowhere() -> None:
    finders = Counter(next(iter(found(f"p-{n}").numbers), None) for n in range(2000))

    assert 900 < finders["Clodura"] < 1100
    assert 200 < finders[None] < 400
    assert finders.keys() == {*PROVIDERS, None}


def test_without_partners_nobody_is_known_to_one() -> None:
    people = People([Provider("Clodura", 10, 1)])

    everybody = [people.find(f"p-{n}", 0) for n in range(200)]

    assert {name for each in everybody if isinstance(each, Person) for name in each.numbers} == {
        "Clodura"
    }


@pytest.mark.parametrize(
    "url",
    ["https://www.linkedin.com/in/asha-verma", "https://www.linkedin.com/in/asha-verma/",
     "http://linkedin.com/in/asha-verma", "https://de.linkedin.com/in/asha-verma/?trk=x/y",
     "https://www.linkedin.com/in/asha-verma?a=/b", "https://www.linkedin.com/in/asha%2Dverma/",
     "https://www.linkedin.com/in/asha-verma#top/x"],
)  # fmt: skip
def test_a_profile_is_known_by_its_slug(url: str) -> None:  # REQ-3, REQ-3a
    assert slug_of(url) == "asha-verma"


def accepts(url: str) -> bool:
    return not operation("revealPhone").read_body(JSON, orjson.dumps({"linkedinUrl": url})).refusals


@given(
    scheme=st.sampled_from(["http", "https"]),
    host=st.sampled_from(["", "www.", "de.", "in."]),
    slug=SLUGS,
    end=st.sampled_from(["", "/", "?trk=a/b", "/?x"]),
)
def test_a_profile_that_the_schema_accepts_has_that_slug(  # REQ-3a
    scheme: str, host: str, slug: str, end: str
) -> None:
    assume("%" not in slug)
    url = f"{scheme}://{host}linkedin.com/in/{slug}{end}"

    assert (accepts(url), slug_of(url)) == (True, slug)


@pytest.mark.parametrize(
    "url",
    ["https://www.linkedin.com/sales/lead/ACwAA", "https://www.linkedin.com/company/clodura/",
     "https://www.linkedin.com/pub/asha/1/2/3", "https://www.linkedin.com/in/", "https://www.linkedin.com/in",
     "https://www.linkedin.com/in/?x", "https://linkedin.com.evil.example/in/asha", "https://evil.example/in/asha",
     "https://evil.example/linkedin.com/in/asha", "ftp://www.linkedin.com/in/asha", "www.linkedin.com/in/asha",
     "https://mobile.linkedin.com/in/asha", "https://www.linkedin.com/in/a b", "https://www.linkedin.com/in/a/b/c"],
)  # fmt: skip
def test_what_is_no_profile_is_refused(url: str) -> None:  # REQ-3, REQ-3a
    assert not accepts(url)


@given(slug=SLUGS)
def test_who_is_known_by_profile_has_an_id_that_the_schema_allows(slug: str) -> None:  # REQ-1a
    person_id = profile_id(f"https://linkedin.com/in/{slug}")

    assert person_id.strip()
    assert len(person_id) <= 256


@pytest.mark.parametrize("slug", ["%20", "%E2%80%83%0A", "a" * 257])
def test_a_slug_that_can_be_no_id_gets_one_that_stands_for_it(slug: str) -> None:
    person_id = profile_id(f"https://linkedin.com/in/{slug}/")

    assert re.fullmatch("profile-[0-9a-f]{32}", person_id)


def test_a_slug_that_can_be_an_id_is_one() -> None:
    assert profile_id("https://linkedin.com/in/mock-found/") == "mock-found"
