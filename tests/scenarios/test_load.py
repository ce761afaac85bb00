from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from scenarios.fakes import descriptions
from scenarios.load import SpecError, load, names
from tests.scenarios.stories import (
    KEY,
    account,
    credits,
    document,
    read,
    reveal,
    step,
    workflow,
    written,
)

Edit = Callable[[dict[str, Any]], object]


def first_step(content: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = content["workflows"][0]["steps"][0]
    return found


def nested(depth: int) -> list[Any]:
    return [nested(depth - 1)] if depth else []


def put(place: str, value: Any) -> Edit:
    """An edit: the value at a place such as `workflows.0.steps`."""
    *way, last = [int(each) if each.isdecimal() else each for each in place.split(".")]

    def edit(content: Any) -> None:
        for each in way:
            content = content[each]
        content[last] = value

    return edit


def refusal(folder: Path, content: Any) -> str:
    path = written(folder, content)
    with pytest.raises(SpecError) as error:
        load(path, descriptions())
    return str(error.value).removeprefix(f"{path}:")


def sound() -> dict[str, Any]:
    return document(
        workflow(
            account(),
            credits("$statusCode == 200"),
            outputs={"key": KEY},
            inputs={"type": "object", "properties": {"plan": {"default": "max"}}},
        ),
        workflow(step("clock", "control.getClock"), name="other", dependsOn=["told"]),
    )


def test_a_sound_story_is_read_with_its_operations(tmp_path: Path) -> None:
    story = load(written(tmp_path, sound()), descriptions())

    assert (story.name, story.title) == ("a-story", "A story")
    assert [each.workflow_id for each in story.workflows] == ["told", "other"]
    operation = story.operation("$sourceDescriptions.control.getLedger")
    assert (operation.method, operation.path) == ("GET", "/_mock/accounts/{apiKey}/ledger")


def test_extensions_are_let_pass(tmp_path: Path) -> None:
    content = sound()
    content["x-mine"] = {"a": 1}
    first_step(content)["x-note"] = "b"

    assert load(written(tmp_path, content), descriptions()).title == "A story"


MISTAKES: dict[str, tuple[Edit, str]] = {
    "another version": (put("arazzo", "1.1.0"), "arazzo: should match pattern"),
    "an unknown field": (put("workflows.0.stepz", []), "workflows[0].stepz: is not known here"),
    "a missing field": (lambda c: c["info"].pop("title"), "info.title: is missing, add it"),
    "no steps": (put("workflows.0.steps", []), "workflows[0].steps: "),
    "a step that is none": (
        put("workflows.0.steps.0", 7),
        "workflows[0].steps[0]: should be a valid",
    ),
    "onSuccess": (
        put("workflows.0.steps.0.onSuccess", []),
        "workflows[0].steps[0].onSuccess: is Arazzo, but is not played: steps follow each other",
    ),
    "components": (put("components", {}), "components: is Arazzo, but is not played"),
    "successActions": (
        put("workflows.0.successActions", []),
        "workflows[0].successActions: is Arazzo, but is not played",
    ),
    "failureActions": (
        put("workflows.0.failureActions", []),
        "workflows[0].failureActions: is Arazzo, but is not played: give each step its own",
    ),
    "operationPath": (
        put("workflows.0.steps.0.operationPath", "x"),
        "operationPath: is Arazzo, but is not played: name the operation by its operationId",
    ),
    "a reference": (
        put("workflows.0.steps.0.parameters", [{"reference": "$components.parameters.x"}]),
        "parameters[0]",
    ),
    "replacements": (
        put("workflows.0.steps.0.requestBody.replacements", []),
        "requestBody.replacements: is Arazzo, but is not played",
    ),
    "xpath": (
        put("workflows.0.steps.0.successCriteria", [{"condition": "//a", "type": "xpath"}]),
        "successCriteria[0].type: xpath is Arazzo, but is not played",
    ),
    "a type with a version": (
        put(
            "workflows.0.steps.0.successCriteria",
            [{"condition": "$.a", "type": {"type": "jsonpath", "version": "draft"}}],
        ),
        "successCriteria[0].type: a type with a version is Arazzo, but is not played",
    ),
    "an arazzo source": (
        put("sourceDescriptions.0.type", "arazzo"),
        "sourceDescriptions[0].type: a source of type arazzo is not played",
    ),
    "goto": (
        put("workflows.0.steps.0.onFailure", [{"name": "a", "type": "goto", "retryLimit": 1}]),
        "onFailure[0].type: goto is Arazzo, but is not played",
    ),
    "end": (
        put("workflows.0.steps.0.onFailure", [{"name": "a", "type": "end"}]),
        "onFailure[0].type: end is Arazzo, but is not played",
    ),
    "retry by another step": (
        put("workflows.0.steps.0.onFailure", [{"name": "a", "type": "retry", "stepId": "b"}]),
        "onFailure[0].stepId: is Arazzo, but is not played: only the failed step",
    ),
    "a condition that is none": (
        put("workflows.0.steps.0.successCriteria", [{"condition": "$statusCode = 200"}]),
        "successCriteria[0]: is no simple condition at = 200",
    ),
    "a jsonpath without context": (
        put("workflows.0.steps.0.successCriteria", [{"condition": "$.a", "type": "jsonpath"}]),
        "successCriteria[0]: needs a context, the expression that jsonpath looks at",
    ),
    "an expression that is none": (
        put("workflows.0.steps.0.requestBody.payload", {"plan": "$faker.name"}),
        "requestBody.payload: $faker.name is no runtime expression",
    ),
    "a payload that is nested too deep": (
        lambda c: first_step(c)["requestBody"].update(payload=nested(200)),
        "requestBody.payload: is nested too deep, make it flatter",
    ),
    "an operation and a workflow": (
        put("workflows.0.steps.0.workflowId", "other"),
        "steps[0]: should have either operationId or workflowId",
    ),
    "neither of them": (
        lambda c: first_step(c).pop("operationId"),
        "steps[0]: should have either operationId or workflowId",
    ),
    "a workflow with criteria": (
        put(
            "workflows.0.steps.0",
            {"stepId": "a", "workflowId": "other", "successCriteria": [{"condition": "true"}]},
        ),
        "steps[0]: calls a workflow, whose own steps have",
    ),
    "a parameter without in": (
        put("workflows.0.steps.0.parameters", [{"name": "a", "value": 1}]),
        "steps[0]: needs `in` for each parameter of an operation",
    ),
    "a workflow's parameter without in": (
        put("workflows.0.parameters", [{"name": "a", "value": 1}]),
        "workflows[0].parameters: needs `in` for each parameter",
    ),
    "two workflows of one id": (
        put("workflows.1.workflowId", "told"),
        "workflows[1].workflowId: is the id of two workflows",
    ),
    "two steps of one id": (
        put("workflows.0.steps.1.stepId", "openAccount"),
        "workflows[0].steps[1].stepId: is the id of two steps",
    ),
    "an unknown operation": (
        put("workflows.0.steps.0.operationId", "$sourceDescriptions.control.nope"),
        "steps[0].operationId: $sourceDescriptions.control.nope is no operation of the sources",
    ),
    "an operation of no source": (
        put("workflows.0.steps.0.operationId", "openAccount"),
        "steps[0].operationId: has several sources to choose from",
    ),
    "a part of the path that is missing": (
        put("workflows.0.steps.0.operationId", "$sourceDescriptions.control.getLedger"),
        "steps[0].parameters: lacks apiKey, which is a part of the path",
    ),
    "a part of the path that is none": (
        put("workflows.0.steps.0.parameters", [{"name": "b", "in": "path", "value": 1}]),
        "steps[0].parameters: has b, which is no part of the path",
    ),
    "an input without a value": (
        put("workflows.0.inputs.properties.key", {"type": "string"}),
        "workflows[0].inputs.properties.key: has no value, give it a default",
    ),
    "an unknown input": (
        put("workflows.0.steps.0.requestBody.payload", {"plan": "$inputs.nope"}),
        "requestBody.payload: $inputs.nope is not known here",
    ),
    "a step that comes later": (
        put("workflows.0.steps.0.requestBody.payload", {"plan": "$steps.credits.outputs.a"}),
        "requestBody.payload: $steps.credits.outputs.a is not known here: it does not exist, or comes later",
    ),
    "an output that does not exist": (
        put("workflows.0.outputs.key", "$steps.openAccount.outputs.nope"),
        "workflows[0].outputs.key: $steps.openAccount.outputs.nope is not known here",
    ),
    "an answer before the request": (
        put("workflows.0.steps.0.requestBody.payload", {"plan": "$response.body"}),
        "requestBody.payload: $response.body is not known here",
    ),
    "a criterion about an unknown step": (
        put("workflows.0.steps.0.successCriteria", [{"condition": "$steps.x.outputs.y == 1"}]),
        "successCriteria[0]: $steps.x.outputs.y is not known here",
    ),
    "a retry about an unknown step": (
        put(
            "workflows.0.steps.0.onFailure",
            [{"name": "a", "type": "retry", "criteria": [{"condition": "$steps.x.outputs.y"}]}],
        ),
        "onFailure[0].criteria[0]: $steps.x.outputs.y is not known here",
    ),
    "an unknown workflow in an expression": (
        put("workflows.0.outputs.key", "$workflows.nope.outputs.a"),
        "$workflows.nope.outputs.a is not known here",
    ),
    "outputs of nobody": (put("workflows.0.outputs.key", "$outputs.a"), "$outputs.a is not known"),
    "an unknown source": (
        put("workflows.0.outputs.key", "$sourceDescriptions.nope.url"),
        "$sourceDescriptions.nope.url is not known here",
    ),
    "a workflow's parameter of an unknown input": (
        put("workflows.0.parameters", [{"name": "a", "in": "query", "value": "$inputs.b"}]),
        "workflows[0].parameters[0].value: $inputs.b is not known here",
    ),
    "an unknown workflow to await": (
        put("workflows.1.dependsOn", ["nope"]),
        "workflows[1].dependsOn[0]: nope is no workflow of this file",
    ),
    "an unknown workflow to call": (
        put("workflows.0.steps.0", {"stepId": "a", "workflowId": "nope"}),
        "steps[0].workflowId: nope is no workflow of this file",
    ),
    "an input that a workflow does not have": (
        put(
            "workflows.1.steps.0",
            {"stepId": "a", "workflowId": "told", "parameters": [{"name": "b", "value": 1}]},
        ),
        "steps[0].parameters[0].name: b is no input of told",
    ),
    "workflows in a circle": (
        put("workflows.0.dependsOn", ["other"]),
        "workflows[0]: comes back to itself",
    ),
    "a source that is not there": (
        put("sourceDescriptions.0.url", "https://example.com/spec.json"),
        "spec.json is no file beside this one, and none of the kit's own: openapi.yaml, control.yaml",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_each_kind_of_mistake_is_told_with_its_place(tmp_path: Path, mistake: str) -> None:
    edit, expected = MISTAKES[mistake]
    content = sound()
    edit(content)

    assert expected in refusal(tmp_path, content)


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("title: A story", "title: [", "5: (document): is not YAML"),
        ("title: A story", "title: A\n  title: B", "4: info.title: is given twice"),
        ("stepId: credits", "stepIt: credits", "25: workflows[0].steps[1].stepIt: is not known"),
    ],
)
def test_the_line_of_a_mistake_is_told(
    tmp_path: Path, before: str, after: str, expected: str
) -> None:
    text = yaml.safe_dump(sound(), sort_keys=False).replace(before, after)

    assert refusal(tmp_path, text).startswith(expected)


def test_a_file_that_is_no_mapping_or_not_there_is_told(tmp_path: Path) -> None:
    assert "should be a mapping" in refusal(tmp_path, "- 1")
    with pytest.raises(SpecError, match="cannot be read, No such file"):
        load(tmp_path / "gone.arazzo.yaml", descriptions())


def test_an_input_that_a_call_has_to_give_is_told(tmp_path: Path) -> None:
    called = workflow(
        step("clock", "control.getClock"), name="called", inputs={"properties": {"key": {}}}
    )
    calling = workflow({"stepId": "call", "workflowId": "called"})

    message = refusal(tmp_path, document(calling, called))

    assert "steps[0].parameters: lacks the input key, which has no default" in message


def test_of_several_mistakes_the_first_is_told_and_the_others_are_counted(tmp_path: Path) -> None:
    content = sound()
    put("workflows.0.steps.0.requestBody.payload", ["$inputs.a", "$inputs.b"])(content)

    assert refusal(tmp_path, content).endswith("comes later (and 1 more)")


def test_with_one_source_an_operation_needs_no_more_than_its_id(tmp_path: Path) -> None:
    content = document(workflow({"stepId": "clock", "operationId": "getClock"}))
    content["sourceDescriptions"] = [{"name": "control", "url": "http://h/_mock/control.yaml"}]

    story = load(written(tmp_path, content), descriptions())

    assert story.operation("getClock").path == "/_mock/clock"


def test_a_file_beside_the_story_comes_before_the_kits_own(tmp_path: Path) -> None:
    own = {
        "paths": {"/x": {"get": {"operationId": "mine"}, "put": {"summary": "without an id"}}},
        "servers": [],
    }
    (tmp_path / "openapi.yaml").write_text(yaml.safe_dump(own))
    content = document(workflow(step("mine", "clodura.mine")))

    story = load(written(tmp_path, content), descriptions())

    assert story.operation("$sourceDescriptions.clodura.mine").path == "/x"


def test_workflows_that_are_called_are_not_played_on_their_own(tmp_path: Path) -> None:
    story = read(
        tmp_path,
        workflow(step("a", "control.getClock"), name="part"),
        workflow(step("b", "control.getClock"), name="last", dependsOn=["first", "second"]),
        workflow({"stepId": "c", "workflowId": "part"}, name="first"),
        workflow(step("d", "control.getClock"), name="second", dependsOn=["first"]),
    )

    assert [each.workflow_id for each in story.workflows] == ["first", "second", "last"]


def test_the_stories_of_a_folder_are_found_by_name(tmp_path: Path) -> None:
    written(tmp_path, {}, "two")
    written(tmp_path, {}, "one")
    (tmp_path / "other.yaml").write_text("")

    assert list(names(tmp_path)) == ["one", "two"]


def test_a_payload_may_be_wrong_on_purpose(tmp_path: Path) -> None:
    assert read(tmp_path, workflow(account(), reveal(payload={"personId": 7}))).workflows
