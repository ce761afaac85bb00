"""Owns the default target: a fake of this process, sixty times as fast, with an account for every role."""

from typing import Any, Final

from contracts.history import Role
from contracts.target import MAGIC_PEOPLE, Identity, People, Target, Timing
from mock_server import MockServer

RATE: Final = 60
SETTLE_SECONDS: Final = 0.2
RESULT_TIMEOUT: Final = 10
LIMIT: Final = 1  # requests a minute of the throttled account
GENEROUS: Final = 100_000  # requests a minute of the others

_ACCOUNTS: Final[dict[Role, dict[str, Any]]] = {
    Role.MAIN: {"requests_per_minute": GENEROUS},
    Role.STANDARD: {"plan": "prospect", "requests_per_minute": GENEROUS},
    Role.FREE: {"plan": "free_forever", "requests_per_minute": GENEROUS},
    Role.OTHER: {"requests_per_minute": GENEROUS},
    Role.EXHAUSTED: {"credits": 0},
    Role.LOW: {"credits": 13},
    Role.THROTTLED: {"requests_per_minute": LIMIT},
    Role.NO_ACCESS: {"api_access": False},
}


def fake_server(seed: int) -> MockServer:
    """The fake to be tested; not started yet."""
    return MockServer(clock=f"x{RATE}", seed=seed)


def target_of(mock: MockServer, plan: str = "max") -> Target:
    """Every role and every person of a running fake; `plan` is the main identity's."""
    return Target(
        base_url=mock.url,
        identities={role: _identity(mock, role, plan) for role in _ACCOUNTS},
        people=People(**MAGIC_PEOPLE),
        timing=Timing(RESULT_TIMEOUT, SETTLE_SECONDS, RATE),
    )


def _identity(mock: MockServer, role: Role, plan: str) -> Identity:
    account = mock.account(
        **{"plan": plan if role in (Role.MAIN, Role.OTHER) else "max", **_ACCOUNTS[role]}
    )
    limit = LIMIT if role is Role.THROTTLED else None
    return Identity(role, account.plan, account.api_key, limit)
