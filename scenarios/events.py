"""Owns what is told of a story while it is played: frozen values, in the order of happening."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from scenarios.criteria import Checked
from scenarios.load import Story
from scenarios.model import Step, Workflow
from scenarios.records import Seen


class Exchange(NamedTuple):
    """One request and its answer, keys shortened; no status where none came, and `error` says why."""

    method: str
    path: str
    request_headers: Mapping[str, str]
    request_body: Any
    status: int | None = None
    response_headers: Mapping[str, str] = {}
    response_body: Any = None
    error: str = ""


class StoryBegan(NamedTuple):
    story: Story


class WorkflowBegan(NamedTuple):
    workflow: Workflow
    depth: int  # 0 for one that nobody called


class StepBegan(NamedTuple):
    step: Step
    number: int
    of: int
    depth: int


class Answered(NamedTuple):
    """An answer came, and `seen` is what happened meanwhile."""

    exchange: Exchange
    seen: Seen


class Retried(NamedTuple):
    """The step failed as one of its actions foresaw, and begins again."""

    checks: tuple[Checked, ...]
    attempt: int
    of: int
    after: float  # seconds of virtual time


class StepPassed(NamedTuple):
    step: Step
    checks: tuple[Checked, ...]


class StepFailed(NamedTuple):
    """`nearest` is the last thing that the target says to have happened, in words."""

    step: Step
    checks: tuple[Checked, ...]
    nearest: str


class StoryEnded(NamedTuple):
    story: Story
    passed: bool


Event = (
    StoryBegan
    | WorkflowBegan
    | StepBegan
    | Answered
    | Retried
    | StepPassed
    | StepFailed
    | StoryEnded
)
