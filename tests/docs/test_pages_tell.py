"""The tables of the documentation and of CONTRIBUTING name what there is, all of it and nothing else."""

import re
import sys
import tomllib
from collections.abc import Iterator
from itertools import chain
from typing import Any

import pydantic
import pytest
import yaml

from docs import tables
from mock_server.domain.people import GRAMMAR
from mock_server.mock import Options
from mock_server.spec import load_spec
from mock_server.web.control.inputs import Chaos, FaultThen, FaultWebhook, FaultWhen
from tests.docs.blocks import PAGES, ROOT, Page, page, plain
from tests.examples.processes import run

X_MOCK: dict[str, Any] = yaml.safe_load(load_spec().text)["x-mock"]


def column(name: str, title: str, table: int = 0, cell: int = 0) -> list[str]:
    return [plain(row[cell]) for row in page(name).tables(title)[table]]


def test_every_key_of_the_file_is_in_the_table() -> None:
    there_are = [f"test_{name}" for name in (*X_MOCK["plans"], *X_MOCK["testKeys"])]

    assert column("README", "Keys") == column("keys-and-people", "Keys") == there_are


def test_every_provider_has_its_price_and_seconds_in_the_table() -> None:
    shown = [
        (name, int(price), float(seconds))
        for name, price, seconds, _ in page("keys-and-people").tables("Keys")[1]
    ]

    assert shown == [(each["name"], each["price"], each["seconds"]) for each in X_MOCK["providers"]]


def test_the_tables_of_magic_people_are_the_grammar() -> None:
    words = GRAMMAR.replace(" or ", ", ").replace(" is ", ", ").split(", ")
    outcomes = {
        f"mock-{each}" for each in words if re.match(r"(found|none|unknown|status)\b", each)
    }
    modifiers = {f"-{each}" for each in words if re.match(r"(after|hook)-", each)}

    assert set(column("keys-and-people", "Magic people")) == outcomes
    assert set(column("keys-and-people", "Magic people", 1)) == modifiers
    shown = set(re.findall(r"`([^`]+)`", page("README").section("Magic people")))
    assert outcomes | modifiers <= shown


def test_every_call_of_the_control_api_is_in_the_table() -> None:
    there_are = set(tables.control_calls()) - {"GET /_mock/"}

    assert set(column("control-api", "The control API")) == there_are


@pytest.mark.parametrize("model", [FaultWhen, FaultThen, FaultWebhook, Chaos])
def test_every_field_of_a_fault_is_named(model: type[pydantic.BaseModel]) -> None:
    fields = {str(each.alias) for each in model.model_fields.values()}

    assert fields <= set(re.findall(r"\w+", page("faults").section("Faults and chaos")))


def test_every_option_of_mock_server_is_named() -> None:
    (sentence,) = re.findall(
        r"^It takes `clock`.*?\.$", page("python").section("In Python"), re.MULTILINE | re.DOTALL
    )

    assert re.findall(r"`(\w+)`", sentence) == list(Options.__annotations__)


def test_every_option_of_serve_is_in_the_table() -> None:
    output = run(sys.executable, "-m", "mock_server", "serve", "--help", COLUMNS="200")
    there_are = set(re.findall(r"^  (?:-\w, )?(--[a-z-]+)", output, re.MULTILINE))

    assert {each.split()[0] for each in column("serve", "Options of `serve`")} == (
        there_are - {"--help"}
    )


def test_every_assumption_is_in_the_table_with_its_reason() -> None:
    assert {
        row[0]: row[2]
        for row in page("assumptions").tables("What is assumed about the real API")[0]
    } == {fact: each["reason"] for fact, each in X_MOCK["assumptions"].items()}


@pytest.mark.parametrize("shown", PAGES, ids=lambda each: each.name)
def test_every_link_leads_somewhere(shown: Page) -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)\)", shown.text)

    assert [each for each in links if not (shown.path.parent / each).exists()] == []


def test_every_page_is_in_the_navigation_of_the_site() -> None:
    site = (ROOT / "zensical.toml").read_text(encoding="utf-8")
    there_are = {each.name.removeprefix("docs/") for each in PAGES if each.name != "README.md"}

    assert set(re.findall(r'"([\w/-]+\.md)"', site)) == there_are


def test_the_numbers_shown_are_of_ranges_reserved_for_fiction() -> None:
    shown = "".join(each.text for each in PAGES) + "".join(
        path.read_text(encoding="utf-8") for path in (ROOT / "examples").iterdir() if path.is_file()
    )

    assert [each for each in re.findall(r"\+\d{7,15}", shown) if not _is_fiction(each)] == []


def test_the_layers_of_contributing_are_those_that_are_enforced() -> None:
    configured = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = configured["tool"]["importlinter"]["contracts"]
    layers = next(each["layers"] for each in contracts if each["id"] == "layers")

    assert [sorted(each.split(" | ")) for each in layers] == list(_layers_of_contributing())


def test_every_test_that_contributing_names_is_there() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    named = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", text)

    assert named
    assert [
        f"{file}::{name}"
        for file, name in named
        if f"def {name}(" not in (ROOT / file).read_text(encoding="utf-8")
    ] == []


def test_every_verb_that_is_named_is_one_of_make() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    texts = [
        *(each.text for each in PAGES),
        (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8"),
    ]
    quoted = chain.from_iterable(re.findall(r"`make ([a-z-]+)", text) for text in texts)
    typed = re.findall(
        r"^make ([a-z-]+)",
        "".join(each.text for shown in PAGES for each in shown.blocks),
        re.MULTILINE,
    )

    assert {*quoted, *typed} <= targets


def _is_fiction(number: str) -> bool:
    return re.fullmatch(r"\+1\d{3}55501\d\d", number) is not None


def _layers_of_contributing() -> Iterator[list[str]]:
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    _, _, rest = text.partition("| layer | owns |\n|---|---|\n")
    for row in rest.partition("\n\n")[0].splitlines():
        yield sorted(re.findall(r"`([^`]+)`", row.split("|")[1]))
