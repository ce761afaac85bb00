"""Owns what may leave the process: no key, no phone number, no name of a person. Applied before anything is written."""

import re
from collections.abc import Iterable, Mapping
from hashlib import blake2b
from typing import Any, Final

MASK: Final = "***"
_NAMES: Final = frozenset({"firstname", "lastname", "fullname", "name", "email"})
_SECRETS: Final = frozenset({"xapikey", "authorization", "apikey", "cookie", "setcookie"})
_NUMBERS: Final = frozenset({"phonenumbers", "phonenumber", "phone", "phones", "number", "numbers"})
_IDS: Final = frozenset({"trackingid", "jobid", "requestid", "personid", "id"})
_PHONE: Final = re.compile(r"(?<![\w.:/-])\+?[1-9](?:[ ().-]{0,2}\d){7,14}(?![\w:-])")
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
        masked = _PHONE.sub(lambda match: self.number(match[0]), self._without_secrets(text))
        return _FIELD.sub(rf'\1"{MASK}"', masked)

    def number(self, number: str) -> str:
        """A phone number of which its form and its end are left."""
        masked = masked_number(number)
        if not self._salt or masked == number:
            return masked
        return f"{masked}~{blake2b(number.encode(), key=self._salt.encode(), digest_size=2).hexdigest()}"

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
            return self.number(str(value))
        if field in _IDS:
            return self._without_secrets(value) if isinstance(value, str) else value
        return self.text(value) if isinstance(value, str) else value

    def _without_secrets(self, text: str) -> str:
        return text if self._secrets is None else self._secrets.sub(MASK, text)

    def headers(self, headers: Mapping[str, str]) -> dict[str, str]:
        """Headers, those that authenticate masked whatever they say."""
        return {name: self.document(each, name) for name, each in headers.items()}


def masked_number(number: str) -> str:
    """A phone number of which only the form and the last two digits are left."""
    digits = [place for place, each in enumerate(number) if each.isdigit()]
    hidden = set(digits[:-2])
    return "".join("x" if place in hidden else each for place, each in enumerate(number))
