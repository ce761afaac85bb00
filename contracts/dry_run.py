"""Owns --dry-run: which rules, which journeys, how many calls, how much at worst. Sends no key, and buys nothing."""

from rich.console import Console
from rich.table import Table

from contracts.choosing import FAKE, choose
from contracts.journeys import worst_of
from contracts.planning import plan
from contracts.session import Asked, chosen_rules, options_of, unfitting, usage
from contracts.surroundings import environment
from contracts.target import TargetError


def print_plan(asked: Asked, console: Console) -> None:
    """Print what a run would do. Raises UsageError."""
    rules = chosen_rules(asked)
    try:
        closing, target = choose(
            asked.target, asked.plan, asked.key_env, environment(), 0, dry=True
        )
        with closing:
            options = options_of(asked, target, 0)
    except TargetError as error:
        usage(str(error))
    planned = plan(rules, target, options)
    table = Table(box=None, pad_edge=False)
    for name in ("journey", "identity", "calls", "worst", "what"):
        table.add_column(name, justify="right" if name in ("calls", "worst") else "left")
    for each in planned.journeys:
        worst = worst_of(target.identities[each.role].plan) if each.buys else 0
        table.add_row(each.name, str(each.role), f"~{each.calls}", str(worst), each.title)
    console.print(table)
    for absence in planned.absences:
        console.print(f"not made: {absence.journey} ({absence.reason})", markup=False)
    where = "a fake of this process" if asked.target == FAKE else target.base_url
    budget = "any budget" if options.budget is None else f"a budget of {options.budget}"
    console.print(
        f"{len(rules)} rules, about {planned.calls()} calls to {where}, at worst {planned.worst(target)} credits"
        f" within {budget}; {_sent(asked)}",
        markup=False,
    )
    console.print(" ".join(each.id for each in rules), markup=False)
    for note in unfitting(asked):
        console.print(note, markup=False)


def _sent(asked: Asked) -> str:
    """What an address was asked; with a key it is believed to be no fake, and left alone."""
    if "://" in asked.target and asked.key_env is None:
        return "nothing was sent but a look, without a key, whether our fake is there"
    return "nothing was sent"
