"""Owns the choice of a target from what the command line says: our fake, a file, or an address with one key."""

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Final, NoReturn
from urllib.parse import urlsplit

import httpx

from contracts.fake import LIMIT, fake_server, target_of
from contracts.history import Role
from contracts.specification import CREDITS, specification
from contracts.surroundings import fresh_secret
from contracts.target import (
    MAGIC_PEOPLE,
    Identity,
    People,
    Target,
    TargetError,
    Timing,
    checked_plan,
    checked_url,
    is_loopback,
    key_of,
    load_target,
    simple_target,
)
from mock_server import MockServer

FAKE: Final = "fake"
PLAN: Final = "max"
ASK_SECONDS: Final = 5
MOCK_SETTLE: Final = 0.5
_MAGIC_KEYS: Final = {
    Role.STANDARD: ("prospect", "prospect"),
    Role.FREE: ("free_forever", "free_forever"),
    Role.OTHER: ("max", "max"),
    Role.EXHAUSTED: ("exhausted", "max"),
    Role.LOW: ("low", "max"),
    Role.THROTTLED: ("throttled", "max"),
    Role.NO_ACCESS: ("no_access", "max"),
}


def choose(
    name: str,
    plan: str | None,
    key_env: str | None,
    environment: Mapping[str, str],
    seed: int,
    *,
    dry: bool = False,
) -> tuple[AbstractContextManager[object], Target]:
    """The target, and what must be closed after the run. Raises TargetError.

    An address is asked, without a key, whether it is our fake; a `dry` choice asks only where no key was given.
    """
    if name == FAKE:
        _refuse_key(key_env, "the fake has accounts of its own")
        plan = checked_plan(plan or PLAN)
        mock = fake_server(seed).start()
        return _Stopping(mock), target_of(mock, plan)
    if "://" in name:
        return nullcontext(), _by_url(name, plan, key_env, environment, dry=dry)
    if not name.endswith(".toml") and not Path(name).exists():
        _refuse(
            f"{name!r}: there is no such file; a target is fake, an address such as"
            " http://127.0.0.1:4020, or a TOML file"
        )
    _refuse_key(key_env, "the target file names them, as key_env")
    if plan is not None:
        _refuse("--plan belongs to an address or to the fake: the target file tells plans")
    return nullcontext(), load_target(Path(name), environment)


class _Stopping:
    """Stops a fake at the end."""

    def __init__(self, mock: MockServer) -> None:
        self._mock = mock

    def __enter__(self) -> MockServer:
        return self._mock

    def __exit__(self, *_: object) -> None:
        self._mock.stop()


def _refuse_key(key_env: str | None, why: str) -> None:
    if key_env is not None:
        _refuse(f"--key-env belongs to an address: {why}")


def _by_url(
    name: str, plan: str | None, key_env: str | None, environment: Mapping[str, str], *, dry: bool
) -> Target:
    url, plan = checked_url(name), checked_plan(plan or PLAN)
    key = key_of(key_env, environment) if key_env is not None else None
    if not (dry and key) and _is_mock(url):
        return _magic(url, plan, key)
    if key is None:
        _refuse(f"{url} needs a key: --key-env NAME says which variable holds it")
    return simple_target(url, plan, key)


def _is_mock(url: str) -> bool:
    """Whether it answers with the header of our fake; no key is sent."""
    try:
        with (
            _asking(url) as http,
            http.stream("GET", f"{url}{specification().paths[CREDITS]}") as answer,
        ):
            return "x-mock" in answer.headers
    except (httpx.HTTPError, httpx.InvalidURL):
        return False


def _asking(url: str) -> httpx.Client:
    """As the run asks: no proxy stands between two programs of one machine."""
    here = is_loopback(urlsplit(url).hostname or "")
    return httpx.Client(timeout=ASK_SECONDS, trust_env=not here)


def _magic(url: str, plan: str, key: str | None) -> Target:
    """A fake's own keys and people, with accounts that nobody used before."""
    mine = fresh_secret().replace("-", "").replace("_", "")[:8]
    identities = {Role.MAIN: Identity(Role.MAIN, plan, key or f"test_{plan}_{mine}")}
    for role, (name, its_plan) in _MAGIC_KEYS.items():
        limit = LIMIT if role is Role.THROTTLED else None
        identities[role] = Identity(role, its_plan, f"test_{name}_{mine}{role[0]}", limit)
    scale = _scale(url)
    return Target(url, identities, People(**MAGIC_PEOPLE), Timing(180, MOCK_SETTLE, scale))


def _scale(url: str) -> float:
    """How fast the fake's time goes, by its control API; 1 where that is closed. Raises TargetError."""
    try:
        with _asking(url) as http:
            health = http.get(f"{url}/_mock/health").json()  # needs no token
            clock = http.get(f"{url}/_mock/clock").json()
    except (httpx.HTTPError, ValueError):
        return 1
    if isinstance(health, dict) and health.get("clock") == "manual":
        _refuse(f"{url}: its clock is manual, so that nothing happens: serve with --clock x60")
    rate = clock.get("rate") if isinstance(clock, dict) else None
    return float(rate) if isinstance(rate, int | float) and rate > 0 else 1


def _refuse(problem: str) -> NoReturn:
    raise TargetError(problem)
