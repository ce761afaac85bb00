from http.client import RemoteDisconnected
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from mock_server.client import Answer
from scenarios.events import (
    Answered,
    Retried,
    StepBegan,
    StepFailed,
    StepPassed,
    StoryEnded,
    WorkflowBegan,
)
from scenarios.fakes import own
from scenarios.play import play
from scenarios.records import Charged, Searched, Sent
from scenarios.totals import totals
from tests.scenarios.stories import (
    AS_ACCOUNT,
    KEY,
    Recorded,
    account,
    credits,
    of_kind,
    passes,
    played,
    read,
    reveal,
    step,
    workflow,
)

RETRY = {"name": "again", "type": "retry", "retryAfter": 7, "retryLimit": 2}


def failure(events: list[Any]) -> StepFailed:
    failed: StepFailed = next(of_kind(events, StepFailed))
    return failed


def test_a_story_is_told_in_the_order_of_happening(tmp_path: Path) -> None:
    events = played(read(tmp_path, workflow(account(), credits("$statusCode == 200"))))

    assert [type(each).__name__ for each in events] == [
        "StoryBegan",
        "WorkflowBegan",
        "StepBegan",
        "Answered",
        "StepPassed",
        "StepBegan",
        "Answered",
        "StepPassed",
        "StoryEnded",
    ]


def test_a_wrong_expectation_fails_with_step_expected_seen_and_the_nearest_event(
    tmp_path: Path,
) -> None:
    story = read(
        tmp_path,
        workflow(
            account(credits=9), reveal("$statusCode == 200", "$response.body#/trackingId != ''")
        ),
    )

    failed = failure(played(story))

    assert failed.step.step_id == "reveal"
    assert [(each.expected, each.seen) for each in failed.checks] == [
        ("$statusCode == 200", "$statusCode is 402"),
        (
            "$response.body#/trackingId != ''",
            "$response.body#/trackingId is not there (trackingId is missing)",
        ),
    ]
    assert failed.nearest.startswith(
        "2026-01-01T00:00:00.000000Z POST /api/v1/search/people/phone/match"
    )
    assert "402" in failed.nearest
    assert "ERR-E" in failed.nearest


def test_the_nearest_event_of_a_call_that_is_in_no_journal_is_what_happened_last(
    tmp_path: Path,
) -> None:
    hook = reveal(payload={"personId": "mock-found", "webhookUrl": "http://127.0.0.1:1/x"})
    story = read(tmp_path, workflow(account(), hook, passes(1, "$response.body#/deliveries == 2")))

    failed = failure(played(story))

    assert failed.checks[0].seen == "$response.body#/deliveries is 1"
    assert failed.nearest.startswith("2026-01-01T00:00:01.000000Z webhook attempt 1 failed: ")


def test_at_the_same_instant_the_nearest_event_of_a_request_is_its_line_in_the_journal(
    tmp_path: Path,
) -> None:
    story = read(tmp_path, workflow(account(), reveal(), passes(1), credits("$statusCode == 201")))

    nearest = failure(played(story)).nearest

    assert nearest.startswith("2026-01-01T00:00:01.000000Z GET /api/v1/credits: 200")


def test_at_the_same_instant_the_nearest_event_of_a_control_call_is_what_happened(
    tmp_path: Path,
) -> None:
    topped = step(
        "topped",
        "control.changeAccount",
        "$response.body#/credits == 0",
        payload={"topUp": 5},
        parameters=[{"name": "apiKey", "in": "path", "value": KEY}],
    )

    nearest = failure(
        played(read(tmp_path, workflow(account(credits=1), credits(), topped)))
    ).nearest

    assert nearest.startswith("2026-01-01T00:00:00.000000Z money +5 credits, 6 left: ")


def test_a_story_that_asked_for_nothing_has_no_nearest_event(tmp_path: Path) -> None:
    story = read(tmp_path, workflow(step("clock", "control.getClock", "$statusCode == 201")))

    assert failure(played(story)).nearest == "nothing has happened in this story"


def test_after_a_failure_nothing_is_sent_any_more(tmp_path: Path) -> None:
    story = read(
        tmp_path,
        workflow(account(), credits("$statusCode == 201"), reveal()),
        workflow(account(), name="later"),
    )

    events = played(story)

    assert [each.step.step_id for each in of_kind(events, StepBegan)] == ["openAccount", "credits"]
    assert events[-1] == StoryEnded(story, passed=False)


def test_a_step_is_sent_when_the_event_after_its_beginning_is_asked_for(tmp_path: Path) -> None:
    target = Recorded()
    story = read(tmp_path, workflow(step("credits", "clodura.getCredits")))
    events = play(story, target)

    while not isinstance(next(events), StepBegan):
        pass
    before = list(target.asked)
    next(events)

    assert (before, len(target.asked)) == ([], 1)


def test_parameters_go_where_they_belong(tmp_path: Path) -> None:
    parameters = [
        {"name": "trackingId", "in": "path", "value": "a/b ü"},
        {"name": "q", "in": "query", "value": {"n": 1}},
        {"name": "X-API-KEY", "in": "header", "value": "test_max"},
        {"name": "session", "in": "cookie", "value": "1;2"},
    ]
    shared = [
        {"name": "x-api-key", "in": "header", "value": "w"},
        {"name": "r", "in": "query", "value": True},
    ]
    target = Recorded()
    track = step("track", "clodura.trackReveal", parameters=parameters)

    played(read(tmp_path, workflow(track, parameters=shared)), target)

    [(method, path, body, headers)] = target.asked
    assert (method, body) == ("GET", None)
    assert path == "/api/v1/search/people/track/a%2Fb%20%C3%BC?r=true&q=%7B%22n%22%3A1%7D"
    assert headers == {"x-api-key": "test_max", "cookie": "session=1%3B2"}


def test_a_payload_is_json_unless_it_is_a_text_of_another_type(tmp_path: Path) -> None:
    text = {"payload": "no JSON", "contentType": "text/plain"}
    quoted = {"payload": "in JSON"}
    target = Recorded()

    played(
        read(
            tmp_path,
            workflow(
                step("a", "clodura.revealPhone", requestBody=text),
                step("b", "clodura.revealPhone", requestBody=quoted),
            ),
        ),
        target,
    )

    assert [(each[2], each[3]) for each in target.asked] == [
        (b"no JSON", {"content-type": "text/plain"}),
        (b'"in JSON"', {"content-type": "application/json"}),
    ]


def test_a_request_and_its_answer_can_be_spoken_of(tmp_path: Path) -> None:
    conditions = (
        "$method == 'POST'",
        "$url == 'http://fake/api/v1/search/people/phone/match'",
        "$request.body#/personId == 'p'",
        "$request.header.Content-Type == 'application/json'",
        "$response.header.Retry-After == '60'",
        "$response.body == 'busy'",
        "$sourceDescriptions.clodura.url == 'openapi.yaml'",
    )
    target = Recorded(Answer(429, {"retry-after": "60"}, b"busy"))

    events = played(
        read(
            tmp_path,
            workflow(step("a", "clodura.revealPhone", *conditions, payload={"personId": "p"})),
        ),
        target,
    )

    assert next(of_kind(events, StepPassed)).checks


def test_what_a_search_brought_is_seen_after_the_step_that_let_time_pass(tmp_path: Path) -> None:
    inbox = step(
        "openInbox",
        "control.setInbox",
        payload={"answers": [200]},
        parameters=[{"name": "name", "in": "path", "value": KEY}],
        outputs={"url": "$response.body#/url"},
    )
    asked = {"personId": "mock-found", "webhookUrl": "$steps.openInbox.outputs.url"}

    events = played(
        read(tmp_path, workflow(account(credits=30), inbox, reveal(payload=asked), passes(1)))
    )

    *_, last = of_kind(events, Answered)
    kinds = [type(each) for each in last.seen.happened]
    assert (last.seen.passed, kinds[0], kinds[-1]) == (1, Searched, Sent)
    assert [(e.amount, e.left) for e in last.seen.happened if isinstance(e, Charged)] == [(-10, 20)]


def test_no_event_holds_a_key(tmp_path: Path) -> None:
    opened = account(apiKey="test_key_of_nobody_else")
    named = step(
        "inbox",
        "control.setInbox",
        "$response.body#/url == 'x'",
        payload={"answers": [200]},
        parameters=[{"name": "name", "in": "path", "value": KEY}],
    )

    events = played(read(tmp_path, workflow(opened, credits(), named)))

    exchanges = [each.exchange for each in of_kind(events, Answered)]
    assert "test_key_of_nobody_else" not in repr([*exchanges, failure(events).checks])
    assert "…else" in failure(events).checks[0].seen


def test_a_foreseen_failure_is_tried_again_after_virtual_time(tmp_path: Path) -> None:
    busy = {"status": 429, "headers": {"Retry-After": "3"}}
    fault = step(
        "busy", "control.addFault", payload={"when": {"apiKey": KEY}, "times": 1, "then": busy}
    )
    plain = step(
        "slow",
        "control.addFault",
        payload={"when": {"apiKey": KEY}, "times": 1, "then": {"status": 503}},
    )
    again = reveal("$statusCode == 200", onFailure=[{**RETRY, "criteria": []}])
    story = read(tmp_path, workflow(account(), fault, plain, again))

    with own() as fake:
        start = fake.clock()["now"]
        events = played(story, fake)
        end = fake.clock()["now"]

    assert [(e.attempt, e.of, e.after) for e in of_kind(events, Retried)] == [(1, 2, 3), (2, 2, 7)]
    assert (start[17:19], end[17:19]) == ("00", "10")
    assert totals(events).passed


def test_a_failure_that_no_action_foresees_ends_the_story(tmp_path: Path) -> None:
    only_503 = {**RETRY, "criteria": [{"condition": "$statusCode == 503"}]}

    events = played(
        read(
            tmp_path,
            workflow(account(credits=0), reveal("$statusCode == 200", onFailure=[only_503])),
        )
    )

    assert list(of_kind(events, Retried)) == []
    assert failure(events).checks[0].seen == "$statusCode is 402"


def test_a_retry_has_its_limit(tmp_path: Path) -> None:
    always = {**RETRY, "retryAfter": 0}

    events = played(
        read(
            tmp_path, workflow(account(credits=0), reveal("$statusCode == 200", onFailure=[always]))
        )
    )

    assert len(list(of_kind(events, Retried))) == 2
    assert failure(events).step.step_id == "reveal"


def test_an_answer_that_does_not_come_fails_the_step(tmp_path: Path) -> None:
    target = Recorded(RemoteDisconnected("gone"))

    events = played(read(tmp_path, workflow(step("credits", "clodura.getCredits"))), target)

    [answered] = of_kind(events, Answered)
    assert (answered.exchange.status, answered.exchange.error) == (None, "gone")
    assert failure(events).checks[0].expected == "an answer from http://fake"
    assert failure(events).nearest == "nothing has happened in this story"


def test_a_header_that_can_not_be_sent_fails_the_step(tmp_path: Path) -> None:
    split = {"name": "X-API-KEY", "in": "header", "value": "a\r\nb: c"}
    story = read(tmp_path, workflow(step("credits", "clodura.getCredits", parameters=[split])))

    assert "Invalid header value" in failure(played(story)).checks[0].seen


def test_an_answer_that_does_not_come_can_be_foreseen(tmp_path: Path) -> None:
    target = Recorded(TimeoutError())

    events = played(
        read(
            tmp_path,
            workflow(step("credits", "clodura.getCredits", onFailure=[RETRY])),
        ),
        target,
    )

    assert next(of_kind(events, Retried)).checks[0].seen == "TimeoutError"
    assert totals(events).passed


def test_a_value_that_is_not_there_fails_the_step_that_needs_it(tmp_path: Path) -> None:
    story = read(tmp_path, workflow({**account(), "outputs": {"apiKey": "$response.body#/nope"}}))

    checks = failure(played(story)).checks

    assert checks[0].expected == "every expression of the step has a value"
    assert checks[0].seen == "$response.body#/nope is not there (nope is missing)"


def test_a_workflow_can_be_a_step_of_another(tmp_path: Path) -> None:
    part = workflow(
        account(plan="$inputs.plan", credits="$inputs.credits"),
        name="part",
        inputs={"properties": {"plan": {"default": "payg"}, "credits": {}}},
        outputs={"key": KEY},
    )
    call = {
        "stepId": "call",
        "workflowId": "part",
        "parameters": [{"name": "credits", "value": "$inputs.some"}],
        "outputs": {"key": "$outputs.key"},
    }
    after = step(
        "after",
        "control.getAccount",
        "$response.body#/credits == $workflows.part.inputs.credits",
        "$response.body#/plan == 'payg'",
        "$workflows.part.outputs.key == $steps.call.outputs.key",
        parameters=[{"name": "apiKey", "in": "path", "value": "$steps.call.outputs.key"}],
    )

    events = played(
        read(
            tmp_path, part, workflow(call, after, inputs={"properties": {"some": {"default": 77}}})
        )
    )

    assert [(e.workflow.workflow_id, e.depth) for e in of_kind(events, WorkflowBegan)] == [
        ("told", 0),
        ("part", 1),
    ]
    assert totals(events).passed


def test_a_failure_inside_of_a_call_ends_the_story(tmp_path: Path) -> None:
    part = workflow(step("clock", "control.getClock", "$statusCode == 500"), name="part")

    events = played(
        read(tmp_path, part, workflow({"stepId": "call", "workflowId": "part"}, account()))
    )

    assert failure(events).step.step_id == "clock"
    assert not totals(events).passed


def test_a_later_workflow_can_speak_of_an_earlier_one(tmp_path: Path) -> None:
    first = workflow(account(), name="first", outputs={"key": KEY})
    then = workflow(
        step(
            "then",
            "clodura.getCredits",
            "$statusCode == 200",
            parameters=[{**AS_ACCOUNT, "value": "$workflows.first.outputs.key"}],
        ),
        name="then",
        dependsOn=["first"],
    )

    assert totals(played(read(tmp_path, then, first))).passed


@pytest.mark.parametrize("key", ["secret+/key=12345", "key7abc", "k1"])
def test_no_event_holds_a_key_however_it_is_written_or_short_it_is(
    tmp_path: Path, key: str
) -> None:
    reading = step(
        "reading",
        "control.getAccount",
        parameters=[{"name": "apiKey", "in": "path", "value": KEY}],
    )

    events = played(read(tmp_path, workflow(account(apiKey=key), reading, credits())))

    shown = [each.exchange for each in of_kind(events, Answered)]
    paths = [each.path for each in shown]
    assert paths[1].startswith("/_mock/accounts/"), paths
    assert not [each for each in paths if quote(key, safe="") in each.split("/")], paths
    assert {each.request_headers.get("x-api-key") for each in shown} & {key} == set()


def test_an_output_of_the_last_workflow_that_is_not_there_fails_its_last_step(
    tmp_path: Path,
) -> None:
    missing: dict[str, Any] = {"outputs": {"x": "$steps.clock.outputs.x#/deep"}}
    clock = step("clock", "control.getClock", outputs={"x": "$response.body#/mode"})

    events = played(read(tmp_path, workflow(clock, **missing)))

    (failed,) = of_kind(events, StepFailed)
    assert failed.step.step_id == "clock"
    assert not totals(events).passed


def test_what_cannot_be_written_as_a_request_fails_the_step(tmp_path: Path) -> None:
    answer = Answer(200, {}, rb'{"trackingId": "\ud800"}')
    asking = reveal(step_id="first", parameters=[], outputs={"x": "$response.body#/trackingId"})
    again = reveal(step_id="again", parameters=[], payload={"personId": "$steps.first.outputs.x"})

    events = played(read(tmp_path, workflow(asking, again)), Recorded(answer))

    (failed,) = of_kind(events, StepFailed)
    assert failed.step.step_id == "again"


def test_an_answer_nested_too_deep_is_taken_for_text(tmp_path: Path) -> None:
    answer = Answer(200, {}, b"[" * 200_000)

    events = played(read(tmp_path, workflow(reveal(parameters=[]))), Recorded(answer))

    assert totals(events).passed


def test_a_retry_after_beyond_all_bounds_is_waited_for_as_long_as_can_be(tmp_path: Path) -> None:
    busy = Answer(429, {"retry-after": "9" * 400}, b"{}")
    again = {"name": "again", "type": "retry", "retryLimit": 1}
    asking = reveal("$statusCode == 200", parameters=[], onFailure=[again])

    events = played(read(tmp_path, workflow(asking)), Recorded(busy))

    (retried,) = of_kind(events, Retried)
    assert retried.after == 100_000_000
