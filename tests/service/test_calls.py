"""Owns the claims about how every call is answered: the key, faults, forced answers, the order of checks."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mock_server.domain.errors import Refusal
from mock_server.domain.faults import Effect
from mock_server.domain.instants import SECOND
from mock_server.domain.people import Hook
from mock_server.domain.rules import Rules
from mock_server.ports import Keys
from mock_server.service.calls import Behaviour, Call, Reply, answer
from mock_server.service.operations import EXAMPLE, behaviour_of
from tests.builders import HOOK_URL, Bench, assuming, fault, operation, person, spec

ORDER = spec().rules.assumptions.order
REFUSED: dict[str, Any] = {"personId": "mock-none"}
WRONG: dict[int, Any] = {
    400: {},
    422: {"personId": 7},
    404: {"personId": "mock-unknown"},
}


def bench_of(rules: Rules | None = None, **what: Any) -> Bench:
    bench = Bench(rules)
    bench.account(**what)
    return bench


@pytest.mark.parametrize("api_key", [None, "", "nobody", "KEY", " key", "key ", "test_gold"])
@pytest.mark.parametrize("operation_id", [each.operation_id for each in spec().operations])
def test_a_key_without_an_account_is_refused_first(  # AUTH-1, AUTH-5
    operation_id: str, api_key: str | None
) -> None:
    bench = bench_of()

    assert bench.call(operation_id, [], api_key=api_key, prefer=403).status == 401


@pytest.mark.parametrize(
    ("api_key", "why"),
    [
        (None, "401: there is no X-API-KEY header (AUTH-1)"),
        ("nobody-s-key", "401: the key …-key belongs to no account (AUTH-1)"),
    ],
)
def test_why_a_key_is_refused_keeps_the_key_secret(api_key: str | None, why: str) -> None:
    assert bench_of().call("getCredits", api_key=api_key).why == why  # AUTH-4


def test_another_order_may_look_at_the_body_before_the_key() -> None:  # ERR-B
    bench = bench_of(assuming(order=(422, 401)))

    reply = bench.call("revealPhone", WRONG[422], api_key=None)

    assert reply.status == 422


def test_a_ready_made_account_comes_into_being_with_its_first_request() -> None:
    bench = Bench()

    reply = bench.call("getCredits", api_key="test_low_x")

    assert (reply.body, [*bench.accounts]) == ({"remainingCredits": 13}, ["test_low_x"])


def unsecured(behaviour: Behaviour, operation_id: str, document: Any = None) -> Reply:
    """A call without a key to an operation whose `security` the file has taken away."""
    call = Call(replace(operation(operation_id), secured=False), None, document, {}, [])
    return Bench().run(lambda tx: answer(tx, call, behaviour), Keys(""))


def test_an_unsecured_operation_needs_no_key() -> None:
    assert unsecured(EXAMPLE, "searchProspect").status == 200


@pytest.mark.parametrize("operation_id", ["revealPhone", "trackReveal", "getCredits"])
def test_what_an_account_is_needed_for_is_refused_without_one_whatever_the_file_says(
    operation_id: str,
) -> None:
    assert unsecured(behaviour_of(operation_id), operation_id, REFUSED).status == 401


def test_any_other_operation_answers_its_example() -> None:  # OP-4
    reply = bench_of().call("searchProspect", {"page": 1, "perPage": 10})

    assert reply.body["people"][0]["personId"] == "mock-found"


# Rate limits


@given(limit=st.integers(0, 5), calls=st.integers(1, 9))
@settings(deadline=None)
def test_so_many_requests_a_minute_are_answered(limit: int, calls: int) -> None:  # ERR-429
    bench = bench_of(requests_per_minute=limit)

    statuses = [bench.reveal("mock-unknown").status for _ in range(calls)]

    assert statuses == ([404] * limit + [429] * calls)[:calls]


def test_a_refusal_says_when_to_come_again() -> None:  # ERR-D
    bench = bench_of(requests_per_minute=1)
    bench.reveal()
    bench.now += 20 * SECOND + 1

    assert bench.reveal().headers == {"retry-after": "40"}


def test_after_that_the_next_window_begins() -> None:  # ERR-D
    bench = bench_of(requests_per_minute=1)
    bench.reveal()
    bench.now += 60 * SECOND

    assert bench.reveal().status == 200


def test_refused_and_forced_requests_count_too() -> None:  # ERR-D
    bench = bench_of(requests_per_minute=2)
    bench.call("revealPhone", {})
    bench.reveal("mock-status-402")

    assert bench.reveal().status == 429


def test_other_operations_do_not_count() -> None:  # ERR-D
    bench = bench_of(requests_per_minute=1)

    assert {bench.call("getCredits").status for _ in range(5)} == {200}


def test_two_keys_share_no_window() -> None:
    bench = bench_of(requests_per_minute=1)
    bench.account("other", requests_per_minute=1)
    bench.reveal()

    assert bench.reveal(api_key="other").status == 200


# The order of checks


def failing_at(statuses: set[int], rules: Rules | None = None) -> Reply:
    """A reveal that is to be refused for each of these, as far as they can come together."""
    bench = Bench(rules)
    bench.account(
        credits=0 if 402 in statuses else 100,
        api_access=403 not in statuses,
        requests_per_minute=0 if 429 in statuses else 100,
    )
    document = next((WRONG[each] for each in WRONG if each in statuses), {"personId": "mock-found"})
    return bench.call("revealPhone", document, api_key=None if 401 in statuses else "key")


@given(
    wrong=st.sampled_from([set[int](), {400}, {422}, {404}]),
    more=st.sets(st.sampled_from([429, 403, 402])),
    order=st.permutations([429, 400, 422, 403, 402, 404]),
)
@settings(deadline=None)
def test_the_first_in_the_order_is_answered(  # ERR-B
    wrong: set[int], more: set[int], order: list[int]
) -> None:
    statuses = wrong | more

    reply = failing_at(statuses, assuming(order=(401, *order)))

    assert reply.status == min(statuses, key=order.index, default=200)


@pytest.mark.parametrize("n", range(len(ORDER)))
def test_the_file_s_order_holds(n: int) -> None:  # ERR-B
    assert failing_at({*ORDER[n:]}).status == ORDER[n]


def test_the_reason_goes_to_the_journal_and_not_to_the_caller() -> None:
    reply = failing_at({402})

    assert (reply.body["message"], reply.why[:5]) == ("Your credits are exhausted.", "402: ")


def test_what_is_the_fake_s_own_is_marked() -> None:
    called = operation("getCredits")
    refusal = Refusal(400, "why", "message", reason="the fake's")
    call = Call(called, "key", None, {}, [refusal])

    reply = bench_of().run(lambda tx: answer(tx, call, behaviour_of("getCredits")), Keys("key"))

    assert reply.headers == {"x-mock-reason": "the fake's"}


# Forced answers


@pytest.mark.parametrize("status", [400, 401, 402, 403, 404, 422, 429])
def test_prefer_takes_any_documented_error(status: int) -> None:
    bench = bench_of()

    assert bench.call("revealPhone", {"personId": "mock-found"}, prefer=status).status == status


def test_a_429_that_was_asked_for_says_when_to_come_again() -> None:  # ERR-D
    bench = bench_of()

    reply = bench.call("revealPhone", {"personId": "mock-found"}, prefer=429)

    assert reply.headers == {"retry-after": "60"}


def test_a_429_that_nobody_s_window_rules_says_nothing_of_it() -> None:
    call = Call(operation("searchProspect"), None, None, {}, [], 429)

    reply = Bench().run(lambda tx: answer(tx, _open(call), EXAMPLE), Keys(""))

    assert (reply.status, reply.headers) == (429, {})


def _open(call: Call) -> Call:
    return call._replace(operation=replace(call.operation, secured=False))


@pytest.mark.parametrize("status", [201, 301, 418, 500])
def test_prefer_takes_nothing_else(status: int) -> None:
    reply = bench_of().call("getCredits", prefer=status)

    assert (reply.status, reply.headers["x-mock-reason"]) == (
        400,
        f"getCredits documents no {status}; Prefer takes 400, 401, 403",
    )


def test_prefer_comes_before_the_magic_person() -> None:
    bench = bench_of()

    assert bench.call("revealPhone", {"personId": "mock-status-402"}, prefer=403).status == 403


def test_who_prefers_success_is_answered_as_ever() -> None:
    bench = bench_of()

    replies = [
        bench.call("revealPhone", {"personId": each}, prefer=200).status
        for each in ("mock-found", "mock-none", "mock-status-402")
    ]

    assert replies == [200, 404, 402]


# Faults


def test_a_fault_comes_before_a_forced_answer() -> None:
    bench = bench_of().has(fault("f", Effect(status=503)))

    assert bench.call("revealPhone", {"personId": "mock-status-402"}, prefer=403).status == 503


def test_a_fault_without_a_body_has_the_error_of_its_status() -> None:
    reply = bench_of().has(fault("f", Effect(status=503))).call("getCredits")

    assert reply.body == {
        "statusCode": 503,
        "error": "Service Unavailable",
        "message": "Service Unavailable",
    }


def test_a_fault_below_400_has_the_documented_example() -> None:
    reply = bench_of().has(fault("f", Effect(status=202))).call("getCredits")

    assert (reply.status, reply.body) == (202, {"remainingCredits": 9990})


def test_a_fault_s_body_alone_is_answered_with_success() -> None:
    reply = bench_of().has(fault("f", Effect(body=[1]))).call("getCredits")

    assert (reply.status, reply.body, reply.bent) == (200, [1], True)


def test_a_fault_may_break_the_connection_off() -> None:
    assert bench_of().has(fault("f", Effect(disconnect=True))).call("getCredits").disconnect


def test_a_fault_s_429_says_when_to_come_again_unless_it_does_so_itself() -> None:  # ERR-D
    faults = [Effect(status=429), Effect(status=429, headers={"Retry-After": "7"})]

    replies = [bench_of().has(fault("f", each)).call("getCredits") for each in faults]

    assert [each.headers for each in replies] == [{"retry-after": "60"}, {"retry-after": "7"}]


def test_a_fault_may_only_delay_and_add_headers() -> None:
    effect = Effect(delay_seconds=2, headers={"X-Odd": "yes"})

    reply = bench_of().has(fault("f", effect)).call("getCredits")

    assert (reply.status, reply.delay_seconds, reply.headers, reply.why) == (
        200,
        2,
        {"x-odd": "yes"},
        "200: the balance in the form of the plan (BAL-1, BAL-2); bent by a fault of the control API",
    )


def test_a_fault_bends_a_refusal_as_well() -> None:
    bench = bench_of().has(fault("f", Effect(delay_seconds=2)))

    assert bench.reveal("mock-unknown").delay_seconds == 2


def test_a_fault_may_bend_the_webhook_of_the_job() -> None:
    bench = bench_of().has(fault("f", Effect(webhook=Hook(times=2))))

    assert bench.job("mock-found-hook-drop").hook == Hook(times=2)


def test_a_fault_does_not_happen_to_a_key_without_an_account() -> None:
    bench = bench_of().has(fault())

    assert bench.call("getCredits", api_key="nobody").status == 401


def test_of_two_faults_that_fit_the_older_happens() -> None:
    bench = bench_of().has(fault("a", Effect(status=500)), fault("b", Effect(status=503)))

    assert bench.call("getCredits").status == 500


def test_each_fault_counts_every_call_that_fits() -> None:
    first, second = fault("a", Effect(status=500), nth=1), fault("b", Effect(status=503), nth=2)
    bench = bench_of().has(first, second)

    assert [bench.call("getCredits").status for _ in range(3)] == [500, 503, 200]


def test_a_fault_counts_each_key_for_itself() -> None:
    bench = bench_of().has(fault(times=1))
    bench.account("other")

    keys = ["key", "other", "key", "other"]

    assert [bench.call("getCredits", api_key=each).status for each in keys] == [500, 500, 200, 200]


def test_a_call_that_does_not_fit_is_not_counted() -> None:
    bench = bench_of().has(fault(operation_id="getCredits", nth=2))
    bench.reveal()

    assert [bench.call("getCredits").status for _ in range(2)] == [200, 500]


@pytest.mark.parametrize(
    ("document", "fits"),
    [
        ({"personId": "p-1"}, True),
        ({"personId": "p-2"}, False),
        ({"linkedinUrl": "https://www.linkedin.com/in/p-1/"}, True),
        ({"linkedinUrl": "https://www.linkedin.com/in/asha"}, True),
        ({"personId": "p-1", "webhookUrl": 7}, True),
        ({"linkedinUrl": "https://www.linkedin.com/in/p-1/", "personId": 7}, True),
        ({"personId": 7}, False),
        ({"linkedinUrl": 7}, False),
        ([], False),
        (None, False),
    ],
)
def test_a_fault_may_mean_a_person_however_wrong_the_rest_is(document: Any, fits: bool) -> None:
    bench = bench_of().has(fault("f", Effect(status=503), person_id="p-1"))
    bench.knows(person("Clodura"), linkedin_url="https://www.linkedin.com/in/asha")

    assert (bench.call("revealPhone", document).status == 503) is fits


def test_where_the_profile_wins_it_names_the_person_of_an_invalid_body_too() -> None:  # REQ-2
    bench = bench_of(assuming(person_id_wins=False))
    bench.has(fault("f", Effect(status=503), person_id="asha"))
    document = {"personId": "p-1", "linkedinUrl": "https://linkedin.com/in/asha", "webhookUrl": 7}

    assert bench.call("revealPhone", document).status == 503


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["personId", "linkedinUrl", "webhookUrl", "revealPhoneNumberViaPartners", "x"]
            ),
            inner,
        )
    ),
    max_leaves=8,
)


@given(document=JSON)
@settings(deadline=None)
def test_whatever_comes_is_answered_as_documented(document: Any) -> None:
    bench = bench_of().has(fault("f", Effect(delay_seconds=1), person_id="p-1"))

    reply = bench.call("revealPhone", document)

    assert operation("revealPhone").response_problems(reply.status, reply.body) == []


@pytest.mark.parametrize(
    "raw",
    [b'{"personId": "\\ud800"}', b'{"personId": 1' + b"0" * 400 + b"}", b"[" * 2000, b'{"personId": NaN}',
     b'{"personId": "a\\u0000b"}', b'{"personId": "p", "x": 1e999}', b"\xff", b'{"personId": "p", "personId": 7}'],
)  # fmt: skip
def test_odd_json_is_answered_as_documented(raw: bytes) -> None:
    called = operation("revealPhone")
    body = called.read_body(b"application/json", raw)
    call = Call(called, "key", body.document, {}, body.refusals)

    reply = bench_of().run(lambda tx: answer(tx, call, behaviour_of("revealPhone")), Keys("key"))

    assert called.response_problems(reply.status, reply.body) == []


def test_the_receiver_of_a_job_is_the_one_that_was_named() -> None:
    assert bench_of().job().webhook_url == HOOK_URL
