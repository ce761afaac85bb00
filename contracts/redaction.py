"""Owns what may leave the process: no key, no phone number, no name of a person. Applied before anything is written."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from hashlib import blake2b
from typing import Any, Final

from contracts.reading import COUNTS, field, has_status, holds_numbers, plain

MASK: Final = "***"
DEPTH: Final = 60  # of a document that is kept; what stands deeper is masked as a whole
LABEL: Final = 4  # digits at most in a name such as e164, which is no number
_NAMES: Final = frozenset({"firstname", "lastname", "fullname", "name", "email"})
_SECRETS: Final = frozenset({"xapikey", "authorization", "apikey", "cookie", "setcookie"})
_IDS: Final = frozenset({"trackingid", "jobid", "requestid", "personid", "id"})
_PERSON: Final = ("personid", "firstname", "lastname", "linkedinurl")
_PHONE: Final = re.compile(
    r"(?:(?<![\w.:/-])|(?<=\":))\+?\d(?:[ ().-]{0,2}\d){7,14}(?![\w:-])"  # \": is JSON without spaces
)
_HALF: Final = re.compile(
    "[\ud800-\udfff]"
)  # half of a character, which no file and no terminal can hold
_NUMBER_FIELD: Final = re.compile(
    r'("[^"\\]{0,40}(?:phone|number)[^"\\]{0,40}"\s*:\s*\[?\s*)("(?:[^"\\]|\\.)*"?|[-+.\w]+)',
    re.IGNORECASE,
)
_FIELD: Final = re.compile(
    r'("(?:firstName|lastName|fullName|first_name|last_name|email)"\s*:\s*)"(?:[^"\\]|\\.)*"?',
    re.IGNORECASE,
)


class Redactor:
    """Removes the given secrets, phone numbers and people's names.

    The end of a number stays. With a `salt` a short digest follows it, so that two numbers can still be told apart.
    """

    def __init__(self, secrets: Iterable[str] = (), salt: str = "") -> None:
        self._salt = salt
        longest_first = sorted(filter(None, set(secrets)), key=len, reverse=True)
        self._secrets = (
            re.compile("|".join(map(re.escape, longest_first)), re.IGNORECASE)
            if longest_first
            else None
        )

    def text(self, text: str) -> str:
        """Free text, or JSON as text."""
        known = self._without_secrets(text)
        fields = _NUMBER_FIELD.sub(lambda match: match[1] + self.number(match[2]), known)
        masked = _PHONE.sub(lambda match: self.number(match[0]), fields)
        return _FIELD.sub(rf'\1"{MASK}"', masked)

    def number(self, number: str) -> str:
        """A phone number of which its form and its end are left."""
        masked = masked_number(number)
        if not self._salt or masked == number:
            return masked
        return f"{masked}~{blake2b(number.encode(), key=self._salt.encode(), digest_size=2).hexdigest()}"

    def document(self, value: Any, field: str = "") -> Any:
        """The same for a decoded JSON document, by the names of its fields too."""
        return self._kept(value, _Place().of(field))

    def _kept(self, value: Any, place: "_Place") -> Any:
        if isinstance(value, Mapping | list | tuple) and place.depth >= DEPTH:
            return MASK
        if isinstance(value, Mapping):
            within = replace(place, is_provider=place.is_listed and _is_provider(value))
            return {
                self._name(str(name), within): self._kept(each, within.of(str(name)))
                for name, each in value.items()
            }
        if isinstance(value, list | tuple):
            return [self._kept(each, place.listed()) for each in value]
        if value is None or isinstance(value, bool):
            return value
        return self._value(value, place)

    def _name(self, name: str, place: "_Place") -> str:
        long = sum(each.isdigit() for each in name) > LABEL
        return self._number(name) if place.is_number and long else self.text(name)

    def _value(self, value: Any, place: "_Place") -> Any:
        if place.name in _SECRETS or (place.names_somebody and isinstance(value, str)):
            return MASK
        if place.name in _IDS:
            return self._without_secrets(value) if isinstance(value, str) else value
        if place.is_number and place.name not in COUNTS:
            masked = self._number(str(value))
            return value if masked == str(value) else masked
        return self.text(value) if isinstance(value, str) else value

    def _number(self, text: str) -> str:
        return self.number(self._without_secrets(text))

    def _without_secrets(self, text: str) -> str:
        whole = _HALF.sub("\ufffd", text)
        return whole if self._secrets is None else self._secrets.sub(MASK, whole)

    def headers(self, headers: Mapping[str, str]) -> dict[str, str]:
        """Headers, those that authenticate masked whatever they say."""
        return {name: self.document(each, name) for name, each in headers.items()}


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a value stands in a document: under which field, how deep, and in what."""

    name: str = ""
    depth: int = 0
    is_number: bool = False  # anywhere below a field of phone numbers
    is_listed: bool = False
    is_provider: bool = False  # a field of what a provider reported, whose name is no person's

    def of(self, field: str) -> "_Place":
        numbered = self.is_number or holds_numbers(field)
        return replace(
            self, name=plain(field), depth=self.depth + 1, is_number=numbered, is_listed=False
        )

    def listed(self) -> "_Place":
        return replace(self, depth=self.depth + 1, is_listed=True, is_provider=False)

    @property
    def names_somebody(self) -> bool:
        return self.name in _NAMES and not (self.is_provider and self.name == "name")


def _is_provider(item: Mapping[str, Any]) -> bool:
    """Whether an item of a list is what a provider reported, and no person."""
    return has_status(item) and field(item, *_PERSON) is None


def masked_number(number: str) -> str:
    """A phone number of which only the form and the last two digits are left."""
    digits = [place for place, each in enumerate(number) if each.isdigit()]
    hidden = set(digits[:-2])
    return "".join("x" if place in hidden else each for place, each in enumerate(number))
