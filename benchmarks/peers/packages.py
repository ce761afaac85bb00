"""Owns the folder that peers are installed into, each once and in a version that is named; knows npm, pip and venv."""

import os
import re
import shutil
import subprocess
import sys
import venv
from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks.processes import BenchmarkError

PATIENCE = 300  # seconds for an installation
_DONE = ".installed"
_FAILED: dict[Path, str] = {}
_URL = re.compile(r"\S+://\S+")
_FOLDER = re.compile(r"(/[\w.@-]+){2,}")


class Unavailable(BenchmarkError):
    """A peer cannot be had on this machine; the text says why, in one line."""


def home() -> Path:
    """Where peers are kept between runs; `CLODURA_KIT_PEERS` names another folder."""
    named = os.environ.get("CLODURA_KIT_PEERS")
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(named) if named else Path(cache) / "clodura-kit" / "peers"


def program(name: str) -> str:
    """The path of a program of the machine; raises Unavailable."""
    found = shutil.which(name)
    if found is None:
        raise Unavailable(f"there is no `{name}` on this machine")
    return found


def npm(package: str, version: str) -> Path:
    """The folder of a package from npm; nothing that it brings is run while it is installed."""
    folder = home() / f"{package.rpartition('/')[2]}-{version}"
    if not _is_done(folder, version):
        options = ["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
        _install(
            [program("npm"), "install", "--prefix", str(folder), *options, f"{package}@{version}"],
            folder,
        )
        _mark(folder, version)
    return folder / "node_modules" / package


def python(name: str, *requirements: str) -> Path:
    """The interpreter of an environment with these packages from PyPI."""
    folder = home() / f"{name}-python{sys.version_info.major}.{sys.version_info.minor}"
    interpreter = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    if not _is_done(folder, " ".join(requirements)):
        venv.create(folder, clear=True, with_pip=True)
        pip = [str(interpreter), "-m", "pip", "--disable-pip-version-check", "install", "-qq"]
        _install([*pip, *requirements], folder)
        _mark(folder, " ".join(requirements))
    return interpreter


def _mark(folder: Path, what: str) -> None:
    """Tell what is installed from what was broken off."""
    (folder / _DONE).write_text(what)


def _is_done(folder: Path, what: str) -> bool:
    mark = folder / _DONE
    return mark.exists() and mark.read_text() == what


def _install(command: Sequence[str], folder: Path) -> None:
    """Raises Unavailable, and at once where this run has failed before."""
    if folder in _FAILED:
        raise Unavailable(_FAILED[folder])
    folder.mkdir(parents=True, exist_ok=True)
    print(f"installing {folder.name} ...", file=sys.stderr, flush=True)
    if problem := _problem(command, folder):
        _FAILED[folder] = problem
        raise Unavailable(problem)


def _problem(command: Sequence[str], folder: Path) -> str | None:
    try:
        done = subprocess.run(
            command,
            cwd=folder,
            env=_plain(os.environ),
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return f"its installation took more than {PATIENCE} s"
    return (
        f"it cannot be installed: {reason(done.stderr or done.stdout)}" if done.returncode else None
    )


def reason(told: str) -> str:
    """The first line that speaks of an error, or the last, without addresses and folders, which are this machine's."""
    lines = [line.strip() for line in told.splitlines() if line.strip()] or ["no reason given"]
    line = next((each for each in lines if "error" in each.lower()), lines[-1])
    return _FOLDER.sub("...", _URL.sub("...", line))


def _plain(environment: Mapping[str, str]) -> dict[str, str]:
    """Without what would make our own environment answer for another."""
    return {
        name: value
        for name, value in environment.items()
        if name not in ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV")
    }
