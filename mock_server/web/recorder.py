"""Owns what is kept of a request and its answer: shortened, without secrets, and found again by its key."""

import re
from contextlib import suppress
from functools import lru_cache
from hashlib import blake2b
from typing import Final

import orjson

from mock_server.domain.redaction import short_key, without_secrets
from mock_server.journal import Exchange, Headers, Journal
from mock_server.ports import Clock

KEPT_BYTES: Final = 4096  # of a body, a path, a header
KEPT_HEADERS: Final = 100
_MAY_HIDE_SECRETS: Final = re.compile(rb"[?@#]|\\u")  # of a URL, or an escape that could spell them
_SECRET: Final = frozenset((b"x-api-key", b"authorization", b"cookie", b"proxy-authorization"))


@lru_cache(1024)
def tenant_of(api_key: str) -> bytes:
    """A digest that finds a key's requests without telling the key."""
    return blake2b(api_key.encode("utf-8", "surrogatepass"), digest_size=8).digest()


class Recorder:
    """Writes the journal of the API's requests."""

    def __init__(self, journal: Journal, clock: Clock) -> None:
        self._journal = journal
        self._clock = clock

    def start(self) -> int:
        """When a request began, in microseconds of real time."""
        return self._clock.real()

    def record(  # noqa: PLR0913 - what there is to know of an exchange
        self,
        *,
        at: int,
        started: int,
        request: tuple[str, str, Headers, bytes],
        operation_id: str | None,
        api_key: str | None,
        response: tuple[int, Headers, bytes],
        tracking_id: str | None,
        why: str,
    ) -> None:
        method, path, headers, body = request
        status, response_headers, response_body = response
        self._journal.serve(
            Exchange(
                self._journal.next_number(),
                at,
                method,
                path[:KEPT_BYTES],
                operation_id,
                tenant_of(api_key) if api_key else b"",
                short_key(api_key) if api_key else None,
                status,
                self._clock.real() - started,
                [
                    each
                    if each[0] not in _SECRET and len(each[1]) < KEPT_BYTES
                    else _kept_header(*each)
                    for each in headers[:KEPT_HEADERS]
                ],
                _kept(body),
                response_headers,
                response_body[:KEPT_BYTES],
                tracking_id,
                why[:KEPT_BYTES],
            )
        )


def _kept_header(name: bytes, value: bytes) -> tuple[bytes, bytes]:
    if name in _SECRET:
        value = short_key(value.decode("latin-1")).encode("latin-1")
    return name[:KEPT_BYTES], value[:KEPT_BYTES]


def _kept(body: bytes) -> bytes:
    """The beginning of a body; URLs in it lose user, query and fragment, which may be secrets of a webhook."""
    if not _MAY_HIDE_SECRETS.search(body):
        return body[:KEPT_BYTES]
    with suppress(orjson.JSONDecodeError, TypeError):
        body = orjson.dumps(orjson.loads(body))  # without escapes, which could hide a URL
    return without_secrets(body.decode("utf-8", "replace")).encode()[:KEPT_BYTES]
