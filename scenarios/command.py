"""Owns `clodura-kit replay`: its options and exit codes, and the wiring of stories, targets and reports."""

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NoReturn, cast

import click

if TYPE_CHECKING:
    from io import TextIOWrapper

    from scenarios.events import Event
    from scenarios.load import Story
    from scenarios.narrate import Narrator
    from scenarios.target import Target

FAILED: Final = 1
USAGE: Final = 2
INTERRUPTED: Final = 130
WIDTH: Final = 100  # of plain lines, in columns
FILE: Final = click.Path(path_type=Path)

_SPEEDS: Final = {"1": 1.0, "10": 10.0, "instant": None}
_FOLDER: Final = Path(__file__).resolve().parent


def _complete(_context: Any, _parameter: Any, incomplete: str) -> list[str]:
    from scenarios.load import names

    return [each for each in names(_FOLDER) if each.startswith(incomplete)]


@click.command(
    short_help="Play stories (Arazzo) against the fake.",
    epilog="Example: clodura-kit replay credits-run-out-mid-waterfall --html story.html",
)
@click.argument("stories", nargs=-1, shell_complete=_complete, metavar="FILE…|NAME…")
@click.option("--list", "list_", is_flag=True, help="List the packaged stories, one line each.")
@click.option(
    "--speed",
    metavar="1|10|instant",
    help="Virtual seconds in a real one. [default: 10 on a terminal, else instant]",
)
@click.option("--step", is_flag=True, help="Wait for a key before each step.")
@click.option(
    "--target", metavar="URL", help="A fake that runs already, instead of one of its own."
)
@click.option(
    "--html", type=FILE, metavar="FILE", help="Write a page with timelines and every exchange."
)
@click.option("--report", type=FILE, metavar="DIR", help="Write junit.xml into this folder.")
def replay(
    stories: tuple[str, ...],
    list_: bool,
    speed: str | None,
    step: bool,
    target: str | None,
    html: Path | None,
    report: Path | None,
) -> None:
    """Play stories (Arazzo) against the fake and tell them: as a demo, or as a test in CI.

    They are files of yours, or names of packaged stories.
    """
    cast("TextIOWrapper", sys.stdout).reconfigure(errors="replace")  # a pipe may know no arrows
    if list_:
        _list()
        return
    if speed not in (None, *_SPEEDS):
        _stop(f"--speed is 1, 10 or instant, not {speed!r}")
    _check_places(html, report)
    if step and not (sys.stdin.isatty() and sys.stdout.isatty()):
        _stop("--step waits for a key, and this is no terminal: leave it away")
    loaded = _load(stories)
    try:
        played = _play(loaded, target, speed, step=step)
    except KeyboardInterrupt:
        print("\ninterrupted", file=sys.stderr)
        sys.exit(INTERRUPTED)
    _write(played, html, report)
    from scenarios.totals import totals

    if not all(totals(each).passed for each in played):
        sys.exit(FAILED)


def _check_places(html: Path | None, report: Path | None) -> None:
    """Before a story is told: afterwards it would be too late."""
    if html is not None and not html.parent.is_dir():
        _stop(f"--html {html}: there is no folder {html.parent}")
    if html is not None and html.is_dir():
        _stop(f"--html {html}: is a folder; name a file, such as story.html")
    if report is not None and report.exists() and not report.is_dir():
        _stop(f"--report {report}: is a file; name a folder")


def _list() -> None:
    from scenarios.load import names, read_document

    packaged = names(_FOLDER)
    width = max(map(len, packaged))
    for name, path in packaged.items():
        print(f"{name:<{width}}  {read_document(path).info.summary}")


def _load(wanted: Sequence[str]) -> "list[Story]":
    """All of them are read before anything is sent."""
    from scenarios.fakes import descriptions
    from scenarios.load import SpecError, load, names

    packaged = names(_FOLDER)
    if not wanted:
        _stop(f"which story? For example: clodura-kit replay {min(packaged)}   (--list shows all)")
    try:
        return [load(_path(each, packaged), descriptions()) for each in wanted]
    except SpecError as error:
        _stop(str(error))


def _path(wanted: str, packaged: dict[str, Path]) -> Path:
    from difflib import get_close_matches

    if Path(wanted).is_file():
        return Path(wanted)
    if Path(wanted).is_dir():
        _stop(f"{wanted} is a folder: name its files, or play it as tests, pytest {wanted}")
    if wanted not in packaged:
        near = ", ".join(get_close_matches(wanted, packaged))
        hint = f"near it: {near}" if near else "--list shows the stories"
        _stop(f"{wanted!r} is neither a file nor a story; {hint}")
    return packaged[wanted]


def _play(
    stories: "Sequence[Story]", target: str | None, speed: str | None, *, step: bool
) -> "list[list[Event]]":
    from time import sleep

    from rich.console import Console

    from scenarios.fakes import NoFake, own, running
    from scenarios.narrate import Narrator, Pace, summarize
    from scenarios.totals import totals

    console = Console(highlight=False, emoji=False)
    if not console.is_terminal:
        console.width = WIDTH
    pace = Pace(_SPEEDS[speed or ("10" if console.is_terminal else "instant")], sleep)
    played = []
    try:
        start = own if target is None else running(target)
        for story in stories:
            with start() as fake:
                narrator = Narrator(console, pace, fake.url)
                played.append(list(_told(story, fake, narrator, step=step)))
    except NoFake as error:
        _stop(str(error))
    summarize(console, [totals(each) for each in played])
    return played


def _told(
    story: "Story", target: "Target", narrator: "Narrator", *, step: bool
) -> "Iterator[Event]":
    """The events of a story, each of them told before the next one happens."""
    from scenarios.events import StepBegan
    from scenarios.play import play

    for event in play(story, target):
        narrator.tell(event)
        yield event
        if step and isinstance(event, StepBegan) and event.depth == 0:
            click.getchar()


def _write(played: "list[list[Event]]", html: Path | None, report: Path | None) -> None:
    from mock_server import __version__
    from scenarios.junit import junit
    from scenarios.page import page

    if html is not None:
        _save(html, page(played, __version__).encode("utf-8", "replace"))
        print(f"page      {html}")
    if report is not None:
        _save(report / "junit.xml", junit(played))
        print(f"report    {report / 'junit.xml'}")


def _save(path: Path, content: bytes) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    except OSError as error:
        _stop(f"{path}: cannot be written, {error.strerror}")


def _stop(problem: str) -> NoReturn:
    print(f"clodura-kit: {problem}", file=sys.stderr)
    sys.exit(USAGE)
