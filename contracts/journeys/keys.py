"""Owns the requests with a missing or wrong key: none of them may get anything."""

from typing import Final

from contracts.history import TWO_HUNDREDS
from contracts.journeys.registry import journey
from contracts.visit import Visit

UNKNOWN: Final = "clodura-kit-nobodys-key"
NO_JOB: Final = "00000000-0000-4000-8000-000000000000"
MAGIC: Final = "test_"  # keys of the fake: what stands after it may be anything


@journey("keys", "requests with a missing or a wrong key", phase=1, calls=22, weighed=False)
async def keys(visit: Visit) -> None:
    body = visit.safe("keys")
    for probe, key in (("no-key", None), ("empty-key", ""), ("unknown-key", UNKNOWN)):
        await visit.match(probe, body, key=key)
        await visit.track(NO_JOB, probe, key=key)
        await visit.balance(probe, key=key)
    for name, content, kind in (
        ("unreadable", b"{", "application/json"),
        ("incomplete", b"{}", "application/json"),
        ("content-type", b"hello", "text/plain"),
    ):
        probe = f"key-first:{name}"
        await visit.match(probe, content=content, content_type=kind, key=UNKNOWN)
        await visit.match(probe, content=content, content_type=kind, key=None)
    for name, key in variants(visit.identity.key, magic=await _is_fake(visit)).items():
        await visit.balance(f"altered-key:{name}", key=key)


def variants(key: str, *, magic: bool) -> dict[str, str]:
    """Keys that are almost this one, and that nobody was given."""  # AUTH-5
    found = {"case": key.swapcase(), "first": ("a" if key[0] != "a" else "b") + key[1:]}
    if not (magic and key.startswith(MAGIC)):
        found |= {"shorter": key[:-1], "longer": f"{key}x", "doubled": f"{key},{key}"}
    return {name: each for name, each in found.items() if each not in {key, ""}}


async def _is_fake(visit: Visit) -> bool:
    """Whether the target says that it is our fake, whose keys may have any end."""
    answer = await visit.balance()
    return answer.status in TWO_HUNDREDS and "x-mock" in answer.headers
