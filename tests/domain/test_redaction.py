"""Owns the claims about what is kept of secrets."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_server.domain.redaction import short_key, without_secrets

SECRET = "S3cr3t"
PLAIN = st.text("abcxyz019-._~%!$&'()*+,;=", max_size=12)
SCHEMES = st.sampled_from(["http://", "https://", "HTTPS://"])


@given(
    scheme=SCHEMES,
    before=PLAIN,
    after=PLAIN,
    user=st.booleans(),
    query=st.booleans(),
    escaped=st.booleans(),
)
def test_no_secret_of_a_url_survives(  # AUTH-4
    scheme: str, before: str, after: str, user: bool, query: bool, escaped: bool
) -> None:
    secret = f"{before}{SECRET}{after}"
    url = f"{scheme}{f'u:{secret}@' if user else ''}host:80/a/b{f'?k={secret}' if query else ''}"
    text = json.dumps({"webhookUrl": url, "more": [url]})

    kept = without_secrets(text.replace("/", "\\/") if escaped else text)

    assert SECRET not in kept


@given(text=st.text('abc:/?#@\\" .&=hts', max_size=60))
def test_nothing_is_left_to_redact(text: str) -> None:
    assert without_secrets(without_secrets(text)) == without_secrets(text)


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("http://h/p", "http://h/p"),
        ("http://h/p?a=b", "http://h/p?***"),
        ("https://u:p@h:1/p?a=b?c", "https://***@h:1/p?***"),
        ("see http://h?a and https://u@h.", "see http://h?*** and https://***@h."),
        ("no URL? none@all", "no URL? none@all"),
        ("http://h/p?a=b#frag", "http://h/p?***#***"),
        ("http://h/p#token=1", "http://h/p#***"),
    ],
)
def test_user_query_and_fragment_are_masked_and_the_rest_is_kept(url: str, kept: str) -> None:
    assert without_secrets(url) == kept


@pytest.mark.parametrize(
    ("api_key", "kept"),
    [("", ""), ("abc", "***"), ("abcdef", "****"), ("abcdefg", "defg"), ("test_max_team", "team")],
)
def test_the_end_of_a_key_is_kept_if_the_key_is_longer(api_key: str, kept: str) -> None:
    assert short_key(api_key) == kept


@given(api_key=st.text(min_size=1))
def test_a_key_is_never_kept_whole(api_key: str) -> None:  # AUTH-4
    assert short_key(api_key) != api_key or set(api_key) == {"*"}
