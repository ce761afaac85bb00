"""Owns the report for CI: JUnit's XML, a suite for each story and a case for each step. Pure."""

import re
from collections.abc import Iterable, Sequence
from typing import Final
from xml.etree import ElementTree as ET

from scenarios.events import Event, StepFailed, StepPassed, StoryBegan
from scenarios.load import Story

_NOT_XML: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit(stories: Iterable[Sequence[Event]]) -> bytes:
    """The document, for the events of each story that was played."""
    root = ET.Element("testsuites", name="clodura-kit replay")
    for events in stories:
        _suite(root, events)
    ET.indent(root)
    text: str = ET.tostring(root, encoding="unicode")
    return f"<?xml version='1.0' encoding='utf-8'?>\n{text}\n".encode()


def failure(event: StepFailed) -> str:
    """What was expected, what was seen, and the nearest event."""
    lines = [
        f"expected {each.expected}\nseen     {each.seen}"
        for each in event.checks
        if not each.passed
    ]
    return "\n".join([*lines, f"nearest  {event.nearest}"])


def _suite(root: ET.Element, events: Sequence[Event]) -> None:
    story = next(each.story for each in events if isinstance(each, StoryBegan))
    ended = [each for each in events if isinstance(each, StepPassed | StepFailed)]
    failed = sum(isinstance(each, StepFailed) for each in ended)
    suite = ET.SubElement(
        root, "testsuite", name=story.name, tests=str(len(ended)), failures=str(failed), errors="0"
    )
    for each in ended:
        _case(suite, story, each)


def _case(suite: ET.Element, story: Story, event: StepPassed | StepFailed) -> None:
    case = ET.SubElement(suite, "testcase", classname=story.name, name=event.step.step_id)
    if isinstance(event, StepFailed):
        first = next(each for each in event.checks if not each.passed)
        told = ET.SubElement(
            case, "failure", message=_NOT_XML.sub("?", f"expected {first.expected}")
        )
        told.text = _NOT_XML.sub("?", failure(event))
