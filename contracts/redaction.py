"""Owns what may leave the process: no key, no phone number, no name of a person. Applied before anything is written."""

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

MASK: Final = "***"
_NAMES: Final = frozenset({"firstname", "lastname", "fullname", "name", "email"})
_SECRETS: Final = frozenset({"xapikey", "authorization", "apikey", "cookie", "setcookie"})
_NUMBERS: Final = frozenset({"phonenumbers", "phonenumber", "phone", "phones", "number", "numbers"})
_PHONE: Final = re.compile(r"(?<![\w.:/-])\+?[1-9](?:[ ().-]{0,2}\d){7,14}(?![\w:-])")
_FIELD: Final = re.compile(
    r'("(?:firstName|lastName|fullName|first_name|last_name|email)"\s*:\s*)"(?:[^"\\]|\\.)*"?',
    re.IGNORECASE,
)


class Redactor:
    """Removes the given secrets, phone numbers and people's names. The end of a number stays, to tell two apart."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        longest_first = sorted(filter(None, set(secrets)), key=len, reverse=True)
        self._secrets = (
            re.compile("|".join(map(re.escape, longest_first)), re.IGNORECASE)
            if longest_first
            else None
        )

    def text(self, text: str) -> str:
        """Free text, or JSON as text."""
        if self._secrets is not None:
            text = self._secrets.sub(MASK, text)
        return _FIELD.sub(rf'\1"{MASK}"', _PHONE.sub(_masked_number, text))

    def document(self, value: Any, field: str = "") -> Any:
        """The same for a decoded JSON document, by the names of its fields too."""
        if isinstance(value, Mapping):
            return {
                self.text(str(name)): self.document(each, str(name)) for name, each in value.items()
            }
        if isinstance(value, list | tuple):
            return [self.document(each, field) for each in value]
        if value is None or isinstance(value, bool):
            return value
        return self._value(value, re.sub(r"[^a-z]", "", field.lower()))

    def _value(self, value: Any, field: str) -> Any:
        if field in _SECRETS or (field in _NAMES and isinstance(value, str)):
            return MASK
        if field in _NUMBERS:
            return masked_number(str(value))
        return self.text(value) if isinstance(value, str) else value

    def headers(self, headers: Mapping[str, str]) -> dict[str, str]:
        """Headers, those that authenticate masked whatever they say."""
        return {name: self.document(each, name) for name, each in headers.items()}


def masked_number(number: str) -> str:
    """A phone number of which only the form and the last two digits are left."""
    digits = [place for place, each in enumerate(number) if each.isdigit()]
    hidden = set(digits[:-2])
    return "".join("x" if place in hidden else each for place, each in enumerate(number))


def _masked_number(match: re.Match[str]) -> str:
    return masked_number(match[0])
