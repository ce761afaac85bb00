"""Whatever bytes arrive, the answer is a documented error in JSON or a clean close, and the server goes on."""

from collections.abc import Iterator

import pytest

from tests.states import MockServer
from tests.web.raw import KEY, Whole, answers, connect, exchange, get, post, talk

CHUNKED = b"Transfer-Encoding: chunked\r\n"
FOUND = b'{"personId":"mock-found"}'


@pytest.fixture(scope="module")
def server() -> Iterator[MockServer]:
    with MockServer(clock="manual", seed=1, self_check=True) as mock:
        mock.account(api_key=KEY, credits=1_000_000, requests_per_minute=1_000_000)
        yield mock
        assert mock.problems == []


@pytest.fixture(autouse=True)
def goes_on_serving(server: MockServer) -> Iterator[None]:
    yield
    assert exchange(server, "GET", "/api/v1/credits").status == 200


def only(received: bytes) -> Whole:
    [answer] = answers(received)
    return answer


def is_error(answer: Whole, status: int) -> bool:
    assert answer.headers["content-type"] == "application/json"
    assert answer.body.keys() == {"statusCode", "error", "message"}
    assert answer.body["message"]
    assert answer.body["statusCode"] == answer.status
    return answer.status == status


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b" ", id="a blank"),
        pytest.param(b"\xff\xfe\x00\x01", id="no text"),
        pytest.param(b'{"personId":"\xff"}', id="invalid UTF-8"),
        pytest.param(b'{"personId":"\xed\xa0\x80"}', id="a surrogate in UTF-8"),
        pytest.param(b'{"personId":"a\x00b"}', id="a bare NUL"),
        pytest.param(b'{"personId":"\\ud800"}', id="a lone surrogate"),
        pytest.param(b'{"personId":"mock-found","\\udfff":1}', id="a lone surrogate in a name"),
        pytest.param(b"[" * 100_000 + b"]" * 100_000, id="100,000 lists"),
        pytest.param(b'{"a":' * 100_000 + b"1" + b"}" * 100_000, id="100,000 objects"),
        pytest.param(b"[" * 300, id="300 lists without an end"),
        pytest.param(b'{"personId":NaN}', id="NaN"),
        pytest.param(b'{"personId":"mock-found","x":Infinity}', id="Infinity"),
        pytest.param(b'{"personId":"mock-found","x":-Infinity}', id="-Infinity"),
        pytest.param(b'\xef\xbb\xbf{"personId":"mock-found"}', id="a byte order mark"),
        pytest.param('{"personId":"mock-found"}'.encode("utf-16"), id="UTF-16"),
        pytest.param('{"personId":"mock-found"}'.encode("utf-32-le"), id="UTF-32"),
        pytest.param(b'{"personId":"mock-found"', id="a missing end"),
        pytest.param(b'{"personId":"mock-found"}}', id="one end too many"),
        pytest.param(b"{'personId':'mock-found'}", id="single quotes"),
        pytest.param(b'{"personId":"mock-found",}', id="a trailing comma"),
        pytest.param(b'{"personId":"mock-found"}//', id="a comment"),
        pytest.param(b"personId=mock-found", id="a form"),
        pytest.param(b"null", id="null"),
        pytest.param(b"true", id="true"),
        pytest.param(b'"mock-found"', id="a text"),
        pytest.param(b"9" * 5000, id="a long number"),
        pytest.param(b'["mock-found"]', id="a list"),
        pytest.param(b"[" * 300 + b"]" * 300, id="300 lists"),
        pytest.param(b"{}", id="an empty object"),
    ],
)
def test_a_body_that_is_no_object_of_json_is_400(server: MockServer, body: bytes) -> None:
    assert is_error(only(talk(server, post(body))), 400)


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b'{"personId":1e308}', id="a huge float"),
        pytest.param(b'{"personId":99999999999999999999999}', id="a huge integer"),
        pytest.param(b'{"personId":' + b"[" * 200 + b"]" * 200 + b"}", id="200 lists in a field"),
        pytest.param(b'{"personId":"mock-found","personId":1}', id="the last of two same names"),
        pytest.param(b'{"personId":"' + b"a" * 257 + b'"}', id="a long id"),
        pytest.param(b'{"personId":"\\u0020\\u2003"}', id="blanks of Unicode"),
        pytest.param(b'{"linkedinUrl":"https://www.linkedin.com/in/\\u0000"}', id="NUL in a profile"),
        pytest.param(b'{"personId":"mock-found","webhookUrl":"http://a\\u0000b/"}', id="NUL in a URL"),
        pytest.param(b'{"personId":"mock-found","webhookUrl":"http://[::1"}', id="half an IPv6 address"),
        pytest.param(b'{"personId":"mock-found","webhookUrl":"javascript:alert(1)"}', id="a script"),
        pytest.param(b'{"personId":"mock-found","webhookUrl":"file:///etc/passwd"}', id="a file"),
    ],
)  # fmt: skip
def test_a_field_that_is_no_such_value_is_422(server: MockServer, body: bytes) -> None:
    assert is_error(only(talk(server, post(body))), 422)


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b'{"personId":1,"personId":"mock-found"}', id="the last of two same names"),
        pytest.param(b'{"personId":"mock-found","x":' + b"[" * 300 + b"]" * 300 + b"}", id="300 deep"),
        pytest.param(b'{"personId":"mock-found","x":1e308,"y":-0.0,"z":123456789012345678901}', id="numbers"),
        pytest.param(b'\r\n\t {"personId" : "mock-found"}\r\n', id="white space"),
        pytest.param(b'{"personId":"mock\\u002dfound"}', id="escapes"),
        pytest.param(b'{"personId":"mock-found","\\u0000":"\\u0000"}', id="NUL in an unknown field"),
    ],
)  # fmt: skip
def test_odd_json_that_is_valid_is_taken(server: MockServer, body: bytes) -> None:
    assert only(talk(server, post(body))).status == 200


def test_an_id_with_a_nul_is_a_person_like_any_other(server: MockServer) -> None:
    body = b'{"personId":"a\\u0000b","revealPhoneNumberViaPartners":true,"webhookUrl":"http://127.0.0.1:9/"}'

    assert only(talk(server, post(body))).status == 200


@pytest.mark.parametrize(
    "content_type",
    [
        None, b"", b"text/plain", b"application/jsonp", b"application/x-www-form-urlencoded",
        b"multipart/form-data; boundary=x", b"\xff\xfe", b"json", b"application/xml",
    ],
)  # fmt: skip
def test_another_content_type_is_400(server: MockServer, content_type: bytes | None) -> None:
    assert is_error(only(talk(server, post(FOUND, content_type=content_type))), 400)


@pytest.mark.parametrize(
    "content_type",
    [
        b"application/json; charset=utf-8",
        b"APPLICATION/JSON",
        b"application/json;",
        b"application/vnd.api+json",
    ],
)
def test_json_by_another_spelling_is_taken(server: MockServer, content_type: bytes) -> None:
    assert only(talk(server, post(FOUND, content_type=content_type))).status == 200


def test_utf_16_that_says_so_is_400(server: MockServer) -> None:
    body = '{"personId":"mock-found"}'.encode("utf-16")
    sent = post(body, content_type=b"application/json; charset=utf-16")

    assert is_error(only(talk(server, sent)), 400)


@pytest.mark.parametrize("size", [1024 * 1024 + 1, 10_000_000])
def test_a_body_over_one_mebibyte_is_400_and_says_who_minds(server: MockServer, size: int) -> None:
    body = b'{"personId":"' + b"a" * (size - 15) + b'"}'
    answer = only(talk(server, post(body)))

    assert is_error(answer, 400)
    assert answer.headers["x-mock-reason"] == "a body of at most 1 mib is read"
    assert answer.body["message"] == "The body is longer than 1 MiB."


def test_a_body_of_just_one_mebibyte_is_read(server: MockServer) -> None:
    body = b'{"personId":"mock-found","x":"' + b"a" * (1024 * 1024 - 32) + b'"}'
    assert len(body) == 1024 * 1024

    assert only(talk(server, post(body))).status == 200


def test_a_long_chunked_body_is_400(server: MockServer) -> None:
    body = (b"10000\r\n" + b"a" * 0x10000 + b"\r\n") * 20 + b"0\r\n\r\n"

    assert is_error(only(talk(server, post(body, length=False, more=CHUNKED))), 400)


def test_a_chunked_body_needs_no_length(server: MockServer) -> None:
    body = b"5\r\n" + FOUND[:5] + b"\r\n14\r\n" + FOUND[5:] + b"\r\n0\r\n\r\n"

    assert only(talk(server, post(body, length=False, more=CHUNKED))).status == 200


def test_without_any_length_there_is_no_body(server: MockServer) -> None:
    assert is_error(only(talk(server, post(b"", length=False))), 400)


def test_a_client_that_waits_for_100_continue_is_told_to_go_on(server: MockServer) -> None:
    with connect(server) as connection:
        head = post(FOUND, more=b"Expect: 100-continue\r\n").removesuffix(FOUND)
        connection.sendall(head)
        interim = connection.recv(4096)
        connection.sendall(FOUND)
        rest = b"".join(iter(lambda: connection.recv(4096), b""))

    assert interim == b"HTTP/1.1 100 Continue\r\n\r\n"
    assert only(rest).status == 200


@pytest.mark.parametrize("cut", [1, 20, 100, -1, -10])
def test_half_a_request_and_a_close_is_a_clean_close(server: MockServer, cut: int) -> None:
    assert talk(server, post(FOUND)[:cut], half=True) == b""


def test_half_of_a_long_body_and_a_close_is_a_clean_close(server: MockServer) -> None:
    body = b'{"personId":"' + b"a" * 500_000 + b'"}'

    assert talk(server, post(body)[:-5], half=True) == b""


def test_half_a_request_charges_and_counts_nothing(server: MockServer) -> None:
    account = server.account("max", requests_per_minute=1)
    sent = post(FOUND).replace(KEY.encode(), account.api_key.encode())
    talk(server, sent[:-1], half=True)

    assert account.jobs() == []
    assert only(talk(server, sent)).status == 200


def test_pipelined_requests_are_answered_in_order(server: MockServer) -> None:
    sent = post(b"{}", close=False) + post(b"[]", close=False) + post(FOUND)

    assert [each.status for each in answers(talk(server, sent))] == [400, 400, 200]


@pytest.mark.parametrize(
    "sent",
    [
        pytest.param(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"x" * 200 + b"\r\n\r\n", id="TLS"),
        pytest.param(b"hello\r\n\r\n", id="a word"),
        pytest.param(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", id="HTTP/2"),
        pytest.param(b"\x00" * 100, id="NULs"),
        pytest.param(b"BREW /pot HTTP/1.1\r\nHost: x\r\n\r\n", id="no method"),
        pytest.param(b"CONNECT a.example:443 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", id="CONNECT"),
        pytest.param(get(b"/\xff\xfe"), id="bytes in a path"),
        pytest.param(get(b"/api/v1/credits", b"X-API-KEY: \x00"), id="NUL in the key"),
        pytest.param(get(b"/api/v1/credits", b"X-API-KEY test"), id="a header without a colon"),
        pytest.param(get(b"/api/v1/credits", b"X Y: 1"), id="a blank in a header's name"),
        pytest.param(get(b"/" + b"a" * 200_000), id="a URL of 200,000 characters"),
        pytest.param(post(b"zz\r\n{}\r\n0\r\n\r\n", length=False, more=CHUNKED), id="a chunk without a size"),
        pytest.param(post(b"{}", more=b"Content-Length: 5\r\n"), id="two lengths"),
        pytest.param(post(b"0\r\n\r\n", more=CHUNKED), id="length and chunks"),
        pytest.param(post(b"", length=False, more=b"Content-Length: -5\r\n"), id="a negative length"),
        pytest.param(post(b"", length=False, more=b"Content-Length: five\r\n"), id="a length in words"),
    ],
)  # fmt: skip
def test_what_is_no_http_is_400_and_closed(server: MockServer, sent: bytes) -> None:
    answer = only(talk(server, sent))

    assert is_error(answer, 400)
    assert answer.headers["x-mock-reason"] == "not http"
    assert answer.headers["connection"] == "close"


def test_a_header_of_200_000_characters_is_no_trouble(server: MockServer) -> None:
    assert (
        only(talk(server, post(FOUND, more=b"X-Long: " + b"a" * 200_000 + b"\r\n"))).status == 200
    )


@pytest.mark.parametrize(
    ("path", "status"),
    [
        (b"/api/v1/%63redits", 200),
        (b"/api/v1/credits?x=%ff&y=%00", 200),
        (b"http://127.0.0.1/api/v1/credits", 200),
        (b"/api/v1/credits/", 404),
        (b"/api/v1/credits%0A", 404),
        (b"/api/v1/credits%00", 404),
        (b"/api/v1/credits%2F", 404),
        (b"//api/v1/credits", 404),
        (b"/api/v1/../v1/credits", 404),
        (b"/%ff%fe%00/%zz", 404),
        (b"/" + b"a" * 60_000, 404),
        (b"/api/v1/search/people/track/%00", 404),
        (b"/api/v1/search/people/track/a%0A", 404),
        (b"/api/v1/search/people/track/%ED%A0%80", 404),
        (b"/api/v1/search/people/track/a%2Fb", 404),
        (b"/api/v1/search/people/track/", 404),
        (b"/api/v1/search/people/track/" + b"a" * 257, 400),
    ],
    ids=lambda value: ascii(value)[:40],
)
def test_an_odd_path_is_another_path(server: MockServer, path: bytes, status: int) -> None:
    answer = only(talk(server, get(path, b"X-API-KEY: " + KEY.encode())))

    assert answer.status == 200 if status == 200 else is_error(answer, status)
    assert len(answer.content) < 2000


@pytest.mark.parametrize(
    "key",
    [b"test_max\xff\xe9", b"test_max_\xff", b"test_max_" + b"a" * 1000, b"test_max ,x", b"'; --"],
)
def test_a_key_of_odd_bytes_is_a_key_or_401(server: MockServer, key: bytes) -> None:
    answer = only(talk(server, get(b"/api/v1/credits", b"X-API-KEY: " + key)))

    assert answer.status == 200 if key == b"test_max_\xff" else is_error(answer, 401)


@pytest.mark.parametrize("keys", [(b"test_max", b"test_payg"), (b"test_max", b"test_max")])
def test_two_keys_are_none(server: MockServer, keys: tuple[bytes, bytes]) -> None:
    lines = [b"X-API-KEY: " + key for key in keys]

    assert is_error(only(talk(server, get(b"/api/v1/credits", *lines))), 401)


def test_http_1_0_is_answered_and_closed(server: MockServer) -> None:
    sent = b"GET /api/v1/credits HTTP/1.0\r\nX-API-KEY: test_max\r\n\r\n"

    assert only(talk(server, sent)).status == 200


def test_an_upgrade_to_websockets_is_not_taken(server: MockServer) -> None:
    lines = (b"X-API-KEY: test_max", b"Upgrade: websocket", b"Sec-WebSocket-Version: 13")

    assert only(talk(server, get(b"/api/v1/credits", *lines))).status == 200
