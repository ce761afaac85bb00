"""Owns where a receiver is: its URL taken apart, its host looked up once, and whether it may be called at all."""

import socket
import ssl
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from contracts.receiver.deliveries import without_secrets
from contracts.receiver.hiding import looks_secret

DEFAULT_PORTS: Final = {"http": 80, "https": 443}
NO_URL: Final = "{} is no URL of a receiver; one looks like http://127.0.0.1:8000/webhooks"

Judge = Callable[[str, int, str], str | None]  # host, port, address: why it is refused


class EndpointError(ValueError):
    """The URL cannot be used; the text says why, and what to give instead."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One place to send to. The address stays what it was when the run began, whatever the name says later."""

    url: str
    host: str
    port: int
    address: str
    target: str
    tls: ssl.SSLContext | None = None

    @property
    def authority(self) -> str:
        return urlsplit(self.url).netloc

    @property
    def shown(self) -> str:
        return without_secrets(self.url)


def find_endpoint(url: str, judge: Judge) -> Endpoint:
    """Look the URL up. Raises EndpointError for what is no http URL, has no address or may not be called."""
    try:
        parts = urlsplit(url)
        usual = DEFAULT_PORTS[parts.scheme]
        port = usual if parts.port is None else parts.port
        host = (parts.hostname or "").encode("idna").decode() if parts.hostname else ""
    except (KeyError, ValueError):
        raise EndpointError(NO_URL.format(_shown(url))) from None
    if not host or not port:
        raise EndpointError(NO_URL.format(_shown(url)))
    if parts.username is not None:
        raise EndpointError(
            f"{host}: a URL with a user's name in it is not supported; use a secret in its query"
        )
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    if not target.isascii() or any(each <= " " for each in target):
        raise EndpointError(f"{_shown(url)}: write what is not ASCII with %, as in %C3%A9")
    address = _allowed(host, port, _addresses(host, port), judge)
    tls = ssl.create_default_context() if parts.scheme == "https" else None
    return Endpoint(url, host, port, address, target, tls)


def _shown(url: str) -> str:
    """The beginning of what was given, without what may be secret; it need not be a URL at all."""
    parts = url.partition("?")[0].rpartition("@")[2].split("/")
    return repr("/".join("..." if looks_secret(each) else each for each in parts))


def _addresses(host: str, port: int) -> Sequence[str]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as error:
        raise EndpointError(f"{host}: there is no such host ({error.strerror})") from None
    return list(dict.fromkeys(str(each[4][0]) for each in found))


def _allowed(host: str, port: int, addresses: Sequence[str], judge: Judge) -> str:
    """Every address has to be allowed; the first that answers is taken, or the first of all."""
    for address in addresses:
        if (why := judge(host, port, address)) is not None:
            raise EndpointError(why)
    return next((each for each in addresses if _listens(each, port)), addresses[0])


def _listens(address: str, port: int) -> bool:
    """Whether somebody is there: `localhost` has two addresses, and a receiver may have one of them."""
    try:
        with socket.create_connection((address, port), timeout=1):
            return True
    except OSError:
        return False
