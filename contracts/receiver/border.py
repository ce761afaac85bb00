"""Owns what the suite takes from the fake's package, alone: the rules on targets, and a fake for `--drive`."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from contracts.receiver.drive import Fake
from contracts.receiver.endpoint import EndpointError, Judge
from mock_server.adapters.targets import Targets
from mock_server.mock import MockServer
from mock_server.serving import ServingError
from mock_server.settings import DEFAULT_PORT

_THEIRS = "allow it with --webhook-targets any or a host pattern"


def judge_of(allow_hosts: Sequence[str]) -> Judge:
    """Loopback and private addresses, and what is allowed beyond. Raises EndpointError for what is no host."""
    try:
        targets = Targets.parse(["private", *allow_hosts])
    except ValueError as error:
        raise EndpointError(str(error).replace("webhook target", "--allow-host", 1)) from None

    def judge(host: str, port: int, address: str) -> str | None:
        why = targets.why_refused(host, port, host if host == address else address)
        return why and why.replace(_THEIRS, f"--allow-host {host} allows it")

    return judge


@contextmanager
def started_fake(allow_hosts: Sequence[str], seed: int) -> Iterator[Fake]:
    """A fake on the port that an application is likely to be set up for, or on a free one where that is taken."""
    targets = ["private", *allow_hosts]
    fake = MockServer(port=DEFAULT_PORT, seed=seed, webhook_targets=targets)
    try:
        fake.start()
    except ServingError:
        fake = MockServer(seed=seed, webhook_targets=targets).start()
    try:
        yield fake
    finally:
        fake.stop()
