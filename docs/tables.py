"""Owns the tables of the documentation that follow from code and specification; cog puts them into the pages."""

import json
import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

import click
import yaml
from click.testing import CliRunner

import contracts.rules  # noqa: F401 - fills the table
import scenarios
from contracts.facts import facts
from contracts.receiver.registry import all_checks
from contracts.registry import AREAS, selected
from mock_server.cli import app
from mock_server.domain.jobs import TRANSITIONS, JobState
from mock_server.domain.rules import Rules
from mock_server.spec import load_spec
from mock_server.web.control.app import CALLS
from scenarios.load import names, read_document
from tests.contracts.bugs import BUGS
from tests.contracts.variants import VARIANTS

WIDTH = 80  # columns of the shown help
COMPARED = (
    "OpenAPI file gives routes and validates requests",
    "credit ledger per key, 402 out of the balance",
    "webhook to a URL of the request",
    "its delay",
    "its retries",
    "one clock moves searches, webhooks, retries, limits",
    "faults",
    "journal says why",
    "record, proxy",
    "runs on",
)  # rows of comparison.md that the README shows


@cache
def _rules() -> Rules:
    return load_spec().rules


@cache
def _x_mock() -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load(load_spec().text)["x-mock"]
    return document


def _table(head: str, rows: Iterable[Iterable[object]]) -> str:
    lines = [head, "|" + "---|" * (head.count("|") - 1)]
    lines += ["| " + " | ".join(map(str, row)) + " |" for row in rows]
    return "\n".join(lines) + "\n"


def comparison() -> str:
    """What users ask for first, of the page that stands beside other mock servers."""
    page = Path(__file__).with_name("comparison.md").read_text().splitlines()
    lines = [line for line in page if line.startswith("|")]
    rows = {line.split("|")[1].strip(): line for line in lines[2:]}
    return "\n".join([*lines[:2], *(rows[name] for name in COMPARED)]) + "\n"


def keys() -> str:
    """The ready-made accounts."""
    rules = _rules()
    rows: list[tuple[object, ...]] = []
    for name, plan in rules.plans.items():
        credits = " + ".join(
            f"{n:,} {kind}" if len(plan.prices) > 1 else f"{n:,}"
            for kind, n in plan.starting_credits.items()
        )
        rows.append((f"`test_{name}`", plan.title, credits, plan.requests_per_minute, plan.payload))
    for name, key in rules.test_keys.items():
        plan = rules.plans[key.plan]
        phones = plan.starting_credits[plan.spent_on_phones] if key.credits is None else key.credits
        limit = (
            plan.requests_per_minute if key.requests_per_minute is None else key.requests_per_minute
        )
        access = "" if key.api_access else ", without API access"
        rows.append((f"`test_{name}`", f"{plan.title}{access}", f"{phones:,}", limit, plan.payload))
    return _table("| key | plan | credits | matches a minute | webhook payload |", rows)


def providers() -> str:
    """Who is asked, and what a number costs."""
    rows = [
        (
            each.name,
            each.price,
            f"{each.duration / 1e6:g}",
            "with `revealPhoneNumberViaPartners`" if each.partner else "always",
        )
        for each in _rules().providers
    ]
    return _table("| provider | credits | seconds | asked |", rows)


def assumptions() -> str:
    """What the vendor leaves open, and what this fake does."""
    rows = []
    for fact, each in _x_mock()["assumptions"].items():
        reference = r'\{"\$ref": "#/([^"]*)"\}'
        value = re.sub(
            reference, lambda place: place[1].replace("/", "."), json.dumps(each["value"])
        )
        rows.append((fact, f"`{_escaped(value.strip(chr(34)))}`", each["reason"]))
    return _table("| fact | value | why it is assumed |", rows)


def known() -> str:
    """What is known of the API, and how surely."""
    rows = ((each.id, each.grade, _escaped(each.text)) for each in facts().values())
    return _table("| fact | grade | |", rows)


def options(command: str) -> str:
    """The options of a command, with their defaults."""
    rows = []
    for each in app.commands[command].params:
        assert isinstance(each, click.Option)
        text, _, said = (each.help or "").partition(" [default: ")
        default = said.rstrip("]") or (each.to_info_dict()["default"] or "")
        named = each.metavar and each.opts[0] != f"--{each.metavar}"
        value = f" {_escaped(each.metavar or '')}" if named else ""
        rows.append((f"`{each.opts[0]}{value}`", default, text))
    return _table("| option | default | |", rows)


def commands() -> str:
    """Every command's own help."""
    shown = []
    for name in app.commands:
        told = CliRunner().invoke(
            app, [name, "--help"], terminal_width=WIDTH, prog_name="clodura-kit"
        )
        words = told.output.strip()
        shown.append(f"## {name}\n\n```text\n{words}\n```\n")
    return "\n".join(shown)


def recording(story: str) -> str:
    """What `replay` prints of a story where there is no terminal."""
    told = CliRunner().invoke(app, ["replay", story], env={"NO_COLOR": "1"})
    lines = (line.rstrip() for line in told.output.splitlines())
    return "\n".join(["```text", f"$ clodura-kit replay {story}", *lines, "```", ""])


def stories() -> str:
    """The packaged stories by name."""
    rows = []
    for name, path in names(Path(scenarios.__file__).parent).items():
        info = read_document(path).info
        rows.append((f"`{name}`", info.summary, " ".join(info.facts)))
    return _table("| story | in short | facts |", rows)


def receiver_checks() -> str:
    """The checks of `clodura-kit receiver`, what they need, and who behaves so."""
    rows = [
        (
            each.id,
            each.area,
            each.title,
            ", ".join(f"`--{need.replace('_', '-')}`" for need in each.needs),
            each.sender,
        )
        for each in all_checks()
    ]
    return _table("| check | theme | what it asks for | needs | who does so |", rows)


def transitions() -> str:
    """The states of a job, and what leads from one to the next."""
    arrows: dict[tuple[JobState, JobState], list[str]] = {}
    for (before, happening), after in TRANSITIONS.items():
        arrows.setdefault((before, after), []).append(str(happening))
    rows = [("*(a request is accepted)*", "", f"`{JobState.QUEUED}`")]
    rows += [(f"`{a}`", ", ".join(why), f"`{b}`") for (a, b), why in arrows.items()]
    return _table("| from | when | to |", rows)


def file(name: str, language: str) -> str:
    """A file of the repository, as it stands."""
    return f"```{language}\n{Path(name).read_text('utf-8').strip()}\n```\n"


def control_calls() -> list[str]:
    """Every call of the control API, as `GET /_mock/…`."""
    return [
        f"{method} /_mock{path.replace(':path', '')}"
        for path, methods in CALLS.items()
        for method in methods
    ]


def _escaped(text: str) -> str:
    return text.replace("|", "\\|")


def rules() -> str:
    """Every rule of the contract kit, by area."""
    parts = []
    for area, title in AREAS.items():
        rows = (
            (each.id, each.title, each.level, ", ".join(each.facts), each.explanation)
            for each in selected((f"{area}-*",))
        )
        parts.append(f"## {area}: {title}\n\n")
        parts.append(_table("| id | rule | level | facts | |", rows))
        parts.append("\n")
    return "".join(parts)


def museum_in_short() -> str:
    """How many bugs and variants the kit is tried on."""
    return (
        f"A museum of {len(BUGS)} named bugs, each put into a healthy API: every one must be caught by exactly"
        f" the rule that names its cause, and\nevery rule has one. {len(VARIANTS)} harmless variants, from"
        " wrapped polls to charges that are booked a moment later, must fail nothing.\n"
    )


def museum() -> str:
    """Every bug of the museum, and what catches it; also whether Schemathesis does, as far as that was tried."""
    path = Path(__file__).parent / "museum.json"
    found: dict[str, bool] = json.loads(path.read_text("utf-8")) if path.exists() else {}
    told = {True: "yes", False: "no", None: "not run"}
    if not found:
        rows = ((each.name.replace("_", " "), each.caught_by) for each in BUGS)
        return f"All {len(BUGS)} are caught.\n\n" + _table("| bug | caught by |", rows)
    compared = (
        (each.name.replace("_", " "), each.caught_by, told[found.get(each.name)]) for each in BUGS
    )
    caught = f"{sum(found.values())} of the {len(found)} that it was run on"
    table = _table("| bug | caught by | Schemathesis |", compared)
    return f"Caught by the kit: all {len(BUGS)}. By Schemathesis alone: {caught}.\n\n{table}"
