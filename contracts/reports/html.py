"""Owns report.html: one file with a matrix of rules, what was found, and a timeline of each journey. Loads nothing."""

from collections.abc import Iterable, Iterator
from html import escape
from importlib.resources import files

from contracts.reports.report import Event, Report, Timeline
from contracts.verdicts import Evidence, Result, Verdict, counted

_POLICY = "default-src 'none'; style-src 'unsafe-inline'"


def html_of(report: Report) -> str:
    """The report as a page that needs neither network nor script."""
    return "\n".join(_page(report))


def _page(report: Report) -> Iterator[str]:
    style = files("contracts.reports").joinpath("report.css").read_text("utf-8")
    yield '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
    yield f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
    yield f"<title>{escape(report.title)}: {report.verdict}</title>\n<style>{style}</style></head><body>"
    yield from _header(report)
    yield from _matrix(report)
    yield "<main>"
    for verdict in (Verdict.FAILED, Verdict.DIFFERS, Verdict.INCONCLUSIVE):
        yield from _section(verdict, [each for each in report.results if each.verdict is verdict])
    yield from _timelines(report.timelines)
    yield from _all_rules(report)
    yield "</main></body></html>"


def _header(report: Report) -> Iterator[str]:
    yield f'<header class="{"good" if report.exit == 0 else "bad"}">'
    yield f"<h1>{escape(report.title)}</h1><p class=verdict>{escape(report.verdict)}</p><dl>"
    counts = ", ".join(f"{n} {name}" for name, n in counted(report.results).items() if n)
    told = {"Target": report.target, "Started": report.started_at, "Rules": counts}
    told |= {name.capitalize(): value for name, value in report.facts.items()}
    told["Calls"] = f"{report.calls} in {report.seconds:.1f} s"
    if report.credits is not None:
        credits = report.credits
        told["Credits"] = f"{credits.before} before, {credits.after} after, {credits.spent} spent"
    for name, value in told.items():
        yield f"<div><dt>{escape(name)}</dt><dd>{escape(value)}</dd></div>"
    yield "</dl>"
    for note in report.notes:
        yield f"<p class=note>{escape(note)}</p>"
    yield "</header>"


def _matrix(report: Report) -> Iterator[str]:
    yield '<nav class="matrix" aria-label="Rules by area">'
    for area, results in report.areas().items():
        yield f"<div class=row><b>{escape(area)}</b><span>"
        for each in results:
            tip = f"{each.id} {each.title}: {each.verdict}"
            yield (
                f'<a class="cell {each.verdict}" href="#{escape(each.id)}" title="{escape(tip)}"'
                f' aria-label="{escape(tip)}">{escape(each.id.rpartition("-")[2])}</a>'
            )
        yield "</span></div>"
    yield "<p class=legend>"
    for verdict in Verdict:
        yield f'<span><i class="cell {verdict}"></i>{verdict}</span>'
    yield "</p></nav>"


def _section(verdict: Verdict, results: list[Result]) -> Iterator[str]:
    if results:
        yield f"<section><h2>{verdict.capitalize()}</h2>"
        for each in sorted(results, key=lambda one: one.also):
            yield from _finding(each)
        yield "</section>"


def _finding(result: Result) -> Iterator[str]:
    also = "<span class=tag>also</span>" if result.also else ""
    known = (
        f"<span class=tag>expected: {escape(result.expected_failure)}</span>"
        if result.expected_failure
        else ""
    )
    head = f"<code>{escape(result.id)}</code> {escape(result.title)}{also}{known}"
    yield f'<article class="{result.verdict}"><h3>{head}</h3>'
    reason = f" ({result.reason})" if result.reason else ""
    yield f"<p>{escape(result.detail)}{reason} <small>{escape(', '.join(result.facts))}</small></p>"
    for each in result.evidence:
        yield from _evidence(each)
    yield "</article>"


def _evidence(evidence: Evidence) -> Iterator[str]:
    yield f"<dl class=evidence><dt>expected</dt><dd>{escape(evidence.expected)}</dd>"
    yield f"<dt>seen</dt><dd>{escape(evidence.seen)}</dd></dl>"
    for text in filter(None, (evidence.exchange, evidence.curl)):
        yield f"<pre>{escape(text)}</pre>"


def _timelines(timelines: Iterable[Timeline]) -> Iterator[str]:
    for each in timelines:
        yield f"<details class=timeline><summary><b>{escape(each.name)}</b> {escape(each.title)}"
        yield f" <small>{len(each.events)} events</small></summary>"
        if each.events:
            yield from _strip(each.events)
            yield "<table><thead><tr><th>s<th><th>what<th></tr></thead><tbody>"
            for event in each.events:
                yield (
                    f'<tr class="{escape(event.kind)}"><td>{event.at:.3f}<td>{escape(event.kind)}'
                    f"<td>{escape(event.text)}<td>{escape(event.detail)}</tr>"
                )
            yield "</tbody></table>"
        yield "</details>"


def _strip(events: Iterable[Event]) -> Iterator[str]:
    """All events on one line of time."""
    events = list(events)
    begin, end = events[0].at, max(each.at for each in events)
    width = max(end - begin, 1e-9)
    yield "<div class=strip aria-hidden=true>"
    for each in events:
        place = 100 * (each.at - begin) / width
        tip = f"{each.at:.3f} s {each.text}"
        yield f'<i class="{escape(each.kind)}" style="left:{place:.2f}%" title="{escape(tip)}"></i>'
    yield "</div>"


def _all_rules(report: Report) -> Iterator[str]:
    head = "".join(f"<th>{each}" for each in ("id", "rule", "level", "facts", "verdict", "why"))
    yield f"<section><h2>All rules</h2><table><thead><tr>{head}</tr></thead><tbody>"
    for each in report.results:
        why = escape(": ".join(filter(None, (each.reason and str(each.reason), each.detail))))
        yield (
            f'<tr id="{escape(each.id)}"><td><code>{escape(each.id)}</code><td>{escape(each.title)}<td>{each.level}'
            f'<td>{escape(", ".join(each.facts))}<td class="{each.verdict}">{each.verdict}<td>{why}</tr>'
        )
    yield "</tbody></table></section>"
