"""Owns the settings; the only reader of the environment."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


class SettingsError(ValueError):
    """A variable is missing or makes no sense; the text says which."""


@dataclass(frozen=True)
class Settings:
    """`public_url` is where Clodura reaches the web process; times are in seconds.

    `open_token` is a token that belongs to no lookup. Tests set it, so that a sender of theirs may deliver
    results that nobody asked for; in production it stays unset and only a lookup's own token is believed.
    """

    base_url: str = "http://127.0.0.1:4020"
    api_key: str = ""
    public_url: str = "http://127.0.0.1:8000"
    database: Path = Path("enrichment.db")
    poll_after: float = 60
    give_up_after: float = 3600
    open_token: str = ""

    @classmethod
    def read(cls, variables: Mapping[str, str] = os.environ) -> "Settings":
        """From the environment; raises SettingsError."""
        return cls(
            base_url=variables.get("CLODURA_BASE_URL", cls.base_url).rstrip("/"),
            api_key=variables.get("CLODURA_API_KEY", ""),
            public_url=variables.get("PUBLIC_URL", cls.public_url).rstrip("/"),
            database=Path(variables.get("DATABASE", cls.database)),
            poll_after=_seconds(variables, "POLL_AFTER_SECONDS", cls.poll_after),
            give_up_after=_seconds(variables, "GIVE_UP_AFTER_SECONDS", cls.give_up_after),
            open_token=variables.get("OPEN_TOKEN", ""),
        )


def _seconds(variables: Mapping[str, str], name: str, default: float) -> float:
    given = variables.get(name, default)
    try:
        seconds = float(given)
    except ValueError:
        seconds = 0
    if not 0 < seconds < float("inf"):
        raise SettingsError(f"{name} should be a number of seconds, not {given!r}")
    return seconds
