"""Builders: a small story as text, read, and played."""

from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from io import StringIO
from pathlib import Path
from typing import Any

import yaml
from rich.console import Console
from typing_extensions import override

from mock_server.client import Answer, ControlClient
from scenarios.events import Event
from scenarios.fakes import descriptions, own
from scenarios.load import Story, load
from scenarios.narrate import Narrator, Pace
from scenarios.play import play
from scenarios.target import Target

SOURCES = [
    {"name": "clodura", "url": "openapi.yaml", "type": "openapi"},
    {"name": "control", "url": "control.yaml", "type": "openapi"},
]
KEY = "$steps.openAccount.outputs.apiKey"
AS_ACCOUNT = {"name": "X-API-KEY", "in": "header", "value": KEY}
Fields = Mapping[str, Any]


def step(step_id: str, operation: str, *conditions: str, **fields: Any) -> dict[str, Any]:
    """A step of `clodura` or `control`, as in `control.getClock`; a payload becomes a requestBody."""
    written: dict[str, Any] = {
        "stepId": step_id,
        "operationId": f"$sourceDescriptions.{operation}",
        "successCriteria": [{"condition": each} for each in conditions],
        **fields,
    }
    if "payload" in written:
        written["requestBody"] = {"payload": written.pop("payload")}
    return written


def account(**fields: Any) -> dict[str, Any]:
    payload = {"plan": "max", **fields}
    outputs = {"apiKey": "$response.body#/apiKey"}
    return step("openAccount", "control.openAccount", payload=payload, outputs=outputs)


def reveal(*conditions: str, step_id: str = "reveal", **fields: Any) -> dict[str, Any]:
    fields = {"payload": {"personId": "mock-found"}, "parameters": [AS_ACCOUNT], **fields}
    return step(step_id, "clodura.revealPhone", *conditions, **fields)


def passes(seconds: float, *conditions: str) -> dict[str, Any]:
    return step("passes", "control.advanceClock", *conditions, payload={"seconds": seconds})


def credits(*conditions: str) -> dict[str, Any]:
    return step("credits", "clodura.getCredits", *conditions, parameters=[AS_ACCOUNT])


def workflow(*steps: Fields, name: str = "told", **fields: Any) -> dict[str, Any]:
    return {"workflowId": name, "summary": f"The part {name}.", "steps": list(steps), **fields}


def document(*workflows: Fields, **fields: Any) -> dict[str, Any]:
    return {
        "arazzo": "1.0.1",
        "info": {"title": "A story", "summary": "In short.", "version": "1.0.0"},
        "sourceDescriptions": deepcopy(SOURCES),
        "workflows": list(workflows),
        **fields,
    }


def written(folder: Path, content: Any, name: str = "a-story") -> Path:
    path = folder / f"{name}.arazzo.yaml"
    text = content if isinstance(content, str) else yaml.safe_dump(content, sort_keys=False)
    path.write_text(text, encoding="utf-8")
    return path


def read(folder: Path, *workflows: Fields) -> Story:
    return load(written(folder, document(*workflows)), descriptions())


def played(story: Story, target: Target | None = None) -> list[Event]:
    """The events, of a fake of its own unless another target is given."""
    if target is not None:
        return list(play(story, target))
    with own() as fake:
        return list(play(story, fake))


def of_kind(events: Sequence[Event], kind: type) -> Iterator[Any]:
    return (each for each in events if isinstance(each, kind))


class Recorded(ControlClient):
    """A target that answers 200 with an empty document and keeps what it was asked."""

    def __init__(self, *answers: Answer | Exception) -> None:
        super().__init__("http://fake")
        self.asked: list[tuple[str, str, bytes | None, Mapping[str, str]]] = []
        self._answers = list(answers)

    @override
    def exchange(
        self, method: str, path: str, body: bytes | None, headers: Mapping[str, str]
    ) -> Answer:
        if path.startswith("/api"):
            self.asked.append((method, path, body, headers))
            answer = self._answers.pop(0) if self._answers else Answer(200, {}, b"{}")
            if isinstance(answer, Exception):
                raise answer
            return answer
        raise OSError


class Slept(list[float]):
    """A sleep that does not take any time."""

    def __call__(self, seconds: float) -> None:
        self.append(seconds)


def narrated(
    events: Sequence[Event], *, terminal: bool = False, speed: float | None = None
) -> tuple[str, list[float]]:
    """What is printed, and the pauses in between."""
    said, slept = StringIO(), Slept()
    console = Console(
        file=said, width=100, force_terminal=terminal, no_color=True, highlight=False, emoji=False
    )
    narrator = Narrator(console, Pace(speed, slept), "http://fake")
    for event in events:
        narrator.tell(event)
    return said.getvalue(), slept
