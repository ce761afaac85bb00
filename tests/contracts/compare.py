"""Owns the comparison with `schemathesis run`: which bugs it finds by itself, written to docs/museum.json.

`python -m tests.contracts.compare` takes some minutes. Schemathesis gets the file, an ordinary key and all its checks.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.contracts.bugs import BUGS
from tests.contracts.museum import Tampering, exhibited

ROOT = Path(__file__).parents[2]
RESULT = ROOT / "docs" / "museum.json"


def found_by_schemathesis(tampering: Tampering) -> bool:
    """Whether it reports anything. Bugs of webhooks alone are not tried: it cannot look at one."""
    with exhibited(tampering) as target, tempfile.TemporaryDirectory() as folder:
        command = [str(Path(sys.executable).parent / "st"), "run", str(ROOT / "openapi.yaml")]
        command += ["--url", target.base_url, "--header", f"X-API-KEY: {target.main.key}"]
        command += [
            "--checks",
            "all",
            "--max-examples",
            "20",
            "--generation-deterministic",
            "--no-color",
        ]
        command += ["--include-path-regex", "phone|track|credits"]
        done = subprocess.run(command, cwd=folder, capture_output=True, check=False, timeout=300)
    return done.returncode != 0


def main() -> None:
    assert not found_by_schemathesis(Tampering()), "the healthy app is not healthy"
    found = {}
    for bug in BUGS:
        hooked = bug.tampering.webhook is not None and bug.tampering.answer is None
        found[bug.name] = not hooked and found_by_schemathesis(bug.tampering)
        print(bug.name, found[bug.name], flush=True)  # noqa: T201 - progress
        RESULT.write_text(json.dumps(found, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
