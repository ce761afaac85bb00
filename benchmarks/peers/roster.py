"""Owns who the peers are: their versions, how each is started, and what it makes of the file."""

import json
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple, Protocol

import yaml

from benchmarks.fake import FIRST_MATCH
from benchmarks.peers import documents
from benchmarks.peers.packages import Unavailable, npm, program, python
from benchmarks.processes import Server

PRISM, MOCKOON, WIREMOCK, CONNEXION = "5.16.0", "9.9.0", "3.13.2", "3.3.0"


class Start(Protocol):
    """Starts a server whose files go into `folder`; `webhook` says whether matches name one."""

    def __call__(self, folder: Path, *, webhook: bool) -> Server: ...


class Peer(NamedTuple):
    """One mock server, and what it makes of the file."""

    name: str
    start: Start
    reads: str
    sends_webhooks: bool = True
    warm_up: float = 1  # seconds; the JVM compiles what is called often
    is_variant: bool = False  # of another peer, which does the same at another speed

    def server(self, *, webhook: bool = False) -> Server:
        """The peer, serving; raises BenchmarkError with the reason where that cannot be."""
        folder = tempfile.TemporaryDirectory(prefix="clodura-kit-peer-")
        try:
            server = self.start(Path(folder.name), webhook=webhook)
        except BaseException:
            folder.cleanup()
            raise
        server.when_stopped(folder.cleanup)
        return server


def _prism(*options: str) -> Start:
    def start(folder: Path, *, webhook: bool) -> Server:
        script = npm("@stoplight/prism-cli", PRISM) / "dist" / "index.js"
        spec = folder / "openapi.yaml"
        spec.write_text(
            yaml.safe_dump(documents.calling_back(*["multiProvider"] * webhook), sort_keys=False)
        )
        command = [program("node"), str(script), "mock", "-p", "PORT", *options, str(spec)]
        return Server(command, FIRST_MATCH)

    return start


def _mockoon(folder: Path, *, webhook: bool) -> Server:
    script = npm("@mockoon/cli", MOCKOON) / "bin" / "run.js"
    data = folder / "environment.json"
    data.write_text(json.dumps(documents.mockoon(with_webhook=webhook)))
    options = [
        "--data",
        str(data),
        "--port",
        "PORT",
        "--hostname",
        "127.0.0.1",
        "--disable-log-to-file",
    ]
    return Server([program("node"), str(script), "start", *options], FIRST_MATCH)


def _wiremock(*options: str) -> Start:
    def start(folder: Path, *, webhook: bool) -> Server:
        java = program("java")
        jar = next((npm("wiremock", WIREMOCK) / "build").glob("*.jar"), None)
        if jar is None:
            raise Unavailable("its package carries no jar")
        mappings = folder / "mappings"
        mappings.mkdir()
        (mappings / "all.json").write_text(json.dumps(documents.wiremock(with_webhook=webhook)))
        command = [
            java,
            "-jar",
            str(jar),
            "--port",
            "PORT",
            "--bind-address",
            "127.0.0.1",
            "--root-dir",
            str(folder),
        ]
        return Server([*command, "--disable-banner", *options], FIRST_MATCH)

    return start


def _connexion(folder: Path, *, webhook: bool) -> Server:
    assert not webhook, "it sends none"
    interpreter = python("connexion", f"connexion[uvicorn]=={CONNEXION}", "uvloop", "httptools")
    spec = folder / "openapi.yaml"
    spec.write_text(yaml.safe_dump(documents.version_3_0("connexion_app.anybody"), sort_keys=False))
    script = Path(__file__).with_name("connexion_app.py")
    return Server([str(interpreter), str(script), str(spec), "PORT"], FIRST_MATCH)


_BY_HAND = "mappings with the file's schema, answers written by hand"
PRISM_SILENT = Peer(f"Prism {PRISM}, silent", _prism("-v", "silent"), "the file")
PEERS: Sequence[Peer] = (
    Peer(f"Prism {PRISM}, as shipped", _prism(), "the file", is_variant=True),
    PRISM_SILENT,
    Peer(f"Mockoon {MOCKOON}", _mockoon, "an environment with rules written by hand"),
    Peer(
        f"WireMock {WIREMOCK}, no journal", _wiremock("--no-request-journal"), _BY_HAND, warm_up=8
    ),
    Peer(
        f"WireMock {WIREMOCK}, journal of 10,000",
        _wiremock("--max-request-journal-entries", "10000"),
        _BY_HAND,
        warm_up=8,
        is_variant=True,
    ),
    Peer(
        f"connexion {CONNEXION}, mock mode",
        _connexion,
        "the file in version 3.0, without `if` and callbacks",
        sends_webhooks=False,
    ),
)
