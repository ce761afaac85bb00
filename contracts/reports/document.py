"""Owns report.json."""

from dataclasses import asdict
from typing import Any

from contracts.reports.report import Report
from contracts.verdicts import Result, counted


def document_of(report: Report) -> dict[str, Any]:
    """The report as a document for machines; its fields are a promise."""
    document: dict[str, Any] = {
        "verdict": report.verdict,
        "exitCode": int(report.exit),
        "target": report.target,
        "startedAt": report.started_at,
        "seconds": round(report.seconds, 3),
        "strict": report.strict,
        "counts": {str(name): count for name, count in counted(report.results).items()},
        "rules": [_rule(each) for each in report.results],
        "calls": report.calls,
        "notes": list(report.notes),
    }
    if report.credits is not None:
        document["credits"] = asdict(report.credits)
    return document | dict(report.extra)


def _rule(result: Result) -> dict[str, Any]:
    return {
        "id": result.id,
        "area": result.area,
        "title": result.title,
        "level": str(result.level),
        "facts": list(result.facts),
        "verdict": str(result.verdict),
        "reason": None if result.reason is None else str(result.reason),
        "detail": result.detail,
        "also": result.also,
        "expectedFailure": result.expected_failure,
        "evidence": [asdict(each) for each in result.evidence],
    }
