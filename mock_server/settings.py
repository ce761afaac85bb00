"""Owns the options of a server."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from mock_server.domain.world import FASTEST, ClockMode

DEFAULT_PORT = 4020
RETENTION = 20_000
MEMORY = "memory"
SQLITE = "sqlite"
POSTGRESQL = "postgresql"
URL_SCHEMES = ("postgresql://", "postgres://")

_TOKEN: Final = re.compile(r"[!#-+\--:<-\[\]-~]+")  # what a cookie can hold (RFC 6265)


class SettingsError(ValueError):
    """An option is wrong; the text says which, and what it takes."""


@dataclass(frozen=True, slots=True)
class ClockSetting:
    """How virtual time goes: `rate` virtual seconds per real one, 0 for a manual clock."""

    mode: ClockMode
    rate: float

    @classmethod
    def parse(cls, text: str) -> "ClockSetting":
        """`real`, `manual` or `x<rate>` such as x60; raises SettingsError."""
        if text == "real":
            return cls(ClockMode.REAL, 1)
        if text == "manual":
            return cls(ClockMode.MANUAL, 0)
        try:
            rate = float(text.removeprefix("x")) if text.startswith("x") else 0
        except ValueError:
            rate = 0
        if not 0 < rate <= FASTEST:
            message = f"the clock is real, manual or x<rate> such as x60, not {text!r}"
            raise SettingsError(message)
        return cls(ClockMode.SCALED, rate)


def state_of(text: str) -> str:
    """`memory`, a path, or a URL of PostgreSQL; raises SettingsError for a URL of anything else."""
    if "://" in text and not text.startswith(URL_SCHEMES):
        message = f"the state is memory, a file or postgresql://..., not {text!r}"
        raise SettingsError(message)
    if text != MEMORY and text.lower() in (MEMORY, POSTGRESQL, "postgres"):
        message = f"the state {text!r}: write memory, postgresql://... or, for a file, ./{text}"
        raise SettingsError(message)
    return text


def whole_of(option: str, value: object, *, least: int = 0, most: int | None = None) -> int:
    """A whole number in its bounds; raises SettingsError."""
    if isinstance(value, int) and not isinstance(value, bool) and least <= value <= (most or value):
        return value
    bounds = f"from {least}" if most is None else f"from {least} to {most}"
    message = f"{option} is a whole number {bounds}, not {value!r}"
    raise SettingsError(message)


def host_of(option: str, text: str) -> str:
    """A name or an address, without scheme or port; raises SettingsError."""
    if not text.strip() or "/" in text or "[" in text or text.count(":") == 1:
        message = f"{option} is a name or an address such as 127.0.0.1, not {text!r}"
        raise SettingsError(message)
    return text


def control_token_of(text: str) -> str:
    """What a header, a cookie and a URL can hold; raises SettingsError."""
    if not text:
        message = "--control-token is empty; is the variable set that it comes from?"
        raise SettingsError(message)
    if not _TOKEN.fullmatch(text):
        message = "--control-token is letters, digits and signs without spaces, quotes, commas and semicolons"
        raise SettingsError(message)
    return text


def durability_of(text: str) -> str:
    """`process` or `power`; raises SettingsError."""
    if text not in ("process", "power"):
        message = f"the durability is process or power, not {text!r}"
        raise SettingsError(message)
    return text


REAL = ClockSetting(ClockMode.REAL, 1)


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that a server can be told. The defaults are those of `clodura-kit serve`."""

    host: str = "127.0.0.1"
    port: int = DEFAULT_PORT
    spec: Path | None = None
    state: str = MEMORY  # or the path of a file, or a postgresql:// URL
    durability: str = "process"  # or "power": what a stored state survives
    clock: ClockSetting | None = None  # None: the stored one, else real
    seed: int | None = None
    webhook_targets: Sequence[str] = ("private",)
    allow_hosts: Sequence[str] = ()
    control_token: str | None = None
    retention: int = RETENTION
    self_check: bool = False
    tls: tuple[str, str] | None = None  # the files of certificate and key
    log: str | None = None

    @property
    def kind_of_state(self) -> str:
        """What may be told of `state`: a URL may hold a password."""
        if self.state == MEMORY:
            return MEMORY
        return POSTGRESQL if self.state.startswith(URL_SCHEMES) else SQLITE
