"""Owns `MockServer`: a fake on a free port, in a thread of this process."""

import asyncio
import threading
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from starlette.types import ASGIApp
from typing_extensions import override

from mock_server.bootstrap import Fake, access_of, build
from mock_server.client import ControlClient
from mock_server.serving import Server, bind, loop_factory
from mock_server.settings import RETENTION, ClockSetting, Settings

JOIN_SECONDS = 10


def settings_of(  # noqa: PLR0913 - one parameter for each option
    *,
    clock: str = "real",
    seed: int | None = None,
    spec: str | Path | None = None,
    host: str = "127.0.0.1",
    port: int = 0,
    webhook_targets: Sequence[str] = ("private",),
    retention: int = RETENTION,
    self_check: bool = False,
) -> Settings:
    """Options as Python's users give them; raises SettingsError."""
    return Settings(
        host=host,
        port=port,
        spec=None if spec is None else Path(spec),
        clock=ClockSetting.parse(clock),
        seed=seed,
        webhook_targets=tuple(webhook_targets),
        retention=retention,
        self_check=self_check,
    )


def create_app(**options: Any) -> ASGIApp:
    """The fake as an ASGI application, for clients within the process; takes the options of `MockServer`."""
    return build(settings_of(**options)).app


class MockServer(ControlClient):
    """A running fake, to be used as a context manager or by `start` and `stop`.

    Takes `clock` ("real", "manual" or "x60"), `seed`, `spec` (a path), `host`, `port` (0: a free one),
    `webhook_targets`, `retention` and `self_check`.
    """

    def __init__(self, **options: Any) -> None:
        self._settings = settings_of(**options)
        super().__init__("")
        self._fake: Fake | None = None
        self._server: Server | None = None
        self._thread: threading.Thread | None = None

    def start(self) -> Self:
        """Return once it serves; raises ServingError, SpecError or ValueError."""
        settings = self._settings
        access = access_of(settings)
        self._fake = build(settings, token=access.token, hosts=access.hosts)
        self._token = access.token
        listener = bind(settings.host, settings.port)
        host = f"[{settings.host}]" if ":" in settings.host else settings.host
        self.url = f"http://{host}:{listener.getsockname()[1]}"
        ready = threading.Event()
        self._server = server = Server(self._fake.app, started=ready.set)

        def run() -> None:
            with asyncio.Runner(loop_factory=loop_factory()) as runner:
                runner.run(server.serve(sockets=[listener]))

        self._thread = threading.Thread(target=run, name="clodura-kit", daemon=True)
        self._thread.start()
        ready.wait()
        return self

    def stop(self) -> None:
        """End it; deliveries on their way are broken off."""
        if self._server is not None and self._thread is not None:
            self._server.stop()
            self._thread.join(JOIN_SECONDS)
            self._server = self._thread = None

    @property
    def problems(self) -> list[str]:
        """What the self-check found, where it is on."""
        check = self._fake.engine.self_check if self._fake else None
        return list(check.problems) if check else []

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    @override
    def __repr__(self) -> str:
        return f"<MockServer {self.url or 'not started'}>"
