"""Owns what may be kept of secrets: the end of a key, wherever it stands, a URL without user, query and fragment."""

import re
from typing import Final

_URL: Final = re.compile(
    r"(https?:(?:\\?/){2})([^/?#\"\s\\]*@)?([^?#\"\s]*)(\?[^#\"\s]*)?(#[^\"\s]*)?", re.IGNORECASE
)
_KEY_FIELD: Final = re.compile(r"(\"[^\"]*key\"\s*:\s*\")((?:[^\"\\]|\\.)*)", re.IGNORECASE)


def short_key(api_key: str) -> str:
    """The last 4 characters; nothing of a key that is hardly longer."""  # AUTH-4
    return api_key[-4:] if len(api_key) > 6 else "*" * min(len(api_key), 4)  # noqa: PLR2004 - the sentence above


def without_secrets(text: str) -> str:
    """The text with the user, the query and the fragment of every URL in it replaced."""
    return _URL.sub(_masked, text)


def without_key_fields(text: str) -> str:
    """JSON whose fields with a name that ends in `key` have the end of their text only."""  # AUTH-4
    return _KEY_FIELD.sub(lambda match: f"{match[1]}{short_key(match[2])}", text)


def without_key(text: str, api_key: str) -> str:
    """The text with the end of this key in the key's place."""  # AUTH-4
    if api_key in text:
        text = text.replace(api_key, short_key(api_key))
    if not api_key.isascii():  # it comes in a header, byte by byte, and what it stands in is UTF-8
        spelled = api_key.encode("latin-1", "replace").decode("utf-8", "replace")
        text = text.replace(spelled, short_key(api_key))
    return text


def _masked(match: re.Match[str]) -> str:
    scheme, user, rest, query, fragment = match.groups()
    end = f"{'?***' if query else ''}{'#***' if fragment else ''}"
    return f"{scheme}{'***@' if user else ''}{rest}{end}"
