"""What users would take otherwise, beside the fake: how fast, how soon, how large, and what it leaves undone."""

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, suppress
from functools import partial
from statistics import median

from benchmarks.deliveries import deliver
from benchmarks.fake import INVALID, VALID, fake, match, rich_account, sink, yardstick
from benchmarks.findings import OURS, Cell, Finding, spread
from benchmarks.peers.deeds import deeds_of
from benchmarks.peers.roster import PEERS, PRISM_SILENT, Peer
from benchmarks.processes import BenchmarkError, Server
from benchmarks.rounds import (
    Effort,
    Misbehaved,
    Round,
    Side,
    alternate,
    noise,
    run,
    speeds,
    typical,
    values,
)
from mock_server.client import ControlClient

BASE = "(b), a bare Starlette route"
SPEED, DEEDS = "Beside its peers", "What each of them does"
STARTS = 3
WARM_UP = 5.0  # seconds before the first round: the JVM compiles what is called often
_ROUNDS, _SECONDS = 4, 2.0

Start = Callable[[], Server]


def ask(effort: Effort) -> list[Finding | Cell]:
    if not effort.peers:
        return []
    brief = effort._replace(
        rounds=min(effort.rounds, _ROUNDS), seconds=min(effort.seconds, _SECONDS)
    )
    missing, peers = _installed()
    starts = {OURS: _ours, BASE: yardstick, **{each.name: each.server for each in peers}}
    return [
        *_speed(starts, brief),
        *_start_up(starts),
        *_webhooks([each for each in peers if each.sends_webhooks], brief),
        *missing,
        *_deeds(peers),
    ]


def _ours() -> Server:
    return fake("--clock", "x60")


def _installed() -> tuple[list[Cell], list[Peer]]:
    """Who can be had here; of the others the reason."""
    missing, peers = [], []
    for peer in PEERS:
        try:
            peer.server().stop()
            peers.append(peer)
        except BenchmarkError as error:
            missing.append(Cell(SPEED, peer.name, "valid: x (b)", f"not measured: {error}"))
    return missing, peers


def _speed(starts: Mapping[str, Start], effort: Effort) -> Iterator[Finding | Cell]:
    with ExitStack() as running:
        servers = {name: running.enter_context(start()) for name, start in starts.items()}
        key = rich_account(servers[OURS]).api_key
        valid = {name: Side(each, match(VALID, key=key)) for name, each in servers.items()}
        for side in valid.values():
            _warm_up(side)
        rounds, names = _rounds(valid, effort)
        yield from _valid_cells(rounds, names)
        yield _beside_prism(rounds, names)
        invalid = {
            name: Side(each, match(INVALID, key=key), refuses=True)
            for name, each in servers.items()
        }
        rounds, names = _rounds(invalid, effort)
        for n, name in enumerate(names):
            ratio, _ = speeds(rounds, n, names.index(BASE))
            yield Cell(SPEED, name, "invalid: x (b)", spread(ratio))


def _warm_up(side: Side) -> None:
    try:
        run(side, WARM_UP)
    except Misbehaved:
        return  # it is told in the rounds


def _rounds(sides: Mapping[str, Side], effort: Effort) -> tuple[list[Round], list[str]]:
    """The rounds, and whose they are; who answers wrongly is left out, and the others begin again."""
    left = dict(sides)
    while True:
        try:
            return alternate(list(left.values()), effort), list(left)
        except Misbehaved as error:
            name = next(each for each, side in left.items() if side is error.side)
            if name in (OURS, BASE):
                raise
            del left[name]


def _valid_cells(rounds: Sequence[Round], names: Sequence[str]) -> Iterator[Cell]:
    for n, name in enumerate(names):
        ratio, _ = speeds(rounds, n, names.index(BASE))
        cpu = values(rounds, n, lambda each: each.cpu_us)
        yield Cell(SPEED, name, "valid: x (b)", spread(ratio), median(ratio))
        yield Cell(
            SPEED, name, "requests/s", typical(values(rounds, n, lambda each: each.per_second))
        )
        yield Cell(SPEED, name, "p99 ms", spread(values(rounds, n, lambda each: each.load.p99_ms)))
        yield Cell(SPEED, name, "CPU µs", typical(cpu))


def _beside_prism(rounds: Sequence[Round], names: Sequence[str]) -> Finding:
    what, unit = "valid match: requests/s against Prism's", " x Prism silent"
    if PRISM_SILENT.name not in names:
        return Finding(what, [], unit, None, "Prism is not there")
    ratio, how = speeds(rounds, names.index(OURS), names.index(PRISM_SILENT.name))
    return Finding(what, ratio, unit, None, f"{how}; {noise(rounds)}")


def _start_up(starts: Mapping[str, Start]) -> Iterator[Cell]:
    """To the first answer, in turn, and the memory half a second later."""
    ready: dict[str, list[float]] = {name: [] for name in starts}
    memory: dict[str, list[float]] = {name: [] for name in starts}
    for _ in range(STARTS):
        for name, start in starts.items():
            with start() as server:
                ready[name].append(server.ready_ms)
                time.sleep(0.5)
                memory[name] += [mib for mib in (server.rss_mib(),) if mib is not None]
    for name in starts:
        yield Cell(SPEED, name, "first answer ms", spread(ready[name]))
        yield Cell(SPEED, name, "idle MiB", typical(memory[name]))


def _webhooks(peers: Sequence[Peer], effort: Effort) -> Iterator[Cell]:
    """Deliveries a second while matches pour in, in turn."""
    with ExitStack() as running:
        senders = {OURS: _sender(running, _ours)}
        for peer in peers:
            senders[peer.name] = _sender(running, partial(peer.server, webhook=True))
        rates: dict[str, list[float]] = {name: [] for name in senders}
        for _ in range(effort.rounds):
            for name, (side, receiver) in senders.items():
                with suppress(BenchmarkError):  # what is missing in the table
                    rates[name].append(deliver(side, receiver, effort.seconds).per_second)
    for name, found in rates.items():
        yield Cell(SPEED, name, "webhooks/s", spread(found), median(found) if found else None)


def _sender(running: ExitStack, start: Start) -> tuple[Side, Server]:
    server, receiver = running.enter_context(start()), running.enter_context(sink())
    key = rich_account(server).api_key if start is _ours else "test_max"
    body = json.dumps({"personId": "mock-found", "webhookUrl": f"{receiver.url}/hook"})
    return Side(server, match(body, key=key)), receiver


def _deeds(peers: Sequence[Peer]) -> Iterator[Cell]:
    with fake() as receiver:
        inbox = ControlClient(receiver.url).inbox("deeds")
        with _ours() as server:
            yield from _told(OURS, "the file", deeds_of(server, inbox))
        for peer in peers:
            with peer.server(webhook=peer.sends_webhooks) as server:
                deeds = deeds_of(server, inbox if peer.sends_webhooks else None)
            yield from _told(peer.name, peer.reads, deeds)


def _told(name: str, reads: str, deeds: Mapping[str, str]) -> Iterator[Cell]:
    yield Cell(DEEDS, name, "reads", reads)
    for deed, is_done in deeds.items():
        yield Cell(DEEDS, name, deed, is_done)
