"""Owns the walk of a stranger who has only the wheel: builds it, installs it with and without extras, tries it.

`python tests/wheel/walk.py [PYTHON ...]`: with these interpreters, or the one that runs it. Prints what it weighs.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

ROOT = Path(__file__).parents[2]
STRANGER = Path(__file__).with_name("stranger.py")
EXTRAS = ("", "[cluster]", "[contract]")
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


def walk(interpreter: str, built: Path, extra: str, folder: Path) -> str:
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
    told = run(python, STRANGER, extra.strip("[]") or "core", cwd=empty).strip()
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


def main() -> None:
    interpreters = sys.argv[1:] or [sys.executable]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        built = wheel(folder)
        print(f"{built.name}: {built.stat().st_size / 1024:.0f} KiB")
        for interpreter in filter(shutil.which, interpreters):
            for extra in EXTRAS:
                with tempfile.TemporaryDirectory() as tried:
                    print(
                        f"{Path(interpreter).name}: {walk(interpreter, built, extra, Path(tried))}"
                    )
        with tempfile.TemporaryDirectory() as typed:
            types(built, Path(typed))


if __name__ == "__main__":
    main()
