"""Owns the probe: what the receiver's own application says became of a result, asked over HTTP or by a command."""

import json
import shlex
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode

from contracts.receiver import commands, wire
from contracts.receiver.deliveries import Delivery
from contracts.receiver.endpoint import Endpoint

FORM: Final = '{"state": "found", "phoneNumbers": ["+12025550143"], "appliedCount": 1}'
NOT_THERE: Final = 404


class ProbeError(RuntimeError):
    """The probe told nothing that can be used."""


@dataclass(frozen=True, slots=True)
class Record:
    """What became of one result. `applied` counts how often it took effect; `state` is the application's own word."""

    state: str
    numbers: tuple[str, ...]
    applied: int

    @property
    def told(self) -> str:
        return json.dumps(
            {"state": self.state, "phoneNumbers": self.numbers, "appliedCount": self.applied}
        )


NOTHING: Final = Record("", (), 0)
Probe = Callable[[Mapping[str, str]], Awaitable[Record]]
"""Takes {"trackingId": …} or {"personId": …}; raises ProbeError."""


def http_probe(endpoint: Endpoint) -> Probe:
    """GET with the id in the query; 404 means that nothing is known."""

    async def ask(query: Mapping[str, str]) -> Record:
        joined = "&" if "?" in endpoint.target else "?"
        target = f"{endpoint.target}{joined}{urlencode(query)}"
        asked = Delivery(b"", (("Accept", "application/json"),), "GET", target=target)
        answer = await wire.exchange(endpoint, asked)
        if answer.status == NOT_THERE:
            return NOTHING
        if not answer.accepted:
            raise ProbeError(f"the probe {endpoint.shown} answered: {answer.told}")
        return record_of(_parsed(answer.body))

    return ask


def command_probe(command: str) -> Probe:
    """A command that prints the document.

    The id is in $CLODURA_TRACKING_ID or $CLODURA_PERSON_ID, and in the place of `{trackingId}` or `{personId}`, quoted
    for the shell; the other of the two is empty.
    """

    async def ask(query: Mapping[str, str]) -> Record:
        ids = {"trackingId": "", "personId": "", **query}
        line = command
        for name, value in ids.items():
            line = line.replace("{" + name + "}", shlex.quote(value))
        environment = {
            "CLODURA_TRACKING_ID": ids["trackingId"],
            "CLODURA_PERSON_ID": ids["personId"],
        }
        ran = await commands.run(line, environment, wire.TIMEOUT)
        if ran.trouble is not None:
            raise ProbeError(f"--probe-cmd {ran.trouble}")
        return record_of(_parsed(ran.output.encode()))

    return ask


def record_of(document: Any) -> Record:
    """Read the probe's document, null for nothing; raises ProbeError."""
    if document is None:
        return NOTHING
    given = document if isinstance(document, Mapping) else {}
    state, applied = given.get("state"), given.get("appliedCount")
    numbers = given.get("phoneNumbers") or []
    whole = isinstance(applied, int) and not isinstance(applied, bool)
    if not whole or not isinstance(numbers, list | tuple) or not isinstance(state, str | None):
        raise ProbeError(
            f"the probe should answer {FORM}, and not {json.dumps(document, default=str)[:200]}"
        )
    return Record(state or "", tuple(map(str, numbers)), int(applied or 0))


def _parsed(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        shown = body[:200].decode(errors="replace")
        raise ProbeError(f"the probe should answer {FORM}, and not {shown!r}") from None
