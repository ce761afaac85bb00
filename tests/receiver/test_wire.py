"""The wire: what a receiver does to a connection is told in words, within its time."""

import asyncio
import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager

from contracts.receiver import wire
from contracts.receiver.border import judge_of
from contracts.receiver.deliveries import Answer, Delivery, Trouble
from contracts.receiver.endpoint import Endpoint, find_endpoint
from contracts.receiver.pace import pause
from tests.web.receivers import OK, Last, receiving


def endpoint(url: str) -> Endpoint:
    return find_endpoint(url, judge_of(()))


def exchanged(url: str, delivery: Delivery, limit: float = 10) -> Answer:
    return asyncio.run(wire.exchange(endpoint(url), delivery, limit))


@contextmanager
def listening(backlog: int) -> Iterator[tuple[socket.socket, Endpoint]]:
    """A listener whose connections nobody takes."""
    with socket.create_server(("127.0.0.1", 0), backlog=backlog) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/hook"
        yield listener, Endpoint(url, "127.0.0.1", listener.getsockname()[1], "127.0.0.1", "/hook")


def test_a_delivery_that_nobody_reads_is_late() -> None:
    with listening(8) as (_, unread):
        answer = asyncio.run(wire.exchange(unread, Delivery(b"x" * 50_000_000), 0.5))

    assert (answer.trouble, answer.problem) == (Trouble.LATE, "it was not read within 0.5 s")


def test_a_connection_that_is_not_taken_is_late() -> None:
    with listening(0) as (listener, full):
        waiting = [socket.socket() for _ in range(4)]
        for each in waiting:
            each.setblocking(False)
            each.connect_ex(listener.getsockname())
        answer = asyncio.run(wire.exchange(full, Delivery(b"{}")))
        for each in waiting:
            each.close()

    assert (answer.trouble, answer.problem) == (Trouble.LATE, "no connection within 5 s")


def test_the_body_is_sent_where_nobody_says_continue() -> None:
    with receiving(OK) as old:
        answer = exchanged(old.url, Delivery(b"{}", headers=(wire.EXPECT,)))

    assert answer.accepted
    assert old.deliveries[0].body == b"{}"


def test_the_body_is_sent_at_once_where_somebody_says_continue() -> None:
    async def polite(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        came.append(await reader.readexactly(2))
        writer.write(OK)
        await writer.drain()
        writer.close()

    async def test() -> Answer:
        async with await asyncio.start_server(polite, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
            place = endpoint(f"http://127.0.0.1:{port}/hook")
            return await wire.exchange(place, Delivery(b"{}", headers=(wire.EXPECT,)))

    came: list[bytes] = []
    answer = asyncio.run(test())

    assert answer.accepted
    assert came == [b"{}"]
    assert answer.seconds < wire.INTERIM_WAIT


def test_a_connection_that_ends_while_it_is_waited_for_is_told() -> None:
    with receiving(b"") as rude:
        answer = exchanged(rude.url, Delivery(b"", headers=(wire.EXPECT,)))

    assert answer.trouble is Trouble.CLOSED


def test_an_answer_that_came_before_a_reset_is_read() -> None:
    async def refusing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\n\r\n")
        await writer.drain()
        raw: socket.socket = writer.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 0, 0))
        writer.close()

    async def test() -> Answer:
        async with await asyncio.start_server(refusing, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
            return await wire.exchange(
                endpoint(f"http://127.0.0.1:{port}/hook"), Delivery(b"x" * 10_000_000)
            )

    assert asyncio.run(test()).status == 413


def test_writing_to_who_has_gone_is_no_error() -> None:
    async def test() -> Answer:
        async with wire.connected(endpoint(rude.url)) as connection:
            await connection.send_head(Delivery(b"{}"))
            await connection.write(b"{}")
            answer = await connection.answer()
            for _ in range(3):
                await connection.write(b"{}")
                await pause(0)
            connection.end()
            connection.reset()
            return answer

    with receiving(Last(OK)) as rude:
        answer = asyncio.run(test())

    assert answer.accepted
