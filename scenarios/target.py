"""Owns what a story is played against, as a story sees it: requests to the fake, and its records."""

import json
import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from http.client import HTTPException
from typing import Any, Final, NamedTuple, Protocol
from urllib.parse import quote, unquote_plus

from scenarios.records import Records

CANNOT_ANSWER: Final = (
    OSError,
    HTTPException,
    ValueError,
)  # the last: a header that cannot be sent
_SHORTEST: Final = (
    8  # what has fewer characters is no key that could be told from other words of a text
)
_ALL_HIDDEN: Final = 6  # of a key that is no longer nothing is shown
_PARTS: Final = re.compile(r"[^/?&=]+")
KEY_HEADER: Final = "x-api-key"


class Answer(Protocol):
    @property
    def status(self) -> int: ...
    @property
    def headers(self) -> Mapping[str, str]: ...
    @property
    def body(self) -> bytes: ...


class Target(Protocol):
    """A fake that listens at `url`."""

    url: str

    def exchange(
        self, method: str, path: str, body: bytes | None, headers: Mapping[str, str]
    ) -> Answer:
        """Send one request; raises OSError or HTTPException where no answer comes."""
        ...


class Request(NamedTuple):
    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes | None


class Watched:
    """A target whose records are looked at; knows the keys that a story has used, and hides them."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._keys: dict[str, None] = {}

    @property
    def url(self) -> str:
        return self._target.url

    def send(self, request: Request) -> Answer:
        """Raises one of CANNOT_ANSWER."""
        for name, value in request.headers.items():
            if name.lower() == KEY_HEADER:
                self._keys[value] = None
        answer = self._target.exchange(*request[:2], request.body, request.headers)
        opened = document(answer.body)
        if isinstance(opened, Mapping) and isinstance(opened.get("apiKey"), str):
            self._keys[opened["apiKey"]] = None
        return answer

    def records(self) -> Records:
        """What the accounts of the story look like now; empty for a target that keeps no records."""
        now = self._read("/clock").get("now", "")
        jobs: list[Any] = []
        ledgers: dict[str, Any] = {}
        for key in self._keys:
            known = quote(key, safe="")
            jobs += self._read(f"/jobs?apiKey={known}").get("jobs", ())
            ledgers[key] = self._read(f"/accounts/{known}/ledger").get("entries", ())
        return Records(now, jobs, ledgers)

    def advance(self, seconds: float) -> None:
        """Let virtual time pass, whatever the clock; a target that is gone is noticed with the next request."""
        body = json.dumps({"seconds": seconds}).encode()
        with suppress(*CANNOT_ANSWER):
            self._target.exchange("POST", "/_mock/clock/advance", body, {})

    def last_request(self) -> tuple[str, str] | None:
        """The newest request of the story's accounts in the journal: when, and why it was answered so."""
        newest = max(self._requests(), key=lambda each: int(each["id"]), default=None)
        if newest is None:
            return None
        return newest["at"], f"{newest['method']} {newest['path']}: {newest['why']}"

    def hidden(self, value: Any) -> Any:
        """The value with every key in it shortened to its end."""  # AUTH-4
        if isinstance(value, Mapping):
            return {
                self.hidden(name): _end(each) if name == KEY_HEADER else self.hidden(each)
                for name, each in value.items()
            }
        if isinstance(value, list):
            return [self.hidden(each) for each in value]
        return self._shortened(value) if isinstance(value, str) else value

    def hidden_path(self, path: str) -> str:
        """A path with its query, where a key is a part of its own, however short it is."""  # AUTH-4
        parts = _PARTS.sub(lambda part: self._part(part[0]), path)
        return self._shortened(parts)

    def _part(self, text: str) -> str:
        return _end(unquote_plus(text)) if unquote_plus(text) in self._keys else text

    def _shortened(self, text: str) -> str:
        for key in self._keys:
            if len(key) >= _SHORTEST:
                for written in {key, quote(key, safe="")}:
                    text = text.replace(written, _end(key))
        return text

    def _requests(self) -> Iterable[Any]:
        for key in self._keys:
            found = self._read(f"/requests?limit=1&apiKey={quote(key, safe='')}")
            yield from found.get("requests", ())

    def _read(self, path: str) -> Mapping[str, Any]:
        """A document of the control API, or an empty one where it cannot be had."""
        try:
            answer = self._target.exchange("GET", f"/_mock{path}", None, {})
        except CANNOT_ANSWER:
            return {}
        found = document(answer.body) if answer.status == 200 else None  # noqa: PLR2004 - OK
        return found if isinstance(found, Mapping) else {}


def _end(key: str) -> str:
    return f"…{key[-4:]}" if len(key) > _ALL_HIDDEN else "…"


def document(body: bytes) -> Any:
    """The JSON document, or the text where it is none; None for an empty body."""
    try:
        return json.loads(body) if body else None
    except (ValueError, RecursionError):
        return body.decode(errors="replace")
