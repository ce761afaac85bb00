"""How many webhooks a second arrive while matches pour in, and whether any is lost."""

import json
import time
from http.client import HTTPConnection
from typing import Any

from benchmarks.fake import VALID, fake, match, rich_account, sink, yardstick
from benchmarks.findings import Bar, Finding
from benchmarks.load import load
from benchmarks.processes import BenchmarkError, Server
from benchmarks.rounds import QUICK, QUIET, Effort, Side, Watch, run, typical
from mock_server.client import ControlClient

PRISM = 0.088  # x (b): callbacks/s of Prism silent, measured with both on one machine (2,086 beside 23,603)
PATIENCE = 60.0  # seconds for what waits to be delivered


def ask(effort: Effort) -> list[Finding]:
    found = []
    with fake("--clock", "x60") as ours, yardstick() as theirs, sink() as receiver:
        account = rich_account(ours)
        base = Side(theirs, match(VALID))
        magic = json.dumps({"personId": "mock-found", "webhookUrl": f"{receiver.url}/hook"})
        people = [
            json.dumps(
                {
                    "personId": f"person-{n}",
                    "revealPhoneNumberViaPartners": True,
                    "webhookUrl": f"{receiver.url}/hook",
                }
            )
            for n in range(10_000)
        ]
        bar = Bar(round(2 * PRISM, 2), round(4 * PRISM, 2))
        loads = [
            ("match with webhook: deliveries/s", [magic], bar),
            ("the same for 10,000 people, partners on: deliveries/s", people, None),
        ]
        for what, bodies, its_bar in loads[:1] if effort is QUICK else loads:
            side = Side(ours, match(*bodies, key=account.api_key))
            run(base, 1)
            rounds = [_round(side, base, receiver, effort) for _ in range(effort.rounds)]
            rates, shares, cpu, accepts, drains, neighbours = zip(*rounds, strict=True)
            note = (
                f"{typical(rates)} deliveries/s beside {typical(accepts)} accepts/s; {typical(cpu)} µs of CPU for "
                f"a match and its delivery; {typical(drains, ' s', 1)} after the load until the last arrived; "
                f"neighbours used {typical(neighbours, digits=2)} cores"
            )
            found.append(
                Finding(what, shares, " x (b)'s requests/s", its_bar, note, max(neighbours) < QUIET)
            )
        found.append(_lost(ours, account.api_key, receiver))
    return found


def _round(side: Side, base: Side, receiver: Server, effort: Effort) -> tuple[float, ...]:
    """Deliveries/s, their ratio to the yardstick, CPU µs per match, accepts/s, seconds of draining, neighbours."""
    came, watch, began = (
        arrivals(receiver)["unique"],
        Watch(side.server, receiver),
        time.monotonic(),
    )
    done = load(side.server.url, side.request, effort.seconds)
    ended = time.monotonic()
    if done.refused or done.broken:
        raise BenchmarkError(f"not all were accepted: {done}")  # noqa: TRY003
    told = _settled(side.server, receiver)
    delivered = told["unique"] - came
    cpu, neighbours = watch.stop()
    rate = delivered / (told["last"] - began)
    other = run(base, effort.seconds)
    return (
        rate,
        rate / other.per_second,
        (cpu or 0) * 1e6 / delivered,
        done.requests / done.seconds,
        max(0.0, told["last"] - ended),
        max(neighbours or 0.0, other.neighbours or 0.0),
    )


def _settled(server: Server, receiver: Server) -> dict[str, Any]:
    client, until = ControlClient(server.url), time.monotonic() + PATIENCE
    before = -1
    while time.monotonic() < until:
        told = arrivals(receiver)
        if told["deliveries"] == before and not client.clock()["pending"]:
            return told
        before = told["deliveries"]
        time.sleep(0.25)
    raise BenchmarkError(f"still delivering after {PATIENCE:g} s")  # noqa: TRY003


def _lost(server: Server, api_key: str, receiver: Server) -> Finding:
    accepted = ControlClient(server.url).requests(api_key=api_key, limit=1)[0]["id"] - 1
    told = arrivals(receiver)
    twice = told["deliveries"] - told["unique"]
    note = f"{accepted:,} accepted, {told['unique']:,} arrived, {twice:,} of them more than once"
    return Finding(
        "match with webhook: lost", [accepted - told["unique"]], "", Bar(0, 0, at_most=True), note
    )


def arrivals(receiver: Server, path: str = "/arrivals") -> dict[str, Any]:
    connection = HTTPConnection("127.0.0.1", receiver.port, timeout=10)
    try:
        connection.request("GET", path)
        told: dict[str, Any] = json.loads(connection.getresponse().read())
        return told
    finally:
        connection.close()
