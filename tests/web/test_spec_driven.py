"""Editing the file, and nothing else, changes what is seen over HTTP."""

import hashlib
import hmac
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any, Final

import orjson
import pytest
import yaml

from mock_server.spec import SpecError, load_spec
from tests.api import CREDITS, MATCH, TRACK, Answer, credits, match, request, track
from tests.states import MockServer
from tests.web.raw import exchange
from tests.web.receivers import receiving, status

FILE: Final = Path(__file__).parents[2] / "openapi.yaml"
REVEAL: Final = f"paths {MATCH} post"
PLANS_OF_CALLBACK: Final = (
    f"{REVEAL} callbacks multiProvider {{$request.body#/webhookUrl}} post x-plans"
)
ASSUMED: Final = "x-mock assumptions {} value"
PLANS: Final = "x-mock plans"
SCHEMAS: Final = "components schemas"

Edits = Mapping[str, Any]  # from the steps to a field, by spaces, to its value; `...` removes
Served = Callable[[Edits], MockServer]


@cache
def own() -> Any:
    return yaml.load(FILE.read_bytes(), Loader=yaml.CSafeLoader)


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    """Start a fake that is driven by an edited copy of the file."""
    path = tmp_path / "openapi.yaml"
    with ExitStack() as stack:

        def start(edits: Edits) -> MockServer:
            document = deepcopy(own())
            for steps, value in edits.items():
                *above, last = steps.split()
                place: Any = document
                for step in above:
                    place = place[int(step) if isinstance(place, list) else step]
                key: Any = int(last) if isinstance(place, list) else last
                if value is ...:
                    del place[key]
                else:
                    place[key] = value
            path.write_bytes(orjson.dumps(document))
            mock = MockServer(clock="manual", seed=1, spec=path, self_check=True)
            stack.enter_context(mock)
            stack.callback(lambda: _assert_sound(mock))
            return mock

        yield start


def _assert_sound(mock: MockServer) -> None:
    assert mock.problems == []


def reveal(
    mock: MockServer, person: str = "mock-found", key: str = "test_max", **body: Any
) -> Answer:
    flags = {"revealPhoneNumberViaPartners": True, "webhookUrl": "http://127.0.0.1:9/"}
    return match(mock, {"personId": person, **flags, **body}, key)


def result(mock: MockServer, person: str = "mock-found", key: str = "test_max") -> Any:
    """The document that a finished job is polled with."""
    accepted = reveal(mock, person, key)
    assert accepted.status == 200, accepted
    mock.advance(100)
    return track(mock, accepted.body["trackingId"], key).body


def asked(mock: MockServer, person: str = "mock-none") -> list[tuple[str, str]]:
    return [(each["provider"], each["status"]) for each in result(mock, person)["providers"]]


def assuming(fact: str, value: Any) -> Edits:
    return {ASSUMED.format(fact): value}


# Providers and plans


def test_a_renamed_provider_is_renamed_everywhere(served: Served) -> None:
    mock = served({"x-mock providers 3 name": "Wizard Inc"})
    mock.person("p", {"Wizard Inc": ["+12025550143"]})

    assert asked(mock, "mock-found-wizard-inc")[-1] == ("Wizard Inc", "found")
    assert asked(mock, "p")[-1] == ("Wizard Inc", "found")
    assert reveal(mock, "mock-found-wiza").status == 404


def test_providers_are_asked_in_the_order_of_the_file(served: Served) -> None:
    clodura, signalhire, enrichlayer, *others = own()["x-mock"]["providers"]
    mock = served({"x-mock providers": [clodura, enrichlayer, signalhire, *others]})

    assert [name for name, _ in asked(mock)][:3] == ["Clodura", "Enrichlayer", "SignalHire"]


def test_a_new_provider_is_asked_too(served: Served) -> None:
    providers = own()["x-mock"]["providers"]
    new = {"name": "Nova", "price": 11, "seconds": 2, "partner": True}
    mock = served({"x-mock providers": [*providers, new]})

    assert asked(mock, "mock-found-nova")[-1] == ("Nova", "found")
    assert credits(mock, "test_max") == {"remainingCredits": 9_989}


def test_a_new_price_is_charged(served: Served) -> None:
    mock = served({"x-mock providers 0 price": 17})
    result(mock)

    assert credits(mock, "test_max") == {"remainingCredits": 9_983}


def test_a_provider_takes_its_seconds(served: Served) -> None:
    mock = served({"x-mock providers 0 seconds": 42.5})
    tracking_id = reveal(mock).body["trackingId"]
    mock.advance(42.4)
    before = track(mock, tracking_id, "test_max").body["status"]
    mock.advance(0.1)

    assert (before, track(mock, tracking_id, "test_max").body["status"]) == (
        "processing",
        "success",
    )


def test_a_new_plan_has_keys_prices_limits_and_a_balance(served: Served) -> None:
    plan = {
        "title": "Gold",
        "payload": "multiProvider",
        "providers": ["Wiza", "Clodura"],
        "prices": {"unified": 3},
        "startingCredits": {"unified": 7},
        "requestsPerMinute": 4,
        "balance": {"remainingCredits": "{credits}"},
    }
    plans = ["free_forever", "max", "payg", "gold"]
    mock = served({
        f"{PLANS} gold": plan,
        PLANS_OF_CALLBACK: plans,
    })  # fmt: skip

    assert result(mock, key="test_gold_x")["providers"] == [
        {"provider": "Wiza", "status": "notFound", "phoneNumbers": []},
        {"provider": "Clodura", "status": "found", "phoneNumbers": ["+13035550134"]},
    ]
    assert credits(mock, "test_gold_x") == {"remainingCredits": 4}
    assert mock.account("gold").credits() == 7
    assert [reveal(mock, "mock-unknown", "test_gold_y").status for _ in range(5)] == [404] * 4 + [
        429
    ]


def test_a_plan_starts_with_its_balance_and_has_its_limit(served: Served) -> None:
    mock = served({
        f"{PLANS} max startingCredits unified": 5,
        f"{PLANS} max requestsPerMinute": 2,
    })  # fmt: skip

    assert credits(mock, "test_max") == {"remainingCredits": 5}
    assert [reveal(mock).status for _ in range(3)] == [402, 402, 429]


def test_a_plan_tells_its_balance_as_its_template_says(served: Served) -> None:
    template = {
        "remainingCredits": "{credits!s}",
        "of": "{unified.granted}",
        "text": "{credits} left",
    }
    mock = served({
        f"{PLANS} max balance": template,
        f"{SCHEMAS} UnifiedBalance properties remainingCredits": {"type": "string"},
    })  # fmt: skip

    assert credits(mock, "test_max") == {
        "remainingCredits": "10000",
        "of": 10_000,
        "text": "10000 left",
    }


def test_prospect_plans_ask_partners_if_the_file_says_so(served: Served) -> None:  # WH-2b
    mock = served({f"{PLANS} prospect providers": "all"})

    assert len(result(mock, "mock-found-wiza", "test_prospect")["phoneNumbers"]) == 1


def test_a_new_ready_made_key_is_an_account(served: Served) -> None:
    mock = served({"x-mock testKeys poor": {"plan": "payg", "credits": 1}})

    assert credits(mock, "test_poor_x") == {"remainingCredits": 1}


def test_the_rate_limit_has_the_files_window_and_operations(served: Served) -> None:
    limit = {"windowSeconds": 5, "operations": ["getCredits"]}
    mock = served({
        "x-mock rateLimit": limit,
        f"paths {CREDITS} get responses 429": {"$ref": "#/components/responses/TooManyRequests"},
    })  # fmt: skip

    def read() -> int:
        return request(mock, "GET", CREDITS, api_key="test_throttled").status

    assert [read(), read(), reveal(mock, key="test_throttled").status] == [200, 429, 200]
    mock.advance(5)
    assert read() == 200


# Deliveries, payloads and errors


def test_deliveries_are_retried_by_the_files_schedule(served: Served) -> None:
    mock = served({"x-mock retrySchedule delaysSeconds": [1.5, 2]})
    with receiving(status(500)) as receiver:
        tracking_id = reveal(mock, webhookUrl=receiver.url).body["trackingId"]
        mock.advance(to="idle")

    sent = [(each["sentAt"] or "")[17:21] for each in mock.job(tracking_id)["deliveries"]]
    assert sent == ["01.0", "02.5", "04.5"]


def test_outcomes_are_spelled_as_the_file_spells_them(served: Served) -> None:
    mock = served({
        "x-mock stepStatuses notFound": "not_found",
        f"{SCHEMAS} ProviderResult properties status": {"enum": ["found", "not_found"]},
    })  # fmt: skip

    assert {each for _, each in asked(mock)} == {"not_found"}


def test_a_payload_has_the_fields_of_its_template(served: Served) -> None:
    template = {
        "id": "{trackingId}",
        "for": "{person.firstName} of {plan}",
        "numbers": {"$each": "{numbers}", "$item": {"e164": "{item}"}},
    }
    schema = {"type": "object", "required": ["id", "for", "numbers"], "additionalProperties": False,
              "properties": {"id": {}, "for": {"type": "string"}, "numbers": {"type": "array"}}}  # fmt: skip
    mock = served({
        "x-mock payloads multiProvider": template,
        f"{SCHEMAS} MultiProviderResult": schema,
        ASSUMED.format("WH-4a"): "none",
        ASSUMED.format("WH-7"): "none",
    })  # fmt: skip
    found = result(mock)

    assert found == {
        "id": found["id"],
        "for": "Pia of Max",
        "numbers": [{"e164": "+13035550134"}],
    }


def test_a_payload_that_breaks_the_callbacks_schema_is_noticed(tmp_path: Path) -> None:
    document = deepcopy(own())
    document["components"]["schemas"]["MultiProviderResult"]["properties"]["status"] = {
        "const": "done"
    }
    path = tmp_path / "openapi.yaml"
    path.write_bytes(orjson.dumps(document))
    with MockServer(clock="manual", seed=1, spec=path, self_check=True) as mock:
        reveal(mock)
        mock.advance(1)

        assert mock.problems == ['the webhook multiProvider: status must be "done".']


def test_the_immediate_answer_has_the_fields_of_its_template(served: Served) -> None:  # RES-2
    mock = served({
        "x-mock payloads accepted": {"trackingId": "{trackingId}", "info": "Queued."},
        f"{SCHEMAS} RevealPhoneAccepted required": ["trackingId", "info"],
    })  # fmt: skip

    assert reveal(mock).body["info"] == "Queued."


def test_a_job_is_accepted_with_the_success_that_the_file_documents(
    served: Served,
) -> None:
    responses = "paths /api/v1/search/people/phone/match post responses"
    accepted = own()["paths"]["/api/v1/search/people/phone/match"]["post"]["responses"]["200"]
    mock = served({f"{responses} 200": ..., f"{responses} 202": accepted})

    assert reveal(mock).status == 202


def test_errors_have_the_files_template(served: Served) -> None:  # ERR-C
    mock = served({
        "x-mock errorTemplate": {"error": {"code": "{status}", "text": "{message}"}},
        f"{SCHEMAS} Error": {"type": "object", "required": ["error"]},
    })  # fmt: skip

    assert reveal(mock, key="nobody").body == {
        "error": {"code": 401, "text": "The API key is missing or invalid."}
    }


def test_an_error_has_the_fields_and_words_of_its_example(served: Served) -> None:
    example = {"statusCode": 402, "error": "Broke", "message": "Pay first.", "help": "https://x/"}
    at = "components responses PaymentRequired content application/json example"
    mock = served({at: example})

    assert reveal(mock, key="test_exhausted").body == example


def test_a_header_that_the_example_of_an_answer_has_is_sent(served: Served) -> None:
    header = {"X-Total": {"required": True, "schema": {"type": "integer"}, "example": 4}}
    mock = served({"paths /api/v1/search/people post responses 200 headers": header})

    answer = exchange(mock, "POST", "/api/v1/search/people", b'{"page":1,"perPage":1}')
    assert answer.headers["x-total"] == "4"


def test_documented_headers_cannot_break_the_framing_of_an_answer(served: Served) -> None:
    headers = {name: {"example": "1"} for name in ("Content-Length", "Connection", "X-Fine")}
    mock = served({"paths /api/v1/search/people post responses 200 headers": headers})
    answer = exchange(mock, "POST", "/api/v1/search/people", b'{"page":1,"perPage":1}')

    assert answer.headers["content-length"] == str(len(answer.content))
    assert "connection" not in answer.headers
    assert answer.headers["x-fine"] == "1"


# Requests


def test_a_new_required_field_is_required(served: Served) -> None:
    mock = served({f"{SCHEMAS} RevealPhoneRequest required": ["reference"]})

    assert reveal(mock).body["message"] == "reference is required."
    assert reveal(mock).status == 422
    assert reveal(mock, reference="r").status == 200


def test_a_field_looks_as_its_schema_says(served: Served) -> None:  # REQ-1a, REQ-3a
    mock = served({f"{SCHEMAS} PersonId pattern": "^[a-z]+$"})

    assert reveal(mock, "mock-found").status == 422
    assert reveal(mock, "abcdef").status == 200


def test_unknown_fields_are_refused_if_the_file_says_so(served: Served) -> None:  # REQ-6
    mock = served({f"{SCHEMAS} RevealPhoneRequest additionalProperties": False})

    assert reveal(mock, extra=1).status == 422
    assert reveal(mock).status == 200


@pytest.mark.parametrize(
    ("violation", "body"),
    [
        ("unreadable", b"{"),
        ("notAnObject", b"[]"),
        ("missingIdentifier", b"{}"),
        ("partnersWithoutWebhook", b'{"personId":"a","revealPhoneNumberViaPartners":true}'),
        ("invalidField", b'{"personId":null}'),
        ("tooLarge", b'"' + b"a" * 1024 * 1024 + b'"'),
    ],
)
def test_a_violation_is_answered_with_the_files_status_and_message(
    served: Served, violation: str, body: bytes
) -> None:  # ERR-A
    mock = served({f"x-mock violations {violation}": {"status": 403, "message": "Say it better."}})
    answer = match(mock, body, "test_max")

    assert (answer.status, answer.body["message"]) == (403, "Say it better.")


def test_the_other_violations_too(served: Served) -> None:  # ERR-A
    mock = served({
        "x-mock violations contentType status": 422,
        "x-mock violations noApiAccess status": 402,
        "x-mock violations invalidParameter status": 404,
    })  # fmt: skip

    assert match(mock, {"personId": "a"}, "test_max", Content_Type="text/plain").status == 422
    assert reveal(mock, key="test_no_access").status == 402
    assert track(mock, "a" * 257, "test_max").status == 404


def test_an_operation_without_security_needs_no_key(served: Served) -> None:
    mock = served({"paths /api/v1/search/people post security": []})
    answer = request(mock, "POST", "/api/v1/search/people", {"page": 1, "perPage": 1}, api_key=None)

    assert answer.status == 200


# New operations


def probe(**fields: Any) -> Edits:
    node = {"operationId": "probe", "responses": {"200": {"description": "Fine."}}, **fields}
    return {"paths /api/v1/probe": {"get": node}}


def answering(content: Any) -> Edits:
    return probe(responses={"200": {"description": "Fine.", "content": content}})


@pytest.mark.parametrize(
    ("content", "document"),
    [
        ({"example": {"a": 1}}, {"a": 1}),
        ({"examples": {"x": {"value": [1, 2]}, "y": {"value": 3}}}, [1, 2]),
        ({"schema": {"type": "object", "required": ["n"], "properties": {"n": {"type": "integer", "minimum": 5}}}},
         {"n": 5}),
        ({"schema": {"$ref": "#/components/schemas/UnifiedBalance"}}, {"remainingCredits": 0}),
        ({"schema": {"type": "array", "items": {"enum": ["only"]}}}, ["only"]),
    ],
    ids=["example", "examples", "schema", "reference", "array"],
)  # fmt: skip
def test_a_new_operation_is_served_from_its_examples_or_its_schema(
    served: Served, content: Any, document: Any
) -> None:
    mock = served(answering({"application/json": content}))

    assert request(mock, "GET", "/api/v1/probe") == (200, document)


def test_a_new_operation_is_authenticated_and_validated_like_the_others(served: Served) -> None:
    schema = {"type": "integer", "minimum": 1}
    parameter = {"name": "page", "in": "query", "required": True, "schema": schema}
    error = {"$ref": "#/components/responses/BadRequest"}
    unauthorized = {"$ref": "#/components/responses/Unauthorized"}
    responses = {"200": {"description": "Fine."}, "400": error, "401": unauthorized}
    mock = served(probe(parameters=[parameter], responses=responses))

    def status_of(query: str, key: str | None = "test_max") -> int:
        return request(mock, "GET", f"/api/v1/probe{query}", api_key=key).status

    assert [status_of("?page=1", None), status_of("?page=1", "nobody")] == [401, 401]
    assert [status_of(""), status_of("?page=0"), status_of("?page=x")] == [400, 400, 400]
    assert [status_of("?page=1"), status_of("?page=2&x=y")] == [200, 200]


def test_a_new_operation_without_content_has_none(served: Served) -> None:
    mock = served(probe(responses={"204": {"description": "Nothing."}}))
    answer = exchange(mock, "GET", "/api/v1/probe")

    assert (answer.status, answer.content) == (204, b"")
    assert "content-length" not in answer.headers
    assert "content-type" not in answer.headers


def test_a_text_is_served_as_it_is(served: Served) -> None:
    mock = served(answering({"text/csv": {"example": "a,b\n1,2\n"}}))
    answer = exchange(mock, "GET", "/api/v1/probe")

    assert answer.headers["content-type"] == "text/csv"
    assert answer.content == b"a,b\n1,2\n"


def test_a_text_in_json_is_json(served: Served) -> None:
    mock = served(answering({"application/hal+json": {"example": "a"}}))
    answer = exchange(mock, "GET", "/api/v1/probe")

    assert answer.headers["content-type"] == "application/hal+json"
    assert answer.content == b'"a"'


def test_a_concrete_path_comes_before_one_with_parameters(served: Served) -> None:
    def operation(name: str) -> Any:
        content = {"application/json": {"example": name}}
        fine = {"200": {"description": "Fine.", "content": content}}
        return {"get": {"operationId": name, "responses": fine}}

    paths = ["/x/{a-b}/{c}", "/x/{a-b}/c", "/x/b/{c}", "/x/b/c", "/x/{a}.{b}", "/x/(.*)"]
    mock = served({f"paths {path}": operation(path) for path in paths})

    def name(path: str) -> Any:
        return request(mock, "GET", path).body

    assert name("/x/b/c") == "/x/b/c"
    assert name("/x/b/d") == "/x/b/{c}"
    assert name("/x/a/c") == "/x/{a-b}/c"
    assert name("/x/a/d") == "/x/{a-b}/{c}"
    assert name("/x/a.b") == "/x/{a}.{b}"
    assert name("/x/(.*)") == "/x/(.*)"
    assert request(mock, "GET", "/x/ab").status == 404


def test_a_new_path_for_a_behaviour_is_its_path(served: Served) -> None:
    paths = deepcopy(own()["paths"])
    paths["/v9/reveal"] = paths.pop(MATCH)
    mock = served({"paths": paths})

    assert request(mock, "POST", "/v9/reveal", {"personId": "mock-found"}).status == 200
    assert request(mock, "POST", MATCH, {"personId": "mock-found"}).status == 404


# Assumptions


def test_a_foreign_job_is_answered_with_the_assumed_status(served: Served) -> None:
    mock = served(assuming("AUTH-3a", 403))
    tracking_id = reveal(mock).body["trackingId"]

    assert track(mock, tracking_id, "test_payg").status == 403
    assert track(mock, "other", "test_payg").status == 404


@pytest.mark.parametrize(("value", "status"), [("personId", 404), ("linkedinUrl", 200)])
def test_the_assumed_identifier_wins(served: Served, value: str, status: int) -> None:  # REQ-2
    mock = served(assuming("REQ-2", value))
    url = "https://www.linkedin.com/in/mock-found/"

    assert reveal(mock, "mock-unknown", linkedinUrl=url).status == status


def test_no_number_and_no_person_have_the_assumed_statuses(served: Served) -> None:  # RES-3, RES-4
    mock = served({**assuming("RES-3", 422), **assuming("RES-4", 402)})

    assert match(mock, {"personId": "mock-none"}, "test_max").status == 422
    assert reveal(mock, "mock-unknown").status == 402


def test_no_number_and_no_person_may_be_accepted(served: Served) -> None:  # RES-3, RES-4
    mock = served({**assuming("RES-3", "accept"), **assuming("RES-4", "accept")})
    accepted = match(mock, {"personId": "mock-none"}, "test_max")
    mock.advance(1)

    assert track(mock, accepted.body["trackingId"], "test_max").body["providers"] == [
        {"provider": "Clodura", "status": "notFound", "phoneNumbers": []}
    ]
    assert {each for _, each in asked(mock, "mock-unknown")} == {"notFound"}
    assert reveal(mock, "mock-typo").status == 404
    assert credits(mock, "test_max") == {"remainingCredits": 10_000}


def test_the_search_may_go_on_after_a_number(served: Served) -> None:  # WH-8a, CR-6a
    waterfall = {"afterFound": "continue", "notAsked": "absent"}
    mock = served(assuming("WH-8a", waterfall))
    mock.person("both", {"Clodura": ["+12025550143"], "Wiza": ["+12025550144"]})

    assert [each for _, each in asked(mock, "both")] == [
        "found", "notFound", "notFound", "found", "notFound", "notFound", "notFound",
    ]  # fmt: skip
    assert credits(mock, "test_max") == {"remainingCredits": 9_990}


def test_every_finder_may_be_charged(served: Served) -> None:  # WH-8a, CR-6a
    waterfall = {"afterFound": "continue", "notAsked": "absent"}
    mock = served({**assuming("WH-8a", waterfall), **assuming("CR-6a", "each")})
    mock.person("both", {"Clodura": ["+12025550143"], "Wiza": ["+12025550144"]})
    result(mock, "both")

    assert credits(mock, "test_max") == {"remainingCredits": 10_000 - 10 - 14}


def test_providers_that_were_not_asked_may_be_listed(served: Served) -> None:  # WH-8a
    mock = served(assuming("WH-8a", {"afterFound": "stop", "notAsked": "notFound"}))

    assert [each for _, each in asked(mock, "mock-found")] == ["found"] + ["notFound"] * 6


def test_redirects_may_be_followed(served: Served) -> None:  # WH-10a
    mock = served(assuming("WH-10a", {"followRedirects": True, "signature": None}))
    with receiving() as target, receiving(status(307, f"Location: {target.url}")) as receiver:
        reveal(mock, webhookUrl=receiver.url)
        mock.advance(1)

    assert receiver.deliveries[0].body == target.deliveries[0].body


def test_deliveries_may_be_signed(served: Served) -> None:  # WH-10a
    signature = {"header": "X-Signature", "secret": "s3cret"}
    mock = served(assuming("WH-10a", {"followRedirects": False, "signature": signature}))
    with receiving() as receiver:
        reveal(mock, webhookUrl=receiver.url)
        mock.advance(1)

    [delivery] = receiver.deliveries
    expected = hmac.new(b"s3cret", delivery.body, hashlib.sha256).hexdigest()
    assert delivery.headers["x-signature"] == expected


def test_a_running_job_has_the_assumed_status_and_body(served: Served) -> None:  # TRK-2
    accepted = own()["paths"][f"{TRACK}{{trackingId}}"]["get"]["responses"]["200"]
    mock = served({
        **assuming("TRK-2", {"status": 202, "body": {"trackingId": "{trackingId}", "status": "processing"}}),
        f"paths {TRACK}{{trackingId}} get responses 202": accepted,
    })  # fmt: skip

    assert track(mock, reveal(mock).body["trackingId"], "test_max").status == 202


def test_the_result_may_be_wrapped(served: Served) -> None:  # TRK-1a
    mock = served({
        "x-mock payloads track": {"data": "{result}", "id": "{trackingId}"},
        f"{SCHEMAS} TrackedReveal": {"type": "object"},
    })  # fmt: skip
    found = result(mock)

    assert found["data"]["trackingId"] == found["id"]


def test_the_charge_may_be_booked_with_the_delivery(served: Served) -> None:  # CR-5a
    mock = served(assuming("CR-5a", "delivered"))
    with receiving(status(500), status(200)) as receiver:
        reveal(mock, webhookUrl=receiver.url)
        mock.advance(1)
        before = credits(mock, "test_max")
        mock.advance(5)

    assert before == {"remainingCredits": 10_000}
    assert credits(mock, "test_max") == {"remainingCredits": 9_990}


def test_a_second_job_for_a_person_may_be_free(served: Served) -> None:  # CR-8
    mock = served(assuming("CR-8", False))
    result(mock)
    result(mock)

    assert credits(mock, "test_max") == {"remainingCredits": 9_990}


def test_the_balance_may_be_checked_for_the_finder_only(served: Served) -> None:  # CR-6b
    mock = served(assuming("CR-6b", "finder"))

    low = [each["status"] for each in result(mock, "mock-found-findymail", "test_low")["providers"]]
    assert low == ["notFound"] * 6 + ["Insufficient Credits"]


def test_the_order_of_the_checks_is_the_files(served: Served) -> None:  # ERR-B
    mock = served(assuming("ERR-B", [401, 404, 402, 403, 422, 400, 429]))

    assert match(mock, {"webhookUrl": 5}, "test_max").status == 422
    assert reveal(mock, "mock-unknown", "test_exhausted").status == 404


@pytest.mark.parametrize(("value", "status"), [("cheapest", 402), ("zero", 200)])
def test_402_is_answered_below_the_assumed_balance(
    served: Served, value: str, status: int
) -> None:  # ERR-E
    mock = served(assuming("ERR-E", value))
    poor = mock.account(credits=9)

    assert reveal(mock, key=poor.api_key).status == status
    assert reveal(mock, key="test_exhausted").status == 402


def test_every_assumption_is_tested_here_or_named_with_what_it_refers_to() -> None:
    by_value = {
        "AUTH-3a", "REQ-2", "RES-3", "RES-4", "WH-8a", "WH-10a", "TRK-2", "CR-5a", "CR-8", "CR-6b", "CR-6a",
        "ERR-B", "ERR-E",
    }  # fmt: skip
    by_reference = {  # to a place of the file that a test above edits
        "REQ-1a", "REQ-3a", "REQ-6", "RES-2", "WH-3", "WH-2b", "WH-4a", "WH-7", "WH-9", "TRK-1a", "CR-7",
        "BAL-2a", "BAL-4", "ERR-A", "ERR-C", "ERR-D",
    }  # fmt: skip
    assumptions = own()["x-mock"]["assumptions"]

    assert by_value | by_reference == assumptions.keys()
    assert {fact for fact, each in assumptions.items() if "$ref" in json.dumps(each["value"])} >= (
        by_reference
    )


# What is broken


@pytest.mark.parametrize(
    ("old", "new", "line", "field"),
    [
        ("openapi: 3.1.0", "openapi: 3.0.0", "openapi: 3.0.0", "openapi"),
        ("price: 12,", "price: twelve,", "SignalHire", "x-mock.providers[1].price"),
        ("price: 12,", "price: -1,", "SignalHire", "x-mock.providers[1].price"),
        ("name: Wiza,", "name: Clodura,", "price: 14", "x-mock.providers[3].name"),
        ("windowSeconds: 60", "windowSecond: 60", "windowSecond:", "x-mock.rateLimit"),
        ("delaysSeconds: [5,", "delaysSeconds: [five,", "five", "x-mock.retrySchedule.delaysSeconds[0]"),
        ("payload: standard", "payload: nothing", "payload: nothing", "x-mock.plans.prospect.payload"),
        ("'{trackingId}', status: processing", "'{trackId}', status: processing", "trackId", "x-mock.payloads"),
        ("unreadable: {status: 400}", "unreadable: {status: 200}", "unreadable", "x-mock.violations.unreadable"),
        ("value: everyProvider", "value: nobody", "nobody", "x-mock.assumptions.CR-6b"),
        ("value: [401, 429", "value: [401, 401, 429", "[401, 401", "x-mock.assumptions.ERR-B"),
        ("pattern: '\\S'", "pattern: '('", "pattern: '('", "components.schemas.PersonId.pattern"),
        ("schemas/RevealPhoneRequest'}", "schemas/Nowhere'}", "Nowhere", "paths./api/v1/search/people/phone"),
        ("operationId: getCredits", "operationId: revealPhone", "operationId: revealPhone", "operationId"),
        ("x-plans: [prospect, prospect_pro]", "x-plans: [prospect]", "x-plans: [prospect]", "x-plans"),
        ("type: apiKey", "type: [apiKey", "", ""),
        ("paths:\n", "paths: {}\nother:\n", "paths:", "paths"),
    ],
    ids=map(str, range(17)),
)  # fmt: skip
def test_a_broken_file_is_one_line_with_file_line_and_field(
    tmp_path: Path, old: str, new: str, line: str, field: str
) -> None:
    text = FILE.read_text()
    assert old in text
    path = tmp_path / "broken.yaml"
    path.write_text(text.replace(old, new, 1))

    with pytest.raises(SpecError) as error:
        load_spec(path)
    message = str(error.value)
    file, number, place, *_ = message.split(":", 3)

    assert file == str(path)
    assert "\n" not in message
    assert place.strip().startswith(field) or field in place
    assert line in path.read_text().splitlines()[int(number) - 1]


@pytest.mark.parametrize("content", [b"", b"\xff", b"[]", b"openapi", b"a: b: c", b"\x00"])
def test_a_file_that_is_none_is_one_line_too(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "broken.yaml"
    path.write_bytes(content)

    with pytest.raises(SpecError) as error:
        load_spec(path)
    assert str(error.value).startswith(f"{path}:1: ")
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("operation", ["revealPhone", "trackReveal", "getCredits"])
@pytest.mark.parametrize("security", ["[]", "[{}]", "[{apiKey: []}, {}]"])
def test_a_behaviour_cannot_do_without_the_key(
    tmp_path: Path, operation: str, security: str
) -> None:
    path = tmp_path / "broken.yaml"
    there = f"      operationId: {operation}\n      tags:"
    text = FILE.read_text()
    assert there in text
    path.write_text(text.replace(there, f"      security: {security}\n{there}", 1))

    with pytest.raises(SpecError, match=r"security: should demand the key"):
        load_spec(path)
