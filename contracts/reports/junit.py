"""Owns junit.xml: one test case per rule, one suite per area."""

import re
from collections.abc import Sequence
from xml.etree import ElementTree as ET

from contracts.reports.report import Report
from contracts.verdicts import Result, Verdict

_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit_of(report: Report) -> bytes:
    """The report as JUnit XML. Failures that are expected, and facts that differ, are skipped with their reason."""
    root = ET.Element("testsuites", name=clean(report.title), time=f"{report.seconds:.3f}")
    totals = {"tests": 0, "failures": 0, "errors": 0, "skipped": 0}
    for area, results in report.areas().items():
        suite = ET.SubElement(root, "testsuite", name=clean(area), timestamp=report.started_at)
        counts = dict.fromkeys(totals, 0)
        for result in results:
            counts["tests"] += 1
            outcome = _case(suite, result, strict=report.strict)
            if outcome:
                counts[outcome] += 1
        _count(suite, counts)
        totals = {name: totals[name] + counts[name] for name in totals}
    _count(root, totals)
    ET.indent(root)
    text: str = ET.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="utf-8"?>\n{text}\n'.encode()


def clean(text: str) -> str:
    """Text without what XML cannot hold."""
    return _NO_XML.sub("\N{REPLACEMENT CHARACTER}", text)


def told(result: Result) -> str:
    """Detail and evidence as lines of text."""
    lines: list[str] = [result.detail] if result.detail else []
    for each in result.evidence:
        lines += [f"expected: {each.expected}", f"seen: {each.seen}"]
        lines += [text for text in (each.exchange, each.curl) if text]
    return "\n".join(lines)


def _case(suite: ET.Element, result: Result, *, strict: bool) -> str | None:
    """Adds the case; returns the count that it belongs to."""
    case = ET.SubElement(
        suite,
        "testcase",
        classname=clean(result.area),
        name=clean(f"{result.id} {result.title}"),
    )
    if result.verdict is Verdict.PASSED:
        return None
    if result.counts_as_failed(strict=strict):
        message = f"{'also: ' if result.also else ''}{result.detail or result.title}"
        failure = ET.SubElement(case, "failure", message=clean(message), type=str(result.verdict))
        failure.text = clean(told(result))
        return "failures"
    if result.verdict is Verdict.INCONCLUSIVE:
        error = ET.SubElement(case, "error", message=clean(_why(result)), type=str(result.reason))
        error.text = clean(told(result))
        return "errors"
    ET.SubElement(case, "skipped", message=clean(_why(result)))
    return "skipped"


def _why(result: Result) -> str:
    parts: Sequence[str | None] = (
        str(result.verdict),
        result.reason and str(result.reason),
        result.expected_failure and f"expected: {result.expected_failure}",
        result.detail,
    )
    return ": ".join(filter(None, parts))


def _count(element: ET.Element, counts: dict[str, int]) -> None:
    for name, count in counts.items():
        element.set(name, str(count))
