from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from mock_server.domain import plans as domain_plans
from mock_server.domain.errors import Violation
from mock_server.domain.instants import SECOND
from mock_server.domain.jobs import Status
from mock_server.domain.rules import Signature
from mock_server.packaged import NAME
from mock_server.spec import Spec, SpecError, load_spec

Load = Callable[[Mapping[str, Any]], Spec]
Refused = Callable[[Mapping[str, Any]], str]

MAX = "x-mock plans max"
PROSPECT = "x-mock plans prospect"
PROVIDERS = "x-mock providers"
PAYLOADS = "x-mock payloads"
ASSUMED = "x-mock assumptions"


def test_providers_keep_the_order_of_asking(spec: Spec) -> None:
    names = [each.name for each in spec.rules.providers]

    assert names[:2] == ["Clodura", "SignalHire"]
    assert [each.partner for each in spec.rules.providers] == [False] + [True] * 6
    assert spec.rules.providers[1].duration == 3 * SECOND


def test_a_plan_asks_all_its_own_or_named_providers(load: Load) -> None:
    plans = load({f"{MAX} providers": ["Wiza", "Clodura"]}).rules.plans

    assert [each.name for each in plans["max"].providers] == ["Wiza", "Clodura"]
    assert [each.name for each in plans["prospect"].providers] == ["Clodura"]
    assert len(plans["payg"].providers) == 7


def test_the_word_provider_is_the_providers_own_price(spec: Spec) -> None:
    assert spec.rules.plans["max"].prices == {"unified": None}
    assert spec.rules.plans["prospect"].prices == {"phone": 1, "export": 1}


def test_the_balance_is_a_document_of_the_credits(spec: Spec) -> None:
    phone = {"granted": 100, "used": 1, "left": 99}

    balance = spec.rules.plans["prospect"].balance({"credits": 99, "phone": phone, "export": phone})

    assert balance["directDials"] == 1
    assert balance["maxDirectDials"] == 100


def test_the_tables_become_values(spec: Spec) -> None:
    rules = spec.rules

    assert rules.test_keys["low"] == domain_plans.TestKey("max", credits=13)
    assert rules.test_keys["no_access"].api_access is False
    assert rules.window == 60 * SECOND
    assert rules.limited == {"revealPhone"}
    assert (rules.retries.timeout, rules.retries.delays[0]) == (10, 5 * SECOND)
    assert rules.statuses[Status.INSUFFICIENT_CREDITS] == "Insufficient Credits"
    assert rules.violations["unreadable"] == Violation(400)
    assert rules.people.find("mock-found-wiza", 0).numbers.keys() == {"Wiza"}  # type: ignore[union-attr]


def test_assumptions_become_values(spec: Spec) -> None:
    assumed = spec.rules.assumptions

    assert (assumed.foreign_job, assumed.no_number, assumed.no_person) == (404, 404, 404)
    assert assumed.order == (401, 429, 400, 422, 403, 402, 404)
    assert assumed.person_id_wins
    assert assumed.signature is None
    assert assumed.processing({"trackingId": "a"}) == {"trackingId": "a", "status": "processing"}


def test_an_assumption_may_be_any_of_its_values(load: Load) -> None:
    signed = {"followRedirects": True, "signature": {"header": "X-Signature", "secret": "s"}}
    edits = {f"{ASSUMED} RES-3 value": "accept", f"{ASSUMED} WH-10a value": signed}

    assumed = load(edits).rules.assumptions

    assert assumed.no_number == "accept"
    assert assumed.signature == Signature("X-Signature", "s")


def test_further_assumptions_violations_and_payloads_are_welcome(load: Load) -> None:
    mine = {"value": {"$ref": "#/components/schemas/PersonId"}, "reason": "Mine."}
    edits = {
        f"{ASSUMED} MY-1": mine,
        "x-mock violations mine": {"status": 418},
        f"{PAYLOADS} mine": {
            "version": [1, "{plan}"],
            "numbers": {"$each": "{numbers}", "$item": {"number": "{item}"}},
        },
    }

    rules = load(edits).rules

    assert rules.violations["mine"].status == 418
    assert rules.payloads["mine"]({"numbers": ["1"], "plan": "max"}) == {
        "version": [1, "max"],
        "numbers": [{"number": "1"}],
    }


def test_a_result_may_spread_into_the_tracked_document(load: Load) -> None:
    track = load(
        {f"{PAYLOADS} track": {"$spread": "{result}", "id": "{trackingId}"}}
    ).rules.payloads["track"]

    assert track({"result": {"a": 1}, "trackingId": "t"}) == {"a": 1, "id": "t"}


def test_an_error_names_file_line_and_field(tmp_path: Path, spec: Spec) -> None:
    path = tmp_path / NAME
    path.write_text(spec.text.decode().replace("requestsPerMinute: 300", "requestsPerMinute: many"))
    line = spec.text.decode().partition("requestsPerMinute: 300")[0].count("\n") + 1

    with pytest.raises(SpecError) as error:
        load_spec(path)

    assert str(error.value) == (
        f"{path}:{line}: x-mock.plans.max.requestsPerMinute: should be a whole number from 0"
    )


PLAN = {
    "title": "P",
    "payload": "standard",
    "providers": "all",
    "prices": {"phone": 1},
    "startingCredits": {},
}


@pytest.mark.parametrize(
    ("edits", "expected"),
    [
        ({"x-mock": ...}, ": should be a mapping"),
        ({"x-mock plans": ...}, "plans: is missing, add it"),
        ({"x-mock assumptions": ...}, "assumptions: is missing, add it"),
        ({"x-mock assumptions": []}, "assumptions: should be a mapping"),
        ({"x-mock plan": {}}, "plan: is not known here, correct its name or remove it"),
        ({"x-mock plans": {}}, "plans: should be a mapping with at least one entry"),
        ({"x-mock plans a+b": PLAN}, "plans.a+b: has a name that should be of letters, digits"),
        ({"x-mock plans p": PLAN}, "plans.p.requestsPerMinute: is missing, add it (and 1 more)"),
        ({"x-mock plans p": 1}, "plans.p: should be a mapping with title, payload, "),
        ({f"{MAX} payload": "nothing"}, "plans.max.payload: nothing is no callback of revealPhone"),
        ({f"{MAX} payload": "track"}, "plans.max.payload: track is no callback"),
        ({f"{MAX} providers": "some"}, "plans.max.providers: should be `all`, `own` or a list"),
        ({f"{MAX} providers": []}, "plans.max.providers: should be `all`, `own` or a list"),
        ({f"{MAX} providers": ["Nobody"]}, "plans.max.providers[0]: Nobody is no provider"),
        ({f"{MAX} providers": ["Wiza", "Wiza"]}, "plans.max.providers[1]: Wiza is named twice"),
        ({f"{MAX} prices unified": -1}, "plans.max.prices.unified: should be a whole number"),
        ({f"{MAX} prices unified": True}, "plans.max.prices.unified: should be a whole"),
        ({f"{MAX} prices": {"export": 1}}, "plans.max.prices: should price unified or phone"),
        (
            {f"{PROSPECT} startingCredits export": ...},
            "plans.prospect.startingCredits.export: is missing, add it",
        ),
        (
            {f"{PROSPECT} startingCredits more": 1},
            "plans.prospect.startingCredits.more: is a kind of credit without a price",
        ),
        (
            {f"{MAX} balance": {"left": "{phone.left}"}},
            "plans.max.balance.left: {phone.left} is not known here, use one of: {credits}, ",
        ),
        ({PROVIDERS: []}, "providers: should be a list with at least one entry"),
        ({f"{PROVIDERS} 0 partner": True}, "providers[0].partner: should be false"),
        ({f"{PROVIDERS} 1 name": "CLODURA"}, "providers[1].name: CLODURA is the name of two"),
        (
            {f"{PROVIDERS} 1 seconds": -1},
            "providers[1].seconds: should be a number of seconds from 0",
        ),
        ({"x-mock testKeys low plan": "x"}, "testKeys.low.plan: x is no plan, use one of"),
        ({"x-mock testKeys max": {"plan": "max"}}, "testKeys.max: is the name of a plan"),
        ({"x-mock rateLimit operations": ["x"]}, "rateLimit.operations[0]: x is no operationId"),
        ({"x-mock rateLimit windowSeconds": 0}, "rateLimit.windowSeconds: should be"),
        (
            {"x-mock stepStatuses found": ""},
            "stepStatuses.found: should be a text that is not blank",
        ),
        ({"x-mock violations tooLarge": ...}, "violations.tooLarge: is missing, add it"),
        ({"x-mock violations tooLarge status": 500}, "violations.tooLarge.status: "),
        ({f"{PAYLOADS} track": ...}, "payloads.track: is missing, add it"),
        (
            {f"{PAYLOADS} track": {"$ref": "#/nothing"}},
            "payloads.track.$ref: #/nothing does not exist",
        ),
        ({f"{PAYLOADS} accepted more": "{numbers}"}, "payloads.accepted.more: {numbers} is not"),
        (
            {f"{PAYLOADS} standard more": ["{person.age}"]},
            "payloads.standard.more[0]: {person.age}",
        ),
        ({f"{PAYLOADS} standard more": "{item.status}"}, "payloads.standard.more: {item.status}"),
        (
            {f"{PAYLOADS} standard more": {"$each": "{steps}"}},
            "payloads.standard.more: should have",
        ),
        ({f"{PAYLOADS} standard more": {"$item": 1}}, "payloads.standard.more: should have $each"),
        (
            {f"{PAYLOADS} standard more": {"$each": "{plan}", "$item": 1}},
            "payloads.standard.more.$each: should be the name of a list",
        ),
        (
            {f"{PAYLOADS} multiProvider providers $item x": "{item.age}"},
            "payloads.multiProvider.providers.$item.x: {item.age} is not known here, use one of: {",
        ),
        ({"x-mock errorTemplate $spread": "{message}"}, "errorTemplate.$spread: should be"),
        ({"x-mock errorTemplate": "{message}"}, "errorTemplate: should be a mapping"),
        ({f"{ASSUMED} ERR-B": ...}, "assumptions.ERR-B: is missing, add it"),
        ({f"{ASSUMED} ERR-B reason": ...}, "assumptions.ERR-B.reason: is missing, add it"),
        ({f"{ASSUMED} ERR-B": 1}, "assumptions.ERR-B: should be a mapping with value, reason"),
        ({f"{ASSUMED} ERR-B value": [400, 400]}, "assumptions.ERR-B.value: names a status twice"),
        (
            {f"{ASSUMED} ERR-B value": ["400"]},
            "assumptions.ERR-B.value[0]: should be a status from 400 to 599",
        ),
        ({f"{ASSUMED} RES-3 value": 200}, "assumptions.RES-3.value: should be a status from 400"),
        ({f"{ASSUMED} CR-8 value": "true"}, "assumptions.CR-8.value: should be true or false"),
        ({f"{ASSUMED} WH-8a value notAsked": 1}, "assumptions.WH-8a.value.notAsked: should be"),
        ({f"{ASSUMED} TRK-2 value body": "{plan}"}, "assumptions.TRK-2.value.body: {plan} is not"),
        (
            {f"{ASSUMED} MY-1": {"value": {"$ref": "#/x"}, "reason": "r"}},
            "assumptions.MY-1.value.$ref: ",
        ),
        ({f"{ASSUMED} MY-1": {"value": 1}}, "assumptions.MY-1.reason: is missing, add it"),
        ({"x-mock violations tooLarge status": 404.5}, "violations.tooLarge.status: should be a"),
        ({f"{ASSUMED} WH-10a value signature": 1}, "assumptions.WH-10a.value.signature: should be"),
        (
            {f"{ASSUMED} CR-6b value": "all"},
            "assumptions.CR-6b.value: should be `everyProvider` or",
        ),
    ],
)
def test_a_table_that_cannot_be_obeyed_is_refused(
    refused: Refused, edits: Any, expected: str
) -> None:
    message = refused(edits).removeprefix("x-mock").removeprefix(".")

    assert message.startswith(expected), message


def test_a_whole_number_may_be_written_with_a_point(load: Load) -> None:
    plan = load({f"{MAX} requestsPerMinute": 300.0, f"{MAX} prices unified": 2.0}).rules.plans[
        "max"
    ]

    assert (repr(plan.requests_per_minute), repr(plan.prices["unified"])) == ("300", "2")
