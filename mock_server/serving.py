"""Owns a running server: socket, event loop, start and shutdown. Knows nothing of what is served."""

import asyncio
import errno
import socket
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final

import uvicorn
from starlette.types import ASGIApp
from typing_extensions import override

from mock_server.web.wire import X_MOCK, encode

GRACE: Final = 1.0  # seconds that answers on their way get at shutdown
TICK: Final = 1.0  # seconds between two renewals of the Date header


class ServingError(RuntimeError):
    """The server cannot listen where it was told to."""


def bind(host: str, port: int) -> socket.socket:
    """A listening socket; port 0 takes a free one. Raises ServingError."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(2048)
    except (OSError, OverflowError) as error:
        listener.close()
        raise ServingError(f"cannot listen on {host}:{port}: {_why(error)}") from None  # noqa: TRY003
    listener.setblocking(False)  # noqa: FBT003 - the socket's own signature
    return listener


def _why(error: OSError | OverflowError) -> str:
    if isinstance(error, OverflowError):
        return "no such port"
    if error.errno == errno.EADDRINUSE:
        return f"{error.strerror}; take another with --port N, --port 0 takes a free one"
    return error.strerror or str(error)


class Server(uvicorn.Server):
    """uvicorn, stopped at once and not at the next tenth of a second.

    `started` is called once it serves, `answered` after each answer with how many there were.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        tls: tuple[str, str] | None = None,
        started: Callable[[], Any],
        answered: Callable[[int], Any] = lambda _requests: None,
    ) -> None:
        certificate, key = tls or (None, None)
        super().__init__(
            uvicorn.Config(
                app,
                http=_protocol(answered, lambda: self._ends),
                ws="none",
                lifespan="on",
                log_config=None,
                access_log=False,
                server_header=False,
                proxy_headers=False,
                timeout_keep_alive=75,
                ssl_certfile=certificate,
                ssl_keyfile=key,
            )
        )
        try:
            self.config.load()
        except OSError as error:  # also what is wrong with a certificate
            message = f"{certificate} and {key} are no certificate and its key: {error}"
            raise ServingError(message) from None
        self._started = started
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop = asyncio.Event()
        self._ends = False
        self.problem: OSError | None = None  # of `started`, after which the server ends

    def stop(self) -> None:
        """End the server soon; may be called from any thread, also where it has ended."""
        self.should_exit = True
        if self._loop is not None:
            with suppress(RuntimeError):  # the loop is closed: the server was faster
                self._loop.call_soon_threadsafe(self._stop.set)

    @override
    def handle_exit(self, sig: int, frame: Any) -> None:
        super().handle_exit(sig, frame)
        self.stop()

    @override
    async def main_loop(self) -> None:
        self._loop = asyncio.get_running_loop()
        try:
            self._started()
        except OSError as problem:  # such as an output that nobody reads
            self.problem = problem
            return
        while not await self.on_tick(0):
            try:
                await asyncio.wait_for(self._stop.wait(), TICK)
            except TimeoutError:
                continue

    @override
    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for server in self.servers:
            server.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        tasks = set(self.server_state.tasks)
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=0)
            somebody_waits = bool(self.server_state.connections) and not self.force_exit
            if late and somebody_waits:
                _, late = await asyncio.wait(late, timeout=GRACE)
            self._ends = True
            for task in late:
                task.cancel()
            if late:  # what they still answer is to be sent
                await asyncio.wait(late, timeout=GRACE)
        await self.lifespan.shutdown()
        self._captured_signals.clear()  # else uvicorn raises them again: an orderly end would look like a crash


def run(server: Server, listener: socket.socket) -> None:
    """Serve on a loop of its own until the process is told to end; raises what `started` raised."""
    with asyncio.Runner(loop_factory=loop_factory()) as runner:
        runner.run(server.serve(sockets=[listener]))
    if server.problem is not None:
        raise server.problem


def loop_factory() -> Callable[[], asyncio.AbstractEventLoop]:
    """The fastest event loop there is on this system."""
    try:
        import uvloop  # noqa: PLC0415 - not on Windows
    except ImportError:  # pragma: no cover - Windows has no uvloop
        return asyncio.new_event_loop
    return uvloop.new_event_loop


def _protocol(answered: Callable[[int], Any], ends: Callable[[], bool]) -> type[asyncio.Protocol]:
    """The HTTP protocol of uvicorn, whose connections can be broken off, and whose own error is JSON too.

    `answered` is told after each answer how many there were; the application may ask whether the server `ends`.
    """
    base = _base_protocol()

    class Protocol(base):  # type: ignore[misc, valid-type]  # chosen at run time
        app_state: dict[str, Any]

        def connection_made(self, transport: asyncio.Transport) -> None:
            super().connection_made(transport)
            self.app_state = {**self.app_state, "abort": transport.abort, "ends": ends}

        def on_response_complete(self) -> None:
            super().on_response_complete()
            answered(self.server_state.total_requests)

        def send_400_response(self, msg: str) -> None:
            body = encode({"statusCode": 400, "error": "Bad Request", "message": msg})
            head = (
                "HTTP/1.1 400 Bad Request\r\ncontent-type: application/json\r\n"
                f"content-length: {len(body)}\r\nx-mock: {X_MOCK[1].decode()}\r\n"
                "x-mock-reason: not HTTP\r\nconnection: close\r\n\r\n"
            )
            self.transport.write(head.encode() + body)
            self.transport.close()

    return Protocol


def _base_protocol() -> type[asyncio.Protocol]:
    try:
        from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol  # noqa: PLC0415 - not on Windows
    except ImportError:  # pragma: no cover - Windows has no httptools
        from uvicorn.protocols.http.h11_impl import H11Protocol  # noqa: PLC0415 - the other way

        return H11Protocol
    return HttpToolsProtocol
