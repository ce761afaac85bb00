"""How long the command takes to its first answer, against the yardstick's."""

from collections.abc import Callable

from benchmarks.fake import fake, yardstick
from benchmarks.findings import Bar, Finding
from benchmarks.processes import Server
from benchmarks.rounds import QUIET, Effort, Watch, typical


def ask(effort: Effort) -> list[Finding]:
    watch = Watch()
    rounds = [(_ready_ms(fake), _ready_ms(yardstick)) for _ in range(effort.starts + 1)]
    _, neighbours = watch.stop()
    counted = rounds[1:]  # the first may have to read the files from the disk
    ours_ms, theirs_ms = zip(*counted, strict=True)
    note = (
        f"{typical(ours_ms)} against {typical(theirs_ms)} ms; {len(counted)} starts each, in turn"
    )
    ratio = [mine / other for mine, other in counted]
    return [
        Finding(
            "cold start of `clodura-kit serve` to the first answer",
            ratio,
            " x (b)",
            Bar(2, 1.6, at_most=True),
            note,
            (neighbours or 0) < QUIET,
        )
    ]


def _ready_ms(start: Callable[[], Server]) -> float:
    with start() as server:
        return server.ready_ms
