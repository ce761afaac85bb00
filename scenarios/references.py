"""Owns what a story refers to: each name must exist, and exist before it is used. Pure."""

from collections.abc import Container, Iterable, Iterator, Mapping
from typing import NamedTuple

from scenarios.expressions import Expression, expressions
from scenarios.model import Document, Expectation, Step, Workflow
from scenarios.operations import Operation

At = tuple[str | int, ...]
_SOURCES = "$sourceDescriptions."


class Problem(NamedTuple):
    at: At
    what: str


class Known(NamedTuple):
    """What expressions may speak of at some place."""

    inputs: frozenset[str]
    steps: Mapping[str, frozenset[str]]
    workflows: Mapping[str, Workflow]
    sources: frozenset[str]
    answered: bool = False  # is there a request and its answer to speak of?
    called: Workflow | None = None


def qualified(operation_id: str, document: Document) -> str:
    """`source.operationId`, however it was written; with one source its name may be left out."""
    if operation_id.startswith(_SOURCES):
        return operation_id.removeprefix(_SOURCES)
    return f"{document.source_descriptions[0].name}.{operation_id}"


def run_order(document: Document) -> list[Workflow]:
    """The workflows that nobody calls, each after those that it depends on."""
    called = set(document.called())
    by_id = {each.workflow_id: each for each in document.workflows}
    order: list[Workflow] = []

    def add(workflow: Workflow) -> None:
        if workflow not in order:
            for each in workflow.depends_on:
                add(by_id[each])
            order.append(workflow)

    for each in document.workflows:
        if each.workflow_id not in called:
            add(each)
    return order


def problems(document: Document, operations: Mapping[str, Operation]) -> list[Problem]:
    """All that is wrong, in the order of the file."""
    by_id = {each.workflow_id: each for each in document.workflows}
    found = [*_repeated(document), *_circular(document, by_id)]
    called = set(document.called())
    for n, workflow in enumerate(document.workflows):
        at: At = ("workflows", n)
        if workflow.workflow_id not in called:
            found += _without_default(at, workflow, given=frozenset())
        found += _of_workflow(at, workflow, document, operations)
    return found


def _repeated(document: Document) -> Iterator[Problem]:
    seen: set[str] = set()
    for n, workflow in enumerate(document.workflows):
        if workflow.workflow_id in seen:
            yield Problem(("workflows", n, "workflowId"), "is the id of two workflows, rename one")
        seen.add(workflow.workflow_id)
        ids = [step.step_id for step in workflow.steps]
        for m, step_id in enumerate(ids):
            if step_id in ids[:m]:
                at: At = ("workflows", n, "steps", m, "stepId")
                yield Problem(at, "is the id of two steps, rename one")


def _circular(document: Document, by_id: Mapping[str, Workflow]) -> Iterator[Problem]:
    """Workflows that call or await each other without end."""

    def next_of(workflow: Workflow) -> Iterator[str]:
        yield from workflow.depends_on
        yield from (step.workflow_id for step in workflow.steps if step.workflow_id)

    def leads_to(start: str, wanted: str, seen: set[str]) -> bool:
        if start in seen or start not in by_id:
            return False
        following = list(next_of(by_id[start]))
        seen.add(start)
        return wanted in following or any(leads_to(each, wanted, seen) for each in following)

    for n, workflow in enumerate(document.workflows):
        if leads_to(workflow.workflow_id, workflow.workflow_id, set()):
            yield Problem(("workflows", n), "comes back to itself, let one of the workflows end")


def _without_default(at: At, workflow: Workflow, given: frozenset[str]) -> Iterator[Problem]:
    for name, schema in workflow.inputs.properties.items():
        if "default" not in schema and name not in given:
            yield Problem((*at, "inputs", "properties", name), "has no value, give it a default")


def _of_workflow(
    at: At, workflow: Workflow, document: Document, operations: Mapping[str, Operation]
) -> Iterator[Problem]:
    by_id = {each.workflow_id: each for each in document.workflows}
    sources = frozenset(each.name for each in document.source_descriptions)
    inputs = frozenset(workflow.inputs.properties)
    for n, each in enumerate(workflow.parameters):
        yield from _unknown(
            (*at, "parameters", n, "value"),
            expressions(each.value),
            Known(inputs, {}, by_id, sources),
        )
    for n, awaited in enumerate(workflow.depends_on):
        if awaited not in by_id:
            yield Problem((*at, "dependsOn", n), f"{awaited} is no workflow of this file")
    steps: dict[str, frozenset[str]] = {}
    for n, step in enumerate(workflow.steps):
        place: At = (*at, "steps", n)
        known = Known(inputs, dict(steps), by_id, sources)
        answer = known._replace(
            answered=step.operation_id is not None, called=by_id.get(step.workflow_id or "")
        )
        if step.operation_id is not None:
            yield from _of_call(place, step, workflow, document, operations)
        else:
            yield from _of_nested(place, step, by_id)
        yield from _of_sent(place, step, known)
        yield from _of_answer(place, step, answer)
        steps[step.step_id] = frozenset(step.outputs)
    known = Known(inputs, steps, by_id, sources)
    for name, value in workflow.outputs.items():
        yield from _unknown((*at, "outputs", name), expressions(value), known)


def _of_call(
    at: At,
    step: Step,
    workflow: Workflow,
    document: Document,
    operations: Mapping[str, Operation],
) -> Iterator[Problem]:
    written = step.operation_id or ""
    name = qualified(written, document)
    if not written.startswith(_SOURCES) and len(document.source_descriptions) > 1:
        what = "has several sources to choose from, write $sourceDescriptions.<name>.<operationId>"
        yield Problem((*at, "operationId"), what)
    elif name not in operations:
        yield Problem((*at, "operationId"), f"{written} is no operation of the sources")
    else:
        given = {e.name for e in (*workflow.parameters, *step.parameters) if e.where == "path"}
        places = operations[name].places
        for each in sorted(places - given):
            yield Problem((*at, "parameters"), f"lacks {each}, which is a part of the path")
        for each in sorted(given - places):
            yield Problem((*at, "parameters"), f"has {each}, which is no part of the path")


def _of_nested(at: At, step: Step, by_id: Mapping[str, Workflow]) -> Iterator[Problem]:
    workflow = by_id.get(step.workflow_id or "")
    if workflow is None:
        yield Problem((*at, "workflowId"), f"{step.workflow_id} is no workflow of this file")
        return
    given = frozenset(each.name for each in step.parameters)
    for n, each in enumerate(step.parameters):
        if each.name not in workflow.inputs.properties:
            what = f"{each.name} is no input of {workflow.workflow_id}"
            yield Problem((*at, "parameters", n, "name"), what)
    for missing in _without_default(at, workflow, given):
        yield Problem(
            (*at, "parameters"), f"lacks the input {missing.at[-1]}, which has no default"
        )


def _of_sent(at: At, step: Step, known: Known) -> Iterator[Problem]:
    for n, each in enumerate(step.parameters):
        yield from _unknown((*at, "parameters", n, "value"), expressions(each.value), known)
    if step.request_body:
        payload = step.request_body.payload
        yield from _unknown((*at, "requestBody", "payload"), expressions(payload), known)


def _of_answer(at: At, step: Step, known: Known) -> Iterator[Problem]:
    for place, expectation in _expectations(step):
        yield from _unknown((*at, *place), expectation.criterion.expressions, known)
    for name, value in step.outputs.items():
        yield from _unknown((*at, "outputs", name), expressions(value), known)


def _expectations(step: Step) -> Iterator[tuple[At, Expectation]]:
    for n, each in enumerate(step.success_criteria):
        yield ("successCriteria", n), each
    for n, action in enumerate(step.on_failure):
        for m, each in enumerate(action.criteria):
            yield ("onFailure", n, "criteria", m), each


def _unknown(at: At, found: Iterable[Expression], known: Known) -> Iterator[Problem]:
    for each in found:
        if not _exists(each, known):
            yield Problem(at, f"{each.text} is not known here: it does not exist, or comes later")


def _exists(expression: Expression, known: Known) -> bool:
    """Where an expression speaks of no request or answer, its last step is a name that was given."""
    match expression.path:
        case ("inputs" | "steps" | "workflows" | "outputs" | "sourceDescriptions", *_):
            return expression.path[-1] in _names(expression.path, known)
        case _:
            return known.answered


def _names(path: tuple[str, ...], known: Known) -> Container[str]:
    match path:
        case ("inputs", _):
            return known.inputs
        case ("steps", step, *_):
            return known.steps.get(step, ())
        case ("workflows", name, kind, _):
            return _offered(known.workflows.get(name), kind)
        case ("sourceDescriptions", name, _):
            return ("url",) if name in known.sources else ()
        case _:
            return _offered(known.called, "outputs")


def _offered(workflow: Workflow | None, kind: str) -> Container[str]:
    if workflow is None:
        return ()
    return workflow.outputs if kind == "outputs" else workflow.inputs.properties
