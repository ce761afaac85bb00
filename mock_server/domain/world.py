"""Owns the world: the one record that all accounts share. Seed, clock, declared people, faults."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final

from mock_server.domain.faults import Fault
from mock_server.domain.instants import MANUAL_START
from mock_server.domain.people import Declared, slug_of

FASTEST: Final = 1_000_000  # virtual seconds in a real one, eleven days


class ClockMode(StrEnum):
    REAL = "real"
    MANUAL = "manual"
    SCALED = "scaled"


@dataclass(frozen=True, slots=True)
class Anchor:
    """Where virtual time stood at an instant of real time, and how fast it goes (0: it stands)."""

    mode: ClockMode = ClockMode.MANUAL
    rate: float = 0
    virtual: int = MANUAL_START
    real: int = 0

    def at(self, real: int) -> int:
        """Virtual time at an instant of real time."""
        if not self.rate:
            return self.virtual
        return self.virtual + int((real - self.real) * self.rate)

    def moved(self, virtual: int, real: int) -> "Anchor":
        """The same clock, standing at `virtual` now; never earlier than it stands already."""
        return replace(self, virtual=max(virtual, self.at(real)), real=real)

    def going(self, mode: ClockMode, rate: float, real: int) -> "Anchor":
        """Another clock that goes on from where this one stands."""
        return Anchor(mode, rate, self.at(real), real)


@dataclass(frozen=True, slots=True)
class World:
    """`person_seed` varies the people who are made up; it is the seed only if that was given explicitly."""

    seed: int
    person_seed: int = 0
    anchor: Anchor = Anchor()
    people: Mapping[str, Declared] = field(
        default_factory=dict
    )  # by personId, and api key where given
    faults: tuple[Fault, ...] = ()
    faults_added: int = 0
    accounts_opened: int = 0

    def with_account(self) -> "World":
        """The same world after one more account was opened without naming its key."""
        return replace(self, accounts_opened=self.accounts_opened + 1)

    def with_person(self, declared: Declared) -> "World":
        """The same world with one more declared person, or another one in the place of that id."""
        prefix = f"{declared.api_key}\n" if declared.api_key else ""
        people = {**self.people, f"{prefix}{declared.person.person_id}": declared}
        return replace(self, people=people)

    def with_fault(self, fault: Fault) -> "World":
        """The same world with a fault at the end of the list: of two that fit, the older happens."""
        added = self.faults_added + 1
        return replace(self, faults=(*self.faults, fault), faults_added=added)

    def declared(self, person_id: str, api_key: str) -> Declared | None:
        """The declared person of that id, the key's own first."""
        return self.people.get(f"{api_key}\n{person_id}") or self.people.get(person_id)

    def declared_profile(self, linkedin_url: str, api_key: str) -> Declared | None:
        """The declared person of that profile, the key's own first."""
        slug = slug_of(linkedin_url)
        found = [each for each in self.people.values() if each.slug == slug]
        own = [each for each in found if each.api_key == api_key]
        shared = [each for each in found if each.api_key is None]
        return next(iter(own + shared), None)
