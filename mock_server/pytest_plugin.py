"""Owns the fixtures (`clodura_mock`, `clodura_receiver_suite`, ...), the contract's options, collecting stories."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

if TYPE_CHECKING:
    from contracts.receiver.fixture import ReceiverSuite
    from mock_server.client import Account, Inbox
    from mock_server.mock import MockServer


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options of `clodura-kit contract`, for `pytest --pyargs contracts`."""
    group = parser.getgroup("clodura", "clodura-kit contract (pytest --pyargs contracts)")
    target = "what is tested: fake, an address, or a target file"
    group.addoption("--clodura-target", default="fake", metavar="TARGET", help=target)
    for name, kind in _VALUES.items():
        group.addoption(f"--clodura-{name}", type=kind, help=f"as --{name} of clodura-kit contract")
    group.addoption("--clodura-risk", type=int, default=0, help="as --risk")
    group.addoption("--clodura-listen", default="127.0.0.1:0", help="as --listen")
    group.addoption("--clodura-rules", action="append", metavar="GLOB", help="as --rules")
    for name in ("yes-spend", "no-webhook", "strict"):
        group.addoption(f"--clodura-{name}", action="store_true", help=f"as --{name}")


_VALUES: Final[dict[str, type]] = {
    "profile": str,
    "plan": str,
    "key-env": str,
    "budget": int,
    "public-url": str,
    "expected-failures": Path,
    "record": Path,
    "report": Path,
    "seed": int,
}


@pytest.fixture(scope="session")
def clodura_mock() -> "Iterator[MockServer]":
    """One fake for the session (and for each worker of pytest-xdist), on a manual clock and with a fixed seed."""
    from mock_server.mock import MockServer

    with MockServer(clock="manual", seed=1) as mock:
        yield mock


@pytest.fixture
def clodura_account(clodura_mock: "MockServer") -> "Iterator[Account]":
    """A fresh account of the plan Max with its starting balance, for one test."""
    account = clodura_mock.account()
    yield account
    account.remove()


@pytest.fixture
def clodura_inbox(clodura_mock: "MockServer", clodura_account: "Account") -> "Iterator[Inbox]":
    """A built-in webhook receiver of the test's own; `.url` goes into a request as its `webhookUrl`."""
    inbox = clodura_mock.inbox(clodura_account.api_key)
    yield inbox
    inbox.empty()


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """A story is a test: one that is named, or that is found and speaks of the fake's control API."""
    if not file_path.name.endswith(".arazzo.yaml"):
        return None
    if not parent.session.isinitpath(file_path) and b"control.yaml" not in file_path.read_bytes():
        return None
    try:
        from scenarios.collected import StoryFile
    except ModuleNotFoundError as missing:
        raise pytest.Collector.CollectError(_why(missing)) from None

    return StoryFile.from_parent(parent, path=file_path)


@pytest.fixture(scope="session")
def clodura_receiver_suite() -> "ReceiverSuite":
    """The checks of `clodura-kit receiver` as a function: `clodura_receiver_suite(app, "/webhooks", probe="/probe")`.

    It takes a URL, or an ASGI or WSGI application, and raises an AssertionError that tells what fails. Needs the extra
    `clodura-kit[contract]`.
    """
    try:
        from contracts.receiver.fixture import ReceiverSuite
    except ModuleNotFoundError as missing:
        pytest.fail(_why(missing), pytrace=False)

    return ReceiverSuite()


def _why(missing: ModuleNotFoundError) -> str:
    """The names of our packages are short: a project may have its own of the same name, which is found first."""
    package = (missing.name or "").partition(".")[0]
    if package not in ("contracts", "scenarios"):
        return f"this needs {missing.name}: pip install 'clodura-kit[contract]'"
    found = getattr(sys.modules.get(package), "__path__", ["?"])
    return (
        f"{missing.name} is a module of clodura-kit, and {package} in {next(iter(found))} is found first: "
        f"in this test run that one must have another name; the command clodura-kit works beside it"
    )
