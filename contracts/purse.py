"""Owns the money: what may be spent, what was, and when to stop. Decides; reads no balance itself."""

from dataclasses import dataclass


class UnexpectedCharge(Exception):
    """More was taken for what should be free than the run may risk."""


@dataclass(slots=True)
class Purse:
    """A budget (None: no limit) for what is bought on purpose, and a risk for charges that nobody expected."""

    budget: int | None = 0
    risk: int = 0
    spent: int = 0
    reserved: int = 0
    unexpected: int = 0

    @property
    def left(self) -> int | None:
        """What is neither spent nor set aside; None without a limit."""
        return None if self.budget is None else self.budget - self.spent - self.reserved

    def reserve(self, worst: int) -> bool:
        """Set aside the worst case of what is about to be bought; False if the budget does not hold it."""
        if self.left is not None and worst > self.left:
            return False
        self.reserved += worst
        return True

    def book(self, worst: int, actual: int) -> None:
        """Replace a reservation by what was taken; what exceeds it was not expected. Raises UnexpectedCharge."""
        self.reserved -= worst
        self.spent += min(max(actual, 0), worst)
        if actual > worst:
            self.lose(actual - worst)

    def lose(self, amount: int) -> None:
        """Note a charge that should not be. Raises UnexpectedCharge beyond the risk."""
        self.unexpected += amount
        if self.unexpected > self.risk:
            raise UnexpectedCharge
