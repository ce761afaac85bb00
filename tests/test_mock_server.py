"""MockServer and the fixtures, as users of Python see them."""

import re
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

import pytest

import mock_server
from mock_server import create_app
from mock_server.serving import Server, ServingError
from mock_server.settings import Settings, SettingsError
from tests.states import MockServer

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


def test_it_tells_where_it_is() -> None:
    assert repr(MockServer()) == "<MockServer not started>"


def test_an_event_stream_that_is_read_does_not_hold_up_the_end() -> None:
    with MockServer(clock="manual") as mock:
        target = urlsplit(mock.url)
        connection = HTTPConnection(target.hostname or "", target.port, timeout=20)
        connection.request("GET", "/_mock/events")
        stream = connection.getresponse()
        assert stream.readline() == b": clodura-kit\n"

    assert b"event:" not in stream.read(), "the stream ended with its server"
    connection.close()


def test_a_server_can_be_told_to_stop_before_it_runs() -> None:
    server = Server(create_app(), started=lambda: None)
    server.stop()

    assert server.should_exit


def test_a_name_that_the_package_lacks_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'Nothing'"):
        _ = mock_server.Nothing


def test_each_public_name_can_be_imported() -> None:
    assert [name for name in mock_server.__all__ if getattr(mock_server, name, None) is None] == []


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


def test_a_server_that_runs_is_not_started_again() -> None:
    with mock_server.MockServer(clock="manual") as mock:
        with pytest.raises(ServingError, match=f"runs already, at {mock.url}"):
            mock.start()
        assert mock.jobs() == [], "the first one goes on"
        assert repr(mock) == f"<MockServer {mock.url}>"

    assert repr(mock) == "<MockServer not started>"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"retention": "x"}, "retention is a whole number from 1, not 'x'"),
        ({"retention": 0}, "retention is a whole number from 1, not 0"),
        ({"seed": "a"}, "seed is a whole number from 0, not 'a'"),
        ({"seed": -1}, "seed is a whole number from 0, not -1"),
        ({"seed": True}, "seed is a whole number from 0, not True"),
        ({"port": "4030"}, "port is a whole number from 0 to 65535, not '4030'"),
        ({"port": 70_000}, "port is a whole number from 0 to 65535, not 70000"),
        ({"clock": 60}, "the clock is real, manual or x<rate> such as x60, not '60'"),
    ],
)
def test_an_option_of_another_type_or_out_of_its_bounds_is_told(options: Any, said: str) -> None:
    for made in (MockServer, create_app):
        with pytest.raises(SettingsError, match=re.escape(said)):
            made(**options)


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


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"state": "mysql://x"}, "memory, a file or postgresql://"),
        ({"durability": "hope"}, "process or power"),
    ],
)
def test_a_state_that_there_is_not_is_told(options: Any, said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        MockServer(**options)


def test_of_a_state_no_more_is_told_than_its_kind() -> None:
    kinds = [Settings(state=each).kind_of_state for each in ("memory", "a/b", "postgres://u:p@h/d")]

    assert kinds == ["memory", "sqlite", "postgresql"]
