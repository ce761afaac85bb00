"""Owns the file of expected failures: rules that are known to fail on a target, each with its reason and date."""

import datetime as dt
import fnmatch
import tomllib
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, NoReturn

from contracts.verdicts import Result, Verdict

EXAMPLE: Final = """[[expected]]
rule = "TRK-004"
reason = "answers 202 while running; reported to the vendor"
date = 2026-01-31"""


class ExpectedError(ValueError):
    """The file cannot be used; the text says where and what to write."""


@dataclass(frozen=True, slots=True)
class Expected:
    """One known failure."""

    rule: str
    reason: str
    date: dt.date


def load_expected(path: Path | None, known: Collection[str]) -> list[Expected]:
    """Read the TOML file, none without a path; `known` are the ids that exist. Raises ExpectedError."""
    if path is None:
        return []
    try:
        document = tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ExpectedError(f"{path}: {_told(error)}") from None  # noqa: TRY003 - the sentence is for the user
    entries = document.get("expected", [])
    if set(document) - {"expected"} or not isinstance(entries, list):
        _refuse(path, f"holds nothing but a list of entries like\n{EXAMPLE}")
    return [_entry(path, number, each, known) for number, each in enumerate(entries, 1)]


def apply_expected(
    results: Sequence[Result], expected: Sequence[Expected]
) -> tuple[list[Result], list[str]]:
    """The results with known failures marked, and a sentence for each that passed after all."""
    reasons = {each.rule: each for each in expected}
    marked, surprises = [], []
    for result in results:
        known = reasons.get(result.id)
        if known is not None and result.verdict in (Verdict.FAILED, Verdict.DIFFERS):
            marked.append(replace(result, expected_failure=known.reason))
            continue
        marked.append(result)
        if known is not None and result.verdict is Verdict.PASSED:
            surprises.append(
                f"{result.id} passes, though it is expected to fail since {known.date}"
                f" ({known.reason}): take it out of the file"
            )
    return marked, surprises


def _entry(path: Path, number: int, entry: Any, known: Collection[str]) -> Expected:
    where = f"entry {number}"
    if not isinstance(entry, dict) or set(entry) != {"rule", "reason", "date"}:
        _refuse(path, f"{where} takes rule, reason and date, like\n{EXAMPLE}")
    rule, reason, date = entry["rule"], entry["reason"], entry["date"]
    if not isinstance(rule, str) or rule not in known:
        near = ", ".join(fnmatch.filter(sorted(known), f"{str(rule)[:3]}*")) or "explain lists them"
        _refuse(path, f"{where}: there is no rule {rule!r} ({near})")
    if not isinstance(reason, str) or not reason.strip():
        _refuse(path, f"{where}: a reason is a sentence")
    if not isinstance(date, dt.date) or isinstance(date, dt.datetime):
        _refuse(path, f"{where}: a date is written 2026-01-31, without quotes")
    return Expected(rule, reason, date)


def _refuse(path: Path, problem: str) -> NoReturn:
    raise ExpectedError(f"{path}: {problem}")  # noqa: TRY003 - the sentence is for the user


def _told(error: Exception) -> str:
    if isinstance(error, OSError):
        return error.strerror or str(error)
    return f"this is no TOML: {error}"
