"""Owns how exchanges and webhooks are shown: as evidence, as a curl line without the key, on a timeline."""

import json
import shlex
from collections.abc import Iterator
from typing import Final

from contracts.history import Exchange, History, Record, Role, Webhook
from contracts.journeys import JOURNEYS
from contracts.journeys.keys import UNKNOWN
from contracts.reports import Event, Timeline
from contracts.specification import CREDITS, TRACK
from contracts.verdicts import Evidence

CUT: Final = 400
NOBODYS: Final = ("unknown-key", "key-first")  # probes with a key that nobody has
ALTERED: Final = "altered-key"


class Showing:
    """Shows the records of a run against one address."""

    def __init__(self, base_url: str) -> None:
        self._base_url = base_url

    def evidence(self, source: Exchange | Webhook) -> Evidence:
        """What came, and for a request how to repeat it."""
        if isinstance(source, Webhook):
            return Evidence("", "", f"webhook: {source.method} {source.path} {_came(source)}")
        told = f"{source.method} {source.path} -> {_came(source)}"
        return Evidence("", "", told, self.curl(source))

    def curl(self, exchange: Exchange) -> str:
        """The command that repeats a request; keys stay variables, `$CLODURA_API_KEY` and `$CLODURA_API_KEY_<ROLE>`."""
        words = ["curl", "-i", f"{self._base_url}{exchange.path}"]
        for name, value in exchange.request_headers.items():
            words += ["-H", f"{name}: {value}"]
        if exchange.request is not None:
            body = exchange.request
            words += ["-d", body if isinstance(body, str) else json.dumps(body)]
        line = " ".join(map(shlex.quote, words))
        return line.replace("'X-API-KEY: ***'", f'"X-API-KEY: {_key_of(exchange)}"')


def _key_of(exchange: Exchange) -> str:
    """What stands for the key that a request had: a variable for each role, the words for what is nobody's key."""
    probe, _, how = exchange.probe.partition(":")
    if probe in NOBODYS:
        return UNKNOWN
    variable = "$CLODURA_API_KEY"
    if exchange.role != Role.MAIN:
        variable += f"_{exchange.role.upper()}"
    return f"{variable} (altered: {how})" if probe == ALTERED else variable


def timelines(history: History) -> list[Timeline]:
    """What happened in each journey, in order."""
    labels = {job.label: job.journey for job in history.attempts}
    found: dict[str, list[Event]] = {}
    for record in history.records:
        if isinstance(record, Exchange):
            found.setdefault(record.journey, []).append(event_of(record))
        elif isinstance(record, Webhook):
            found.setdefault(labels.get(record.label, "webhooks"), []).append(event_of(record))
    return [
        Timeline(name, _title(name), sorted(events, key=lambda each: each.at))
        for name, events in found.items()
    ]


def event_of(record: Exchange | Webhook) -> Event:
    """One line of a timeline."""
    if isinstance(record, Webhook):
        text = f"{record.label}, answered {record.answered}"
        return Event(record.at, "webhook", text, _came(record))
    kinds = {CREDITS: "balance", TRACK: "poll"}
    return Event(record.at, kinds.get(record.operation, "call"), record.probe, _came(record))


def told(record: Record) -> Iterator[str]:
    """A line of progress, for what is worth one."""
    if isinstance(record, Exchange) and record.operation not in (CREDITS, TRACK):
        yield f"{record.journey}: {record.probe} {record.status or record.error}"
    elif isinstance(record, Webhook):
        yield f"webhook: {record.label}"


def _title(journey: str) -> str:
    return JOURNEYS[journey].title if journey in JOURNEYS else ""


def _came(source: Exchange | Webhook) -> str:
    """Status and body in one line, or why there is none."""
    if isinstance(source, Exchange) and source.status is None:
        return source.error or ""
    body = source.text if source.text is not None else json.dumps(source.document)
    body = body if len(body) <= CUT else f"{body[:CUT]}..."
    return f"{source.status} {body}" if isinstance(source, Exchange) else body
