"""Owns the bodies with exactly one fault: each is otherwise valid, with the person whom nobody has a number of."""

from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple
from urllib.parse import quote, unquote, urlsplit

SLUG: Final = "clodura-kit-nobody-by-this-name"
TOO_LONG: Final = 257  # REQ-1a


class Fault(NamedTuple):
    """One fault. `probe` is kind and name; `body` is JSON to be, unless `content` gives the bytes themselves."""

    probe: str
    body: Any = None
    content: bytes | None = None
    content_type: str = "application/json"


def profile(form: str, slug: str = SLUG) -> str:
    return form.replace("SLUG", slug)


SALES: Final = {
    "lead": "https://www.linkedin.com/sales/lead/SLUG,NAME_SEARCH,abcd",
    "people": "https://www.linkedin.com/sales/people/SLUG",
    "plain": "https://www.linkedin.com/sales/SLUG",
}
OTHER_PAGES: Final = {
    "host": "https://www.example.com/in/SLUG/",
    "lookalike": "https://notlinkedin.com/in/SLUG/",
    "company": "https://www.linkedin.com/company/SLUG/",
    "pub": "https://www.linkedin.com/pub/SLUG/1/2/3",
    "no-slug": "https://www.linkedin.com/in/",
}
NO_URLS: Final = {
    "words": "not a url",
    "empty": "",
    "number": 7,
    "list": ["https://www.linkedin.com/in/SLUG/"],
}
FORMS: Final = {
    "no-slash": "https://www.linkedin.com/in/SLUG",
    "http": "http://www.linkedin.com/in/SLUG/",
    "bare": "https://linkedin.com/in/SLUG/",
    "country": "https://in.linkedin.com/in/SLUG/",
    "query": "https://www.linkedin.com/in/SLUG/?trk=public",
}


def slug_of(url: str) -> str:
    """The last part of a profile URL's path."""
    return unquote(urlsplit(url).path.rstrip("/").rpartition("/")[2])


def spellings_of(url: str) -> set[str]:
    """That part as it stands, as it is meant, and as an answer may encode it."""
    slug = slug_of(url)
    return {urlsplit(url).path.rstrip("/").rpartition("/")[2], slug, quote(slug)} - {""}


def faults(safe: Mapping[str, Any], slug: str | None = None) -> Iterator[Fault]:
    """Every known single fault of a body; `safe` is a valid one, `slug` that of a person without a number."""
    yield from _of_the_whole(safe)
    yield from _of_the_person(safe)
    yield from _of_the_rest(safe)
    bare = {name: value for name, value in safe.items() if name != "personId"}
    yield Fault("no-identifier", bare)
    for kind, forms in (("sales-url", SALES), ("other-url", OTHER_PAGES)):
        for name, form in forms.items():
            yield Fault(f"{kind}:{name}", bare | {"linkedinUrl": profile(form)})
    if slug is not None:
        yield Fault("sales-url:known", bare | {"linkedinUrl": profile(SALES["people"], slug)})
    for name, value in NO_URLS.items():
        yield Fault(f"no-url:{name}", bare | {"linkedinUrl": value})


def _of_the_whole(safe: Mapping[str, Any]) -> Iterator[Fault]:
    yield Fault("unreadable:cut", content=b'{"personId": "x", ')
    yield Fault("unreadable:words", content=b"personId=x")
    yield Fault("unreadable:empty", content=b"")
    for name, value in {"list": [dict(safe)], "text": "x", "number": 7, "null": None}.items():
        yield Fault(f"no-object:{name}", value)
    yield Fault("content-type", safe, content_type="text/plain")


def _of_the_person(safe: Mapping[str, Any]) -> Iterator[Fault]:
    for name, value in {
        "number": 7,
        "list": [safe["personId"]],
        "object": {},
        "true": True,
    }.items():
        yield Fault(f"person-type:{name}", {**safe, "personId": value})
    for name, text in {"empty": "", "blank": "  ", "null": None, "long": "x" * TOO_LONG}.items():
        yield Fault(f"person-blank:{name}", {**safe, "personId": text})


def _of_the_rest(safe: Mapping[str, Any]) -> Iterator[Fault]:
    flag = "revealPhoneNumberViaPartners"
    for name, value in {"text": "true", "number": 1, "list": [True]}.items():
        yield Fault(f"flag-type:{name}", {**safe, flag: value})
    yield Fault("flag-null", {**safe, flag: None})
    yield Fault("no-webhook", {name: value for name, value in safe.items() if name != "webhookUrl"})
    for name, value in {
        "words": "not a url",
        "relative": "/hook",
        "number": 7,
        "empty": "",
    }.items():
        yield Fault(f"webhook-url:{name}", {**safe, "webhookUrl": value})
