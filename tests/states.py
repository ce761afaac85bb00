"""Owns on which state the tests of what is seen from outside run: CLODURA_KIT_STATE=memory|sqlite|postgresql."""

import os
import shutil
import tempfile
from itertools import count
from pathlib import Path
from typing import Any, ClassVar, Final, Protocol, Self

from typing_extensions import Unpack, override

import mock_server
from mock_server.mock import Options
from tests.mirrored import assert_mirrored

_NUMBERS: Final = count()


class State(Protocol):
    """An empty state of a test's own; `name` is what --state takes."""

    name: str

    def create(self) -> None: ...

    def remove(self, store: Any) -> None:
        """Check that it holds what the server's store held, if it outlives a server."""


class Memory:
    name = "memory"

    def create(self) -> None: ...

    def remove(self, store: Any) -> None: ...


class Sqlite:
    def __init__(self) -> None:
        name = f"clodura-kit-{os.getpid()}-{next(_NUMBERS)}"
        self._directory = Path(tempfile.gettempdir()) / name
        self.name = str(self._directory / "state.sqlite")

    def create(self) -> None:
        self._directory.mkdir()

    def remove(self, store: Any) -> None:
        assert_mirrored(self.name, store)
        shutil.rmtree(self._directory)


class Postgresql:
    """A database that no other server of this process uses meanwhile."""

    in_use: ClassVar[set[int]] = set()

    def __init__(self) -> None:
        from tests import postgresql  # noqa: PLC0415 - starts a server

        self._postgresql = postgresql
        self._number = next(n for n in count() if n not in self.in_use)
        self.in_use.add(self._number)
        self.name = postgresql.url(self._number)

    def create(self) -> None:
        self._postgresql.empty(self._number)

    def remove(self, store: Any) -> None:  # noqa: ARG002 - its database is read by tests of its own
        self.in_use.discard(self._number)


STATES: Final[dict[str, type[State]]] = {
    "memory": Memory,
    "sqlite": Sqlite,
    "postgresql": Postgresql,
}
KIND: Final = os.environ.get("CLODURA_KIT_STATE", "memory")  # noqa: TID251 - the tests' own door


class MockServer(mock_server.MockServer):
    """A fake whose state is of the kind that this run is about, and empty at each start."""

    def __init__(self, **options: Unpack[Options]) -> None:
        self._state = STATES[KIND]()
        options.setdefault("state", self._state.name)
        super().__init__(**options)

    @override
    def start(self) -> Self:
        self._state.create()
        return super().start()

    @override
    def stop(self) -> None:
        fake = self._fake if self._server is not None else None
        super().stop()
        if fake is not None:
            self._state.remove(fake.engine.store)
