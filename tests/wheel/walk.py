"""Owns the walk of a stranger who has only the wheel: builds it, installs it with and without extras, tries it.

`python tests/wheel/walk.py [PYTHON ...]`: with these interpreters, each extra alone; or so with the one that runs
it, and with each other version that this machine has (on PATH, or of pyenv) all extras at once. Prints what it weighs.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import venv
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

NEWEST = 14  # minor version
ROOT = Path(__file__).parents[2]
STRANGER = Path(__file__).with_name("stranger.py")
ALONE = {"": "core", "[cluster]": "cluster", "[contract]": "contract"}
TOGETHER = {"[cluster,contract]": "core,cluster,contract"}
USERS_PROJECT = """
from mock_server import Account, ControlClient, Inbox, MockServer


def balance_after(mock: MockServer, account: Account, inbox: Inbox) -> object:
    mock.advance(to="idle")
    return account.balance()


def elsewhere() -> ControlClient:
    return ControlClient("http://127.0.0.1:4020")
"""


def run(*command: str | Path, cwd: Path) -> str:
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(command, cwd=cwd, env=kept, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{' '.join(map(str, command))}\n{done.stdout}{done.stderr}")
    return done.stdout


def wheel(folder: Path) -> Path:
    run(sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", folder, ROOT, cwd=folder)
    (built,) = folder.glob("*.whl")
    return built


def walk(interpreter: str, built: Path, extra: str, steps: str, folder: Path) -> str:
    """Installs, tries, and tells how heavy it is."""
    run(interpreter, "-m", "venv", folder / "env", cwd=folder)
    python, empty = folder / "env" / "bin" / "python", folder / "empty"
    empty.mkdir()
    run(
        python,
        "-m",
        "pip",
        "install",
        "-q",
        "--disable-pip-version-check",
        f"{built}{extra}",
        cwd=empty,
    )
    packages = len(run(python, "-m", "pip", "list", "--format=freeze", cwd=empty).splitlines())
    told = run(python, STRANGER, steps, cwd=empty).strip()
    return f"{told}; {packages} packages"


def types(built: Path, folder: Path) -> None:
    """A user's project is checked against the wheel by `mypy --strict`."""
    venv.create(folder / "env", with_pip=True)
    python = folder / "env" / "bin" / "python"
    run(
        python,
        "-m",
        "pip",
        "install",
        "-q",
        "--disable-pip-version-check",
        built,
        "mypy",
        cwd=folder,
    )
    (folder / "project.py").write_text(USERS_PROJECT)
    print("types:", run(python, "-m", "mypy", "--strict", "project.py", cwd=folder).strip())


def others() -> Iterator[str]:
    """One interpreter of each other version that this is for; a shim of pyenv may name one that does not run."""
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    for minor in range(11, NEWEST + 1):
        if minor != sys.version_info.minor:
            name = f"python3.{minor}"
            found = [shutil.which(name), *map(str, pyenv.glob(f"versions/3.{minor}.*/bin/{name}"))]
            yield from islice(filter(_runs, filter(None, found)), 1)


def _runs(interpreter: str) -> bool:
    return not subprocess.run(
        [interpreter, "--version"], capture_output=True, check=False
    ).returncode


def main() -> None:
    named = sys.argv[1:]
    walks = [(each, extra) for each in named or [sys.executable] for extra in ALONE.items()]
    if not named:
        walks += [(each, extra) for each in others() for extra in TOGETHER.items()]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        built = wheel(folder)
        print(f"{built.name}: {built.stat().st_size / 1024:.0f} KiB")
        for interpreter, (extra, steps) in walks:
            with tempfile.TemporaryDirectory() as tried:
                told = walk(interpreter, built, extra, steps, Path(tried))
                print(f"{Path(interpreter).name}: {told}", flush=True)
        with tempfile.TemporaryDirectory() as typed:
            types(built, Path(typed))


if __name__ == "__main__":
    main()
