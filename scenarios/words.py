"""Owns how things that happened read, in the terminal and on the page alike: label, text, reason. Pure."""

import json
import re
from collections import Counter
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from scenarios.records import Charged, Finished, Happening, Searched, Sent, seconds

_MINUTE: Final = 60
_HOUR: Final = 3600
_UUID: Final = re.compile(r"\b([0-9a-f]{8})(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b")
_KINDS: Final = {"unified": "", "phone": " phone", "export": " export", "topup": ""}


class Told(NamedTuple):
    """One line: who, what, and why; `good` is None where it is neither good nor bad."""

    label: str
    text: str
    why: str = ""
    good: bool | None = None


def told(happening: Happening) -> Told:
    match happening:
        case Searched():
            return _searched(happening)
        case Charged():
            return _charged(happening)
        case Finished():
            words = happening.charged or "nothing"
            return Told("search", f"is over, {words} charged", happening.why)
        case _:
            good = happening.outcome == "delivered"
            return Told(
                "webhook", f"attempt {happening.attempt} {happening.outcome}", happening.why, good
            )


def summed(happened: Sequence[Happening]) -> list[Told]:
    """Many happenings in few lines: how many searches, charges and webhooks, and how they ended."""
    searches = [each.status or "being searched" for each in happened if isinstance(each, Searched)]
    entries = [each for each in happened if isinstance(each, Charged)]
    sent = [each.outcome for each in happened if isinstance(each, Sent)]
    lines = [Told("searches", _counted(searches))] if searches else []
    if entries:
        total = sum(each.amount for each in entries)
        lines.append(
            Told("money", f"{len(entries)} entries, {total:+} credits, {entries[-1].left:,} left")
        )
    return [*lines, Told("webhooks", _counted(sent))] if sent else lines


def since(start: str, instant: str) -> str:
    """The time since the story began, as on a stopwatch: `0:07`, `12:35`, `1:00:00`."""
    passed = seconds(start, instant)
    hours, rest = divmod(int(passed), _HOUR)
    minutes, whole = divmod(rest, _MINUTE)
    head = f"{hours}:{minutes:02}" if hours else f"{minutes}"
    return f"{head}:{whole:02}"


def lasting(passed: float) -> str:
    """A duration in words: `3 s`, `2 min 5 s`, `24 h`."""
    hours, rest = divmod(round(passed, 2), _HOUR)
    minutes, left = divmod(rest, _MINUTE)
    parts = [(hours, "h"), (minutes, "min"), (left, "s")]
    return " ".join(f"{n:g} {unit}" for n, unit in parts if n) or "0 s"


def compact(document: Any) -> str:
    """A document in one line."""
    return document if isinstance(document, str) else json.dumps(document, ensure_ascii=False)


def pretty(document: Any) -> str:
    """A document over several lines."""
    if isinstance(document, str):
        return document
    return json.dumps(document, ensure_ascii=False, indent=2)


def short_ids(text: str) -> str:
    """The text with each tracking id cut to its first eight digits."""
    return _UUID.sub(r"\1…", text)


def _counted(words: Sequence[str]) -> str:
    return ", ".join(f"{n} {word}" for word, n in Counter(words).items())


def _searched(search: Searched) -> Told:
    if search.status is None:
        return Told(search.provider, "is being searched", f"answers in {lasting(search.seconds)}")
    if search.numbers:
        found = f"{search.status} {', '.join(search.numbers)}"
        return Told(search.provider, found, search.why, good=True)
    good = None if search.status == "notFound" else False
    return Told(search.provider, search.status, search.why, good)


def _charged(entry: Charged) -> Told:
    kind = _KINDS.get(entry.kind, f" {entry.kind}")
    noun = "credit" if abs(entry.amount) == 1 else "credits"
    text = f"{entry.amount:+}{kind} {noun}, {entry.left:,} left"
    return Told("money", text, entry.why, entry.amount > 0 or None)
