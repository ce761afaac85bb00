"""Every fact that is quoted anywhere is in the catalogue, and every rule can be explained."""

import re
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

import contracts.rules  # noqa: F401 - fills the table
from contracts.facts import facts
from contracts.journeys import JOURNEYS
from contracts.registry import RULES
from contracts.verdicts import Level
from mock_server import openapi_path
from mock_server.cli import app

ROOT = Path(__file__).parents[2]
QUOTED = re.compile(
    r"\b(?:OP|AUTH|REQ|RES|WH|TRK|PROV|CR|BAL|ERR)-(?:[0-9]{1,2}[a-z]?|[A-E]|4[0-9]{2}a?)(?![\w-])"
)


def quoted_in(path: Path) -> set[str]:
    return set(QUOTED.findall(path.read_text("utf-8")))


@pytest.mark.parametrize("folder", ["mock_server", "contracts"])
def test_every_fact_quoted_in_the_code_is_in_the_catalogue(folder: str) -> None:
    unknown = {
        str(path.relative_to(ROOT)): missing
        for path in (ROOT / folder).rglob("*.py")
        if (missing := quoted_in(path) - set(facts()))
    }
    assert unknown == {}


def test_every_fact_of_the_file_is_in_the_catalogue_with_its_grade() -> None:
    assert quoted_in(openapi_path()) - set(facts()) == set()
    assumed = yaml.safe_load(openapi_path().read_text("utf-8"))["x-mock"]["assumptions"]
    assert {each for each in assumed if facts()[each].grade != "assumed"} == set()


def test_a_rule_rests_on_facts_and_is_no_surer_than_they_are() -> None:
    for rule in RULES.values():
        grades = {facts()[each].grade for each in rule.facts}
        sure = {"documented", "inferred"} & grades
        assert rule.facts
        assert sure or rule.level is Level.ASSUMED, rule.id


def test_a_rule_explains_itself_and_names_journeys_and_causes_that_exist() -> None:
    for rule in RULES.values():
        assert rule.explanation.endswith("."), rule.id
        assert set(rule.journeys) <= set(JOURNEYS), rule.id
        for cause in rule.symptom_of:
            assert "*" in cause or cause in RULES, (rule.id, cause)


def test_every_journey_is_looked_at_by_a_rule() -> None:
    assert {name for rule in RULES.values() for name in rule.journeys} == set(JOURNEYS)


def explained(*words: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["explain", *words])
    return done.exit_code, done.stdout + done.stderr


def test_a_rule_is_explained_with_its_facts() -> None:
    code, text = explained("bil-004")

    assert code == 0
    assert "A number costs 10 to 20 credits" in text
    assert "CR-3 (documented)" in text
    assert "symptom" in text


def test_a_rule_without_causes_is_explained_too() -> None:
    assert "symptom" not in explained("REQ-001")[1]


def test_a_fact_is_explained_with_the_rules_that_rest_on_it() -> None:
    code, text = explained("CR-3")

    assert code == 0
    assert "BIL-004" in text


@pytest.mark.parametrize(("check", "told"), [("R1", "who does so"), ("r6", "needs: --drive")])
def test_a_check_of_the_receiver_suite_is_explained(check: str, told: str) -> None:
    code, text = explained(check)

    assert code == 0
    assert told in text


def test_everything_is_listed() -> None:
    code, text = explained()

    assert code == 0
    assert {each for each in (*facts(), *RULES) if each not in text} == set()


def test_what_there_is_not_is_a_usage_error() -> None:
    code, text = explained("ZZZ-1")

    assert code == 2
    assert "there is no fact, rule or check 'ZZZ-1'" in text
