"""Owns the rules, one file per area: pure functions from history to observations. Importing it fills the table."""

from contracts.rules import (  # noqa: F401 - importing them registers their rules
    answers,
    billing,
    keys,
    limits,
    requests,
    tenants,
    tracking,
    webhooks,
)
