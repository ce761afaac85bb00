"""Owns the wire: HTTP/1.1 over sockets that can be cut, dripped into and held back. Judges nothing."""

import asyncio
import os
import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Final

import h11

from contracts.receiver.deliveries import BODY_LIMIT, Answer, Delivery, Trouble
from contracts.receiver.endpoint import Endpoint
from contracts.receiver.pace import now
from contracts.receiver.stream import Stream

TIMEOUT: Final = 10.0  # WH-9: seconds that the sender waits for an answer
CONNECT_TIMEOUT: Final = 5.0
INTERIM_WAIT: Final = (
    1.0  # seconds that a sender waits for 100 Continue before it sends all the same
)
PROTOCOL: Final = b"HTTP/"
SHOWN: Final = 60  # bytes of what is no HTTP
CHUNKS: Final = 3  # pieces of a body that is sent chunked
EXPECT: Final = ("Expect", "100-continue")
AGENT: Final = ("User-Agent", "clodura-kit-receiver")


class NoAnswer(Exception):
    """The exchange came to nothing; the text says how."""

    def __init__(self, trouble: Trouble, problem: str) -> None:
        super().__init__(problem)
        self.trouble = trouble

    def answer(self, began: float) -> Answer:
        return Answer(None, now() - began, problem=str(self), trouble=self.trouble)


def _closed() -> NoAnswer:
    return NoAnswer(Trouble.CLOSED, "the connection was closed without an answer")


class Connection:
    """One connection to the receiver, on which deliveries are sent whole or in parts."""

    def __init__(self, endpoint: Endpoint, stream: Stream) -> None:
        self._endpoint = endpoint
        self._stream = stream
        self._http = h11.Connection(h11.CLIENT)
        self._early: h11.Response | None = None
        self._begun = b""
        self._began = now()

    async def send(self, delivery: Delivery, *, held: int = 0) -> bytes:
        """Send it, but for the last `held` bytes, which are returned for `write`."""
        await self.send_head(delivery)
        if EXPECT in delivery.headers:
            await self._wait_for_leave()
        body = self._body(delivery)
        cut = len(body) - held
        await self._stream.write(body[:cut])
        return body[cut:]

    async def send_head(self, delivery: Delivery) -> None:
        """Send the request line and the headers, which promise the body, and nothing of it."""
        self._began = now()
        await self._stream.write(self._head(delivery))

    async def write(self, content: bytes) -> None:
        """Send bytes as they are. The time of the answer counts from here."""
        self._began = now()
        await self._stream.write(content)

    def end(self) -> None:
        """Say that nothing more comes; what the receiver answers can still be read."""
        self._stream.end()

    def reset(self) -> None:
        self._stream.reset()

    def again(self) -> None:
        """Get ready for the next delivery on the same connection."""
        self._http.start_next_cycle()
        self._begun = b""

    async def answer(self, limit: float = TIMEOUT) -> Answer:
        """The answer, or an Answer without a status where none came within so many seconds."""
        try:
            return await asyncio.wait_for(self._answer(), limit)
        except TimeoutError:
            failed = NoAnswer(Trouble.LATE, f"no whole answer within {limit:g} s")
        except NoAnswer as error:
            failed = error
        except h11.RemoteProtocolError as error:
            failed = NoAnswer(Trouble.NO_HTTP, f"what came is no HTTP: {error}")
        return failed.answer(self._began)

    def _head(self, delivery: Delivery) -> bytes:
        headers = [("Host", self._endpoint.authority), AGENT, *delivery.headers]
        if delivery.chunked:
            headers.append(("Transfer-Encoding", "chunked"))
        else:
            headers.append(("Content-Length", str(len(delivery.body))))
        target = delivery.target or self._endpoint.target
        request = h11.Request(method=delivery.method, target=target, headers=headers)
        return self._http.send(request) or b""

    def _body(self, delivery: Delivery) -> bytes:
        pieces = _pieces(delivery.body) if delivery.chunked else [delivery.body]
        sent = [self._http.send(h11.Data(data=each)) or b"" for each in pieces if each]
        return b"".join([*sent, self._http.send(h11.EndOfMessage()) or b""])

    async def _wait_for_leave(self) -> None:
        try:
            await asyncio.wait_for(self._leave(), INTERIM_WAIT)
        except (TimeoutError, NoAnswer, h11.RemoteProtocolError):
            return  # the body is sent all the same, and the answer says the rest

    async def _leave(self) -> None:
        while self._http.client_is_waiting_for_100_continue and self._early is None:
            await self._receive()
            event = self._http.next_event()
            self._early = event if isinstance(event, h11.Response) else None

    async def _receive(self) -> None:
        data = await self._stream.read()
        if self._http.their_state is h11.SEND_RESPONSE and self._early is None:
            self._begun += data[:SHOWN]
            if not self._begun.startswith(PROTOCOL[: len(self._begun)]):
                shown = self._begun[:SHOWN].decode(errors="replace")
                raise NoAnswer(Trouble.NO_HTTP, f"what came is no HTTP: {shown!r}")
            if not data:
                raise _closed()
        self._http.receive_data(data)

    async def _answer(self) -> Answer:
        response, body = self._early, bytearray()
        while True:
            event = self._http.next_event()
            if event is h11.NEED_DATA:
                await self._receive()
            elif isinstance(event, h11.Response):
                response = event
            elif isinstance(event, h11.Data):
                body += event.data
            if response and (isinstance(event, h11.EndOfMessage) or len(body) > BODY_LIMIT):
                return self._found(response, bytes(body))

    def _found(self, response: h11.Response, body: bytes) -> Answer:
        overlong = len(body) > BODY_LIMIT
        both = (self._http.our_state, self._http.their_state)
        return Answer(
            response.status_code,
            now() - self._began,
            {name.decode("latin-1"): value.decode("latin-1") for name, value in response.headers},
            body[:BODY_LIMIT],
            overlong=overlong,
            reusable=both == (h11.DONE, h11.DONE) and not overlong,
        )


@asynccontextmanager
async def connected(endpoint: Endpoint) -> AsyncIterator[Connection]:
    """A connection, closed in the end. Raises NoAnswer where none can be made."""
    try:
        stream = await asyncio.wait_for(Stream.open(endpoint), CONNECT_TIMEOUT)
    except TimeoutError:
        raise NoAnswer(Trouble.LATE, f"no connection within {CONNECT_TIMEOUT:g} s") from None
    except OSError as error:
        named = None if isinstance(error, ssl.SSLError) else error.errno
        reason = os.strerror(named) if named else str(error)
        problem = f"no connection to {endpoint.address}:{endpoint.port}: {reason}"
        raise NoAnswer(Trouble.REFUSED, problem) from None
    try:
        yield Connection(endpoint, stream)
    finally:
        stream.close()


async def exchange(endpoint: Endpoint, delivery: Delivery, limit: float = TIMEOUT) -> Answer:
    """One delivery on a connection of its own."""
    began = now()
    try:
        async with connected(endpoint) as connection:
            try:
                await asyncio.wait_for(connection.send(delivery), limit)
            except TimeoutError:
                raise NoAnswer(Trouble.LATE, f"it was not read within {limit:g} s") from None
            return await connection.answer(limit)
    except NoAnswer as error:
        return error.answer(began)


def _pieces(body: bytes) -> Sequence[bytes]:
    size = max(1, -(-len(body) // CHUNKS))
    return [body[start : start + size] for start in range(0, len(body), size)]
