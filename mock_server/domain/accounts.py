"""Owns the account: a key, its plan, its credits and its counters. The API key is the tenant."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from mock_server.domain.credits import Credits
from mock_server.domain.limits import Window
from mock_server.domain.plans import Plan, TestKey

TEST_PREFIX: Final = "test_"
MAX_KEY_LENGTH: Final = 256
CHARGED_JOBS_KEPT: Final = 3


@dataclass(slots=True)
class Account:
    """One tenant. A record: use cases change it within their transaction. Times in microseconds."""

    api_key: str
    plan: str
    created_at: int
    requests_per_minute: int
    purse: dict[str, Credits]
    api_access: bool = True
    accepted: int = 0  # jobs so far: the serial number of the next one's id
    topups: int = 0
    window: Window = field(default_factory=Window)
    # Tracking ids whose shuffled webhook waits for the next delivery.
    held: list[str] = field(default_factory=list)
    # Kept only where a second job is free (CR-8).
    charged_people: list[str] = field(default_factory=list)
    # Tracking ids of the newest jobs that took credits, to say where the credits went.
    charged_jobs: list[str] = field(default_factory=list)

    def charged_by(self, tracking_id: str) -> None:
        """Remember that this job took credits."""
        if tracking_id not in self.charged_jobs:
            self.charged_jobs = [*self.charged_jobs[1 - CHARGED_JOBS_KEPT :], tracking_id]


def test_key(
    api_key: str, plans: Mapping[str, Plan], keys: Mapping[str, TestKey]
) -> TestKey | None:
    """The ready-made account that `test_<name>` or `test_<name>_<anything>` stands for; the longest name wins."""
    if not api_key.startswith(TEST_PREFIX) or len(api_key) > MAX_KEY_LENGTH:
        return None
    whole = name = api_key[len(TEST_PREFIX) :]
    while name not in keys and name not in plans:
        if not name:
            return None
        name = name.rpartition("_")[0]
    if whole == f"{name}_":
        return None  # it lacks its <anything>
    return keys.get(name) or TestKey(name)
