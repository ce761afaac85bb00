"""What users would take otherwise, beside the fake: how fast, how soon, how large, and what it leaves undone."""

import json
import time
from collections import defaultdict
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
INDISPENSABLE = frozenset((OURS, BASE))
SPEED, DEEDS = "Beside its peers", "What each of them does"
STARTS = 3
_ROUNDS, _SECONDS = 3, 1.0

Start = Callable[[], Server]


def ask(effort: Effort) -> list[Finding | Cell]:
    if not effort.peers:
        return []
    brief = effort._replace(
        rounds=min(effort.rounds, _ROUNDS), seconds=min(effort.seconds, _SECONDS)
    )
    missing, peers = _installed()
    distinct = [each for each in peers if not each.is_variant]
    starts = {OURS: _ours, BASE: yardstick, **{each.name: each.server for each in peers}}
    return [
        *_speed(starts, {each.name: each.warm_up for each in peers}, brief),
        *_start_up(starts),
        *_webhooks([each for each in distinct if each.sends_webhooks], brief),
        *missing,
        *_deeds(distinct),
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


def _speed(
    starts: Mapping[str, Start], warm_ups: Mapping[str, float], effort: Effort
) -> Iterator[Finding | Cell]:
    with ExitStack() as running:
        servers = _started(running, starts)
        key = rich_account(servers[OURS]).api_key
        valid = {name: Side(each, match(VALID, key=key)) for name, each in servers.items()}
        for name, side in valid.items():
            _warm_up(side, warm_ups.get(name, 1))
        rounds, names, broken = _rounds(valid, effort)
        yield from _valid_cells(rounds, names)
        yield _beside_prism(rounds, names)
        yield from (Cell(SPEED, name, "valid: x (b)", why) for name, why in broken.items())
        invalid = {
            name: Side(each, match(INVALID, key=key), refuses=True)
            for name, each in servers.items()
        }
        rounds, names, broken = _rounds(invalid, effort)
        for n, name in enumerate(names):
            ratio, _ = speeds(rounds, n, names.index(BASE))
            yield Cell(SPEED, name, "invalid: x (b)", spread(ratio))
        yield from (Cell(SPEED, name, "invalid: x (b)", why) for name, why in broken.items())


def _started(running: ExitStack, starts: Mapping[str, Start]) -> dict[str, Server]:
    """Those that start; a peer that once did and now does not has gaps in its row."""
    servers = {}
    for name, start in starts.items():
        try:
            servers[name] = running.enter_context(start())
        except BenchmarkError:
            if name in INDISPENSABLE:
                raise
    return servers


def _warm_up(side: Side, seconds: float) -> None:
    with suppress(Misbehaved):  # the rounds tell
        run(side, seconds)


def _rounds(
    sides: Mapping[str, Side], effort: Effort
) -> tuple[list[Round], list[str], dict[str, str]]:
    """The rounds, and whose they are; who answers wrongly is left out, and the others begin again."""
    left = dict(sides)
    broken: dict[str, str] = {}
    while True:
        try:
            return alternate(list(left.values()), effort, are_warm=True), list(left), broken
        except Misbehaved as error:
            name = next(each for each, side in left.items() if side is error.side)
            if name in INDISPENSABLE:
                raise
            broken[name] = f"not as expected: {error}"
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
    ready: dict[str, list[float]] = defaultdict(list)
    memory: dict[str, list[float]] = defaultdict(list)
    for name, start in [*starts.items()] * STARTS:
        with ExitStack() as running:
            for server in _started(running, {name: start}).values():
                ready[name].append(server.ready_ms)
                time.sleep(0.5)
                memory[name] += [mib for mib in (server.rss_mib(),) if mib is not None]
    for name, each in ready.items():
        yield Cell(SPEED, name, "first answer ms", spread(each))
        yield Cell(SPEED, name, "idle MiB", typical(memory[name]))


def _webhooks(peers: Sequence[Peer], effort: Effort) -> Iterator[Cell]:
    """Deliveries a second while matches pour in, in turn."""
    starts: dict[str, Start] = {OURS: _ours}
    starts |= {each.name: partial(each.server, webhook=True) for each in peers}
    with ExitStack() as running:
        senders = {
            name: _sender(name, server, running.enter_context(sink()))
            for name, server in _started(running, starts).items()
        }
        rates: dict[str, list[float]] = {name: [] for name in senders}
        for n in range(effort.rounds + 1):
            for name, sender in senders.items():
                with suppress(BenchmarkError):  # what is missing in the table
                    told = deliver(*sender, effort.seconds)
                    rates[name] += [told.per_second] if n else []  # the first is the warm-up
    for name, found in rates.items():
        yield Cell(SPEED, name, "webhooks/s", spread(found), median(found) if found else None)


def _sender(name: str, server: Server, receiver: Server) -> tuple[Side, Server]:
    key = rich_account(server).api_key if name == OURS else "test_max"  # a peer takes any
    body = json.dumps({"personId": "mock-found", "webhookUrl": f"{receiver.url}/hook"})
    return Side(server, match(body, key=key)), receiver


def _deeds(peers: Sequence[Peer]) -> Iterator[Cell]:
    starts: dict[str, Start] = {OURS: _ours}
    starts |= {each.name: partial(each.server, webhook=each.sends_webhooks) for each in peers}
    reads = {OURS: "the file", **{each.name: each.reads for each in peers}}
    silent = {each.name for each in peers if not each.sends_webhooks}
    with ExitStack() as running:
        inbox = ControlClient(running.enter_context(fake()).url).inbox("deeds")
        for name, server in _started(running, starts).items():
            with suppress(OSError):  # what is missing in the table
                yield from _told(
                    name, reads[name], deeds_of(server, None if name in silent else inbox)
                )


def _told(name: str, reads: str, deeds: Mapping[str, str]) -> Iterator[Cell]:
    yield Cell(DEEDS, name, "reads", reads)
    for deed, is_done in deeds.items():
        yield Cell(DEEDS, name, deed, is_done)
