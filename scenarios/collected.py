"""Owns stories as tests: what pytest collects from a `*.arazzo.yaml`, and how a failure reads."""

from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console
from typing_extensions import override

from scenarios.fakes import descriptions, own
from scenarios.load import SpecError, Story, load
from scenarios.narrate import Narrator, Pace
from scenarios.play import play
from scenarios.totals import totals

_WIDTH = 100


class StoryFile(pytest.File):
    @override
    def collect(self) -> Iterator[pytest.Item]:
        try:
            story = load(self.path, descriptions())
        except SpecError as error:
            raise self.CollectError(str(error)) from None
        yield StoryItem.from_parent(self, name=story.name, story=story)


class StoryItem(pytest.Item):
    """Plays a story against a fake of its own, on a manual clock."""

    def __init__(self, name: str, parent: pytest.Collector, story: Story) -> None:
        super().__init__(name, parent)
        self._story = story

    @override
    def runtest(self) -> None:
        said = StringIO()
        with own() as fake:
            narrator = Narrator(Console(file=said, width=_WIDTH), Pace(None, print), fake.url)
            events = []
            for event in play(self._story, fake):
                narrator.tell(event)
                events.append(event)
        if not totals(events).passed:
            pytest.fail(said.getvalue(), pytrace=False)

    @override
    def reportinfo(self) -> tuple[Path, int | None, str]:
        return self.path, 0, self._story.title
