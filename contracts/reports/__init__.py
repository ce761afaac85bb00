"""Owns what a run tells: on the terminal, as JSON, JUnit XML and HTML, from one Report value that both suites fill."""

from contracts.reports.report import Credits, Event, Report, Timeline
from contracts.reports.written import write_reports

__all__ = ["Credits", "Event", "Report", "Timeline", "write_reports"]
