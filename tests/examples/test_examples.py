"""The examples do what they say, as they stand."""

import json
import shutil
import sys
from pathlib import Path

import pytest

from mock_server import MockServer
from tests.api import match
from tests.docs.blocks import page
from tests.examples.processes import EXAMPLES, receiving, run, serving


def needs(program: str) -> pytest.MarkDecorator:
    return pytest.mark.skipif(shutil.which(program) is None, reason=f"there is no {program} here")


NODES_STORY = [
    "accepted: ",
    "webhook: ",
    "charged: 12",
    "unknown key: 401 ",
    "no credits: 402 ",
    "no such person: 404 ",
    "company page: 422 ",
    "too fast: 429 ",
]


def told(output: str) -> list[str]:
    """The beginnings of the lines that Node's client prints."""
    lines = output.splitlines()
    return [
        start if line.startswith(start) else line
        for start, line in zip(NODES_STORY, lines, strict=True)
    ]


@needs("node")
def test_a_client_in_node_works_unchanged_over_http() -> None:
    with serving("--clock", "x60") as url:
        output = run("node", EXAMPLES / "client.mjs", CLODURA_URL=url)

    assert told(output) == NODES_STORY


@needs("node")
@needs("openssl")
def test_a_client_in_node_works_unchanged_over_tls(tmp_path: Path) -> None:
    (making_a_certificate,) = page("serve").blocks_with("bash", "openssl")
    run("bash", "-c", making_a_certificate, cwd=tmp_path)
    certificate, key = tmp_path / "cert.pem", tmp_path / "key.pem"

    with serving("--clock", "x60", "--tls-cert", certificate, "--tls-key", key) as url:
        output = run(
            "node",
            EXAMPLES / "client.mjs",
            CLODURA_URL=url,
            NODE_EXTRA_CA_CERTS=str(certificate),
        )

    assert url.startswith("https://")
    assert told(output) == NODES_STORY


def test_the_receiver_prints_the_webhook(mock: MockServer) -> None:
    with receiving() as (url, receiver):
        accepted = match(mock, {"personId": "mock-found", "webhookUrl": f"{url}/hook"}).body
        mock.advance(to="idle")

        webhook = json.loads(receiver.line_with("{"))

    assert webhook == mock.job(accepted["trackingId"])["result"]
    assert mock.job(accepted["trackingId"])["deliveries"][0]["outcome"] == "delivered"


@needs("curl")
def test_the_walk_with_curl_tells_the_whole_story(mock: MockServer) -> None:
    output = run("bash", EXAMPLES / "curl.sh", CLODURA_URL=mock.url)

    documents = [json.loads(line) for line in output.splitlines() if line.startswith("{")]
    _accepted, processing, advanced, finished, inbox, balance, ledger = documents
    assert processing["status"] == "processing"
    assert advanced["deliveries"] == 1
    assert inbox["messages"][0]["body"] == finished
    assert balance == {"remainingCredits": 9986}
    assert [entry["amount"] for entry in ledger["entries"]] == [-14]


@needs("curl")
def test_the_walk_with_curl_sends_the_webhook_to_a_receiver_of_ones_own(mock: MockServer) -> None:
    with receiving() as (url, receiver):
        run("bash", EXAMPLES / "curl.sh", CLODURA_URL=mock.url, WEBHOOK_URL=f"{url}/hook")

        assert json.loads(receiver.line_with("{"))["status"] == "success"


def test_an_integrators_tests_are_green_in_a_project_of_their_own(tmp_path: Path) -> None:
    shutil.copy(EXAMPLES / "test_integration.py", tmp_path)

    unneeded = ("-p", "no:cacheprovider", "-p", "no:schemathesis")  # slow to load
    output = run(sys.executable, "-m", "pytest", *unneeded, cwd=tmp_path)

    assert "8 passed" in output
