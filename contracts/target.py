"""Owns what is tested: addresses, identities, people and times, from a TOML file or from options."""

import ipaddress
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Final, NoReturn
from urllib.parse import urlsplit

from contracts.history import Role
from contracts.specification import specification

MAGIC_PEOPLE: Final = {
    "found": "mock-found",
    "partner": "mock-found-wiza",
    "none": "mock-none",
    "unknown": "mock-unknown",
    "found_url": "https://www.linkedin.com/in/mock-found/",
    "none_url": "https://www.linkedin.com/in/mock-none/",
}

TELLING: Final = 6


class TargetError(ValueError):
    """The target cannot be used as described; the text says what to write instead."""


@dataclass(frozen=True, slots=True)
class Identity:
    """A key and what is known of its account."""

    role: Role
    plan: str
    key: str = field(repr=False)
    requests_per_minute: int | None = None


@dataclass(frozen=True, slots=True)
class People:
    """Known people of a target; each optional."""

    found: str | None = None
    partner: str | None = None
    none: str | None = None
    unknown: str | None = None
    found_url: str | None = None
    none_url: str | None = None

    def given(self) -> dict[str, str]:
        return {each.name: value for each in fields(self) if (value := getattr(self, each.name))}

    def ids(self) -> dict[str, str]:
        """Those that are no address of a profile, which holds a name."""
        return {name: each for name, each in self.given().items() if not name.endswith("_url")}


@dataclass(frozen=True, slots=True)
class Timing:
    """How long to wait, in seconds; `scale`: seconds of the target's time in one of ours."""

    result_timeout_seconds: float = 180
    settle_seconds: float = 5
    scale: float = 1


@dataclass(frozen=True, slots=True)
class Target:
    """Everything that a run needs to know of a target."""

    base_url: str
    identities: Mapping[Role, Identity]
    people: People = People()
    timing: Timing = Timing()

    @property
    def main(self) -> Identity:
        return self.identities[Role.MAIN]

    def keys(self) -> list[str]:
        return [each.key for each in self.identities.values()]

    def telling_keys(self) -> list[str]:
        """Keys, in lower case, that are long enough to be no accident where they are found."""
        return [each.lower() for each in self.keys() if len(each) >= TELLING]

    @property
    def is_loopback(self) -> bool:
        return is_loopback(urlsplit(self.base_url).hostname or "")


def is_loopback(host: str) -> bool:
    """Whether a host is this machine, by its name."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def load_target(path: Path, environment: Mapping[str, str]) -> Target:
    """Read a target file, keys from the variables that it names. Raises TargetError."""
    try:
        document = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        _refuse(f"{path}: {error.strerror or error}")
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        _refuse(f"{path}: this is no TOML: {error}")
    try:
        return _target(document, environment)
    except TargetError as error:
        _refuse(f"{path}: {error}")


def simple_target(url: str, plan: str, key: str) -> Target:
    """A target of which one ordinary key is known."""
    main = Identity(Role.MAIN, checked_plan(plan), key)
    return Target(checked_url(url), {Role.MAIN: main})


def checked_url(url: Any) -> str:
    """An absolute http(s) URL without its last slash; raises TargetError."""
    if not isinstance(url, str):
        _refuse('[target] needs base_url, such as base_url = "http://127.0.0.1:4020"')
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        parts, usable = urlsplit(""), False
    if not usable:
        _refuse(f"{url!r} is no address of an API: write http://127.0.0.1:4020")
    if parts.username or parts.password or parts.query or parts.fragment:
        _refuse(
            "the address of an API has neither user nor query: keys are given by the name of a variable"
        )
    return url.rstrip("/")


def checked_plan(plan: Any) -> str:
    """A plan of openapi.yaml; raises TargetError."""
    plans = specification().plans
    if not isinstance(plan, str) or plan not in plans:
        _refuse(f"{plan!r} is no plan: {', '.join(sorted(plans))}")
    return plan


def key_of(name: Any, environment: Mapping[str, str]) -> str:
    """The key in a variable; raises TargetError."""
    if not isinstance(name, str) or not name:
        _refuse('a key is given by the name of a variable: key_env = "CLODURA_API_KEY"')
    key = environment.get(name, "")
    if not key.strip():
        _refuse(f"the variable {name} is empty or not set: export {name}=<the key>")
    if not key.isascii() or any(each <= " " for each in key.strip()):
        _refuse(
            f"the variable {name} holds no key: it has spaces, or characters that no header can carry"
        )
    return key.strip()


def _target(document: Mapping[str, Any], environment: Mapping[str, str]) -> Target:
    _only(document, "the file", ("target", "identity", "people", "timing"))
    target = _table(document, "target")
    _only(target, "[target]", ("base_url",))
    entries = document.get("identity", [])
    if not isinstance(entries, list) or not entries:
        _refuse('at least one [[identity]] is needed, with role = "main"')
    identities: dict[Role, Identity] = {}
    for entry in entries:
        identity = _identity(entry, environment)
        if identity.role in identities:
            _refuse(f"there are two identities with role {identity.role}")
        for other in identities.values():
            if other.key == identity.key:
                _refuse(
                    f"{other.role} and {identity.role} have the same key: each role is an account of its own"
                )
        identities[identity.role] = identity
    if Role.MAIN not in identities:
        _refuse('one [[identity]] needs role = "main"')
    return Target(
        checked_url(target.get("base_url")), identities, _people(document), _timing(document)
    )


def _identity(entry: Any, environment: Mapping[str, str]) -> Identity:
    if not isinstance(entry, dict):
        _refuse("identities are written as [[identity]]")
    _only(entry, "[[identity]]", ("role", "plan", "key_env", "requests_per_minute"))
    roles = [str(each) for each in Role]
    if entry.get("role") not in roles:
        _refuse(f"the role {entry.get('role')!r} is none of {', '.join(roles)}")
    limit = entry.get("requests_per_minute")
    if limit is not None and (not isinstance(limit, int) or isinstance(limit, bool) or limit < 1):
        _refuse(f"requests_per_minute is a whole number from 1, not {limit!r}")
    plan = checked_plan(entry.get("plan"))
    return Identity(Role(entry["role"]), plan, key_of(entry.get("key_env"), environment), limit)


def _people(document: Mapping[str, Any]) -> People:
    people = _table(document, "people")
    _only(people, "[people]", tuple(each.name for each in fields(People)))
    for name, value in people.items():
        if not isinstance(value, str) or not value.strip():
            _refuse(f"[people] {name} is a text, not {value!r}")
    return People(**people)


def _timing(document: Mapping[str, Any]) -> Timing:
    timing = _table(document, "timing")
    _only(timing, "[timing]", ("result_timeout_seconds", "settle_seconds"))
    for name, value in timing.items():
        if not isinstance(value, int | float) or isinstance(value, bool) or not 0 < value <= 86_400:  # noqa: PLR2004 - a day
            _refuse(f"[timing] {name} is a number of seconds above 0, not {value!r}")
    return Timing(**timing)


def _table(document: Mapping[str, Any], name: str) -> dict[str, Any]:
    table = document.get(name, {})
    if not isinstance(table, dict):
        _refuse(f"{name} is a table: [{name}]")
    return table


def _only(table: Mapping[str, Any], where: str, known: tuple[str, ...]) -> None:
    if unknown := sorted(set(table) - set(known)):
        _refuse(f"{where} has no {', '.join(unknown)}; it takes {', '.join(known)}")


def _refuse(problem: str) -> NoReturn:
    raise TargetError(problem)
