"""Owns what is told of a request and its answer: shortened, without secrets, and found again by its key."""

import re
from contextlib import suppress
from functools import lru_cache, partial
from hashlib import blake2b
from typing import Final

import orjson

from mock_server.domain.redaction import short_key, without_key, without_key_fields, without_secrets
from mock_server.journal import Exchange, Headers, Journal
from mock_server.ports import Clock

KEPT_BYTES: Final = 4096  # of a body, a path, a header
KEPT_HEADERS: Final = 100
NO_KEY: Final = "\0"  # is in nothing that is kept
_MAY_HIDE_SECRETS: Final = re.compile(
    rb'[?@#]|\\u|[Kk][Ee][Yy]"'
)  # of a URL, an escape that could spell them, or the name of a key
_SECRET: Final = re.compile(
    rb"(?<!idempotency-)key|token|secret|passw|authorization|cookie|credential"
)

Request = tuple[str, str, Headers, bytes]
"""Method, path, headers and body."""
Response = tuple[int, Headers, bytes]
"""Status, headers and body."""


@lru_cache(1024)
def tenant_of(api_key: str) -> bytes:
    """A digest that finds a key's requests without telling the key."""
    return blake2b(api_key.encode("utf-8", "surrogatepass"), digest_size=8).digest()


@lru_cache(1024)
def is_secret(header: bytes) -> bool:
    """Whether a header of that lower-case name holds what is not to be kept, such as a key in the wrong place."""
    return bool(_SECRET.search(header))


class Recorder:
    """Writes the journal of the API's requests."""

    def __init__(self, journal: Journal, clock: Clock) -> None:
        self._journal = journal
        self.now = clock.real  # microseconds of real time

    def record(  # noqa: PLR0913 - what there is to know of an exchange
        self,
        *,
        at: int,
        started: int,
        request: Request,
        operation_id: str | None,
        api_key: str | None,
        response: Response,
        tracking_id: str | None,
        why: str,
    ) -> None:
        exchange = partial(
            exchange_of,
            self._journal.next_number(),
            at,
            self.now() - started,
            request,
            operation_id,
            api_key,
            response,
            tracking_id,
            why,
        )
        self._journal.serve(exchange if _is_small(request, response) else exchange())


def exchange_of(  # noqa: PLR0913, PLR0917 - what there is to know of an exchange
    number: int,
    at: int,
    duration: int,
    request: Request,
    operation_id: str | None,
    api_key: str | None,
    response: Response,
    tracking_id: str | None,
    why: str,
) -> Exchange:
    """What may be told of it."""  # AUTH-4
    method, path, headers, body = request
    status, response_headers, response_body = response
    key = api_key or NO_KEY
    raw_key = key.encode("latin-1", "replace")
    return Exchange(
        number,
        at,
        method,
        without_key(path, key)[:KEPT_BYTES],
        operation_id,
        tenant_of(api_key) if api_key else b"",
        short_key(api_key) if api_key else None,
        status,
        duration,
        [
            each
            if not is_secret(each[0]) and len(each[1]) < KEPT_BYTES and raw_key not in each[1]
            else _kept_header(*each, key)
            for each in headers[:KEPT_HEADERS]
        ],
        _kept(body, key, raw_key),
        response_headers,
        _kept(response_body, key, raw_key),
        tracking_id,
        without_key(why, key)[:KEPT_BYTES],
    )


def _is_small(request: Request, response: Response) -> bool:
    """Whether it may be kept as it came until it is read or forgotten."""
    _method, path, headers, body = request
    size = len(path) + len(body) + len(response[2])
    for name, value in headers:
        size += len(name) + len(value)
    return size < KEPT_BYTES and len(headers) <= KEPT_HEADERS


def _kept_header(name: bytes, value: bytes, api_key: str) -> tuple[bytes, bytes]:
    text = value.decode("latin-1")
    text = short_key(text) if is_secret(name) else without_key(text, api_key)
    return name[:KEPT_BYTES], text.encode("latin-1")[:KEPT_BYTES]


def _kept(body: bytes, api_key: str, raw_key: bytes) -> bytes:
    """The beginning of a body without keys; URLs lose user, query and fragment, which may be secrets of a webhook."""
    if raw_key not in body and not _MAY_HIDE_SECRETS.search(body):
        return body[:KEPT_BYTES]
    with suppress(orjson.JSONDecodeError, TypeError):
        body = orjson.dumps(orjson.loads(body))  # without escapes, which could hide a URL
    text = without_key_fields(without_secrets(body.decode("utf-8", "replace")))
    return without_key(text, api_key).encode()[:KEPT_BYTES]
