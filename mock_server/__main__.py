"""Owns the start of the command, as `clodura-kit` and as `python -m mock_server`."""

import sys
from importlib import import_module
from pathlib import Path
from typing import Final

INTERRUPTED: Final = 130
_HOME: Final = str(Path(__file__).resolve().parents[1])


def main() -> None:
    """Run the command; Ctrl-C while all is still being loaded is told by the exit code alone."""
    try:
        _find_our_own()
        from mock_server.cli import main as run  # noqa: PLC0415 - this is what takes its time

        run()
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)


def _find_our_own() -> None:
    """Names as short as `contracts` may be folders of the user's too, where it is run or on PYTHONPATH."""
    sys.path.insert(0, _HOME)
    try:
        for name in ("contracts", "scenarios"):
            import_module(name)
    finally:
        sys.path.remove(_HOME)


if __name__ == "__main__":  # pragma: no branch - a worker's process loads this file too
    main()
