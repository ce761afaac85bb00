"""How many webhooks a second arrive while matches pour in, against Prism's, and whether any is lost."""

import json
from collections.abc import Sequence
from contextlib import ExitStack
from typing import NamedTuple

from benchmarks.deliveries import Delivered, arrivals, deliver
from benchmarks.fake import VALID, fake, match, rich_account, sink, yardstick
from benchmarks.findings import Bar, Finding
from benchmarks.load import Request
from benchmarks.peers.roster import PRISM_SILENT
from benchmarks.processes import BenchmarkError, Server
from benchmarks.rounds import QUICK, QUIET, Effort, Sample, Side, run, typical
from mock_server.client import ControlClient

PRISM_SHARE = 0.088  # x (b): its callbacks/s as once measured beside (b), 2,086 beside 23,603
PEOPLE = 10_000


class Sender(NamedTuple):
    side: Side
    receiver: Server


class Round(NamedTuple):
    ours: Delivered
    prism: Delivered | None
    base: Sample


def ask(effort: Effort) -> list[Finding]:
    with ExitStack() as running:
        ours, theirs, receiver = (
            running.enter_context(each) for each in (fake("--clock", "x60"), yardstick(), sink())
        )
        key, base = rich_account(ours).api_key, Side(theirs, match(VALID))
        prism, missing = _prism(running, effort)
        run(base, 1)
        sender = Sender(Side(ours, match(_magic(receiver), key=key)), receiver)
        deliver(*sender, seconds=1)
        found = [_per_second(_rounds(sender, prism, base, effort), missing)]
        if effort.name != QUICK.name:
            sender = Sender(Side(ours, _many_people(receiver, key)), receiver)
            brief = effort._replace(rounds=min(effort.rounds, 3))
            found.append(_of_many_people(_rounds(sender, None, base, brief)))
        return [*found, _lost(ours, key, receiver)]


def _prism(running: ExitStack, effort: Effort) -> tuple[Sender | None, str]:
    """Prism, or why it is not here."""
    if not effort.peers:
        return None, "Prism is not run"
    try:
        receiver = running.enter_context(sink())
        server = running.enter_context(PRISM_SILENT.server(webhook=True))
        sender = Sender(Side(server, match(_magic(receiver))), receiver)
        deliver(*sender, seconds=1)
    except BenchmarkError as error:
        return None, f"Prism: {error}"
    return sender, ""


def _rounds(sender: Sender, prism: Sender | None, base: Side, effort: Effort) -> list[Round]:
    return [
        Round(
            deliver(*sender, effort.seconds),
            prism and deliver(*prism, effort.seconds),
            run(base, effort.seconds),
        )
        for _ in range(effort.rounds)
    ]


def _per_second(rounds: Sequence[Round], missing: str) -> Finding:
    pairs = [(each.ours, each.prism) for each in rounds if each.prism]
    what, note, is_quiet = "match with webhook: deliveries/s", _note(rounds), _are_quiet(rounds)
    if not pairs:
        bar = Bar(round(2 * PRISM_SHARE, 2), round(4 * PRISM_SHARE, 2))
        note = f"{missing}: its rate is taken as {PRISM_SHARE} x (b)'s; {note}"
        return Finding(what, _of_base(rounds), " x (b)'s requests/s", bar, note, is_quiet)
    by_clock = [ours.per_second / prism.per_second for ours, prism in pairs]
    by_cpu = [prism.cpu_us / ours.cpu_us for ours, prism in pairs if ours.cpu_us]
    is_by_clock = is_quiet or not by_cpu
    note = (
        f"by {'the clock' if is_by_clock else 'CPU, as the machine was busy'} (by the clock "
        f"{typical(by_clock, digits=2)}, by CPU {typical(by_cpu, digits=2)}); Prism: "
        f"{typical([prism.per_second for _, prism in pairs])} deliveries/s, "
        f"{typical([prism.cpu_us for _, prism in pairs])} µs; ours: {note}"
    )
    ratio = by_clock if is_by_clock else by_cpu
    return Finding(what, ratio, " x Prism silent", Bar(2, 4), note)


def _of_many_people(rounds: Sequence[Round]) -> Finding:
    what = f"the same for {PEOPLE:,} people, partners on: deliveries/s"
    return Finding(what, _of_base(rounds), " x (b)'s requests/s", None, _note(rounds))


def _note(rounds: Sequence[Round]) -> str:
    ours = [each.ours for each in rounds]
    return (
        f"{typical([each.per_second for each in ours])} deliveries/s beside "
        f"{typical([each.accepts_per_second for each in ours])} accepts/s; "
        f"{typical([each.cpu_us for each in ours])} µs of CPU for a match and its delivery; "
        f"{typical([each.drain for each in ours], ' s', 1)} after the load until the last arrived; "
        f"neighbours used {typical([_neighbours(each) for each in rounds], digits=2)} cores"
    )


def _of_base(rounds: Sequence[Round]) -> list[float]:
    return [each.ours.per_second / each.base.per_second for each in rounds]


def _neighbours(each: Round) -> float:
    theirs = each.prism.neighbours if each.prism else 0.0
    return max(each.ours.neighbours, theirs, each.base.neighbours or 0.0)


def _are_quiet(rounds: Sequence[Round]) -> bool:
    return max(map(_neighbours, rounds)) < QUIET


def _magic(receiver: Server) -> str:
    return json.dumps({"personId": "mock-found", "webhookUrl": f"{receiver.url}/hook"})


def _many_people(receiver: Server, key: str) -> Request:
    common = {"revealPhoneNumberViaPartners": True, "webhookUrl": f"{receiver.url}/hook"}
    bodies = [json.dumps({"personId": f"person-{n}", **common}) for n in range(PEOPLE)]
    return match(*bodies, key=key)


def _lost(server: Server, api_key: str, receiver: Server) -> Finding:
    accepted = ControlClient(server.url).requests(api_key=api_key, limit=1)[0]["id"] - 1
    told = arrivals(receiver)
    twice = told["deliveries"] - told["unique"]
    note = f"{accepted:,} accepted, {told['unique']:,} arrived, {twice:,} of them more than once"
    return Finding(
        "match with webhook: lost", [accepted - told["unique"]], "", Bar(0, 0, at_most=True), note
    )
