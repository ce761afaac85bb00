"""The chart: the same bytes for the same figures, well-formed, its bars as long as their values."""

from xml.etree import ElementTree as ET

from benchmarks.chart import draw, panel
from benchmarks.findings import Cell

CELLS = [
    Cell("t", "**ours**", "speed", "2.00", 2.0),
    Cell("t", "<slow>", "speed", "0.50", 0.5),
    Cell("t", "missing", "speed", "not measured"),
    Cell("t", "**ours**", "other", "9", 9.0),
]
SVG = "{http://www.w3.org/2000/svg}"


def drawn() -> str:
    return draw([panel(CELLS, "speed", "Speed & more", "**ours**")])


def test_a_bar_is_as_long_as_its_value_says_and_the_longest_comes_first() -> None:
    bars = ET.fromstring(drawn()).findall(f"{SVG}rect")

    lengths = [float(each.attrib["width"]) for each in bars]
    assert lengths[0] == 4 * lengths[1]


def test_only_the_fake_is_in_its_own_colour() -> None:
    bars = ET.fromstring(drawn()).findall(f"{SVG}rect")

    assert [each.attrib["class"] for each in bars] == ["bar ours", "bar"]


def test_what_was_not_measured_has_no_bar_and_names_are_text() -> None:
    texts = [each.text for each in ET.fromstring(drawn()).findall(f"{SVG}text")]

    assert texts == ["Speed & more", "ours", "2.00", "<slow>", "0.50"]
