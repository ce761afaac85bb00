"""Owns the one test of the kit: a rule, judged."""

import pytest

from contracts.conftest import settle
from contracts.verdicts import Result


def test_rule(
    rule_id: str, clodura_results: dict[str, Result], request: pytest.FixtureRequest
) -> None:
    settle(clodura_results[rule_id], strict=request.config.getoption("clodura_strict"))
