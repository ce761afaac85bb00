"""Owns the contract as pytest: `pytest --pyargs contracts --clodura-target ...`; one run, an item for each rule."""

from collections.abc import Generator
from typing import NoReturn

import pytest
from rich.console import Console

from contracts.reports import Report
from contracts.reports.junit import told
from contracts.session import Asked, UsageError, chosen_rules, examine, unfitting, usage, write
from contracts.verdicts import PRECEDENCE, Exit, Level, Result, Verdict

REPORT = pytest.StashKey[Report]()
RULES_FAILED = pytest.StashKey[int]()


def asked_of(config: pytest.Config) -> Asked:
    """The command's options, from those of pytest."""
    names = (
        "profile",
        "plan",
        "key_env",
        "budget",
        "public_url",
        "expected_failures",
        "record",
        "seed",
    )
    given = {name: config.getoption(f"clodura_{name}") for name in names}
    return Asked(
        target=config.getoption("clodura_target"),
        risk=config.getoption("clodura_risk"),
        yes_spend=config.getoption("clodura_yes_spend"),
        listen=config.getoption("clodura_listen"),
        no_webhook=config.getoption("clodura_no_webhook"),
        rules=tuple(config.getoption("clodura_rules") or ()),
        strict=config.getoption("clodura_strict"),
        report=config.getoption("clodura_report"),
        **given,
    )


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    rules = chosen_rules(asked_of(metafunc.config))
    metafunc.parametrize("rule_id", [each.id for each in rules])


@pytest.fixture(scope="session")
def clodura_results(request: pytest.FixtureRequest) -> dict[str, Result]:
    """The verdicts of one run, which makes only the journeys that the chosen items need."""
    config = request.config
    asked = asked_of(config)
    ids = [
        each.callspec.params.get("rule_id")
        for each in request.session.items
        if hasattr(each, "callspec")
    ]
    try:
        refuse_to_buy_twice(config, asked)
        return keep(config, asked, examine(asked, Console(quiet=True), only=ids))
    except UsageError as error:
        refuse(config, str(error))


def keep(config: pytest.Config, asked: Asked, report: Report) -> dict[str, Result]:
    """Write the report, and keep it for the session's end; its verdicts. Raises UsageError."""
    write(report, asked)
    config.stash[REPORT] = report
    return {each.id: each for each in report.results}


def refuse_to_buy_twice(config: pytest.Config, asked: Asked) -> None:
    """Each worker, and each rerun, would buy again. Raises UsageError."""
    if not asked.is_full or asked.limit == 0:
        return
    advice = "leave it out, or use --clodura-budget 0"
    if hasattr(config, "workerinput"):
        usage(f"pytest-xdist would buy in every worker: {advice}")
    if config.getoption("reruns", 0):
        usage(f"reruns would buy again: {advice}")


def refuse(config: pytest.Config, problem: str) -> NoReturn:
    """End the session with the code of a usage error; in a worker fail, for one that exits is only replaced."""
    if hasattr(config, "workerinput"):
        pytest.fail(f"clodura-kit: {problem}", pytrace=False)
    pytest.exit(f"clodura-kit: {problem}", returncode=Exit.USAGE)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Count the rules that failed: what else failed in the session is not the command's to judge."""
    report = yield
    if report.failed and call.when == "call":
        item.config.stash[RULES_FAILED] = item.config.stash.get(RULES_FAILED, 0) + 1
    return report


def pytest_sessionfinish(session: pytest.Session) -> None:
    """The exit code is the command's, unless pytest has, or tests beside the rules have, worse to tell."""
    report = session.config.stash.get(REPORT, None)
    if session.exitstatus == pytest.ExitCode.OK and not chosen_rules(asked_of(session.config)):
        session.exitstatus = int(Exit.NOTHING_RAN)
    if report is None or session.exitstatus not in (
        pytest.ExitCode.OK,
        pytest.ExitCode.TESTS_FAILED,
    ):
        return
    others = session.testsfailed > session.config.stash.get(RULES_FAILED, 0)
    told = {report.exit, Exit.FAILED} if others else {report.exit}
    session.exitstatus = int(min(told, key=PRECEDENCE.index))


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    report = config.stash.get(REPORT, None)
    if report is not None:
        spent = report.credits.spent if report.credits else None
        terminalreporter.write_line(
            f"{report.target}: {report.verdict}, {report.calls} calls, {spent} credits spent"
        )
    for note in report.notes if report is not None else unfitting(asked_of(config)):
        terminalreporter.write_line(note)


def settle(result: Result, *, strict: bool) -> None:
    """End the item as its rule ended."""
    if result.counts_as_failed(strict=strict):
        pytest.fail(told(result) or result.title, pytrace=False)
    if result.verdict is Verdict.PASSED:
        return
    why = ": ".join(filter(None, (str(result.verdict), result.reason, result.detail)))
    if result.verdict is Verdict.INCONCLUSIVE and (strict or result.level is Level.MUST):
        pytest.fail(why, pytrace=False)
    if result.verdict in (Verdict.DIFFERS, Verdict.FAILED):
        pytest.xfail(result.expected_failure or why)
    pytest.skip(why)
