"""Owns the public names of the fake: `MockServer`, `create_app`, and the control API's client."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from mock_server._version import __version__

if TYPE_CHECKING:
    from mock_server.client import Account, ControlClient, ControlError, Inbox
    from mock_server.mock import MockServer, create_app
    from mock_server.packaged import openapi_path

_HOMES = {
    "MockServer": "mock_server.mock",
    "create_app": "mock_server.mock",
    "Account": "mock_server.client",
    "ControlClient": "mock_server.client",
    "ControlError": "mock_server.client",
    "Inbox": "mock_server.client",
    "openapi_path": "mock_server.packaged",
}

__all__ = [
    "Account",
    "ControlClient",
    "ControlError",
    "Inbox",
    "MockServer",
    "__version__",
    "create_app",
    "openapi_path",
]


def __getattr__(name: str) -> Any:
    """Import late: the pytest plugin and `--version` need none of it."""
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    message = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(message)
