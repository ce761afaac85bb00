"""The four forms of a report tell the same."""

import io
import json
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from rich.console import Console

from contracts.reports import Credits, Event, Report, Timeline, write_reports
from contracts.reports.document import document_of
from contracts.reports.html import html_of
from contracts.reports.junit import junit_of
from contracts.reports.terminal import print_report
from contracts.verdicts import Evidence, Exit, Level, Reason, Result, Verdict

HOSTILE = "</pre><script>alert(1)</script>\x00\x1b[31m"


def rule(verdict: Verdict, number: int, **fields: object) -> Result:
    given: dict[str, object] = {"level": Level.MUST, "facts": ("CR-5",)} | fields
    return Result(
        f"BIL-{number:03}",
        "BIL",
        f"claim {number}",
        verdict=verdict,
        **given,  # type: ignore[arg-type]
    )


RESULTS = (
    rule(Verdict.PASSED, 1),
    rule(
        Verdict.FAILED,
        2,
        detail="10 credits were taken",
        evidence=(Evidence("nothing is charged", HOSTILE, "GET /credits -> 200", "curl http://x"),),
    ),
    rule(Verdict.FAILED, 3, also=True),
    rule(Verdict.DIFFERS, 4, level=Level.ASSUMED, detail="202"),
    rule(Verdict.SKIPPED, 5, reason=Reason.NEEDS_OTHER),
    rule(Verdict.INCONCLUSIVE, 6, reason=Reason.NO_ANSWER, detail="nothing came"),
    rule(Verdict.UNOBSERVABLE, 7),
    rule(Verdict.FAILED, 8, expected_failure="known"),
)
REPORT = Report(
    title="Contract of a target",
    target="http://127.0.0.1:1",
    started_at="2026-01-01T00:00:00Z",
    seconds=1.5,
    exit=Exit.FAILED,
    results=RESULTS,
    calls=7,
    credits=Credits(100, 90, 10),
    facts={"plan": "max"},
    notes=("look here",),
    timelines=(
        Timeline(
            "paid",
            "a number is bought",
            (Event(0.0, "call", HOSTILE), Event(1.0, "webhook", "200")),
        ),
        Timeline("empty", "nothing happened", ()),
    ),
    extra={"profile": "full"},
)


def test_all_three_files_are_written_and_nothing_else(tmp_path: Path) -> None:
    write_reports(REPORT, tmp_path / "new" / "folder")

    names = sorted(each.name for each in (tmp_path / "new" / "folder").iterdir())
    assert names == ["junit.xml", "report.html", "report.json"]


def test_the_json_has_the_promised_fields(tmp_path: Path) -> None:
    write_reports(REPORT, tmp_path)
    document = json.loads((tmp_path / "report.json").read_text("utf-8"))

    assert {"verdict", "target", "startedAt", "rules", "calls", "credits"} <= set(document)
    assert document["credits"] == {"before": 100, "after": 90, "spent": 10}
    assert {"id", "area", "level", "facts", "verdict", "reason", "evidence"} <= set(
        document["rules"][1]
    )
    assert document["verdict"] == "failed"
    assert document["profile"] == "full"


def test_junit_counts_each_rule_once() -> None:
    root = ET.fromstring(junit_of(REPORT))
    suite = root.find("testsuite")

    assert suite is not None
    assert suite.attrib["tests"] == "8"
    assert [suite.attrib[name] for name in ("failures", "errors", "skipped")] == ["2", "1", "4"]
    assert root.attrib["failures"] == "2"


def test_in_a_strict_report_what_differs_is_a_failure() -> None:
    strict = Report(
        title="x",
        target="x",
        started_at="",
        seconds=0,
        exit=Exit.FAILED,
        results=(RESULTS[3],),
        strict=True,
    )

    assert b"<failure" in junit_of(strict)


def test_the_page_loads_nothing_runs_nothing_and_shows_every_rule() -> None:
    page = html_of(REPORT)

    assert "<script" not in page
    assert "src=" not in page
    assert "http-equiv" in page
    for each in RESULTS:
        assert f'id="{each.id}"' in page


@pytest.mark.parametrize("verdict", [Exit.PASSED, Exit.FAILED])
def test_the_terminal_tells_each_failure_and_why_others_were_not_decided(verdict: Exit) -> None:
    told = io.StringIO()
    report = Report(
        **{name: getattr(REPORT, name) for name in REPORT.__slots__} | {"exit": verdict}
    )

    print_report(report, Console(file=told, width=120, color_system=None))

    text = told.getvalue()
    assert "failed BIL-002 claim 2" in text
    assert "also failed BIL-003" in text
    assert "not decided, needs:other: BIL-005" in text
    assert "inconclusive BIL-006 claim 6 (no_answer)" in text
    assert "expected: known" in text
    assert "look here" in text
    assert "10 credits spent" in text


def test_without_a_purse_no_credits_are_told() -> None:
    told = io.StringIO()
    bare = Report(
        title="x", target="x", started_at="", seconds=0, exit=Exit.NOTHING_RAN, results=()
    )

    print_report(bare, Console(file=told, width=80, color_system=None))

    assert "credits" not in told.getvalue() + html_of(bare)
    assert "credits" not in document_of(bare)
