"""Owns the user's commands that restart, break and mend the receiver."""

from dataclasses import dataclass

from contracts.receiver import commands
from contracts.receiver.judgement import Undecided
from contracts.verdicts import Reason


@dataclass(frozen=True, slots=True)
class Hooks:
    """Command lines, as given; None where none was."""

    restart_cmd: str | None = None
    break_cmd: str | None = None
    fix_cmd: str | None = None

    async def run(self, name: str) -> None:
        """Run one of them to its end. Raises Undecided where it does not end well."""
        ran = await commands.run(getattr(self, name), {})
        if ran.trouble is not None:
            option = name.replace("_", "-")
            raise Undecided(f"--{option} {ran.trouble}", Reason.NOT_SEEN)
