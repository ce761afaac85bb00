"""Owns the profile behind a figure: where the server's time goes while a load is on, by py-spy.

`python -m benchmarks.profile valid` prints which layers and which functions have it.
"""

import argparse
import json
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

from benchmarks.fake import INVALID, VALID, fake, match, rich_account, sink
from benchmarks.load import load
from benchmarks.peers.packages import python, reason
from benchmarks.processes import BenchmarkError, Server

PY_SPY = "0.4.3"
WARM_UP = 3.0  # seconds, in which the fake imports what it delivers with
PER_SECOND = 500  # samples
SHOWN = 25  # functions
_FRAME = re.compile(r"(?P<function>.*) \((?P<file>.*?)(:\d+)?\)$")
_WAITING = re.compile(r"(_worker \(concurrent/futures/thread|wait \(threading)\.py[^;]*$")
_LAYER = re.compile(
    r"(?:^|.*/)(mock_server/(?:web|service|domain|adapters|spec)|mock_server|uvicorn|starlette|aiohttp)/"
)


class Profile(NamedTuple):
    """Samples by what ran at the top of the stack."""

    layers: Counter[str]
    functions: Counter[str]

    def told(self) -> str:
        total = self.layers.total()
        layers = [f"{n / total:6.1%}  {layer}" for layer, n in self.layers.most_common()]
        functions = [f"{n / total:6.1%}  {each}" for each, n in self.functions.most_common(SHOWN)]
        return "\n".join(["By layer:", *layers, "", "By function:", *functions])


def read(stacks: Iterable[str]) -> Profile:
    """Collapsed stacks, one a line: frames from the outside in, then how often they were seen."""
    profile = Profile(Counter(), Counter())
    for line in stacks:
        frames, _, count = line.rpartition(" ")
        found = _FRAME.match(frames.rpartition(";")[2])
        if found and not _WAITING.search(frames):
            profile.layers[_layer(found["file"])] += int(count)
            profile.functions[f"{found['function']} ({_short(found['file'])})"] += int(count)
    return profile


def _layer(file: str) -> str:
    if file.endswith("asyncio/runners.py"):
        return "the event loop and the sockets (uvloop, httptools)"
    found = _LAYER.match(file)
    return found[1] if found else "other packages"


def _short(file: str) -> str:
    """From the package on."""
    return "/".join(file.split("/")[-3:])


def record(what: str, seconds: int) -> list[str]:
    """The stacks of a fake under the load of that name."""
    spy = python("py-spy", f"py-spy=={PY_SPY}").with_name("py-spy")
    with ExitStack() as running:
        server = running.enter_context(fake("--clock", "x60"))
        receiver = running.enter_context(sink())
        body = _bodies(receiver)[what]
        request = match(body, key=rich_account(server).api_key)
        load(server.url, request, WARM_UP)
        with ThreadPoolExecutor() as pool:
            loading = pool.submit(load, server.url, request, seconds + 1)
            time.sleep(0.5)
            stacks = _sampled(str(spy), server, seconds)
            loading.result()
    return stacks


def _bodies(receiver: Server) -> dict[str, str]:
    webhook = json.dumps({"personId": "mock-found", "webhookUrl": f"{receiver.url}/hook"})
    return {"valid": VALID, "invalid": INVALID, "webhook": webhook}


def _sampled(spy: str, server: Server, seconds: int) -> list[str]:
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "stacks"
        options = ["--format", "raw", "--rate", str(PER_SECOND), "--duration", str(seconds)]
        command = [spy, "record", *options, "--output", str(target), "--pid", str(server.pid)]
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=seconds + 60, check=False
        )
        if done.returncode or not target.exists():
            raise BenchmarkError(f"py-spy: {reason(done.stderr)}")
        return target.read_text().splitlines()


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.profile", description=__doc__)
    parser.add_argument(
        "what", choices=("valid", "invalid", "webhook"), help="the matches that pour in"
    )
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument(
        "--stacks", type=Path, metavar="FILE", help="keep the stacks, for a flame graph"
    )
    options = parser.parse_args()
    try:
        stacks = record(options.what, options.seconds)
    except BenchmarkError as error:
        print(f"benchmarks.profile: {error}", file=sys.stderr)
        return 1
    if options.stacks:
        options.stacks.write_text("\n".join(stacks) + "\n")
    print(read(stacks).told())
    return 0


if __name__ == "__main__":
    sys.exit(main())
