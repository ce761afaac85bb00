"""Owns an integrator's ASGI or WSGI application on a free loopback port, in a thread, for tests."""

import inspect
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, Final

import uvicorn
from a2wsgi import WSGIMiddleware

WORKERS: Final = 32  # threads of a WSGI application
STOP: Final = 10.0  # seconds that an application gets to end
WSGI_ARGUMENTS: Final = 2  # environ, start_response


class ServingError(RuntimeError):
    """The application did not start."""


@contextmanager
def served(application: Callable[..., Any]) -> Iterator[str]:
    """Its base URL, while it runs. Raises ServingError."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=512)
    config = uvicorn.Config(
        _as_asgi(application),
        interface="asgi3",
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=1,
    )
    server = uvicorn.Server(config)
    ended = threading.Event()

    def run() -> None:
        try:
            with suppress(SystemExit):  # how uvicorn says that it could not start
                server.run(sockets=[listener])
        finally:
            ended.set()

    thread = threading.Thread(target=run, name="clodura-receiver", daemon=True)
    thread.start()
    try:
        while not server.started:
            if ended.wait(0.005):
                raise ServingError("the application did not start: its lifespan failed")
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(STOP)
        listener.close()


def _as_asgi(application: Callable[..., Any]) -> Any:
    call: Any = application if inspect.isroutine(application) else type(application).__call__
    if inspect.iscoroutinefunction(call):
        return application
    arguments = list(inspect.signature(call).parameters)
    if len(arguments) - (call is not application) != WSGI_ARGUMENTS:
        return application
    return WSGIMiddleware(_to_the_end(application), workers=WORKERS)


def _to_the_end(application: Callable[..., Any]) -> Callable[..., Any]:
    """The application, told that a body without a length ends: a2wsgi ends it, and does not say so."""

    def told(environ: dict[str, Any], start_response: Any) -> Any:
        if not environ.get("CONTENT_LENGTH"):
            environ["wsgi.input_terminated"] = True
        return application(environ, start_response)

    return told
