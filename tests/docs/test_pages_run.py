"""What the documentation tells to type is typed here, and brings what it says."""

import re
import shutil
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml

from mock_server import Account, Inbox, MockServer
from tests.api import CREDITS, credits, match, request
from tests.docs.blocks import PAGES, ROOT, Block, Page, page
from tests.examples.commands import command_lines, parse
from tests.examples.processes import Program, receiving, run

BETWEEN = "-- next block --"
HERE, RECEIVER = "http://127.0.0.1:4020", "http://127.0.0.1:8000"


@pytest.fixture
def unseeded() -> Iterator[MockServer]:
    """As `serve` starts it, but on a manual clock: what is shown does not depend on a seed."""
    with MockServer(clock="manual", self_check=True) as server:
        yield server
        assert server.problems == []


@pytest.fixture
def receiver() -> Iterator[tuple[str, Program]]:
    with receiving() as started:
        yield started


def walk(shown: Page) -> list[tuple[str, str | None]]:
    """The blocks with curl, each with the output that is shown below it."""
    pairs = pairwise([*shown.blocks, Block("", "")])
    return [
        (block.text, after.text if after.language in ("json", "text") else None)
        for block, after in pairs
        if block.language == "bash" and "curl " in block.text
    ]


def looks_like(shown: str) -> str:
    """What is shown, as a pattern: `…` stands for anything within a line."""
    return ".*".join(map(re.escape, shown.strip().split("…")))


@pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl here")
@pytest.mark.parametrize(
    "shown", [each for each in PAGES if walk(each)], ids=lambda each: each.name
)
def test_the_curl_lines_bring_what_is_shown_below_them(
    unseeded: MockServer, receiver: tuple[str, Program], shown: Page
) -> None:
    url, program = receiver
    script = f"\necho; echo '{BETWEEN}'\n".join(block for block, _ in walk(shown))
    script = script.replace(HERE, unseeded.url).replace(RECEIVER, url)

    outputs = run("bash", "-e", "-u", "-c", script).split(BETWEEN)

    for output, (block, expected) in zip(outputs, walk(shown), strict=True):
        if expected is not None:
            assert re.fullmatch(looks_like(expected), output.strip()), f"{block}\nbrought\n{output}"
    if any(RECEIVER in block for block, _ in walk(shown)):
        assert "+14045550186" in program.line_with("{")


def test_each_bash_block_is_a_command_of_the_set_up_or_is_run() -> None:
    not_run = {
        each.text.split()[0]
        for shown in PAGES
        for each in shown.blocks
        if each.language == "bash" and "curl " not in each.text
    }

    assert not_run == {
        "make",
        "clodura-kit",  # test_stories_run, test_receiver_page
        "python3",  # tests/examples
        "openssl",  # tests/examples
    }


def test_each_command_that_is_shown_has_only_options_that_there_are() -> None:
    shown = [
        words for each in PAGES for block in each.blocks for words in command_lines(block.text)
    ]

    assert len(shown) >= 10
    for words in shown:
        parse(words)  # raises UsageError with what is wrong


def test_each_python_block_is_run_here() -> None:
    found = {each.name: len(each.blocks_with("python", "")) for each in PAGES}

    assert {name: n for name, n in found.items() if n} == {
        "README.md": 1,
        "docs/python.md": 3,
        "docs/receiver.md": 1,  # test_receiver_page
    }


def test_the_python_recipe_runs(capsys: pytest.CaptureFixture[str]) -> None:
    (script,) = page("python").blocks_with("python", "with MockServer(")

    exec(script, {})

    assert "remainingCredits" in capsys.readouterr().out


def test_the_recipe_for_clients_within_the_process_runs(
    capsys: pytest.CaptureFixture[str],
) -> None:
    (script,) = page("python").blocks_with("python", "create_app(")

    exec(script, {})

    assert "'maxContacts': '1000'" in capsys.readouterr().out


@pytest.mark.parametrize("where", ["README", "python"])
def test_the_pytest_recipe_is_green(
    clodura_mock: MockServer, clodura_account: Account, clodura_inbox: Inbox, where: str
) -> None:
    (recipe,) = page(where).blocks_with("python", "def test_")
    defined: dict[str, Any] = {}
    exec(recipe, defined)

    (test,) = (each for name, each in defined.items() if name.startswith("test_"))

    test(clodura_mock, clodura_account, clodura_inbox)


def test_every_error_comes_by_header_and_by_person_as_the_table_says(mock: MockServer) -> None:
    statuses = [
        int(row)
        for row in re.findall(r"^\| (\d{3}) \|", page("errors").section("Errors"), re.MULTILINE)
    ]

    by_header = [match(mock, {}, prefer=f"code={each}").status for each in statuses]
    by_person = [match(mock, {"personId": f"mock-status-{each}"}).status for each in statuses]

    assert statuses == [400, 401, 402, 403, 404, 422, 429]
    assert by_header == by_person == statuses


@pytest.fixture
def changed(tmp_path: Path) -> Iterator[MockServer]:
    """A fake on openapi.yaml with the additions that the documentation shows."""
    document = yaml.safe_load((ROOT / "openapi.yaml").read_text(encoding="utf-8"))
    for block in page("change-the-api").blocks_with("yaml", "# under "):
        place: Any = document
        for step in block.split("\n")[0].removeprefix("# under ").split("."):
            place = place[step]
        added = yaml.safe_load(block)
        if isinstance(place, list):
            place.extend(added)
        else:
            place |= added
    reveal = document["paths"]["/api/v1/search/people/phone/match"]["post"]
    multi_provider = reveal["callbacks"]["multiProvider"]["{$request.body#/webhookUrl}"]["post"]
    multi_provider["x-plans"].append("startup")
    spec = tmp_path / "openapi.yaml"
    spec.write_text(yaml.safe_dump(document, sort_keys=False))
    with MockServer(clock="manual", spec=spec) as mock:
        yield mock


def test_a_provider_that_is_added_is_asked_and_paid(changed: MockServer) -> None:
    changed.person("p-1", {"Numberhub": ["+12025550143"]})
    body = {
        "personId": "p-1",
        "revealPhoneNumberViaPartners": True,
        "webhookUrl": changed.inbox("x").url,
    }
    match(changed, body, "test_max_added")
    changed.advance(to="idle")

    assert credits(changed, "test_max_added") == {"remainingCredits": 10_000 - 7}


def test_a_plan_that_is_added_has_its_key(changed: MockServer) -> None:
    assert request(changed, "GET", CREDITS, api_key="test_startup_1").body == {
        "remainingCredits": 250
    }


def test_an_endpoint_that_is_added_is_served_from_its_example(changed: MockServer) -> None:
    assert request(changed, "GET", "/api/v1/companies").body == {
        "companies": [{"name": "Example Ltd"}]
    }
    assert request(changed, "GET", "/api/v1/companies", api_key=None).status == 401
