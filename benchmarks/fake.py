"""Owns how the servers of the benchmarks are started and what is asked of them: the fake, the yardstick, the sink."""

import sys
from pathlib import Path

import yaml

from benchmarks.load import Request
from benchmarks.processes import Probe, Server, python_file
from mock_server.client import Account, ControlClient

MATCH = "/api/v1/search/people/phone/match"
JSON = {"Content-Type": "application/json"}
VALID = '{"personId": "mock-found"}'
INVALID = '{"revealPhoneNumberViaPartners": true}'  # no identifier: 400 with details
SPEC = Path(__file__).parents[1] / "openapi.yaml"
PLENTY = 1_000_000_000  # credits, and requests per minute: neither is to run out

FIRST_MATCH = Probe("POST", MATCH, VALID, {**JSON, "X-API-KEY": "test_max"})


def fake(*options: str) -> Server:
    """`clodura-kit serve`, as installed beside this Python."""
    command = Path(sys.executable).parent / "clodura-kit"
    start = [str(command)] if command.exists() else [sys.executable, "-m", "mock_server"]
    return Server([*start, "serve", "--port", "PORT", *options], FIRST_MATCH)


def yardstick() -> Server:
    return Server(python_file("yardstick.py"), FIRST_MATCH)


def sink() -> Server:
    return Server(python_file("sink.py"), Probe("GET", "/arrivals", None, {}))


def rich_account(server: Server) -> Account:
    return ControlClient(server.url).account("max", credits=PLENTY, requests_per_minute=PLENTY)


def unlimited(folder: Path) -> Path:
    """The file, but Max has credits and requests a minute without end: for accounts that come by themselves."""
    document = yaml.load(SPEC.read_bytes(), Loader=yaml.CSafeLoader)
    document["x-mock"]["plans"]["max"] |= {
        "startingCredits": {"unified": PLENTY},
        "requestsPerMinute": PLENTY,
    }
    path = folder / "openapi.yaml"
    path.write_text(yaml.safe_dump(document, sort_keys=False))
    return path


def match(*bodies: str, key: str = "test_max") -> Request:
    return Request(MATCH, {**JSON, "X-API-KEY": key}, bodies)
