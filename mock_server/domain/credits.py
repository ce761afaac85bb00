"""Owns money: credits per kind, what can be paid, and the rows of the ledger. A balance is never negative (CR-6)."""

from collections.abc import Iterable, Mapping
from typing import Any, Final, NamedTuple

from mock_server.domain.plans import Costs, Plan

TOPUP: Final = "topup"
CARRIED: Final = "carried"
WHY_CARRIED: Final = f"{CARRIED}: charges of jobs that were forgotten, oldest first (retention)"


class Credits(NamedTuple):
    """Credits of one kind: how many were ever granted, are used, and are promised to charges booked later (CR-5a)."""

    granted: int
    used: int = 0
    promised: int = 0

    @property
    def left(self) -> int:
        return self.granted - self.used

    @property
    def free(self) -> int:
        """What is left and not promised."""
        return self.granted - self.used - self.promised

    def charged(self, amount: int) -> "Credits":
        """Fewer left; raises Overdrawn rather than going below zero."""  # CR-6
        return Credits(self.granted, self.used + self._taken(amount), self.promised)

    def topped_up(self, amount: int) -> "Credits":
        """More left, or fewer for a negative amount; raises Overdrawn below zero."""
        return self._replace(granted=self.granted - self._taken(-amount))

    def kept_back(self, amount: int) -> "Credits":
        """As many left, fewer free; raises Overdrawn rather than promising what there is not."""
        return self._replace(promised=self.promised + self._taken(amount))

    def released(self, amount: int) -> "Credits":
        """As many left, more free."""
        return self._replace(promised=self.promised - amount)

    def _taken(self, amount: int) -> int:
        if amount > self.free:
            raise Overdrawn(self.free, amount)
        return amount


class Overdrawn(ValueError):
    """Something tried to take more credits than there are."""

    def __init__(self, left: int, amount: int) -> None:
        super().__init__(f"{amount} credits cannot be taken from {left}")


class LedgerEntry(NamedTuple):
    """One row of the append-only ledger. A charge has a negative `amount`."""

    at: int
    tracking_id: str
    kind: str
    amount: int
    provider: str | None
    balance_after: int
    why: str

    @property
    def key(self) -> tuple[str, str, str | None]:
        """What makes it unique: a job is charged once per kind (where CR-6a says `each`: and provider)."""  # CR-5
        return self.tracking_id, self.kind, self.provider


Purse = Mapping[str, Credits]


def can_pay(purse: Purse, costs: Costs) -> bool:
    """Whether every kind suffices."""  # CR-6b
    for kind, amount in costs.items():  # noqa: SIM110 - asked thrice a job: twice as fast as `all`
        if purse[kind].free < amount:
            return False
    return True


def shortage(purse: Purse, costs: Costs) -> str:
    """Which kind does not suffice, in words."""
    return " and ".join(
        f"{purse[kind].free} {kind} left, {amount} needed"
        for kind, amount in costs.items()
        if purse[kind].free < amount
    )


def opening(plan: Plan, phones: int | None) -> dict[str, Credits]:
    """The purse of a new account; `phones` replaces what there is to spend on phones."""  # BAL-4
    purse = {kind: Credits(amount) for kind, amount in plan.starting_credits.items()}
    if phones is not None:
        purse[plan.spent_on_phones] = Credits(phones)
    return purse


def balance(plan: Plan, purse: Purse) -> dict[str, Any]:
    """The document of `getCredits`, in the form of the plan."""  # BAL-1, BAL-2, BAL-3
    scope: dict[str, Any] = {
        kind: {"granted": each.granted, "used": each.used, "left": each.left}
        for kind, each in purse.items()
    }
    scope["credits"] = purse[plan.spent_on_phones].left
    document: dict[str, Any] = plan.balance(scope)
    return document


def carry(entries: Iterable[LedgerEntry]) -> list[LedgerEntry]:
    """Fold the rows of forgotten jobs into one per kind, so that the ledger still adds up."""
    sums: dict[str, LedgerEntry] = {}
    for entry in entries:
        sums[entry.kind] = carry_on(sums.get(entry.kind), entry)
    return list(sums.values())


def carry_on(carried: LedgerEntry | None, entry: LedgerEntry) -> LedgerEntry:
    """One more row of its kind, folded into what was carried of that kind so far."""
    amount = entry.amount + (carried.amount if carried else 0)
    return LedgerEntry(
        entry.at, CARRIED, entry.kind, amount, None, entry.balance_after, WHY_CARRIED
    )
