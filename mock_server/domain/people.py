"""Owns people: whose number is known to whom, by magic id, by declaration, or made up from the id."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final, NamedTuple
from urllib.parse import unquote

from mock_server.domain.ids import digest, draw
from mock_server.domain.plans import Provider

MAGIC_PREFIX: Final = "mock-"
MAX_ID_LENGTH: Final = 256
GRAMMAR: Final = (
    "mock-<outcome>[-<modifier>...], where <outcome> is found, found-<provider>, none, unknown or status-<code>, "
    "and <modifier> is after-<seconds>, hook-drop, hook-twice, hook-early, hook-late-<seconds>, hook-truncated, "
    "hook-shuffled or hook-fail-<n>"
)
REMEMBERED: Final = 4096
SHUFFLE_SECONDS: Final = 60  # how long a shuffled webhook is held at most

_SECONDS: Final = r"[0-9]{1,7}(?:\.[0-9]{1,6})?"
_MODIFIER: Final = re.compile(
    rf"-(?:after-(?P<after>{_SECONDS})|hook-(?:(?P<flag>drop|twice|early|truncated|shuffled)"
    rf"|late-(?P<late>{_SECONDS})|fail-(?P<fail>[0-9]{{1,3}})))"
)
_FIRST_NAMES: Final = (
    "Asha", "Tom", "Lena", "Nils", "Mara", "Kofi", "Ines", "Ravi", "Yuki", "Omar", "Elif", "Hugo",
    "Zola", "Ivan", "Noor", "Pia",
)  # fmt: skip
_LAST_NAMES: Final = (
    "Verma", "Okafor", "Sato", "Berg", "Costa", "Novak", "Haddad", "Lind", "Moreau", "Patel",
    "Kaya", "Silva", "Weber", "Osei", "Rossi", "Dahl",
)  # fmt: skip
_AREA_CODES: Final = ("202", "212", "303", "312", "404", "415", "503", "617", "713", "808")
_HAS_CLODURA, _HAS_PARTNER = 50, 85  # of a hundred people made up; the rest have no number


@dataclass(frozen=True, slots=True)
class Hook:
    """How the webhook of one job misbehaves; the default does not. Seconds are virtual."""

    drop: bool = False
    times: int = 1
    late_seconds: float = 0
    early: bool = False
    truncate: bool = False
    shuffle: bool = False
    fail: int = 0
    content_type: str | None = None


WELL_BEHAVED: Final = Hook()


@dataclass(frozen=True, slots=True)
class Person:
    """One person as the fake knows them. `numbers` per provider name; `seconds` is how long all of the search takes."""

    person_id: str
    first_name: str = ""
    last_name: str = ""
    numbers: Mapping[str, Sequence[str]] = field(default_factory=dict)
    seconds: float | None = None
    hook: Hook = WELL_BEHAVED

    def has_number(self, provider: Provider) -> bool:
        return bool(self.numbers.get(provider.name))


class Unknown(NamedTuple):
    """There is no such person."""  # RES-4

    why: str
    message: str | None = None


class Forced(NamedTuple):
    """The person's id asks for this answer."""

    status: int


Found = Person | Unknown | Forced


class Declared(NamedTuple):
    """A person that a test declared, for everybody or for one key."""

    person: Person
    slug: str | None = None
    api_key: str | None = None
    linkedin_url: str | None = None


def slug_of(linkedin_url: str) -> str:
    """The name in a profile URL, without slash, query or percent-encoding."""  # REQ-3, REQ-3a
    path = linkedin_url.partition("//")[2].partition("?")[0].partition("#")[0]
    return unquote(path.rstrip("/").rpartition("/")[2])


def profile_id(linkedin_url: str) -> str:
    """The `personId` of a person who is known by profile only: the slug, or what stands for one that can be no id."""
    slug = slug_of(linkedin_url)
    if slug.strip() and len(slug) <= MAX_ID_LENGTH:  # REQ-1a
        return slug
    return f"profile-{digest(0, slug).hex()}"


class People:
    """Finds the person that a request means: declared first, then magic, else made up from the id.

    `find` remembers the last ones: it is asked at every request, and its answer never changes.
    """

    def __init__(self, providers: Sequence[Provider]) -> None:
        self._providers = tuple(providers)
        self._by_slug = {each.name.lower().replace(" ", "-"): each for each in providers}
        names = "|".join(map(re.escape, sorted(self._by_slug, key=len, reverse=True)))
        self.find = lru_cache(REMEMBERED)(self._find)
        self._outcome = re.compile(
            rf"mock-(?:found-(?P<provider>{names})|(?P<outcome>found|none|unknown)|status-(?P<status>[0-9]{{3}}))"
        )

    def _find(self, person_id: str, seed: int) -> Found:
        """Who a `personId` (or the slug of a profile) is; `seed` varies the people who are made up."""
        text = person_id.strip().lower()
        if text.startswith(MAGIC_PREFIX):
            return self._magic(person_id, text, seed)
        return self._made_up(person_id, seed)

    def _magic(self, person_id: str, text: str, seed: int) -> Found:
        head = self._outcome.match(text)
        modifiers = _modifiers(text[head.end() :]) if head else None
        if head is None or modifiers is None:
            return Unknown(
                f"{person_id!r} is no magic person", f"No such person. Magic ids are {GRAMMAR}."
            )
        if head["status"]:
            return Forced(int(head["status"]))
        if head["outcome"] == "unknown":
            return Unknown("the magic person does not exist (RES-4)")
        seconds, hook = modifiers
        provider = self._by_slug[head["provider"]] if head["provider"] else self._providers[0]
        numbers = {} if head["outcome"] == "none" else {provider.name: (_number(person_id, seed),)}
        return Person(person_id, *_name(person_id, seed), numbers, seconds, hook)

    def _made_up(self, person_id: str, seed: int) -> Person:
        chance = draw(seed, "person", person_id)
        has, partners = chance % 100, self._providers[1:]
        numbers: dict[str, Sequence[str]] = {}
        if has < _HAS_CLODURA:
            numbers = {self._providers[0].name: (_number(person_id, seed),)}
        elif has < _HAS_PARTNER and partners:
            partner = partners[chance // 100 % len(partners)]
            numbers = {partner.name: (_number(person_id, seed),)}
        return Person(person_id, *_name(person_id, seed), numbers)


def _modifiers(text: str) -> tuple[float | None, Hook] | None:
    seconds: float | None = None
    late, fail, position = 0.0, 0, 0
    flags: set[str] = set()
    while position < len(text):
        match = _MODIFIER.match(text, position)
        if match is None:
            return None
        position = match.end()
        seconds = float(match["after"]) if match["after"] else seconds
        late = float(match["late"]) if match["late"] else late
        fail = int(match["fail"]) if match["fail"] else fail
        flags.add(match["flag"])
    hook = Hook(
        drop="drop" in flags,
        times=2 if "twice" in flags else 1,
        late_seconds=late,
        early="early" in flags,
        truncate="truncated" in flags,
        shuffle="shuffled" in flags,
        fail=fail,
    )
    return seconds, WELL_BEHAVED if hook == WELL_BEHAVED else hook


def _name(person_id: str, seed: int) -> tuple[str, str]:
    chance = draw(seed, "name", person_id)
    first, last = chance % len(_FIRST_NAMES), (chance >> 8) % len(_LAST_NAMES)
    return _FIRST_NAMES[first], _LAST_NAMES[last]


def _number(person_id: str, seed: int) -> str:
    """A number of a range that is reserved for fiction: +1 <area> 555 01xx."""
    chance = draw(seed, "number", person_id)
    return f"+1{_AREA_CODES[chance % len(_AREA_CODES)]}55501{(chance >> 8) % 100:02}"
