"""What is no receiver, or no more: the run ends in bounded time, with one verdict that says it, and nothing else."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import count

import pytest

from contracts.verdicts import Exit, Reason, Verdict
from tests.receiver.raw import only, run
from tests.web.receivers import OK, Delivery, Last, receiving, status

ON_A_KEPT_CONNECTION = 7  # behind a first contact, five forms of a delivery and one more
DRIP = 0.2  # seconds between two bytes of an answer that never ends


def test_nobody_there_is_one_failure_and_nothing_else_is_tried() -> None:
    report = run(f"http://127.0.0.1:{unused_port()}/hook", rules=["R1", "R2", "R3", "R26"])

    assert [(each.id, each.verdict, each.reason) for each in report.results] == [
        ("R1", Verdict.FAILED, None),
        ("R2", Verdict.SKIPPED, Reason.STOPPED),
        ("R3", Verdict.SKIPPED, Reason.STOPPED),
        ("R26", Verdict.SKIPPED, Reason.NEEDS_RESTART),
    ]
    assert "Connection refused" in report.results[0].evidence[0].seen
    assert report.exit is Exit.FAILED


def test_nobody_there_and_nothing_to_ask_is_no_run() -> None:
    report = run(f"http://127.0.0.1:{unused_port()}/hook", rules=["R26"])

    assert report.exit is Exit.NOTHING_RAN


def test_a_receiver_that_hangs_for_ever_is_given_up_after_the_senders_time() -> None:
    with receiving(lambda _: None) as receiver:
        report = run(receiver.url, rules=["R1", "R13"])

    assert [each.verdict for each in report.results] == [Verdict.FAILED, Verdict.SKIPPED]
    assert report.results[0].evidence[0].seen == "no whole answer within 10 s"
    assert report.seconds < 60


def test_an_answer_that_drips_without_an_end_is_no_answer() -> None:
    with dripping() as url:
        report = run(url, rules=["R1"])

    assert only(report).evidence[0].seen == "no whole answer within 10 s"


def test_what_is_no_http_is_told() -> None:
    with receiving(Last(b"SSH-2.0-OpenSSH_9.6\r\n")) as receiver:
        report = run(receiver.url, rules=["R1"])

    assert only(report).evidence[0].seen.startswith("what came is no HTTP")


def test_megabytes_of_an_answer_are_not_read_to_their_end() -> None:
    long = b"HTTP/1.1 200 OK\r\nContent-Length: 50000000\r\n\r\n" + b"x" * 5_000_000
    with receiving(Last(long)) as receiver:
        report = run(receiver.url, rules=["R28"])

    assert only(report).evidence[0].seen == "200 with a longer body"


def test_a_connection_that_is_closed_at_once_fails() -> None:
    with receiving(b"") as receiver:
        report = run(receiver.url, rules=["R1"])

    assert only(report).evidence[0].seen == "the connection was closed without an answer"


def test_what_kills_the_receiver_ends_the_run_with_its_name() -> None:
    with receiving(OK, lambda _: None) as receiver:
        report = run(receiver.url, rules=["R14", "R29"])

    burst, rest = report.results
    assert burst.evidence[0].seen == "none was answered in time", burst
    assert rest.reason is Reason.STOPPED, rest
    assert rest.detail.startswith("the receiver does not answer since R14"), rest


def test_a_connection_that_is_closed_between_two_deliveries_is_no_fault() -> None:
    came = count()

    def answer(delivery: Delivery) -> bytes:
        if not delivery.line.startswith("POST"):
            return OK  # a chunk, which this receiver takes for a request
        return b"" if next(came) == ON_A_KEPT_CONNECTION else OK

    with receiving(answer) as receiver:
        report = run(receiver.url, rules=["R20"])

    assert only(report).verdict is Verdict.PASSED, only(report)


def test_a_receiver_that_refuses_to_expect_is_told() -> None:
    def answer(delivery: Delivery) -> bytes:
        return status(417) if "expect" in delivery.headers else OK

    with receiving(answer) as receiver:
        report = run(receiver.url, rules=["R20"])

    assert only(report).evidence[0].seen.startswith("417")


@pytest.mark.parametrize("code", [301, 500, 404])
def test_any_answer_but_2xx_to_a_result_fails(code: int) -> None:
    with receiving(status(code)) as receiver:
        report = run(receiver.url, rules=["R22"])

    assert only(report).verdict is Verdict.FAILED
    assert only(report).evidence[0].seen.startswith(str(code))


def unused_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


@contextmanager
def dripping() -> Iterator[str]:
    """A receiver whose answer comes byte by byte."""
    over = threading.Event()

    def serve(listener: socket.socket) -> None:
        with suppress(OSError):
            connection, _ = listener.accept()
            with connection:
                while not over.wait(DRIP):
                    connection.sendall(b"H")

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve, args=(listener,))
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/hook"
        over.set()
        with suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        thread.join()
