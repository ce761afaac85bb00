"""Owns chance: what a run makes up that names none. Everything else that looks random follows from the seed."""

import secrets


def fresh_seed() -> int:
    """A seed that no other run has, in practice."""
    return secrets.randbits(48)


def fresh_token() -> str:
    """A token that nobody guesses."""
    return secrets.token_urlsafe(24)
