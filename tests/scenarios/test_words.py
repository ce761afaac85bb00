import pytest

from scenarios.records import Charged, Finished, Happening, Searched, Sent
from scenarios.words import compact, lasting, pretty, short_ids, since, summed, told

T = "2026-01-01T00:00:0{}.000000Z".format
SEARCH = Searched(T(0), "0123", "Wiza", 3, "notFound", (), "why")
SENT = Sent(T(4), "0123", 2, "http://x", "failed", "why", None)


@pytest.mark.parametrize(
    ("happening", "words", "good"),
    [
        (SEARCH, "Wiza notFound", None),
        (SEARCH._replace(status="found", numbers=("+1", "+2")), "Wiza found +1, +2", True),
        (SEARCH._replace(status="Insufficient Credits"), "Wiza Insufficient Credits", False),
        (SEARCH._replace(status=None), "Wiza is being searched", None),
        (Charged(T(4), "unified", -14, 9986, ""), "money -14 credits, 9,986 left", None),
        (Charged(T(4), "phone", -1, 9, ""), "money -1 phone credit, 9 left", None),
        (Charged(T(4), "topup", 5, 9, ""), "money +5 credits, 9 left", True),
        (Charged(T(4), "carried", -5, 9, ""), "money -5 carried credits, 9 left", None),
        (Finished(T(4), "0123", 14, ""), "search is over, 14 charged", None),
        (Finished(T(4), "0123", 0, ""), "search is over, nothing charged", None),
        (SENT, "webhook attempt 2 failed", False),
        (SENT._replace(outcome="delivered"), "webhook attempt 2 delivered", True),
    ],
)
def test_each_happening_has_its_words(
    happening: Searched | Charged | Finished | Sent, words: str, good: bool | None
) -> None:
    line = told(happening)

    assert (f"{line.label} {line.text}", line.good) == (words, good)


def test_many_happenings_are_summed_up() -> None:
    many: list[Happening] = [
        SEARCH,
        SEARCH._replace(status="found"),
        SEARCH._replace(status="found"),
        SEARCH._replace(status=None),
        Charged(T(4), "unified", -10, 20, ""),
        Charged(T(4), "unified", -10, 10, ""),
        SENT,
    ]

    assert [f"{each.label}: {each.text}" for each in summed(many)] == [
        "searches: 1 notFound, 2 found, 1 being searched",
        "money: 2 entries, -20 credits, 10 left",
        "webhooks: 1 failed",
    ]
    assert summed([]) == []


@pytest.mark.parametrize(
    ("instant", "shown"),
    [
        ("2026-01-01T00:00:00.000000Z", "0:00"),
        ("2026-01-01T00:12:35.900000Z", "12:35"),
        ("2026-01-02T01:00:05.000000Z", "25:00:05"),
    ],
)
def test_the_time_since_the_beginning_reads_as_on_a_stopwatch(instant: str, shown: str) -> None:
    assert since("2026-01-01T00:00:00.000000Z", instant) == shown


@pytest.mark.parametrize(
    ("passed", "words"),
    [(0, "0 s"), (0.251, "0.25 s"), (60, "1 min"), (125, "2 min 5 s"), (86400, "24 h")],
)
def test_a_duration_reads_as_words(passed: float, words: str) -> None:
    assert lasting(passed) == words


def test_documents_are_shown_in_one_line_or_over_several_and_texts_as_they_are() -> None:
    assert compact({"a": "ü"}) == '{"a": "ü"}'
    assert pretty({"a": 1}) == '{\n  "a": 1\n}'
    assert (compact("text"), pretty("text")) == ("text", "text")


def test_tracking_ids_are_cut_to_their_beginning() -> None:
    text = "track/1565eb73-46ae-437a-a1d8-a09ae68ada56?x"

    assert short_ids(text) == "track/1565eb73…?x"
