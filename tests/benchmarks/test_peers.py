"""The peers: what each is given comes from the file, and what cannot be had is told without this machine's paths."""

import json
from pathlib import Path

import jsonschema_rs
import pytest

from benchmarks.fake import INVALID, MATCH, VALID
from benchmarks.peers import documents
from benchmarks.peers.packages import Unavailable, program, reason


def test_the_schema_that_wiremock_gets_judges_as_the_file_does() -> None:
    validator = jsonschema_rs.validator_for(documents.request_schema())

    assert validator.is_valid(json.loads(VALID))
    assert not validator.is_valid(json.loads(INVALID))
    assert "$ref" not in json.dumps(documents.request_schema())


def test_a_prism_that_is_not_to_call_back_has_no_callbacks() -> None:
    without, one = (
        documents.calling_back(*names)["paths"][MATCH]["post"] for names in ((), ("multiProvider",))
    )

    assert "callbacks" not in without
    assert list(one["callbacks"]) == ["multiProvider"]


def test_what_connexion_gets_is_openapi_3_0() -> None:
    document = documents.version_3_0("app.anybody")
    text = json.dumps(document)

    assert document["openapi"] == "3.0.3"
    assert document["components"]["securitySchemes"]["apiKey"]["x-apikeyInfoFunc"] == "app.anybody"
    assert '"const"' not in text
    assert '"if"' not in text


@pytest.mark.parametrize("with_webhook", [True, False])
def test_mockoon_and_wiremock_send_a_webhook_only_when_they_are_to(*, with_webhook: bool) -> None:
    mockoon = documents.mockoon(with_webhook=with_webhook)
    wiremock = documents.wiremock(with_webhook=with_webhook)

    assert bool(mockoon["callbacks"]) is with_webhook
    assert ("serveEventListeners" in wiremock["mappings"][0]) is with_webhook


def test_a_program_that_is_missing_makes_a_peer_unavailable(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(Unavailable, match="there is no `java` on this machine"):
        program("java")


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("warning\nnpm error code E404\nnpm error See the log\n", "npm error code E404"),
        ("it is\n\nnot to be had\n", "not to be had"),
        ("error: https://host.example/x and /home/someone/log fail", "error: ... and ... fail"),
        ("", "no reason given"),
    ],
)
def test_a_reason_is_one_line_without_addresses_and_folders(said: str, told: str) -> None:
    assert reason(said) == told
