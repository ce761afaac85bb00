"""Owns the decision which receivers a webhook may go to. Looks no name up and connects to nothing.

Four kinds of targets: `private` (loopback, private ranges, host.docker.internal), `loopback`, `any`
and patterns. Where no receiver can be (link-local, metadata services, multicast, the unspecified
address) is refused whatever is allowed.
"""

import re
from collections.abc import Sequence
from contextlib import suppress
from fnmatch import fnmatchcase
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final, NamedTuple, Self

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

DOCKER: Final = "host.docker.internal"
LOOPBACK: Final = (ip_network("127.0.0.0/8"), ip_network("::1/128"))
PRIVATE: Final = (
    *LOOPBACK,
    *(ip_network(net) for net in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7")),
)
MAX_PORT: Final = 65535
EVERYWHERE: Final = (ip_network("0.0.0.0/0"), ip_network("::/0"))

# The first that holds the address tells why.
NEVER: Final = tuple(
    (ip_network(net), why)
    for net, why in (
        ("0.0.0.0/8", "the unspecified address; write 127.0.0.1"),
        ("::/128", "the unspecified address; write [::1]"),
        ("169.254.169.254/32", "a cloud metadata service"),
        ("100.100.100.200/32", "a cloud metadata service"),
        ("168.63.129.16/32", "a cloud metadata service"),
        ("192.0.0.192/32", "a cloud metadata service"),
        ("fd00:ec2::/32", "a cloud metadata service"),
        ("fd20:ce::254/128", "a cloud metadata service"),
        ("169.254.0.0/16", "a link-local address"),
        ("fe80::/10", "a link-local address"),
        ("224.0.0.0/4", "a multicast address"),
        ("ff00::/8", "a multicast address"),
        ("255.255.255.255/32", "the broadcast address"),
        ("2002::/16", "a tunnel (6to4) to an IPv4 address"),
        ("2001::/32", "a tunnel (Teredo) to an IPv4 address"),
        ("64:ff9b:1::/48", "a local translation (NAT64) of an IPv4 address"),
    )
)
METADATA: Final = frozenset(
    {
        "instance-data",
        "instance-data.ec2.internal",
        "metadata",
        "metadata.goog",
        "metadata.google.internal",
    }
)
NAT64: Final = IPv6Network("64:ff9b::/96")
COMPATIBLE: Final = IPv6Network("::/96")  # deprecated; ::1 is in it

_PATTERN: Final = re.compile(
    r"(?:\[(?P<address>[^\[\]]+)]|(?P<host>[^\[\]:]+))(?::(?P<port>\d{1,5}))?"
)
_NAME: Final = re.compile(r"[a-z0-9_.*?-]+")
_NUMBER: Final = re.compile(r"\d+|0x[0-9a-f]*")
_WILD_NUMBER: Final = re.compile(r"[\d.*?]*\d[\d.*?]*")


class BadPatternError(ValueError):
    """What was given as --webhook-targets says nothing that can be allowed."""

    def __init__(self, pattern: str, problem: str) -> None:
        super().__init__(
            f"webhook target {pattern!r}: {problem}; allowed are private, loopback, any,"
            " a host pattern (*.example.com, hooks.example.com:8443), an address (203.0.113.9)"
            " and a network (203.0.113.0/24)"
        )


def _plain(host: str) -> str:
    return host.casefold().rstrip(".")


def needs_no_lookup(host: str) -> bool:
    """Tell whether the host is judged as it is: an address however spelled, a forbidden name."""
    name = _plain(host)
    return ":" in name or name in METADATA or bool(_NUMBER.fullmatch(name.rpartition(".")[2]))


def is_local(host: str) -> bool:
    """Tell whether the host as written is this machine or private; no name is looked up."""
    name = _plain(host)
    if name in {"localhost", DOCKER} or name.endswith(".localhost"):
        return True
    address = _parsed(host)
    return address is not None and any(address in network for network in PRIVATE)


def _parsed(text: str) -> Address | None:
    """Find what is really connected to; None for a spelling that only some programs understand."""
    try:
        address = ip_address(text)
    except ValueError:
        return None
    if isinstance(address, IPv4Address):
        return address
    if address.scope_id is not None:
        return None
    if address in NAT64:
        return IPv4Address(address.packed[-4:])
    return address.ipv4_mapped or address


def _why_never(address: Address) -> str | None:
    for network, why in NEVER:
        if address in network:
            return why
    if address in COMPATIBLE and address not in LOOPBACK[1]:
        return "an IPv4 address in a deprecated disguise"
    return None


class _Rule(NamedTuple):
    """One thing that is allowed: networks, or the URL's host name; perhaps on one port only."""

    networks: tuple[Network, ...] = ()
    name: str | None = None
    port: int | None = None

    def allows(self, host: str, port: int, address: Address) -> bool:
        if self.port not in {None, port}:
            return False
        if self.name is not None:
            return fnmatchcase(host, self.name)
        return any(address in network for network in self.networks)


_WORDS: Final = {
    "private": (_Rule(PRIVATE), _Rule(name=DOCKER)),
    "loopback": (_Rule(LOOPBACK),),
    "any": (_Rule(EVERYWHERE),),
}


def _rule(pattern: str) -> _Rule:
    with suppress(ValueError):
        return _Rule((ip_network(pattern),))  # the only way to have colons without brackets
    match = _PATTERN.fullmatch(pattern)
    if match is None:
        raise BadPatternError(pattern, "it is neither a host nor a network")
    port = int(match["port"]) if match["port"] else None
    if port is not None and not 0 < port <= MAX_PORT:
        raise BadPatternError(pattern, f"a port is 1 to {MAX_PORT}")
    text = _plain(match["address"] or match["host"])
    if match["address"] or "/" in text or _WILD_NUMBER.fullmatch(text):
        return _Rule((_network(pattern, text),), port=port)
    if not _NAME.fullmatch(text):
        raise BadPatternError(pattern, "a host is ASCII letters, digits, dots, hyphens, * and ?")
    return _Rule(name=text, port=port)


def _network(pattern: str, text: str) -> Network:
    try:
        return ip_network(text)
    except ValueError as error:
        raise BadPatternError(pattern, str(error)) from None


class Targets:
    """What is allowed, and in which words it was said."""

    __slots__ = ("_rules", "_said")

    def __init__(self, said: str, rules: Sequence[_Rule]) -> None:
        self._said = said
        self._rules = tuple(rules)

    @classmethod
    def parse(cls, patterns: Sequence[str]) -> Self:
        """Nothing said is `private`. Raises ValueError for what is no pattern."""
        words = [pattern.strip() for pattern in patterns] or ["private"]
        rules = [rule for word in words for rule in _WORDS.get(word.casefold()) or (_rule(word),)]
        return cls(", ".join(words), rules)

    def why_refused(self, host: str, port: int, address: str) -> str | None:
        """Say why a webhook for `host` may not go to `address`; None if it may.

        `host` as the URL has it; `address` what it resolves to, or `host` again if it needs no
        lookup.
        """
        name = _plain(host)
        if name in METADATA:
            return f"{host} is a cloud metadata service, which is never a receiver"
        parsed = _parsed(address)
        if parsed is None:
            return (
                f"{address} is an unusual spelling of an address; write it in full, without a zone"
            )
        subject = address if host == address else f"{host} is at {address}, which"
        if (why := _why_never(parsed)) is not None:
            return f"{subject} is never a receiver: it is {why}"
        if any(rule.allows(name, port, parsed) for rule in self._rules):
            return None
        return f"{subject} {self._missing()}; allow it with --webhook-targets any or a host pattern"

    def _missing(self) -> str:
        if self._said.casefold() in _WORDS:
            return f"is not a {self._said.casefold()} address"
        return f"is not among the webhook targets {self._said}"
