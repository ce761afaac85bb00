"""Owns what hands an Options around in tests: a run against receivers that are no applications."""

from typing import Any

from contracts.receiver.trial import Options, Trial
from contracts.reports import Report
from contracts.verdicts import Result


def run(url: str, **further: Any) -> Report:
    return Trial(Options(url=url, **{"seed": 1, **further})).run()


def only(report: Report) -> Result:
    [result] = report.results
    return result
