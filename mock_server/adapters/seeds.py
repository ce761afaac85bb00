"""Owns chance: the seed of a run that names none. Everything else that looks random follows from the seed."""

import secrets


def fresh_seed() -> int:
    """A seed that no other run has, in practice."""
    return secrets.randbits(48)
