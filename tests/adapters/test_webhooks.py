"""Sending a document to receivers of all kinds."""

import asyncio
import socket
import ssl
import sys
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, cast

import aiohttp
import pytest
from yarl import URL

from mock_server._version import __version__
from mock_server.adapters import webhooks
from mock_server.adapters.clocks import StoppedClock, SystemClock
from mock_server.adapters.targets import Targets
from mock_server.adapters.webhooks import HttpWebhooks, LookUp, look_up
from mock_server.domain.jobs import Outcome
from mock_server.ports import Post, Receipt

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
BODY = b'{"trackingId": "1"}'
CUT = "cut in mid-body on purpose"
CERTIFICATE = """\
-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgpcIQvg8JYuUUnuwh
piAtui5TWZXyq1FIpVDJvvriM9uhRANCAARXnPun+Qf0otc0R4jOG7GX6asEb829
N7QVdQlFU5mDS8XjwfPQC/G461xE7dPqNiAC7ofVH17SgwBb3azZAlXn
-----END PRIVATE KEY-----
-----BEGIN CERTIFICATE-----
MIIBljCCATugAwIBAgIUBg803IDGIowkgpnALxwHgrAi7bYwCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyNDA4MDEwNFoYDzIxMjYxMDMx
MDgwMTA0WjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAARXnPun+Qf0otc0R4jOG7GX6asEb829N7QVdQlFU5mDS8XjwfPQC/G4
61xE7dPqNiAC7ofVH17SgwBb3azZAlXno2kwZzAdBgNVHQ4EFgQU61H7sgWeIAAZ
Io9aB9UHc7Aa59QwHwYDVR0jBBgwFoAU61H7sgWeIAAZIo9aB9UHc7Aa59QwDwYD
VR0TAQH/BAUwAwEB/zAUBgNVHREEDTALgglsb2NhbGhvc3QwCgYIKoZIzj0EAwID
SQAwRgIhANqqKtqyJMKd9rBv2JhuQwjgEvoj78Zlws0NY4P2ka7VAiEAnXlhRMga
H51ynxQvwjfZnjsoeB+cp9QwOq7xvDslFsw=
-----END CERTIFICATE-----
"""

Answer = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class Receiver:
    """What came, in whole requests as they were on the wire, and over how many connections."""

    def __init__(self, answers: Sequence[bytes | Answer | None], raw: Answer | None) -> None:
        self.raw = raw
        self.answers = list(answers)  # None closes the connection; the last one for ever
        self.requests: list[bytes] = []
        self.connections = 0
        self.came = asyncio.Event()
        self.port = 0
        self.writers: list[asyncio.StreamWriter] = []
        self.tasks: list[asyncio.Task[None]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook?a=1"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self.writers.append(writer)
        self.tasks.append(asyncio.current_task())  # type: ignore[arg-type]
        try:
            await (self.raw or self.answer)(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError) as error:
            self.requests.append(repr(error).encode())
            self.came.set()
        except asyncio.CancelledError:
            writer.transport.abort()
        writer.close()

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await self.take(reader):
            answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
            if answer is None:
                break
            if isinstance(answer, bytes):
                writer.write(answer)
            else:
                await answer(reader, writer)

    async def take(self, reader: asyncio.StreamReader) -> bool:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
        except asyncio.IncompleteReadError:
            return False
        lower = head.lower()
        length = 0
        if b"content-length: " in lower:
            length = int(lower.partition(b"content-length: ")[2].partition(b"\r\n")[0])
        self.requests.append(head)
        self.requests[-1] += await reader.readexactly(length)
        self.came.set()
        return True


@asynccontextmanager
async def receiving(
    *answers: bytes | Answer | None, tls: ssl.SSLContext | None = None, raw: Answer | None = None
) -> AsyncIterator[Receiver]:
    receiver = Receiver(answers, raw)
    server = await asyncio.start_server(receiver.serve, "127.0.0.1", ssl=tls)
    receiver.port = server.sockets[0].getsockname()[1]
    try:
        yield receiver
    finally:
        server.close()
        for task in receiver.tasks:
            task.cancel()
        await asyncio.gather(*receiver.tasks)
        await server.wait_closed()


@asynccontextmanager
async def sending(*patterns: str, look_up: LookUp = look_up) -> AsyncIterator[HttpWebhooks]:
    sender = HttpWebhooks(Targets.parse(patterns), SystemClock(), look_up)
    try:
        yield sender
    finally:
        await sender.close()


def post(url: str, timeout: float = 10, **more: Any) -> Post:
    values: dict[str, Any] = {"body": BODY, "headers": (("Content-Type", "application/json"),)}
    return Post(url, timeout=timeout, **values | more)


async def hang(_reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
    await asyncio.Event().wait()


def answering(text: bytes, then: Answer | None = None) -> Answer:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(text)
        if then is None:
            writer.close()
        else:
            await then(reader, writer)

    return answer


def send_one(answer: bytes | Answer | None, **more: Any) -> Receipt:
    """What becomes of one post to a receiver that answers so."""

    async def main() -> Receipt:
        async with receiving(answer) as receiver, sending() as sender:
            return await sender.send(post(receiver.url, **more))

    return asyncio.run(main())


def send_to(url: str, *patterns: str, look_up: LookUp = look_up, **more: Any) -> Receipt:
    async def main() -> Receipt:
        async with sending(*patterns, look_up=look_up) as sender:
            return await sender.send(post(url, **more))

    return asyncio.run(main())


def closed_port() -> int:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        return int(unused.getsockname()[1])


def test_what_is_on_the_wire() -> None:
    async def main() -> None:
        async with receiving(OK) as receiver, sending() as sender:
            url = f"http://127.0.0.1:{receiver.port}/a%2fb%zz?q=%41&r=a+b&q=[1]#fragment"
            headers = (("content-type", "application/json"), ("X-Twice", "1"), ("X-Twice", "2"))
            receipt = await sender.send(post(url, headers=headers))
            assert receipt._replace(duration_ms=0) == (Outcome.DELIVERED, 200, None, 0)
            assert receipt.duration_ms > 0
            head, _, body = receiver.requests[0].partition(b"\r\n\r\n")
            assert head.decode().split("\r\n") == [
                "POST /a%2fb%zz?q=%41&r=a+b&q=[1] HTTP/1.1",
                f"Host: 127.0.0.1:{receiver.port}",
                f"User-Agent: clodura-kit-webhook/{__version__}",
                "content-type: application/json",
                "X-Twice: 1",
                "X-Twice: 2",
                f"Content-Length: {len(BODY)}",
            ]
            assert body == BODY

    asyncio.run(main())


def test_what_cannot_stand_in_a_request_is_encoded() -> None:
    async def main() -> None:
        async with receiving(OK) as receiver, sending() as sender:
            receipt = await sender.send(post(f"http://127.0.0.1:{receiver.port}/a b?ü"))
            assert receipt.outcome is Outcome.DELIVERED
            assert receiver.requests[0].startswith(b"POST /a%20b?%C3%BC HTTP/1.1\r\n")

    asyncio.run(main())


def test_userinfo_becomes_basic_authorization_and_own_headers_win() -> None:
    async def main() -> None:
        async with receiving(OK) as receiver, sending() as sender:
            url = f"http://user:p%40ss@127.0.0.1:{receiver.port}/"
            await sender.send(post(url, headers=(("User-Agent", "mine"),)))
            assert b"\r\nAuthorization: Basic dXNlcjpwQHNz\r\n" in receiver.requests[0]
            assert b"\r\nUser-Agent: mine\r\n" in receiver.requests[0]

    asyncio.run(main())


GOOD: dict[str, bytes | Answer] = {
    "no content": b"HTTP/1.1 204 No Content\r\n\r\n",
    "any 2xx": b"HTTP/1.1 299 Fine\r\nContent-Length: 0\r\n\r\n",
    "informational": b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nLink: x\r\n\r\n" + OK,
    "chunked": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
    "not gzip": b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nlies",
    "until the end": answering(b"HTTP/1.0 200 OK\r\n\r\nuntil the end"),
    "endless": answering(b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 200_000, hang),
    "64 KiB": answering(b"HTTP/1.1 200 OK\r\nContent-Length: 65536\r\n\r\n" + b"x" * 65536, hang),
}


@pytest.mark.parametrize("answer", GOOD.values(), ids=GOOD)
def test_delivered(answer: bytes | Answer) -> None:
    receipt = send_one(answer)
    assert (receipt.outcome, receipt.error) == (Outcome.DELIVERED, None)


@pytest.mark.parametrize("code", [101, 300, 302, 304, 400, 404, 410, 429, 500, 503, 700])
def test_any_other_answer_is_a_failure(code: int) -> None:
    answer = f"HTTP/1.1 {code} X\r\nLocation: /x\r\nContent-Length: 9\r\n\r\n".encode()
    receipt = send_one(answering(answer, hang))
    assert receipt[:3] == (Outcome.FAILED, code, f"answered {code}, not 2xx")


NO_ANSWER = "the receiver closed the connection without an answer"
NO_HTTP = "what the receiver answered is not HTTP: "
BROKEN: dict[str, tuple[bytes | Answer | None, int | None, str]] = {
    "none": (None, None, NO_ANSWER),
    "half a line": (answering(b"HTTP/1.1 20"), None, NO_ANSWER),
    "garbage": (answering(b"garbage\x00\xff\r\n\r\n"), None, NO_HTTP),
    "giant header": (b"HTTP/1.1 200 OK\r\nX: " + b"x" * 99_999, None, NO_HTTP),
    "bad header": (b"HTTP/1.1 200 OK\r\nX\x00: 1\r\n\r\n", None, NO_HTTP),
    "bad length": (b"HTTP/1.1 200 OK\r\nContent-Length: nine\r\n\r\n", None, NO_HTTP),
    "half a body": (
        answering(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf"),
        200,
        "the receiver broke its answer off",
    ),
    "bad chunk": (
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        None,
        NO_HTTP,
    ),
}


@pytest.mark.parametrize(("answer", "code", "error"), BROKEN.values(), ids=BROKEN)
def test_a_broken_answer_is_a_failure(
    answer: bytes | Answer | None, code: int | None, error: str
) -> None:
    receipt = send_one(answer)
    assert receipt[:2] == (Outcome.FAILED, code)
    assert (receipt.error or "").startswith(error)
    assert len(receipt.error or "") <= 200
    assert "\n" not in (receipt.error or "")


def test_a_reset_connection_is_a_failure() -> None:
    async def reset(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        linger = b"\1\0\0\0\0\0\0\0"
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        writer.transport.abort()

    receipt = send_one(reset)
    assert receipt[:3] == (Outcome.FAILED, None, "connection reset by peer")


async def drip(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nx")
    await writer.drain()
    await asyncio.Event().wait()


@pytest.mark.parametrize(("answer", "code"), [(hang, None), (drip, 200)])
def test_an_answer_that_is_not_complete_in_time_is_a_failure(
    answer: Answer, code: int | None
) -> None:
    receipt = send_one(answer, timeout=1)
    assert receipt[:3] == (Outcome.FAILED, code, "timed out after 1 s")
    assert receipt.duration_ms > 900


def test_a_connection_that_is_not_there_in_time_is_a_failure(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(webhooks, "CONNECT", 0.1)
    webhooks._reasons.cache_clear()
    gate = threading.Event()

    def slow(_host: str) -> Sequence[str]:
        gate.wait()
        return ["127.0.0.1"]

    async def main() -> None:
        async with sending(look_up=slow) as sender:
            receipt = await sender.send(post("http://slow.test/"))
            assert receipt[:3] == (Outcome.FAILED, None, "no connection within 0.1 s")

    try:
        asyncio.run(main())
    finally:
        gate.set()  # after the loop is closed: the thread has nobody to tell
        webhooks._reasons.cache_clear()


def test_a_late_lookup_of_a_sender_that_gave_up_is_ignored() -> None:
    gate = threading.Event()

    def slow(_host: str) -> Sequence[str]:
        gate.wait()
        return ["127.0.0.1"]

    async def main() -> None:
        async with sending(look_up=slow) as sender:
            receipt = await sender.send(post("http://slow.test/", timeout=0.05))
            assert receipt.error == "timed out after 0.05 s"
            await sender.close()
            gate.set()
            for thread in threading.enumerate():
                if thread.name == "look up slow.test":
                    await asyncio.to_thread(thread.join)

    asyncio.run(main())


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]"])
def test_nobody_listens(host: str) -> None:
    receipt = send_to(f"http://{host}:{closed_port()}/")
    assert receipt[:2] == (Outcome.FAILED, None)
    assert receipt.error in {"connection refused", "cannot assign requested address"}


@pytest.mark.parametrize("host", ["nosuch.invalid", "a" * 64, "a%00b", "a..b"])
def test_a_name_that_does_not_resolve(host: str) -> None:
    receipt = send_to(f"http://{host}/")
    assert receipt[:3] == (Outcome.FAILED, None, f"the name {host} does not resolve")


def test_the_name_service_is_asked_for_anything_that_is_no_name() -> None:
    assert look_up("a\x00b") == ()


@pytest.mark.parametrize(
    "url",
    [
        "",
        "receiver",
        "/hook",
        "ftp://127.0.0.1/",
        "ws://127.0.0.1/",
        "http://",
        "http:///x",
        "http://127.0.0.1:99999/",
        "http://127.0.0.1:x/",
        "http://[::1/",
        "http://127.0.0.1\\@example.com/",
    ],
)
def test_a_url_that_cannot_be_used(url: str) -> None:
    receipt = send_to(url)
    assert receipt[:2] == (Outcome.FAILED, None)
    assert (receipt.error or "").startswith("the URL or the headers cannot be sent: ")


def test_headers_that_cannot_be_sent() -> None:
    receipt = send_one(OK, headers=(("X", "a\r\nY: b"),))
    assert receipt.outcome is Outcome.FAILED
    assert (receipt.error or "").startswith("the URL or the headers cannot be sent: ")


def test_an_error_nobody_thought_of_is_a_failure_too() -> None:
    def odd(_host: str) -> Sequence[str]:
        return 5  # type: ignore[return-value]

    receipt = send_to("http://odd.test/", look_up=odd)
    assert receipt[:3] == (Outcome.FAILED, None, "TypeError: 'int' object is not iterable")


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("http://203.0.113.9/", "203.0.113.9 is not a private address; "),
        ("http://169.254.169.254/latest", "169.254.169.254 is never a receiver: "),
        ("http://[::ffff:203.0.113.9]/", "::ffff:203.0.113.9 is not a private address; "),
        ("http://2130706433/", "2130706433 is an unusual spelling of an address; "),
        ("http://127.0.0.1./", "127.0.0.1. is an unusual spelling of an address; "),
        ("http://0x7f.1/", "0x7f.1 is an unusual spelling of an address; "),
        ("http://[::1%25lo]/", "::1%25lo is an unusual spelling of an address; "),
        ("http://127.0.0.1:80@203.0.113.9/", "203.0.113.9 is not a private address; "),
        ("http://metadata.google.internal/", "metadata.google.internal is a cloud metadata "),
        ("http://receiver.test/", "receiver.test is at 203.0.113.9, which is not a private"),
        ("https://receiver.test/", "receiver.test is at 203.0.113.9, which is not a private"),
    ],
)
@pytest.mark.parametrize("truncate", [False, True])
def test_a_refused_target_is_blocked(url: str, why: str, truncate: bool) -> None:
    receipt = send_to(url, look_up=lambda _: ["203.0.113.9"], truncate=truncate)
    assert receipt[:2] == (Outcome.BLOCKED, None)
    assert (receipt.error or "").startswith(why)


def test_the_checked_address_is_the_one_connected_to() -> None:
    asked: list[str] = []

    def rebinding(host: str) -> Sequence[str]:
        asked.append(host)
        return ["203.0.113.9", "169.254.169.254", "127.0.0.1"] if len(asked) == 1 else ["8.8.8.8"]

    async def main() -> None:
        async with receiving(OK) as receiver, sending(look_up=rebinding) as sender:
            url = f"http://Receiver.test:{receiver.port}/"
            first = await sender.send(post(url))
            second = await sender.send(post(url))
            assert (first.outcome, second.outcome) == (Outcome.DELIVERED, Outcome.DELIVERED)
            assert receiver.connections == 1
            assert asked == ["Receiver.test"]
            assert f"Host: Receiver.test:{receiver.port}".encode() in receiver.requests[0]

    asyncio.run(main())


def test_each_new_connection_resolves_anew_and_simultaneous_ones_ask_once() -> None:
    asked: list[str] = []
    gate = threading.Event()

    def asking(host: str) -> Sequence[str]:
        asked.append(host)
        gate.wait()
        return ["127.0.0.1"]

    async def main() -> None:
        closing = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
        async with receiving(closing) as receiver, sending(look_up=asking) as sender:
            url = f"http://receiver.test:{receiver.port}/"
            await sender._opened()
            asyncio.get_running_loop().call_later(0.2, gate.set)
            await asyncio.gather(*(sender.send(post(url)) for _ in range(5)))
            assert (asked, receiver.connections) == (["receiver.test"], 5)
            await sender.send(post(url))
            assert (asked, receiver.connections) == (["receiver.test"] * 2, 6)

    asyncio.run(main())


def redirect(to: str, code: int = 307) -> bytes:
    return f"HTTP/1.1 {code} X\r\nLocation: {to}\r\nContent-Length: 0\r\n\r\n".encode()


@pytest.mark.parametrize("code", [301, 302, 307, 308])
def test_a_redirect_is_followed_with_the_same_document_on_demand(code: int) -> None:
    async def main() -> None:
        answers = redirect("/second?x=%41", code), OK
        async with receiving(*answers) as receiver, sending() as sender:
            receipt = await sender.send(post(receiver.url, follow_redirects=True))
            assert receipt[:3] == (Outcome.DELIVERED, 200, None)
            assert receiver.requests[1].startswith(b"POST /second?x=%41 HTTP/1.1\r\n")
            assert receiver.requests[1].endswith(BODY)

    asyncio.run(main())


@pytest.mark.parametrize(
    ("answer", "outcome", "code", "error"),
    [
        (redirect("/again"), Outcome.FAILED, 307, "redirected more than 3 times"),
        (redirect("/", 303), Outcome.FAILED, 303, "answered 303, not 2xx"),
        (b"HTTP/1.1 302 X\r\nContent-Length: 0\r\n\r\n", Outcome.FAILED, 302, "answered 302"),
        (redirect("ftp://127.0.0.1/"), Outcome.FAILED, 307, "the URL or the headers cannot be"),
        (redirect("http://[x/"), Outcome.FAILED, 307, "the URL or the headers cannot be sent"),
        (redirect("http://169.254.169.254/"), Outcome.BLOCKED, 307, "169.254.169.254 is never"),
        (redirect("//203.0.113.9/"), Outcome.BLOCKED, 307, "203.0.113.9 is not a private"),
    ],
)
def test_a_redirect_that_leads_nowhere(
    answer: bytes, outcome: Outcome, code: int, error: str
) -> None:
    receipt = send_one(answer, follow_redirects=True)
    assert receipt[:2] == (outcome, code)
    assert (receipt.error or "").startswith(error)


def test_three_redirects_are_followed() -> None:
    async def main() -> None:
        hops = [redirect(f"/{n}") for n in range(3)]
        async with receiving(*hops, OK) as receiver, sending() as sender:
            receipt = await sender.send(post(receiver.url, follow_redirects=True))
            assert receipt.outcome is Outcome.DELIVERED

    asyncio.run(main())


def test_the_authorization_stays_with_its_origin() -> None:
    async def main() -> None:
        async with receiving(OK) as other, sending() as sender:
            elsewhere = redirect(f"http://127.0.0.1:{other.port}/")
            async with receiving(redirect("/same"), elsewhere) as receiver:
                headers = (("authorization", "Bearer secret"), ("X-Id", "1"))
                await sender.send(post(receiver.url, headers=headers, follow_redirects=True))
                assert b"Bearer secret" in receiver.requests[1]
                assert b"Bearer secret" not in other.requests[0]
                assert b"X-Id: 1" in other.requests[0]

    asyncio.run(main())


def test_cookies_and_proxies_of_the_environment_are_ignored(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{closed_port()}")

    async def main() -> None:
        cookie = b"HTTP/1.1 200 OK\r\nSet-Cookie: a=1; Path=/\r\nContent-Length: 0\r\n\r\n"
        async with receiving(cookie) as receiver, sending() as sender:
            url = f"http://receiver.test:{receiver.port}/"
            sender._look_up = lambda _: ["127.0.0.1"]
            for _ in range(2):
                assert (await sender.send(post(url))).outcome is Outcome.DELIVERED
            assert b"cookie" not in receiver.requests[1].lower()

    asyncio.run(main())


@pytest.fixture
def tls(tmp_path: Path) -> ssl.SSLContext:
    pem = tmp_path / "certificate.pem"
    pem.write_text(CERTIFICATE)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    return context


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "host.docker.internal"])
def test_a_local_receiver_may_sign_its_certificate_itself(tls: ssl.SSLContext, host: str) -> None:
    async def main() -> None:
        async with (
            receiving(OK, tls=tls) as receiver,
            sending(look_up=lambda _: ["127.0.0.1"]) as sender,
        ):
            receipt = await sender.send(post(f"https://{host}:{receiver.port}/"))
            assert receipt[:3] == (Outcome.DELIVERED, 200, None)

    asyncio.run(main())


def test_the_certificate_of_any_other_receiver_is_verified(tls: ssl.SSLContext) -> None:
    async def main() -> None:
        async with (
            receiving(OK, tls=tls) as receiver,
            sending(look_up=lambda _: ["127.0.0.1"]) as sender,
        ):
            receipt = await sender.send(post(f"https://receiver.test:{receiver.port}/"))
            assert receipt[:2] == (Outcome.FAILED, None)
            assert "TLS: " in (receipt.error or "")
            assert "certificate verify failed" in (receipt.error or "")

    asyncio.run(main())


def test_tls_to_a_receiver_without() -> None:
    async def refuse(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()

    async def main() -> None:
        async with receiving(raw=refuse) as receiver, sending() as sender:
            receipt = await sender.send(post(f"https://127.0.0.1:{receiver.port}/"))
            assert receipt[:2] == (Outcome.FAILED, None)
            assert (receipt.error or "").startswith("TLS: ")

    asyncio.run(main())


def test_a_truncated_document_is_cut_in_mid_body() -> None:
    async def main() -> None:
        async with receiving(OK) as receiver, sending() as sender:
            receipt = await sender.send(post(receiver.url, truncate=True))
            assert receipt[:3] == (Outcome.FAILED, None, CUT)
            await receiver.came.wait()
            head, error = receiver.requests
            assert f"Content-Length: {len(BODY)}\r\n".encode() in head
            assert head.endswith(b"\r\n\r\n")
            assert b"Transfer-Encoding" not in head
            half = len(BODY) // 2
            assert error.startswith(b"IncompleteReadError")
            assert f"{half} bytes read on a total of {len(BODY)}".encode() in error

    asyncio.run(main())


def test_a_truncated_document_fails_whatever_the_receiver_answers() -> None:
    async def eager(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(OK)
        await reader.read()

    async def main() -> None:
        async with receiving(raw=eager) as receiver, sending() as sender:
            receipt = await sender.send(post(receiver.url, truncate=True))
            assert (receipt.outcome, receipt.error) == (Outcome.FAILED, CUT)

    asyncio.run(main())


def test_a_truncated_document_to_nobody() -> None:
    receipt = send_to(f"http://127.0.0.1:{closed_port()}/", truncate=True)
    assert receipt[:3] == (Outcome.FAILED, None, "connection refused")


def test_a_request_is_never_repeated_when_its_reused_connection_closes() -> None:
    async def main() -> None:
        async with receiving(OK, None, OK) as receiver, sending() as sender:
            outcomes = [(await sender.send(post(receiver.url))).outcome for _ in range(3)]
            assert outcomes == [Outcome.DELIVERED, Outcome.FAILED, Outcome.DELIVERED]
            assert (len(receiver.requests), receiver.connections) == (3, 2)

    asyncio.run(main())


def test_an_unannounced_close_between_two_posts_goes_unnoticed() -> None:
    async def main() -> None:
        async with receiving(answering(OK)) as receiver, sending() as sender:
            for _ in range(20):
                assert (await sender.send(post(receiver.url))).error is None
                await asyncio.gather(*receiver.tasks)
            assert len(receiver.requests) == 20

    asyncio.run(main())


class Answered:
    status = 500
    headers: Mapping[str, str] = {}

    def release(self) -> None:
        """Nothing is open."""


class Session:
    """A session whose connections prove closed, so many times, as aiohttp reports it."""

    def __init__(self, closed: int) -> None:
        self.closed = closed
        self.posts = 0

    async def post(self, _url: URL, **_options: object) -> Answered:
        self.posts += 1
        if self.posts > self.closed:
            return Answered()
        error = aiohttp.ClientOSError(None, "Can not write request body")
        raise error from aiohttp.ClientConnectionResetError("Cannot write to closing transport")


@pytest.mark.parametrize(
    ("closed", "size", "posts", "error"),
    [
        (3, 9, 4, "answered 500, not 2xx"),
        (4, 9, 4, NO_ANSWER),
        (1, 65536, 1, NO_ANSWER),  # some of it may be out
    ],
)
def test_a_connection_that_proves_closed_before_anything_is_written_is_replaced(
    closed: int, size: int, posts: int, error: str
) -> None:
    session = Session(closed)
    sender = HttpWebhooks(Targets.parse([]), StoppedClock())

    async def main() -> Receipt:
        sender._session, sender._loop = cast("Any", session), asyncio.get_running_loop()
        return await sender.send(post("http://127.0.0.1/", body=b"x" * size))

    assert asyncio.run(main()).error == error
    assert session.posts == posts


def test_a_truncated_document_fails_even_if_the_answer_comes_before_the_cut() -> None:
    sender = HttpWebhooks(Targets.parse([]), StoppedClock())

    async def main() -> Receipt:
        sender._session, sender._loop = cast("Any", Session(0)), asyncio.get_running_loop()
        return await sender.send(post("http://127.0.0.1/", truncate=True))

    assert asyncio.run(main()) == (Outcome.FAILED, 500, CUT, 0)


class Gate:
    """A receiver's answer that waits until the test opens it, and how many wait for it."""

    def __init__(self) -> None:
        self.waiting = 0
        self.most = 0
        self.changed = asyncio.Condition()
        self.opened = asyncio.Event()

    async def __call__(self, _reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async with self.changed:
            self.waiting += 1
            self.most = max(self.most, self.waiting)
            self.changed.notify_all()
        await self.opened.wait()
        self.waiting -= 1
        writer.write(OK)

    async def holds(self, number: int) -> None:
        async with self.changed:
            await self.changed.wait_for(lambda: self.waiting == number)


def test_a_slow_path_gets_64_attempts_and_delays_no_other() -> None:
    async def main() -> None:
        gate = Gate()
        async with receiving(gate) as slow, receiving(OK) as fast, sending() as sender:
            held = [asyncio.create_task(sender.send(post(slow.url))) for _ in range(100)]
            await gate.holds(64)
            assert (await sender.send(post(fast.url))).outcome is Outcome.DELIVERED
            other = asyncio.create_task(sender.send(post(f"http://127.0.0.1:{slow.port}/other")))
            await gate.holds(65)
            gate.opened.set()
            receipts = await asyncio.gather(*held, other)
            assert {receipt.outcome for receipt in receipts} == {Outcome.DELIVERED}
            assert gate.most == 65
            assert (len(sender._paths), len(sender._origins)) == (0, 0)

    asyncio.run(main())


def test_an_origin_gets_256_attempts() -> None:
    async def main() -> None:
        gate = Gate()
        async with receiving(gate) as slow, sending() as sender:
            urls = [f"http://127.0.0.1:{slow.port}/{n % 10}" for n in range(400)]
            held = [asyncio.create_task(sender.send(post(url))) for url in urls]
            await gate.holds(256)
            gate.opened.set()
            await asyncio.gather(*held)
            assert gate.most == 256

    asyncio.run(main())


def test_the_timeout_does_not_count_while_an_attempt_waits_for_its_turn() -> None:
    async def main() -> None:
        gate = Gate()
        async with receiving(gate) as slow, sending() as sender:
            held = [asyncio.create_task(sender.send(post(slow.url))) for _ in range(64)]
            await gate.holds(64)
            late = asyncio.create_task(sender.send(post(slow.url, timeout=2)))
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(2.4):
                    await asyncio.shield(late)
            gate.opened.set()
            assert (await late).outcome is Outcome.DELIVERED
            await asyncio.gather(*held)

    asyncio.run(main())


def test_a_cancelled_attempt_raises_and_leaves_its_lane() -> None:
    async def main() -> None:
        gate = Gate()
        async with receiving(gate) as slow, sending() as sender:
            tasks = [asyncio.create_task(sender.send(post(slow.url))) for _ in range(70)]
            await gate.holds(64)
            for task in tasks:
                task.cancel()
            results = await asyncio.gather(*tasks, return_exceptions=True)
            assert all(isinstance(result, asyncio.CancelledError) for result in results)
            assert (len(sender._paths), len(sender._origins)) == (0, 0)

    asyncio.run(main())


def test_a_sender_follows_its_user_into_another_event_loop() -> None:
    sender = HttpWebhooks(Targets.parse([]), StoppedClock())

    async def main() -> None:
        closing = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
        async with receiving(closing) as receiver:
            receipt = await sender.send(post(receiver.url))
            assert receipt == (Outcome.DELIVERED, 200, None, 0)

    asyncio.run(main())
    asyncio.run(main())
    asyncio.run(sender.close())
    asyncio.run(sender.close())


def test_simultaneous_first_attempts_share_one_session() -> None:
    async def main() -> None:
        async with sending() as sender:
            await asyncio.gather(sender._opened(), sender._opened())
            session = sender._session
            await sender._opened()
            assert sender._session is session

    asyncio.run(main())


def test_aiohttp_is_not_imported_before_it_is_needed() -> None:
    code = "import sys, mock_server.adapters.webhooks; print('aiohttp' in sys.modules)"

    async def main() -> bytes:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", code, stdout=asyncio.subprocess.PIPE
        )
        return (await process.communicate())[0]

    assert asyncio.run(main()).split() == [b"False"]
