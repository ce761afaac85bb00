"""Owns the page that `--html` writes: self-contained, a timeline and every exchange of each story. Pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import escape
from importlib.resources import files
from itertools import pairwise
from string import Template
from typing import Any, Final, NamedTuple

from scenarios.events import (
    Answered,
    Event,
    Exchange,
    Retried,
    StepBegan,
    StepFailed,
    StepPassed,
    StoryBegan,
    StoryEnded,
    WorkflowBegan,
)
from scenarios.records import Finished, Happening, Searched, later, seconds
from scenarios.totals import happened, totals
from scenarios.words import lasting, pretty, since, told

_LONGEST: Final = 12.0  # seconds that a stretch of nothing takes on the timeline
_NAMES: Final = {None: "", True: "good", False: "bad"}
_LABELS_APART: Final = 7  # percent of the width


Inside = Answered | Retried | StepPassed | StepFailed  # what happens within a step


class Axis:
    """Where on the timeline an instant is, in percent; long stretches of nothing are cut short."""

    def __init__(self, instants: Iterable[str]) -> None:
        self._places: dict[str, float] = {}
        ordered = sorted(set(instants))
        place = 0.0
        self._places = dict.fromkeys(ordered[:1], place)
        for before, after in pairwise(ordered):
            place += min(seconds(before, after), _LONGEST)
            self._places[after] = place
        self._whole = place or 1.0

    def percent(self, instant: str) -> float:
        return round(100 * self._places[instant] / self._whole, 2)

    def labels(self) -> Iterator[tuple[str, float]]:
        """Instants that are far enough from each other to be written."""
        last = float("-inf")
        for instant in self._places:
            place = self.percent(instant)
            if place - last >= _LABELS_APART:
                yield instant, place
                last = place


class Mark(NamedTuple):
    """Something on the timeline, from an instant to another; a point where both are the same."""

    row: str
    start: str
    end: str
    kind: str
    title: str


def page(stories: Sequence[Sequence[Event]], version: str) -> str:
    """The document, for the events of each story that was played."""
    skeleton = Template(files(__package__).joinpath("page.html").read_text(encoding="utf-8"))
    return skeleton.substitute(
        version=escape(version),
        summary="".join(_summary(n, each) for n, each in enumerate(stories)),
        stories="".join(_story(n, each) for n, each in enumerate(stories)),
    )


def _summary(number: int, events: Sequence[Event]) -> str:
    total = totals(events)
    cells = (f"{total.steps}", f"{total.spent:,}", f"{total.webhooks}", lasting(total.virtual))
    return (
        f'<tr><td>{_badge(total.passed)}</td><td><a href="#story-{number}">'
        f"{escape(total.story.title)}</a></td>{''.join(f'<td>{each}</td>' for each in cells)}</tr>"
    )


def _story(number: int, events: Sequence[Event]) -> str:
    total = totals(events)
    info = total.story.document.info
    return (
        f'<section class="story" id="story-{number}">'
        f"<h2>{_badge(total.passed)} {escape(info.title)}</h2>"
        f'<p class="lead">{escape(info.summary)}</p><p>{escape(info.description)}</p>'
        f"{_facts(info.facts)}{_timeline(events)}"
        f"<ol>{''.join(map(_section, _grouped(events)))}</ol></section>"
    )


def _grouped(events: Sequence[Event]) -> Iterator[list[Event]]:
    """The events of each step, headings of workflows by themselves."""
    group: list[Event] = []
    for each in events:
        if isinstance(each, WorkflowBegan | StepBegan) and group:
            yield group
            group = []
        if not isinstance(each, StoryBegan | StoryEnded):
            group.append(each)
    yield group


def _section(group: Sequence[Event]) -> str:
    first = group[0]
    if isinstance(first, WorkflowBegan):
        return f'</ol><h3 class="depth-{first.depth}">{escape(first.workflow.summary)}</h3><ol>'
    assert isinstance(first, StepBegan)
    bad = any(isinstance(each, StepFailed) for each in group)
    said = escape(first.step.description or first.step.step_id)
    inner = "".join(_told(each) for each in group if isinstance(each, Inside))
    return (
        f'<li value="{first.number}" class="{"failed" if bad else ""}"><p class="said">{said}</p>'
        f"{_facts(first.step.facts)}{inner}</li>"
    )


def _told(event: Inside) -> str:
    match event:
        case Answered(exchange, seen):
            return _exchange(exchange) + "".join(map(_happening, seen.happened))
        case Retried(_, attempt, of, after):
            again = f"Tried again, {attempt} of at most {of}, after {lasting(after)}."
            return f'<p class="note">{again}</p>'
        case StepFailed(_, checks, nearest):
            return "".join(map(_check, checks)) + f"<p>nearest: {escape(nearest)}</p>"
        case _:
            return "".join(map(_check, event.checks))


def _check(check: Any) -> str:
    mark, seen = ("✓", "") if check.passed else ("✗", f" — seen: {escape(check.seen)}")
    name = _NAMES[check.passed]
    return f'<p class="check {name}">{mark} <code>{escape(check.expected)}</code>{seen}</p>'


def _exchange(exchange: Exchange) -> str:
    answered = exchange.status or exchange.error
    name = "bad" if exchange.status is None or exchange.status >= 400 else "good"  # noqa: PLR2004 - HTTP's errors
    return (
        f"<details><summary><code>{exchange.method} {escape(exchange.path)}</code> "
        f'<b class="{name}">{escape(str(answered))}</b></summary><div class="bodies">'
        f"{_message('request', exchange.request_headers, exchange.request_body)}"
        f"{_message('answer', exchange.response_headers, exchange.response_body)}</div></details>"
    )


def _message(title: str, headers: Mapping[str, str], body: Any) -> str:
    shown = "\n".join(f"{name}: {value}" for name, value in headers.items())
    text = "" if body is None else pretty(body)
    return f"<div><h4>{title}</h4><pre>{escape(shown)}</pre><pre>{escape(text)}</pre></div>"


def _happening(happening: Happening) -> str:
    line = told(happening)
    body = getattr(happening, "body", None)
    shown = "" if body is None else f"<pre>{escape(pretty(body))}</pre>"
    return (
        f'<p class="happened {_NAMES[line.good]}"><b>{escape(line.label)}</b> {escape(line.text)} '
        f"<small>{escape(line.why)}</small></p>{shown}"
    )


def _timeline(events: Sequence[Event]) -> str:
    marks = list(_marks(happened(events)))
    if not marks:
        return ""
    axis = Axis(instant for each in marks for instant in each[1:3])
    start = marks[0].start
    rows = "".join(
        f'<div class="row"><span>{escape(row)}</span><div>'
        f"{''.join(_mark(each, axis) for each in marks if each.row == row)}</div></div>"
        for row in dict.fromkeys(each.row for each in marks)
    )
    labels = "".join(
        f'<i style="left:{place}%">{since(start, instant)}</i>' for instant, place in axis.labels()
    )
    return f'<div class="timeline">{rows}<div class="row axis"><span></span><div>{labels}</div></div></div>'


def _mark(mark: Mark, axis: Axis) -> str:
    left = axis.percent(mark.start)
    width = axis.percent(mark.end) - left
    form = f"left:{left}%;width:{width:g}%" if width else f"left:{left}%"
    kind = mark.kind if width else f"{mark.kind} point"
    return f'<i class="{kind}" style="{form}" title="{escape(mark.title)}"></i>'


def _marks(seen: Iterable[Happening]) -> Iterator[Mark]:
    for each in seen:
        line = told(each)
        title = f"{line.label}: {line.text}"
        if isinstance(each, Searched):
            if each.status is not None:
                end = later(each.at, each.seconds)
                yield Mark(each.provider, each.at, end, _NAMES[line.good] or "plain", title)
        elif not isinstance(each, Finished):
            yield Mark(line.label, each.at, each.at, _NAMES[line.good] or "plain", title)


def _facts(facts: Sequence[str]) -> str:
    if not facts:
        return ""
    return f'<p class="facts">{"".join(f"<span>{escape(each)}</span>" for each in facts)}</p>'


def _badge(passed: bool) -> str:  # noqa: FBT001 - what is shown
    return '<b class="badge good">passed</b>' if passed else '<b class="badge bad">failed</b>'
