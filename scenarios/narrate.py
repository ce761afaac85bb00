"""Owns the telling of a story in the terminal: line by line, and on a live one with bars that grow. Decides nothing."""

from collections.abc import Callable, Sequence
from functools import singledispatchmethod
from typing import Any, Final

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.live import Live
from rich.markup import escape
from rich.padding import Padding
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

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
from scenarios.records import Happening, Searched, Seen, Sent, later, seconds
from scenarios.totals import Totals
from scenarios.words import Told, compact, lasting, short_ids, since, summed, told

LONGEST: Final = 3  # real seconds that a stretch of nothing is waited for
_READING: Final = 2  # seconds at speed 1 that a step's sentence is left alone
_FRAMES: Final = 25  # of a bar, a second
_WIDTH: Final = 24  # of a bar, in characters
_PER_SECOND: Final = 4  # characters of a bar that one second of searching takes
_MANY: Final = 30  # happenings of one step that are summed up
_TEXT: Final = 5  # columns before the text of a step

Sleep = Callable[[float], None]


class Pace:
    """How much real time the telling takes: virtual seconds divided by `speed`, or none for None."""

    def __init__(self, speed: float | None, sleep: Sleep) -> None:
        self._speed = speed
        self._sleep = sleep

    def wait(self, virtual: float) -> None:
        if self._speed and virtual > 0:
            self._sleep(min(virtual / self._speed, LONGEST))

    def frames(self, virtual: float) -> int:
        """How many pictures a bar has that grows for so long; each is waited for with `frame`."""
        return int(min(virtual / self._speed, LONGEST) * _FRAMES) if self._speed else 0

    def frame(self) -> None:
        self._sleep(1 / _FRAMES)


class Narrator:
    def __init__(self, console: Console, pace: Pace, base_url: str) -> None:
        self._console = console
        self._pace = pace
        self._base = base_url
        self._start = ""
        self._last = ""
        self._nested = False

    @singledispatchmethod
    def tell(self, event: Event) -> None:
        """Tell one event, and take the time that it takes."""

    @tell.register
    def _story(self, event: StoryBegan) -> None:
        info = event.story.document.info
        self._start = self._last = ""
        self._console.print(Rule(f"[bold]{escape(info.title)}[/]", align="left", style="cyan"))
        for text, style in ((info.summary, ""), (info.description, "dim")):
            if text:
                self._console.print(
                    Padding(Text(" ".join(text.split()), style=style), (0, 0, 0, 2), expand=False)
                )
        if info.facts:
            self._console.print(
                Padding(Text(" ".join(info.facts), style="cyan"), (0, 0, 0, 2), expand=False)
            )

    @tell.register
    def _workflow(self, event: WorkflowBegan) -> None:
        mark = "▸ " if event.depth else ""
        self._console.print()
        self._console.print(
            Padding(
                Text(f"{mark}{event.workflow.summary}", style="italic"), (0, 0, 0, 2), expand=False
            )
        )

    @tell.register
    def _step(self, event: StepBegan) -> None:
        self._nested = event.depth > 0
        said = " ".join((event.step.description or event.step.step_id).split())
        if self._nested:
            self._put(f"[dim]{event.number:>2}[/] {escape(said)}")
            return
        facts = f"  [cyan]{escape(' '.join(event.step.facts))}[/]" if event.step.facts else ""
        row = Table.grid(padding=(0, 1))
        row.add_column(width=_TEXT - 2, justify="right")
        row.add_row(f"[bold cyan]{event.number}[/]", f"[bold]{escape(said)}[/]{facts}")
        self._console.print()
        self._console.print(row)
        self._pace.wait(_READING)

    @tell.register
    def _answered(self, event: Answered) -> None:
        if event.seen.now:
            self._start = self._start or later(event.seen.now, -event.seen.passed)
            self._last = self._last or self._start
        if not self._nested:  # the steps of another step are told by their names
            self._exchange(event.exchange)
            if event.seen.now:
                self._seen(event.seen)

    @tell.register
    def _retried(self, event: Retried) -> None:
        after = f" in {lasting(event.after)}" if event.after else ""
        self._line(Told("retry", f"{event.attempt} of at most {event.of}{after}"))

    @tell.register
    def _passed(self, event: StepPassed) -> None:
        if event.checks and not self._nested:
            self._put(f"[green]✓[/] [dim]{_hold(len(event.checks))}[/]")

    @tell.register
    def _failed(self, event: StepFailed) -> None:
        for each in event.checks:
            if each.passed:
                self._put(f"[green]✓[/] [dim]{escape(each.expected)}[/]")
            else:
                self._put(f"[bold red]✗ step {escape(event.step.step_id)}[/]")
                self._named("expected", each.expected)
                self._named("seen", each.seen)
        self._named("nearest", event.nearest)

    def _named(self, name: str, text: str) -> None:
        row = Table.grid(padding=(0, 1))
        row.add_row(f"[red]{name:8}[/]", Text(text))
        self._console.print(Padding(row, (0, 0, 0, _TEXT + 2), expand=False))

    @tell.register
    def _ended(self, event: StoryEnded) -> None:
        self._put("[bold green]✓ told to its end[/]" if event.passed else "[bold red]✗ failed[/]")
        self._console.print()

    def _exchange(self, exchange: Exchange) -> None:
        status, key = exchange.status, exchange.request_headers.get("x-api-key")
        said = f"[{_colour(status)}]{status or escape(exchange.error)}[/]"
        who = f" as {escape(key)}" if key else ""
        self._put(f"[dim]{exchange.method} {escape(short_ids(exchange.path))}{who}[/] → {said}")
        if not exchange.path.startswith("/_mock/"):  # what prepares the stage is told by the step
            self._body("→", exchange.request_body)
            self._body("←", exchange.response_body)

    def _body(self, arrow: str, body: Any, indent: int = 0) -> None:
        if body is not None:
            row = Table.grid(padding=(0, 1))
            row.add_row(f"[dim]{arrow}[/]", Text(short_ids(compact(body)).replace(self._base, "…")))
            self._console.print(Padding(row, (0, 0, 0, _TEXT + 2 + indent), expand=False))

    def _seen(self, seen: Seen) -> None:
        if len(seen.happened) > _MANY:
            for line in summed(seen.happened):
                self._line(line, seen.now)
        else:
            for each in seen.happened:
                self._happening(each)
        self._reach(seen.now)

    def _happening(self, happening: Happening) -> None:
        self._reach(happening.at)
        line = told(happening)
        if isinstance(happening, Searched):
            self._search(happening, line)
        else:
            self._line(line, happening.at)
        if isinstance(happening, Sent):
            self._body("←", happening.body, 8)

    def _reach(self, instant: str) -> None:
        """Let the time until this instant pass, as fast as the pace is."""
        self._pace.wait(seconds(self._last, instant))
        self._last = max(self._last, instant)

    def _search(self, search: Searched, line: Told) -> None:
        """A bar that grows for as long as the provider is searched; plain lines have it whole."""
        length = min(round(search.seconds * _PER_SECOND), _WIDTH)
        frames = self._pace.frames(search.seconds) if self._console.is_terminal else 0
        if frames and search.status is not None:
            with Live(console=self._console, auto_refresh=False, transient=True) as live:
                for n in range(frames):
                    row = self._row(Told(line.label, "▒" * int(length * n / frames)), search.at)
                    live.update(row, refresh=True)
                    self._pace.frame()
            self._last = later(search.at, search.seconds)
        grown = "░" if search.status is None else "█"
        self._line(line._replace(text=f"{grown * length:<{_WIDTH}} {line.text}"), search.at)

    def _line(self, line: Told, at: str = "") -> None:
        self._console.print(self._row(line, at))

    def _row(self, line: Told, at: str) -> Padding:
        style = {None: "", True: "green", False: "red"}[line.good]
        row = Table.grid(padding=(0, 1))
        row.add_column(width=7, justify="right")
        row.add_column(width=12)
        row.add_column(overflow="fold")
        why = f"  [dim]{escape(line.why)}[/]" if line.why else ""
        time = since(self._start, at) if at else ""
        row.add_row(
            f"[cyan]{time}[/]",
            f"[bold]{line.label}[/]",
            f"[{style or 'default'}]{escape(line.text)}[/]{why}",
        )
        return Padding(row, (0, 0, 0, _TEXT), expand=False)

    def _put(self, markup: str) -> None:
        self._console.print(Padding(Text.from_markup(markup), (0, 0, 0, _TEXT), expand=False))


def summarize(console: Console, played: Sequence[Totals]) -> None:
    """A table of all stories, and how many failed."""
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for heading in ("", "story", "steps", "credits", "webhooks", "virtual time"):
        table.add_column(heading, justify="left" if heading in ("", "story") else "right")
    for each in played:
        mark = "[green]✓[/]" if each.passed else "[red]✗[/]"
        numbers = f"{each.steps}", f"{each.spent:,}", f"{each.webhooks}", lasting(each.virtual)
        table.add_row(mark, escape(each.story.title), *numbers)
    console.print(table)
    failed = sum(not each.passed for each in played)
    said = f"[bold red]{failed} failed[/], " if failed else ""
    console.print(f"{said}[bold]{len(played) - failed} passed[/]")


def _hold(number: int) -> str:
    return "as expected" if number == 1 else f"{number} expectations hold"


def _colour(status: int | None) -> str:
    if status is None or status >= 500:  # noqa: PLR2004 - the classes of HTTP
        return "red"
    return "yellow" if status >= 400 else "green"  # noqa: PLR2004
