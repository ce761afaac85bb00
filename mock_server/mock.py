"""Owns `MockServer`: a fake on a free port, in a thread of this process."""

import asyncio
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self, TypedDict

from starlette.types import ASGIApp
from typing_extensions import Unpack, override

from mock_server.bootstrap import Fake, access_of, build
from mock_server.client import ControlClient
from mock_server.serving import Server, ServingError, bind, loop_factory
from mock_server.settings import (
    MEMORY,
    RETENTION,
    ClockSetting,
    Settings,
    durability_of,
    host_of,
    state_of,
    whole_of,
)

JOIN_SECONDS = 10


class Options(TypedDict, total=False):
    """What a fake can be told; all of it is optional."""

    clock: str | None  # "real", "manual" or "x60"; None: as the state has it, else real
    seed: int | None
    state: str | Path  # "memory" or the path of a file
    durability: str  # "process" or "power": what a stored state survives
    spec: str | Path | None
    host: str
    port: int  # 0 takes a free one
    webhook_targets: str | Sequence[str]
    retention: int
    self_check: bool


def settings_of(**options: Unpack[Options]) -> Settings:
    """Options as users of Python give them; raises SettingsError, or TypeError for one that does not exist."""
    if unknown := set(options) - set(Options.__annotations__):
        known = ", ".join(Options.__annotations__)
        message = f"there is no option {', '.join(sorted(unknown))}; there are {known}"
        raise TypeError(message)
    clock, seed = options.get("clock"), options.get("seed")
    spec, targets = options.get("spec"), options.get("webhook_targets", ("private",))
    return Settings(
        host=host_of("host", str(options.get("host", "127.0.0.1"))),
        port=whole_of("port", options.get("port", 0), most=65535),
        spec=None if spec is None else Path(spec),
        state=state_of(str(options.get("state", MEMORY))),
        durability=durability_of(options.get("durability", "process")),
        clock=None if clock is None else ClockSetting.parse(str(clock)),
        seed=None if seed is None else whole_of("seed", seed),
        webhook_targets=(targets,) if isinstance(targets, str) else tuple(targets),
        retention=whole_of("retention", options.get("retention", RETENTION), least=1),
        self_check=bool(options.get("self_check", False)),
    )


def create_app(**options: Unpack[Options]) -> ASGIApp:
    """The fake as an ASGI application, for clients within the process; takes the options of `MockServer`."""
    return build(settings_of(**options)).app


class MockServer(ControlClient):
    """A running fake, to be used as a context manager or by `start` and `stop`; its options are those of `Options`."""

    def __init__(self, **options: Unpack[Options]) -> None:
        self._settings = settings_of(**options)
        super().__init__("")
        self._fake: Fake | None = None
        self._server: Server | None = None
        self._thread: threading.Thread | None = None

    @override
    def send(
        self, method: str, path: str, body: bytes | None, headers: Mapping[str, str] | None = None
    ) -> tuple[int, bytes]:
        if self._server is None:
            message = "this MockServer does not run: use it in a with statement, or start() it"
            raise ServingError(message)
        return super().send(method, path, body, headers)

    def start(self) -> Self:
        """Return once it serves; raises ServingError, SpecError or ValueError."""
        if self._server is not None:
            message = (
                f"this MockServer runs already, at {self.url}: stop it first, or make another one"
            )
            raise ServingError(message)
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
            try:
                with asyncio.Runner(loop_factory=loop_factory()) as runner:
                    runner.run(server.serve(sockets=[listener]))
            finally:
                ready.set()  # whoever waits for a server that cannot start is not left waiting

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
        return f"<MockServer {self.url if self._server else 'not started'}>"
