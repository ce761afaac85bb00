"""Owns the use cases of accounts: open one at first use or on demand, change it, tell its balance."""

from typing import Any

from mock_server.domain.accounts import Account
from mock_server.domain.credits import TOPUP, LedgerEntry, balance, opening
from mock_server.domain.events import AccountChanged, AccountOpened
from mock_server.domain.plans import TestKey
from mock_server.domain.rules import Rules
from mock_server.ports import Tx


def account_of(tx: Tx, api_key: str | None) -> Account | None:
    """The key's account; a ready-made one comes into being at first use. Keys are compared exactly."""  # AUTH-5
    if api_key is None or tx.account is not None:
        return tx.account
    if test := tx.rules.test_key(api_key):
        return open_account(tx, new_account(tx.rules, api_key, test, tx.now))
    return None


def new_account(rules: Rules, api_key: str, what: TestKey, now: int) -> Account:
    """An account with the plan's starting balance, unless `what` says otherwise."""  # BAL-4
    plan = rules.plans[what.plan]
    limit = (
        plan.requests_per_minute if what.requests_per_minute is None else what.requests_per_minute
    )
    return Account(
        api_key=api_key,
        plan=plan.name,
        created_at=now,
        requests_per_minute=limit,
        purse=opening(plan, what.credits),
        api_access=what.api_access,
    )


def open_account(tx: Tx, account: Account) -> Account:
    tx.events.append(AccountOpened(tx.now, account.api_key, account.plan))
    return tx.open(account)


def top_up(tx: Tx, amount: int, why: str) -> None:
    """Grant credits to spend on phones, or take some (negative); raises Overdrawn below zero."""
    account = tx.account
    assert account is not None
    kind = tx.rules.plans[account.plan].spent_on_phones
    credits = account.purse[kind].topped_up(amount)
    account.purse[kind] = credits
    account.topups += 1
    tx.entries.append(
        LedgerEntry(tx.now, f"{TOPUP}-{account.topups}", TOPUP, amount, None, credits.left, why)
    )


def change_account(
    tx: Tx, *, plan: str | None, api_access: bool | None, requests_per_minute: int | None
) -> None:
    """Change what is not None. Another plan brings its own rate limit, and credits of kinds that are new."""
    account = tx.account
    assert account is not None
    if plan is not None and plan != account.plan:
        account.plan = plan
        account.requests_per_minute = tx.rules.plans[plan].requests_per_minute
        account.purse = {**opening(tx.rules.plans[plan], None), **account.purse}
    if api_access is not None:
        account.api_access = api_access
    if requests_per_minute is not None:
        account.requests_per_minute = requests_per_minute
    tx.events.append(AccountChanged(tx.now, account.api_key, "changed by the control API"))


def balance_of(tx: Tx) -> dict[str, Any]:
    """The exact document of `getCredits`."""
    account = tx.account
    assert account is not None
    return balance(tx.rules.plans[account.plan], account.purse)
