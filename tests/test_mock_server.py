"""MockServer and the fixtures, as users of Python see them."""

import pytest

from mock_server import MockServer, create_app
from mock_server.serving import ServingError
from mock_server.settings import SettingsError

pytest_plugins = ["pytester"]


def test_a_call_before_the_start_says_what_to_do() -> None:
    with pytest.raises(ServingError, match="start"):
        MockServer().account()


def test_an_unknown_option_is_named_with_the_known_ones() -> None:
    with pytest.raises(TypeError, match="no option foo; there are clock, seed"):
        create_app(foo=1)  # type: ignore[call-arg]


def test_a_wrong_clock_is_told() -> None:
    with pytest.raises(SettingsError, match="x60"):
        MockServer(clock="x0")


def test_one_webhook_target_needs_no_list() -> None:
    with MockServer(webhook_targets="any") as mock:
        assert mock.clock()["mode"] == "real"


def test_it_serves_on_ipv6_too() -> None:
    with MockServer(host="::1") as mock:
        assert mock.account().credits() == 10_000


def test_a_stopped_server_can_be_stopped_again_and_started_anew() -> None:
    mock = MockServer(clock="manual")
    mock.start()
    mock.stop()
    mock.stop()
    with mock:
        assert mock.jobs() == []


def test_the_fixtures_give_a_server_an_account_and_an_inbox(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        def test_reveal(clodura_mock, clodura_account, clodura_inbox):
            import json
            body = {"personId": "mock-found", "webhookUrl": clodura_inbox.url}
            headers = {"X-API-KEY": clodura_account.api_key, "Content-Type": "application/json"}
            path = "/api/v1/search/people/phone/match"
            status, _ = clodura_mock.send("POST", path, json.dumps(body).encode(), headers)
            clodura_mock.advance(30)
            assert status == 200
            assert len(clodura_inbox.messages()) == 1
            assert clodura_account.balance() == {"remainingCredits": 9990}

        def test_the_next_test_has_an_account_of_its_own(clodura_account, clodura_inbox):
            assert clodura_account.ledger() == []
            assert clodura_inbox.messages() == []
        """
    )
    pytester.runpytest("-p", "no:schemathesis", "-p", "no:cacheprovider").assert_outcomes(passed=2)
