"""Owns the results that are delivered: fresh ids, numbers reserved for fiction, every outcome in both forms."""

import hashlib
import hmac
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from random import Random
from typing import Any, Final
from uuid import UUID

from contracts.receiver.deliveries import Delivery
from contracts.receiver.forms import Document, Form, Forms

_AREA_CODES: Final = (202, 212, 303, 312, 404, 415, 503, 617, 713, 808)
_NAMES: Final = (
    ("Asha", "Verma"),
    ("Tom", "Okafor"),
    ("Lena", "Sato"),
    ("Nils", "Berg"),
    ("Mara", "Costa"),
)


class Outcome(StrEnum):
    FOUND = "found"
    NOT_FOUND = "notFound"
    NO_CREDITS = "insufficientCredits"


@dataclass(frozen=True, slots=True)
class Event:
    """One job's result: what is told of it, and what a receiver should make of it."""

    form: Form
    id: str
    document: Document
    outcome: Outcome
    numbers: tuple[str, ...]

    @property
    def query(self) -> dict[str, str]:
        """What the probe is asked."""
        return {self.form.query: self.id}

    def delivery(self, about: str = "") -> Delivery:
        """As the API sends it."""
        return self.spelled(compact, about)

    def spelled(self, write: Callable[[Any], bytes], about: str) -> Delivery:
        return Delivery(write(self.document), about=about or self.told)

    def saying(self, about: str, **fields: Any) -> Delivery:
        """The same with other top-level fields."""
        return Delivery(compact({**self.document, **fields}), about=about)

    def with_numbers(self, value: Any) -> Document:
        """The document with something else in the place of each list of numbers."""
        name, listed = self.form.numbers_field, self.form.list_field
        if listed is None:
            return {**self.document, name: value}
        steps = self.document[listed]
        return {**self.document, listed: [*steps[:-1], {**steps[-1], name: value}]}

    @property
    def told(self) -> str:
        return f"{self.outcome} in the {self.form.name} form"


class Payloads:
    """Makes results. What they hold repeats with the seed; the ids are new in every run, because receivers remember."""

    def __init__(self, forms: Forms, seed: int, run: str) -> None:
        self.forms = forms
        self._run = run
        self._count = 0
        self._random = Random(seed)  # noqa: S311 - repeatable on purpose

    def found(self, form: Form | None = None, *, numbers: Sequence[str] = ()) -> Event:
        """Somebody has a number; with several providers, a partner has."""
        numbers = tuple(numbers) or (self.number(),)
        return self._event(form or self.forms.multi, Outcome.FOUND, numbers)

    def not_found(self, form: Form | None = None) -> Event:
        """Nobody has one."""
        return self._event(form or self.forms.multi, Outcome.NOT_FOUND, ())

    def no_credits(self) -> Event:
        """The credits ended before anybody was found; the standard form has no word for it (WH-6)."""
        return self._event(self.forms.multi, Outcome.NO_CREDITS, ())

    def every(self) -> list[Event]:
        """Each outcome in each form that can tell it."""
        return [
            *(self.found(form) for form in self.forms.both),
            *(self.not_found(form) for form in self.forms.both),
            self.no_credits(),
        ]

    def of(self, form: Form, document: Document) -> Event:
        """A document that was made elsewhere, under a fresh id."""
        fresh = {**document, form.id_field: self.fresh_id()}
        numbers = form.numbers_of(fresh)
        outcome = Outcome.FOUND if numbers else Outcome.NOT_FOUND
        return Event(form, fresh[form.id_field], fresh, outcome, numbers)

    def again(self, event: Event, outcome: Outcome) -> Event:
        """The same job with another outcome: what only a broken or reordered sender tells."""
        other = self._event(event.form, outcome, ())
        document = {**other.document, event.form.id_field: event.id}
        return replace(other, id=event.id, document=document)

    def fresh_id(self) -> str:
        """An id in the form of the API's example, which no other run has had."""
        self._count += 1
        digest = hashlib.sha256(f"{self._run}/{self._count}".encode()).digest()
        return str(UUID(bytes=digest[:16], version=4))

    def number(self) -> str:
        """A number that nobody has: 555-01xx."""
        return f"+1{self._random.choice(_AREA_CODES)}55501{self._random.randrange(100):02}"

    def shuffled(self, items: Sequence[Any]) -> list[Any]:
        return self._random.sample(items, len(items))

    def seed(self) -> int:
        """A seed for somebody else's chance."""
        return self._random.getrandbits(32)

    def signed(self, delivery: Delivery) -> Delivery:
        """With the signature that the profile asks for, if it asks for one (WH-10a)."""
        if (signature := self.forms.signature) is None:
            return delivery
        return delivery.with_header(signature.header, sign(delivery.body, signature.secret))

    def _event(self, form: Form, outcome: Outcome, numbers: tuple[str, ...]) -> Event:
        new_id, (first, last) = self.fresh_id(), self._random.choice(_NAMES)
        values = {
            "trackingId": new_id,
            "person": {"personId": new_id, "firstName": first, "lastName": last},
            "numbers": list(numbers),
            "steps": self._steps(outcome, numbers),
        }
        return Event(form, new_id, form.document(values), outcome, numbers)

    def _steps(self, outcome: Outcome, numbers: tuple[str, ...]) -> list[Document]:
        """Clodura first, which has nothing; then whoever ends the search (WH-8a)."""
        own, *partners = self.forms.providers
        nobody = [self._step(own, Outcome.NOT_FOUND, ())]
        if outcome is Outcome.NOT_FOUND:
            return nobody + [self._step(each, Outcome.NOT_FOUND, ()) for each in partners]
        return [*nobody, self._step(self._random.choice(partners or [own]), outcome, numbers)]

    def _step(self, provider: str, outcome: Outcome, numbers: tuple[str, ...]) -> Document:
        return {
            "provider": provider,
            "status": self.forms.statuses[outcome],
            "phoneNumbers": list(numbers),
        }


def compact(document: Any) -> bytes:
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


def sign(body: bytes, secret: str) -> str:
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
