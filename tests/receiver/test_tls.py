"""A receiver behind https, as most are: its certificate is checked as a sender would."""

import shutil
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvicorn

from contracts.verdicts import Exit, Verdict
from tests.receiver.apps.correct import HOOK, TOKEN, Receiver
from tests.receiver.raw import only, run

pytestmark = pytest.mark.skipif(shutil.which("openssl") is None, reason="there is no openssl here")
MAKE = (
    "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=here"
    " -addext subjectAltName=IP:127.0.0.1 -keyout key.pem -out certificate.pem"
)


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A certificate for 127.0.0.1 that signs itself, its key beside it."""
    subprocess.run(MAKE.split(), check=True, capture_output=True, cwd=tmp_path)
    return tmp_path / "certificate.pem"


@pytest.fixture
def base(certificate: Path, tmp_path: Path) -> Iterator[str]:
    config = uvicorn.Config(
        Receiver(tmp_path / "receiver.db").app,
        port=0,
        log_config=None,
        ssl_certfile=certificate,
        ssl_keyfile=certificate.with_name("key.pem"),
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        thread.join(0.01)
    yield f"https://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join()


def test_a_trusted_certificate_lets_every_delivery_through(
    base: str, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))

    report = run(
        f"{base}{HOOK}?token={TOKEN}",
        probe=f"{base}/probe",
        rules=["R1", "R12", "R15", "R18", "R20"],
    )

    assert {each.id: each.verdict for each in report.results} == dict.fromkeys(
        ["R1", "R12", "R15", "R18", "R20"], Verdict.PASSED
    )


def test_a_certificate_that_nobody_knows_is_told_at_once(base: str) -> None:
    report = run(f"{base}{HOOK}", rules=["R1"])

    assert report.exit is Exit.FAILED
    assert "certificate verify failed" in only(report).evidence[0].seen
