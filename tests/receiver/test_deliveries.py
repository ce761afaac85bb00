"""The curl line of a failure repeats the very delivery, and holds no secret."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from contracts.receiver.checks.malformed import _long
from contracts.receiver.deliveries import Delivery, curl
from contracts.receiver.forms import load_forms
from contracts.receiver.payloads import Payloads
from contracts.receiver.serving import served

PAYLOADS = Payloads(load_forms(), 1, "test")


class Recorder:
    """Keeps what comes."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, str, bytes, dict[str, str]]] = []
        self.app = Starlette(
            routes=[Route("/{path:path}", self.take, methods=["POST", "GET", "HEAD", "OPTIONS"])]
        )

    async def take(self, request: Request) -> Response:
        body = await request.body()
        self.seen.append((request.method, str(request.url.query), body, dict(request.headers)))
        return Response(status_code=204)


@pytest.fixture
def recorder() -> Iterator[tuple[Recorder, str]]:
    recorder = Recorder()
    with served(recorder.app) as base:
        yield recorder, f"{base}/hook"


def shell(line: str, folder: Path, **environment: str) -> None:
    subprocess.run(["sh", "-c", line], check=True, env=environment, cwd=folder, capture_output=True)


@pytest.mark.parametrize(
    "delivery",
    [
        PAYLOADS.found().delivery(),
        Delivery(b""),
        Delivery(b"{"),
        Delivery(b'{"name": "O\'Brien $HOME `id` \\u00e9"}'),
        Delivery("{'\U0001f680': '\u05e9'}".encode()),
        Delivery(b'{"trackingId": "\xff%d\'\\\x00"}'),
        Delivery(b"@not-a-file"),
        Delivery(b"two\nlines"),
        Delivery(b"x", (("Content-Type", "text/plain; a='b'"),)),
        Delivery(b"", method="HEAD"),
        Delivery(b"", method="OPTIONS"),
        Delivery(b'{"a": 1}', method="GET"),
        Delivery(b'{"a": 1}', chunked=True),
        _long(PAYLOADS, 20_000)[1],
    ],
    ids=lambda each: repr(each.body[:24]) + each.method,
)
def test_a_curl_line_repeats_the_delivery(
    delivery: Delivery, recorder: tuple[Recorder, str], tmp_path: Path
) -> None:
    kept, url = recorder

    shell(curl(url, delivery), tmp_path)

    [(method, _, body, headers)] = kept.seen
    assert (method, body) == (delivery.method, delivery.body)
    assert headers["content-type"] == dict(delivery.headers)["Content-Type"]
    assert ("transfer-encoding" in headers) == delivery.chunked


def test_several_at_once_are_repeated_so(recorder: tuple[Recorder, str], tmp_path: Path) -> None:
    kept, url = recorder

    shell(curl(url, Delivery(b'{"it\'s": "one"}'), times=8), tmp_path)

    assert [body for _, _, body, _ in kept.seen] == [b'{"it\'s": "one"}'] * 8


def test_the_secrets_of_a_url_become_variables(
    recorder: tuple[Recorder, str], tmp_path: Path
) -> None:
    kept, url = recorder
    line = curl(f"{url}?my-token=hunter2&x=1", Delivery(b"{}"))

    shell(line, tmp_path, MY_TOKEN="hunter2", X="1")

    assert "hunter2" not in line
    assert kept.seen[0][1] == "my-token=hunter2&x=1"


def test_another_target_is_shown_in_the_place_of_the_registered_one() -> None:
    line = curl("http://127.0.0.1/hook", Delivery(b"{}", target="/other path"))

    assert "'http://127.0.0.1/other path'" in line


def test_a_body_that_is_too_long_is_named_by_its_length() -> None:
    line = curl("http://127.0.0.1/hook", Delivery(json.dumps(["x" * 5000]).encode()))

    assert line.endswith("--data-binary @body.json  # 5004 bytes")
