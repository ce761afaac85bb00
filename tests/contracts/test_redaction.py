"""What leaves the process holds no key, no number and no name."""

import json
import re
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.reading import read
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


NUMBERS = st.sampled_from(
    ["+12025550143", "(020) 7946-0123", "0171 2345 678", "555-0143", 12025550143, 2025550143]
)
SHAPES: list[Callable[[object], object]] = [
    lambda number: number,
    lambda number: [number],
    lambda number: {"value": number},
    lambda number: [{"e164": number, "type": "mobile"}],
    lambda number: {"work": [{"text": {"raw": number}}]},
]


@given(
    st.sampled_from(
        ["mobileNumber", "phone_e164", "directPhones", "phoneNumber2", "PHONE", "number"]
    ),
    NUMBERS,
    st.sampled_from(SHAPES),
)
def test_a_field_that_is_read_as_a_number_keeps_none_in_whatever_shape(
    name: str, number: str | int, shape: Callable[[object], object]
) -> None:
    document = {"providers": [{"provider": "Wiza", "status": "found", name: shape(number)}]}
    redactor = Redactor(salt="s")

    kept = redactor.document(document)

    before, after = read(document), read(kept)
    assert before is not None
    assert after is not None
    assert [redactor.number(each) for each in before.numbers] == list(after.numbers)
    shown = re.sub(r"~[0-9a-f]{4}|e164", "", json.dumps(kept).replace(name, ""))
    assert digits(shown) <= 2, kept


def digits(text: str) -> int:
    return sum(each.isdigit() for each in text)


@pytest.mark.parametrize(
    "text",
    [
        '{"phone":12025550143',
        '{"phone": 5550143',
        '{"workNumber": ["020 7946',
        '{"phones":[{"value":12025550143',
        "call 0171 2345 678",
    ],
)
def test_text_that_is_almost_json_keeps_no_number(text: str) -> None:
    assert digits(Redactor().text(text)) <= 2


def test_what_is_read_beside_a_number_stays() -> None:
    document = {
        "phoneReveal": {"trackingId": "7b1d0c52-3f5e-4d0a-9c1e-5a8e6f0b9d27", "status": "found"},
        "phoneCredits": {"remainingCredits": 9990, "ok": True},
        "revealPhoneNumberViaPartners": 1,
    }

    assert Redactor(salt="s").document(document) == document


def test_a_key_is_removed_from_a_field_of_numbers_too() -> None:
    assert Redactor([KEY]).document({"phoneNumber": f"+1{KEY}"}) == {"phoneNumber": f"+1{MASK}"}


def test_the_name_of_a_provider_is_no_name_of_a_person() -> None:
    outcomes = {"providers": [{"name": "Wiza", "status": "notFound", "phoneNumbers": []}]}

    assert Redactor().document(outcomes) == outcomes


@pytest.mark.parametrize(
    "document",
    [
        {"status": "finished", "name": "Asha Rao", "providers": []},
        {"people": [{"name": "Asha Rao", "id": "p1"}]},
        {"results": [{"name": "Asha Rao", "status": "found", "personId": "p1"}]},
        {"providers": [{"name": "Wiza", "status": "found", "person": {"name": "Asha Rao"}}]},
    ],
)
def test_the_name_of_a_person_is_masked_beside_a_status_too(document: object) -> None:
    assert "Asha" not in json.dumps(Redactor().document(document))


def test_a_document_of_any_depth_is_kept_as_far_as_it_can_be_written() -> None:
    document: object = "live"
    for _ in range(500):
        document = [document]

    kept = Redactor().document({"trackingId": "t", "deep": document})

    assert kept["trackingId"] == "t"
    assert MASK in json.dumps(kept)
    assert "live" not in json.dumps(kept)
