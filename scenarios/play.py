"""Owns the playing of a story: step after step, until one fails. Tells what happens as events; prints nothing."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from scenarios.criteria import Checked
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
from scenarios.expressions import Unresolved, filled
from scenarios.load import Story
from scenarios.model import LONGEST_RETRY, Retry, Step, Workflow
from scenarios.records import NOTHING, Happening, Records, Seen, between
from scenarios.requests import Values, request_of, values_of
from scenarios.target import CANNOT_ANSWER, Answer, Request, Target, Watched, document
from scenarios.words import told


def play(story: Story, target: Target) -> Iterator[Event]:
    """Play all of it; each step is sent when the event after its StepBegan is asked for."""
    player = _Player(story, Watched(target))
    yield StoryBegan(story)
    yield from player.story()
    yield StoryEnded(story, not player.failed)


class Silence(NamedTuple):
    """No answer came."""

    why: str


@dataclass
class _Frame:
    """What the expressions of one running workflow can speak of."""

    workflow: Workflow
    inputs: Mapping[str, Any]
    depth: int
    steps: dict[str, Any] = field(default_factory=dict)


class _Player:
    def __init__(self, story: Story, target: Watched) -> None:
        self.failed = False
        self._story = story
        self._target = target
        self._records = Records("")
        self._happened: Happening | None = None
        self._done: dict[str, Any] = {}  # inputs and outputs of the workflows by their ids

    def story(self) -> Iterator[Event]:
        self._records = self._target.records()
        for workflow in self._story.workflows:
            yield from self._workflow(_Frame(workflow, workflow.inputs.values({}), 0))
            if self.failed:
                return

    def _workflow(self, frame: _Frame) -> Iterator[Event]:
        workflow = frame.workflow
        yield WorkflowBegan(workflow, frame.depth)
        self._done[workflow.workflow_id] = {"inputs": frame.inputs, "outputs": {}}
        for number, step in enumerate(workflow.steps, 1):
            yield StepBegan(step, number, len(workflow.steps), frame.depth)
            yield from self._step(step, frame)
            if self.failed:
                return
        try:
            outputs = filled(workflow.outputs, self._scope(frame))
        except Unresolved as missing:
            yield self._fail(workflow.steps[-1], _without_a_value(missing))
            return
        self._done[workflow.workflow_id]["outputs"] = outputs

    def _step(self, step: Step, frame: _Frame) -> Iterator[Event]:
        try:
            if step.workflow_id is None:
                yield from self._attempts(step, frame)
            else:
                yield from self._call(step, step.workflow_id, frame)
        except Unresolved as missing:
            yield self._fail(step, _without_a_value(missing))
        except UnicodeEncodeError as error:
            seen = f"it holds what UTF-8 has no bytes for: {error.reason}"
            yield self._fail(
                step, (Checked(passed=False, expected="a request that can be sent", seen=seen),)
            )

    def _call(self, step: Step, workflow_id: str, frame: _Frame) -> Iterator[Event]:
        """Another workflow as one step of this one."""
        workflow, scope = self._story.workflow(workflow_id), self._scope(frame)
        given = {each.name: filled(each.value, scope) for each in step.parameters}
        yield from self._workflow(_Frame(workflow, workflow.inputs.values(given), frame.depth + 1))
        if not self.failed:
            scope = {**self._scope(frame), "outputs": self._done[workflow_id]["outputs"]}
            frame.steps[step.step_id] = {"outputs": filled(step.outputs, scope)}
            yield StepPassed(step, ())

    def _attempts(self, step: Step, frame: _Frame) -> Iterator[Event]:
        """The step's operation, again as often as its actions foresee."""
        retries = 0
        while True:
            scope = self._scope(frame)
            values = values_of(step, frame.workflow, scope)
            payload = filled(step.request_body.payload, scope) if step.request_body else None
            operation = self._story.operation(str(step.operation_id))
            request = request_of(operation, step, values, payload)
            answer = self._send(request)
            yield Answered(self._exchange(request, answer), self._look())
            scope |= self._heard(request, answer, values, payload)
            checks = self._checked(step, answer, scope)
            if all(each.passed for each in checks):
                frame.steps[step.step_id] = {"outputs": filled(step.outputs, scope)}
                yield StepPassed(step, checks)
                return
            action = self._foreseen(step, scope)
            if action is None or retries == action.retry_limit:
                yield self._fail(step, checks)
                return
            retries += 1
            yield from self._wait(checks, retries, action, answer)

    def _send(self, request: Request) -> Answer | Silence:
        try:
            return self._target.send(request)
        except CANNOT_ANSWER as error:
            return Silence(str(error) or type(error).__name__)

    def _wait(
        self, checks: tuple[Checked, ...], attempt: int, action: Retry, answer: Answer | Silence
    ) -> Iterator[Event]:
        """Virtual time passes: the answer's own Retry-After in seconds, or else the action's."""
        said = "" if isinstance(answer, Silence) else answer.headers.get("retry-after", "")
        after = min(float(said), LONGEST_RETRY) if said.isdecimal() else action.retry_after
        yield Retried(checks, attempt, action.retry_limit, after)
        if after:
            self._target.advance(after)

    def _checked(
        self, step: Step, answer: Answer | Silence, scope: Mapping[str, Any]
    ) -> tuple[Checked, ...]:
        if isinstance(answer, Silence):
            expected = f"an answer from {self._target.url}"
            return (Checked(passed=False, expected=expected, seen=answer.why),)
        checks = (each.criterion.check(scope) for each in step.success_criteria)
        return tuple(replace(each, seen=self._target.hidden(each.seen)) for each in checks)

    def _foreseen(self, step: Step, scope: Mapping[str, Any]) -> Retry | None:
        for action in step.on_failure:
            if all(each.criterion.check(scope).passed for each in action.criteria):
                return action
        return None

    def _fail(self, step: Step, checks: tuple[Checked, ...]) -> StepFailed:
        self.failed = True
        return StepFailed(step, checks, self._target.hidden(self._nearest(step)))

    def _nearest(self, step: Step) -> str:
        """The last request in the journal, or what happened after it; a control call is in no journal."""
        asked, happened = self._target.last_request(), self._happened
        if happened is None:
            return " ".join(asked) if asked else "nothing has happened in this story"
        line = told(happened)
        found = f"{happened.at} {line.label} {line.text}: {line.why}"
        if asked is None or happened.at > asked[0]:
            return found
        control = step.operation_id and "/_mock/" in self._story.operation(step.operation_id).path
        return found if control and happened.at == asked[0] else " ".join(asked)

    def _scope(self, frame: _Frame) -> dict[str, Any]:
        sources = self._story.document.source_descriptions
        return {
            "inputs": frame.inputs,
            "steps": frame.steps,
            "workflows": self._done,
            "sourceDescriptions": {each.name: {"url": each.url} for each in sources},
        }

    def _look(self) -> Seen:
        before, self._records = self._records, self._target.records()
        seen = between(before, self._records) if self._records.now else NOTHING
        if seen.happened:
            self._happened = seen.happened[-1]
        return seen

    def _exchange(self, request: Request, answer: Answer | Silence) -> Exchange:
        hidden = self._target.hidden
        sent = Exchange(
            request.method,
            self._target.hidden_path(request.path),
            hidden(request.headers),
            hidden(document(request.body or b"")),
        )
        if isinstance(answer, Silence):
            return sent._replace(error=answer.why)
        return sent._replace(
            status=answer.status,
            response_headers=hidden(answer.headers),
            response_body=hidden(document(answer.body)),
        )

    def _heard(
        self, request: Request, answer: Answer | Silence, values: Values, payload: Any
    ) -> dict[str, Any]:
        """What expressions can say of a request and its answer; nothing of an answer that did not come."""
        sent = {
            "url": self._target.url + request.path,
            "method": request.method,
            "request": {**values, "header": request.headers, "body": payload},
        }
        if isinstance(answer, Silence):
            return sent
        response = {"header": answer.headers, "body": document(answer.body)}
        return {**sent, "statusCode": answer.status, "response": response}


def _without_a_value(missing: Unresolved) -> tuple[Checked, ...]:
    expected = "every expression of the step has a value"
    return (Checked(passed=False, expected=expected, seen=str(missing)),)
