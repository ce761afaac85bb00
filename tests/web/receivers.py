"""Owns raw webhook receivers: sockets on loopback that take a request by the byte and answer as told."""

import json
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any, NamedTuple

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"


class Delivery(NamedTuple):
    """One request as it came; `length` is what its header promised."""

    line: str
    headers: dict[str, str]  # by lower-case name
    body: bytes
    length: int

    @property
    def document(self) -> Any:
        return json.loads(self.body)


class Last(bytes):
    """An answer after which the connection is closed."""


Answer = bytes | Callable[[Delivery], bytes | None]  # None: hold the connection and never answer


def status(code: int, *headers: str) -> bytes:
    lines = "".join(f"{each}\r\n" for each in headers)
    return f"HTTP/1.1 {code} So\r\n{lines}Content-Length: 0\r\n\r\n".encode()


class Receiver:
    """Gives its answers in order, the last one for ever; empty bytes close without an answer."""

    def __init__(self, answers: Sequence[Answer]) -> None:
        self._answers = list(answers)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._open: list[socket.socket] = []
        self.came = threading.Condition()
        self.deliveries: list[Delivery] = []
        self.port = self._listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}/hook?x=1"
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    def wait(self, count: int, seconds: float = 30) -> bool:
        """Whether so many deliveries came; the seconds are only a limit."""
        with self.came:
            return self.came.wait_for(lambda: len(self.deliveries) >= count, seconds)

    @property
    def connections(self) -> int:
        """How many were opened."""
        return len(self._open)

    def close(self) -> None:
        """Break everything off; nothing of it is left afterwards."""
        self._listener.shutdown(socket.SHUT_RDWR)  # wakes the thread that accepts
        self._threads[0].join()
        self._listener.close()
        for each in self._open:
            with suppress(OSError):  # closed by the other side
                each.shutdown(socket.SHUT_RDWR)
        for thread in self._threads[1:]:
            thread.join()
        for each in self._open:
            each.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                self._open.append(connection)
                thread = threading.Thread(target=self._serve, args=(connection,), daemon=True)
                self._threads.append(thread)
                thread.start()

    def _serve(self, connection: socket.socket) -> None:
        try:
            with connection.makefile("rb") as stream:
                while (delivery := _read(stream)) is not None:
                    answer = self._take(delivery)
                    content = answer(delivery) if callable(answer) else answer
                    if content is None:
                        return
                    connection.sendall(content)
                    if not content or isinstance(content, Last):
                        break
            connection.shutdown(socket.SHUT_RDWR)
        except (OSError, ValueError):  # the other side, or the end of the test
            pass

    def _take(self, delivery: Delivery) -> Answer:
        with self.came:
            self.deliveries.append(delivery)
            self.came.notify_all()
            return self._answers[min(len(self.deliveries), len(self._answers)) - 1]


def _read(stream: Any) -> Delivery | None:
    line = stream.readline().decode().rstrip()
    if not line:
        return None
    headers = {}
    while header := stream.readline().decode().rstrip():
        name, _, value = header.partition(": ")
        headers[name.lower()] = value
    length = int(headers.get("content-length", 0))
    return Delivery(line, headers, stream.read(length), length)


@contextmanager
def receiving(*answers: Answer) -> Iterator[Receiver]:
    receiver = Receiver(answers or (OK,))
    try:
        yield receiver
    finally:
        receiver.close()
