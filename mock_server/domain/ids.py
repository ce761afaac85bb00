"""Owns ids and draws that follow from a seed: the same seed and the same parts give the same bytes."""

from functools import lru_cache
from hashlib import blake2b
from typing import Final

_SPAN: Final = float(1 << 64)


def digest(seed: int, *parts: object) -> bytes:
    """Sixteen bytes that depend on every part."""
    return _hash("\0".join(map(str, (seed, *parts)))).digest()


def draw(seed: int, *parts: object) -> int:
    """A whole number of 64 bits."""
    return int.from_bytes(digest(seed, *parts)[:8], "big")


def fraction(seed: int, *parts: object) -> float:
    """A number from 0 up to, but not including, 1."""
    return draw(seed, *parts) / _SPAN


def tracking_id(seed: int, api_key: str, serial: int) -> str:
    """The id of the `serial`-th accepted job of a key, in the form of a UUID."""  # RES-1
    hashed = _series(seed, api_key).copy()
    hashed.update(b"%d" % serial)
    text = hashed.hexdigest()
    return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-a{text[17:20]}-{text[20:]}"


def new_api_key(seed: int, serial: int) -> str:
    """The key of the `serial`-th account that was opened without naming one."""
    return f"test_key_{digest(seed, 'account', serial).hex()[:20]}"


@lru_cache(1024)
def _series(seed: int, api_key: str) -> blake2b:
    """What the ids of a key begin with: half of their time."""
    return _hash(f"{seed}\0{api_key}\0")


def _hash(text: str) -> blake2b:
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16)
