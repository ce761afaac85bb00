"""Owns whether a server may go on with what a file holds, and how its options change that. Pure."""

from dataclasses import replace

from mock_server.adapters.snapshot_document import contradictions
from mock_server.adapters.sqlite.contents import Contents
from mock_server.domain.rules import Rules
from mock_server.ports import Clock, StoreUnusable
from mock_server.settings import Settings


def continued(contents: Contents, settings: Settings, rules: Rules, clock: Clock) -> Contents:
    """The contents as this server goes on with them; a clock that is asked for goes on from where time stands.

    Raises StoreUnusable for another seed, or for what this server's openapi.yaml does not know.
    """
    world, records = contents.whole.world, contents.whole.records
    if settings.seed not in (None, world.seed):
        why = f"has the seed {world.seed}, not {settings.seed}: leave --seed away, or name another file"
        raise StoreUnusable(f"the state {settings.state} {why}")  # noqa: TRY003 - names both
    found = contradictions(world, records.accounts.values(), records.jobs.values(), rules)
    if problem := next(found, None):
        raise StoreUnusable(f"the state {settings.state} does not fit this server: {problem}")  # noqa: TRY003 - says which
    if settings.clock is None:
        return contents
    mode, rate = settings.clock.mode, settings.clock.rate
    anchor = world.anchor.going(mode, rate, clock.real())
    whole = contents.whole._replace(world=replace(world, anchor=anchor))
    return contents._replace(whole=whole)
