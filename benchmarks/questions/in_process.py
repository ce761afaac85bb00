"""How long `MockServer` takes within a process whose imports are done: to its first answer, and to stop."""

import json
import subprocess
import sys

from benchmarks.findings import Bar, Finding
from benchmarks.processes import environment
from benchmarks.rounds import QUIET, Effort, Watch, typical


def ask(effort: Effort) -> list[Finding]:
    watch = Watch()
    processes = [_timed(effort.starts) for _ in range(max(3, effort.rounds))]
    _, neighbours = watch.stop()
    is_quiet = (neighbours or 0) < QUIET
    first = [each[0][0] for each in processes]
    later = [start for each in processes for start, _ in each[1:]]
    stops = [stop for each in processes for _, stop in each]
    return [
        Finding(
            "`MockServer`: start to first answer, imports done",
            first,
            " ms",
            Bar(60, 20, at_most=True),
            f"the first of a process; further ones {typical(later, ' ms', 1)}",
            is_quiet,
        ),
        Finding(
            "`MockServer`: stop",
            stops,
            " ms",
            Bar(20, 20, at_most=True),
            f"at most {max(stops):.1f} ms",
            is_quiet,
        ),
    ]


def _timed(starts: int) -> list[tuple[float, float]]:
    command = [sys.executable, "-m", "benchmarks.starts", str(starts)]
    told = subprocess.run(
        command, capture_output=True, text=True, timeout=60, check=True, env=environment()
    )
    return [(start, stop) for start, stop in json.loads(told.stdout)]
