"""What leaves the process holds no key, no number and no name."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.redaction import MASK, Redactor, masked_number

KEY = "live_4f9aQ27c"


@given(st.text(), st.text())
def test_no_text_keeps_a_key_however_it_is_embedded(before: str, after: str) -> None:
    assert KEY.lower() not in Redactor([KEY]).text(f"{before}{KEY}{after}").lower()


def test_a_key_in_another_case_is_removed_too() -> None:
    assert Redactor([KEY]).text(KEY.swapcase()) == MASK


def test_the_longer_of_two_keys_is_removed_whole() -> None:
    assert Redactor(["abcd", "abcdef"]).text("abcdef") == MASK


@pytest.mark.parametrize(
    "number", ["+12025550143", "+44 20 7946 0123", "(not) +1 (202) 555-0143", "12025550143"]
)
def test_a_phone_number_keeps_its_form_and_last_two_digits(number: str) -> None:
    shown = Redactor().text(f"call {number} now")

    assert shown != f"call {number} now"
    assert shown.rstrip(" now")[-2:] == number[-2:]
    assert "555" not in shown


@pytest.mark.parametrize(
    "text",
    [
        "2026-01-01T00:00:00.000000Z",
        "5f0c9e54-7a1b-4c7e-9f55-2f6f0a4b7c11",
        '{"remainingCredits": 9990}',
        "http://127.0.0.1:4020/hook",
    ],
)
def test_what_is_no_number_stays(text: str) -> None:
    assert Redactor().text(text) == text


def test_names_of_people_go_from_documents_and_from_text() -> None:
    document = {
        "personId": "p1",
        "firstName": "Asha",
        "phoneNumbers": ["+12025550143", 12025550143],
    }

    assert Redactor().document(document) == {
        "personId": "p1",
        "firstName": MASK,
        "phoneNumbers": ["+xxxxxxxxx43", "xxxxxxxxx43"],
    }
    assert "Asha" not in Redactor().text(json.dumps(document))
    assert "Asha" not in Redactor().text('{"firstName": "Asha')  # cut off


def test_numbers_truths_and_nothing_stay_as_they_are() -> None:
    document = {"remainingCredits": 9990, "ok": True, "none": None, "name": 7}

    assert Redactor().document(document) == document


def test_headers_that_authenticate_are_masked_whatever_they_say() -> None:
    headers = {"X-API-KEY": "unknown", "Authorization": "Bearer x", "Accept": "*/*"}

    assert Redactor().headers(headers) == {
        "X-API-KEY": MASK,
        "Authorization": MASK,
        "Accept": "*/*",
    }


def test_a_masked_number_has_its_length() -> None:
    assert masked_number("+1 202") == "+x x02"
