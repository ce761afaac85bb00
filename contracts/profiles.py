"""Owns the profiles of Hypothesis; contract-live neither shrinks nor remembers."""

from hypothesis import HealthCheck, Phase, settings


def register() -> None:
    """Make the three known by name."""
    settings.register_profile(
        "contract-ci", max_examples=15, stateful_step_count=12, derandomize=True, database=None, deadline=None,
        suppress_health_check=[HealthCheck.too_slow],
    )  # fmt: skip
    settings.register_profile(
        "contract-soak", max_examples=400, stateful_step_count=60, database=None, deadline=None,
        suppress_health_check=[HealthCheck.too_slow],
    )  # fmt: skip
    settings.register_profile(
        "contract-live", max_examples=10, phases=[Phase.explicit, Phase.generate], derandomize=True, database=None,
        deadline=None, suppress_health_check=list(HealthCheck),
    )  # fmt: skip
