"""The fixture `clodura_receiver_suite`: the checks within somebody's own tests."""

import asyncio
import re
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette

from contracts.receiver.fixture import ReceiverBroken, ReceiverSuite
from contracts.receiver.serving import ServingError, served
from contracts.verdicts import Verdict
from tests.receiver.apps.correct import HOOK, TOKEN, Receiver
from tests.receiver.apps.flask_app import create_app
from tests.web.receivers import OK, receiving, status

URL = f"{HOOK}?token={TOKEN}"
FEW = ("R1", "R3", "R20")


def test_an_asgi_application_is_judged_with_a_probe_of_its_own(
    clodura_receiver_suite: ReceiverSuite, tmp_path: Path
) -> None:
    app = Receiver(tmp_path / "receiver.db").app

    report = clodura_receiver_suite(app, URL, probe="/probe", rules=FEW)

    assert [each.verdict for each in report.results] == [Verdict.PASSED] * len(FEW)


def test_a_wsgi_application_is_judged_too(clodura_receiver_suite: ReceiverSuite) -> None:
    report = clodura_receiver_suite(create_app(), URL, probe="/probe", rules=FEW)

    assert [each.verdict for each in report.results] == [Verdict.PASSED] * len(FEW)


def test_the_probe_may_be_a_function(clodura_receiver_suite: ReceiverSuite, tmp_path: Path) -> None:
    receiver = Receiver(tmp_path / "receiver.db")
    asked = []

    def probe(tracking_id: str | None, person_id: str | None) -> dict[str, Any]:
        asked.append((tracking_id, person_id))
        query = "select state, numbers from results where id = ?"
        row = receiver.db.execute(query, (tracking_id or person_id,)).fetchone()
        return {"state": row[0], "phoneNumbers": eval(row[1]), "appliedCount": 1}

    clodura_receiver_suite(receiver.app, URL, probe=probe, rules=["R1"], seed=3)

    assert all((one is None) != (other is None) for one, other in asked), (
        "one of the two is asked for"
    )


def test_a_failure_is_an_assertion_that_tells_it(clodura_receiver_suite: ReceiverSuite) -> None:
    with receiving(status(500)) as broken, pytest.raises(ReceiverBroken) as caught:
        clodura_receiver_suite(broken.url, rules=["R22"])

    assert isinstance(caught.value, AssertionError)
    assert "R22 The registered URL answers itself: failed" in str(caught.value)
    assert "curl -i" in str(caught.value)
    assert caught.value.report.results[0].verdict is Verdict.FAILED


def test_a_run_that_checked_nothing_is_an_assertion_too(
    clodura_receiver_suite: ReceiverSuite,
) -> None:
    with receiving(OK) as fine, pytest.raises(ReceiverBroken, match="nothing ran"):
        clodura_receiver_suite(fine.url, rules=["R26"])


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"prob": "http://127.0.0.1:9/probe"}, "no option prob; there are path, probe, probe_cmd"),
        ({"report": "out"}, "no option report"),
        ({"rules": "R1"}, "rules is a list of texts, such as ['R1']"),
        ({"allow_hosts": "example.com"}, "allow_hosts is a list"),
    ],
)
def test_an_option_that_would_do_nothing_is_refused(
    clodura_receiver_suite: ReceiverSuite, options: Any, said: str
) -> None:
    with pytest.raises(TypeError, match=re.escape(said)):
        clodura_receiver_suite("http://127.0.0.1:9/", **options)


def test_a_file_may_be_named_by_a_text(
    clodura_receiver_suite: ReceiverSuite, tmp_path: Path
) -> None:
    known = tmp_path / "known.toml"
    known.write_text('[[expected]]\nrule = "R22"\nreason = "known"\ndate = 2026-01-31\n')
    with receiving(status(500)) as broken:
        report = clodura_receiver_suite(broken.url, rules=["R22"], expected_failures=str(known))

    assert report.results[0].expected_failure == "known"


def test_it_runs_where_a_loop_is_running_already(clodura_receiver_suite: ReceiverSuite) -> None:
    async def test() -> None:
        clodura_receiver_suite(fine.url, rules=["R22"])

    with receiving(OK) as fine:
        asyncio.run(test())


def test_an_application_whose_lifespan_fails_is_told() -> None:
    def broken(_: Starlette) -> Any:
        raise RuntimeError

    with pytest.raises(ServingError, match="lifespan"), served(Starlette(lifespan=broken)):
        pass


def test_an_asgi_function_is_served_as_one() -> None:
    async def app(scope: Any, _: Any, send: Any) -> None:
        assert scope["type"] == "http"
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body"})

    def old_style(scope: Any, receive: Any, send: Any) -> Any:
        return app(scope, receive, send)

    for each in (app, old_style):
        with served(each) as base:
            assert ReceiverSuite()(f"{base}/hook", rules=["R22"]).exit == 0
