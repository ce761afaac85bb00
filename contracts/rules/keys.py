"""Owns the rules of the area AUTH: who is let in, and that a key stays secret."""

from collections.abc import Iterable

from contracts.history import Exchange, History, Webhook
from contracts.registry import Broken, Kept, Observation, rule
from contracts.rules.judging import answered, undecided
from contracts.specification import CREDITS, MATCH, TRACK

DENIED = frozenset({401})


@rule("AUTH-001", "A match without a key is refused", facts="AUTH-1 ERR-401", journeys="keys")
def match_needs_a_key(history: History) -> Iterable[Observation]:
    """Without the header X-API-KEY, or with an empty one, nothing is accepted."""
    return answered(history.probes("no-key", "empty-key", operation=MATCH), DENIED, "no key")


@rule("AUTH-002", "A poll without a key is refused", facts="AUTH-1 ERR-401", journeys="keys")
def track_needs_a_key(history: History) -> Iterable[Observation]:
    """The key is asked for before the job is looked up, so that an unknown job is 401 and not 404."""
    return answered(history.probes("no-key", "empty-key", operation=TRACK), DENIED, "no key")


@rule(
    "AUTH-003", "The balance without a key is refused", facts="AUTH-1 ERR-401 OP-3", journeys="keys"
)
def credits_need_a_key(history: History) -> Iterable[Observation]:
    """A balance is told to nobody who brings no key."""
    return answered(history.probes("no-key", "empty-key", operation=CREDITS), DENIED, "no key")


@rule("AUTH-004", "An unknown key is refused", facts="AUTH-1 ERR-401", journeys="keys")
def unknown_keys_are_refused(history: History) -> Iterable[Observation]:
    """A key that nobody was given opens none of the operations."""
    return answered(history.probes("unknown-key"), DENIED, "an unknown key")


@rule(
    "AUTH-005",
    "The key is checked before anything else",
    facts="AUTH-1",
    journeys="keys",
    symptom_of="AUTH-001 AUTH-004",
)
def the_key_comes_first(history: History) -> Iterable[Observation]:
    """An unreadable, incomplete or wrongly typed body is 401 without a valid key: strangers learn nothing."""
    return answered(history.probes("key-first"), DENIED, "no valid key, whatever the body")


@rule(
    "AUTH-006", "Keys are compared exactly", facts="AUTH-5", journeys="keys", symptom_of="AUTH-004"
)
def keys_are_exact(history: History) -> Iterable[Observation]:
    """A key in another case, cut off, or with something behind it is another key."""
    return answered(history.probes("altered-key"), DENIED, "a key that is almost right")


@rule(
    "AUTH-007",
    "No answer and no webhook contains a key",
    facts="AUTH-4",
    journeys="keys refusals nobody bought exhausted throttled standard no-access low",
)
def keys_stay_secret(history: History) -> Iterable[Observation]:
    """Looked for in every header and body, before anything is redacted."""
    everything: list[Exchange | Webhook] = [*history.exchanges, *history.webhooks]
    for each in everything:
        if each.leaks_key:
            yield Broken("no key anywhere in what comes back", "it contains an API key", each)
        else:
            yield Kept()


@rule(
    "AUTH-008", "An account without access is answered 403", facts="ERR-403", journeys="no-access"
)
def access_is_refused(history: History) -> Iterable[Observation]:
    """A key that is valid and may not use the endpoint is forbidden, not unknown."""
    for each in history.probes("no-access"):
        yield undecided(each) or next(iter(answered([each], {403}, "no access")))
