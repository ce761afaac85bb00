"""Owns what may be kept of secrets: the end of a key, a URL without user, query and fragment."""

import re
from typing import Final

_URL: Final = re.compile(
    r"(https?:(?:\\?/){2})([^/?#\"\s\\]*@)?([^?#\"\s]*)(\?[^#\"\s]*)?(#[^\"\s]*)?", re.IGNORECASE
)


def short_key(api_key: str) -> str:
    """The last 4 characters; nothing of a key that is hardly longer."""  # AUTH-4
    return api_key[-4:] if len(api_key) > 6 else "*" * min(len(api_key), 4)  # noqa: PLR2004 - the sentence above


def without_secrets(text: str) -> str:
    """The text with the user, the query and the fragment of every URL in it replaced."""
    return _URL.sub(_masked, text)


def _masked(match: re.Match[str]) -> str:
    scheme, user, rest, query, fragment = match.groups()
    end = f"{'?***' if query else ''}{'#***' if fragment else ''}"
    return f"{scheme}{'***@' if user else ''}{rest}{end}"
