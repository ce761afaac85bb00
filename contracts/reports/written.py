"""Owns the files of a report: report.json, junit.xml and report.html in one folder."""

import json
from pathlib import Path

from contracts.reports.document import document_of
from contracts.reports.html import html_of
from contracts.reports.junit import junit_of
from contracts.reports.report import Report


def write_reports(report: Report, folder: Path) -> None:
    """Write all three, whole or not at all; raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    document = json.dumps(document_of(report), indent=2) + "\n"
    _write(folder / "report.json", document.encode())
    _write(folder / "junit.xml", junit_of(report))
    _write(folder / "report.html", html_of(report).encode(errors="replace"))


def _write(path: Path, content: bytes) -> None:
    partial = path.with_name(f".{path.name}.partial")
    partial.write_bytes(content)
    partial.replace(path)
