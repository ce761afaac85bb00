"""Owns the secrets in a receiver's URL: which they are, a guess in their place, a text and an address without them."""

import re
from collections.abc import Iterator
from typing import Final
from urllib.parse import parse_qsl, quote, quote_plus, unquote, unquote_plus, urlencode, urlsplit

from contracts.redaction import MASK

LENGTH: Final = 12  # characters from which a part of a path may be a secret
SHORTEST: Final = 4  # a shorter value of a query would be found everywhere
_WORDS: Final = frozenset(
    {
        "key", "apikey", "accesskey", "authkey", "secretkey", "hookkey", "sig", "auth", "authorization", "hmac",
        "pass", "passwd", "passphrase", "passcode", "pwd", "credential", "credentials",
    }
)  # fmt: skip
_ENDINGS: Final = (
    "token",
    "secret",
    "password",
    "signature",
)  # also of words that are written together
_WORD: Final = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")


def names_secret(name: str) -> bool:
    """Whether the name of a value says that it is a secret: `hook_token` and `apiKey`, not `keyword` or `design`."""
    words = [each.lower() for each in _WORD.findall(name)]
    return "api key" in " ".join(words) or any(
        each in _WORDS or each.endswith(_ENDINGS) for each in words
    )


def looks_secret(text: str) -> bool:
    """Long, and of more than one kind of character: no word of a path."""
    kinds = (str.isdigit, str.isalpha)
    return len(text) >= LENGTH and all(any(map(kind, text)) for kind in kinds)


def guessed_query(target: str) -> str | None:
    """The target with a guess in the place of what its query calls a secret; None where it has none."""
    parts = urlsplit(target)
    query = parse_qsl(parts.query, keep_blank_values=True)
    turned = [(name, _guess(value) if names_secret(name) else value) for name, value in query]
    return None if turned == query else f"{parts.path}?{urlencode(turned)}"


def guessed_path(target: str) -> str | None:
    """The target with a guess in the place of a part of its path that looks like a secret; None where none does."""
    parts = urlsplit(target)
    turned = "/".join(
        _guess(each) if looks_secret(each) else each for each in parts.path.split("/")
    )
    return None if turned == parts.path else turned + (f"?{parts.query}" if parts.query else "")


def _guess(secret: str) -> str:
    """Another of the same form."""
    turned = {"a": "b", "0": "1"}
    return "".join(
        turned.get(each, "0" if each.isdigit() else "a" if each.isalpha() else each)
        for each in secret
    )


def without(text: str, *urls: str) -> str:
    """The text without the secrets of the URLs, however they are written: a receiver may repeat them."""
    found = {each for url in urls for secret in _secrets(url) for each in _spellings(secret)}
    for each in sorted(found, key=len, reverse=True):
        text = text.replace(each, MASK)
    return text


def _secrets(url: str) -> Iterator[str]:
    """Every value of the query that is long enough, and what looks like a secret in the path, as they are written."""
    parts = urlsplit(url)
    values = (pair.partition("=")[2] for pair in parts.query.split("&"))
    yield from (each for each in values if len(unquote_plus(each)) >= SHORTEST)
    yield from filter(looks_secret, parts.path.split("/"))


def _spellings(secret: str) -> set[str]:
    """As it is written, as it is meant, and as others would write it."""
    plain = {unquote(secret), unquote_plus(secret)}
    written = {secret, *map(quote, plain), *map(quote_plus, plain)}
    small = {re.sub("%..", lambda byte: byte[0].lower(), each) for each in written}
    return plain | written | small


def shown_parts(url: str, target: str | None = None) -> Iterator[tuple[str, str | None]]:
    """The address in pieces: a text, and the name of the variable to be shown instead of a value of the URL.

    With another `target` what differs from the URL is shown: that is no secret, and what the request is about.
    """
    own, parts = urlsplit(url), urlsplit(url if target is None else target)
    yield f"{own.scheme}://{own.netloc}", None
    registered = own.path.split("/")
    for number, each in enumerate(parts.path.split("/")):
        hidden = looks_secret(each) and each in registered
        yield "/" if number else "", None
        yield each, ("SECRET" if hidden else None)
    pairs = own.query.split("&")
    for number, pair in enumerate(parts.query.split("&") if parts.query else ()):
        name, equals, value = pair.partition("=")
        yield ("&" if number else "?") + name + equals, None
        yield value, (_variable(name) if value and _is_among(pair, pairs) else None)


def _is_among(pair: str, pairs: list[str]) -> bool:
    return unquote_plus(pair) in map(unquote_plus, pairs)


def _variable(name: str) -> str:
    plain = unquote_plus(name)
    return "".join(each if each.isalnum() and each.isascii() else "_" for each in plain).upper()
