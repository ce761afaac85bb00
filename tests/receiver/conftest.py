"""Owns the fixtures of the suite's tests: runs against an application in this process, with a probe at /probe."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from contracts.receiver.serving import served
from contracts.receiver.trial import Options, Trial
from contracts.reports import Report
from mock_server import openapi_path
from tests.receiver.apps.broken import SHARED_SECRET
from tests.receiver.apps.correct import HOOK, TOKEN

Judged = Callable[..., Report]
UNSIGNED, SIGNED = (
    "signature: null}",
    f"signature: {{header: X-Signature, secret: {SHARED_SECRET}}}}}",
)


@pytest.fixture
def judged() -> Judged:
    """Judge an application; `further` are fields of Options."""

    def run(application: Any, *, secret: bool = True, **further: Any) -> Report:
        with served(application) as base:
            url = f"{base}{HOOK}" + (f"?token={TOKEN}" if secret else "")
            options: dict[str, Any] = {"probe": f"{base}/probe", "seed": 1, **further}
            return Trial(Options(url=url, **options)).run()

    return run


@pytest.fixture
def signing(tmp_path: Path) -> Path:
    """An openapi.yaml of an API that signs its deliveries."""
    text = openapi_path().read_text("utf-8")
    assert UNSIGNED in text, "the file says otherwise that nothing is signed"
    path = tmp_path / "openapi.yaml"
    path.write_text(text.replace(UNSIGNED, SIGNED), "utf-8")
    return path
