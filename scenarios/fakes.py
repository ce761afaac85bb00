"""Owns the fakes that stories are played against: one of their own, or one that runs already."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, suppress
from functools import partial
from http import HTTPStatus
from http.client import HTTPException
from pathlib import Path
from typing import Final, cast
from urllib.parse import parse_qs, urlsplit

import mock_server
from mock_server.client import Clock, ControlClient, ControlError
from mock_server.mock import MockServer
from mock_server.packaged import openapi_path

Start = Callable[[], AbstractContextManager[ControlClient]]

_GONE: Final = (OSError, HTTPException, ControlError, ValueError)
_SEED: Final = 1  # a story is told the same each time


class NoFake(ValueError):
    """The target cannot be played against; one line says why."""


def own() -> AbstractContextManager[ControlClient]:
    """A fresh fake with a manual clock."""
    return MockServer(clock="manual", seed=_SEED)


def running(url: str) -> Start:
    """The fake at this URL, its control token as `?token=`; raises NoFake where there is none."""
    target = urlsplit(url)
    if target.scheme not in ("http", "https") or not target.hostname:
        message = f"--target {url}: should be a URL such as http://127.0.0.1:4020"
        raise NoFake(message)
    token = parse_qs(target.query).get("token", [None])[0]
    client = ControlClient(f"{target.scheme}://{target.netloc}", token)
    _clock(client)
    return partial(_borrowed, client)


@contextmanager
def _borrowed(client: ControlClient) -> Iterator[ControlClient]:
    """The clock goes on afterwards as it did before, unless the fake is gone by then."""
    clock = _clock(client)
    try:
        yield client
    finally:
        with suppress(*_GONE):
            client.set_clock(clock["mode"], clock["rate"] if clock["mode"] == "scaled" else None)


def _clock(client: ControlClient) -> Clock:
    """Raises NoFake where no clock answers."""
    try:
        clock: Clock | object = client.clock()
    except ControlError as error:
        why = (
            f"what answers there is no fake ({error.status})"
            if error.status == HTTPStatus.NOT_FOUND
            else str(error)
        )
        message = f"--target {client.url}: {why}"
        raise NoFake(message) from None
    except _GONE as error:
        message = f"--target {client.url}: no fake answers there ({error})"
        raise NoFake(message) from None
    if isinstance(clock, dict) and clock.get("mode") in ("real", "manual", "scaled"):
        return cast("Clock", clock)
    message = f"--target {client.url}: what answers there is no fake"
    raise NoFake(message)


def descriptions() -> Mapping[str, Path]:
    """The kit's own OpenAPI files, by the names under which stories speak of them."""
    control = Path(mock_server.__file__).with_name("control.yaml")
    return {"openapi.yaml": openapi_path(), "control.yaml": control}
