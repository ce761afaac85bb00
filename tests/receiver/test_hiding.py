"""The secrets of a receiver's URL: known by their names and looks, guessed at, and in nothing that is shown."""

import subprocess
from urllib.parse import quote, quote_plus, unquote_plus, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.receiver.deliveries import Delivery, curl, without_secrets
from contracts.receiver.hiding import guessed_path, guessed_query, names_secret, without
from contracts.verdicts import Verdict
from tests.receiver.raw import only, run
from tests.web.receivers import Delivery as Came
from tests.web.receivers import receiving, status

SECRETS = ("p+q r/s%&=é", "f00d-f00d-f00d", "5ecret-in-path-77")
URL = f"http://127.0.0.1:8000/in/{SECRETS[2]}/hook?token={quote_plus(SECRETS[0])}&x=1"


@pytest.mark.parametrize(
    "name",
    ["token", "hook_token", "webhookToken", "accesstoken", "api_key", "apiKey", "APIKey", "apikey", "key", "sig",
     "X-Signature", "secret", "sharedsecret", "auth", "pass", "password", "hmac", "x-hmac-sha256"],
)  # fmt: skip
def test_a_name_that_says_secret_is_believed(name: str) -> None:
    assert names_secret(name)


@pytest.mark.parametrize(
    "name", ["design", "author", "keyword", "monkey", "compass", "passenger", "authority", "x", ""]
)
def test_a_name_that_holds_the_letters_of_one_is_none(name: str) -> None:
    assert not names_secret(name)
    assert guessed_query(f"/hook?{name}=a1b2c3") is None


@given(st.sampled_from(SECRETS), st.sampled_from([str, quote, quote_plus, unquote_plus, str.lower]))
def test_a_secret_is_hidden_however_it_is_written(secret: str, write: object) -> None:
    assert callable(write)
    url = f"http://h/{SECRETS[2]}?a={quote_plus(SECRETS[0])}&b={SECRETS[1]}"
    spelled = quote_plus(secret) if write is unquote_plus else write(secret)

    shown = without(f"404: no {spelled} here", url)

    assert shown == "404: no *** here", (shown, spelled)


def test_what_is_too_short_for_a_secret_stays() -> None:
    assert without("1 of 1: abc", "http://h/hook?n=1&m=abc") == "1 of 1: abc"


def test_the_shown_address_holds_no_secret_of_path_and_query() -> None:
    assert without_secrets(URL) == "http://127.0.0.1:8000/in/$SECRET/hook?token=$TOKEN&x=$X"


def test_the_line_of_a_forged_request_repeats_the_guess_and_not_the_secret() -> None:
    target = URL.removeprefix("http://127.0.0.1:8000")
    of_query, of_path = guessed_query(target), guessed_path(target)
    assert of_query is not None
    assert of_path is not None

    for guess in (of_query, of_path):
        line = curl(URL, Delivery(b"{}", target=guess))
        value = urlsplit(guess).query.partition("&")[0]
        part = urlsplit(guess).path.split("/")[2]
        assert (value if guess is of_query else part) in line
        assert ("$TOKEN" in line, "$SECRET" in line) == (guess is of_path, guess is of_query)


def test_a_shell_takes_an_address_as_it_is() -> None:
    url = 'http://h/a"b$c`d?x=1'
    line = f'curl() {{ printf %s "$2"; }}; {curl(url, Delivery(b"{}"))}'

    done = subprocess.run(["sh", "-c", line], env={"X": "1"}, capture_output=True, check=True)

    assert done.stdout.decode() == url


def test_a_receiver_that_repeats_its_url_puts_no_secret_into_the_report() -> None:
    def echoes(came: Came) -> bytes:
        body = came.line.encode()
        return b"HTTP/1.1 404 No\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)

    with receiving(echoes) as broken:
        url = URL.replace("8000", str(broken.port))
        report = run(url, rules=["R1", "R25"])

    assert report.results[0].verdict is Verdict.FAILED
    told = repr(report)
    assert [
        each for each in (*SECRETS, quote_plus(SECRETS[0]), quote(SECRETS[0])) if each in told
    ] == []


def test_a_probe_that_repeats_its_url_puts_no_secret_into_the_report() -> None:
    def echoes(came: Came) -> bytes:
        body = came.line.encode()
        return b"HTTP/1.1 500 No\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)

    with receiving(status(200)) as fine, receiving(echoes) as probe:
        url = f"http://127.0.0.1:{probe.port}/probe?key={quote_plus(SECRETS[0])}"
        report = run(fine.url, probe=url, rules=["R1"])

    assert only(report).verdict is Verdict.INCONCLUSIVE
    assert "key=***" in only(report).detail
    assert quote_plus(SECRETS[0]) not in repr(report)
