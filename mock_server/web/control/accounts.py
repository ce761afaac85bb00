"""Owns the control API's calls about accounts: open, read, change, remove, and the ledger."""

from functools import partial

from starlette.requests import Request
from starlette.responses import Response

from mock_server.domain import ids
from mock_server.domain.accounts import Account
from mock_server.domain.credits import Credits, Overdrawn, opening
from mock_server.domain.events import AccountClosed
from mock_server.domain.plans import TestKey
from mock_server.domain.world import World
from mock_server.ports import Keys, Tx
from mock_server.service.accounts import (
    change_account,
    new_account,
    open_account,
    top_up,
)
from mock_server.service.views import Document, account_view, entry_view
from mock_server.web.control import inputs
from mock_server.web.control.problems import JsonResponse, Problem
from mock_server.web.control.query import filters
from mock_server.web.engine import Engine


async def create(engine: Engine, request: Request) -> Response:
    filters(request)
    body = await inputs.read(request, inputs.NewAccount)
    _known_plan(engine, body.plan)
    api_key = body.api_key or await _new_key(engine)
    what = TestKey(body.plan, body.credits, body.api_access, body.requests_per_minute)
    view = await engine.store.transact(Keys(api_key), partial(_open, api_key=api_key, what=what))
    return JsonResponse(view, 201)


async def list_all(engine: Engine, request: Request) -> Response:
    filters(request)
    rules = engine.spec.rules
    accounts = await engine.store.accounts(lambda account: account_view(rules, account))
    accounts.sort(key=lambda each: (each["createdAt"], each["apiKey"]))
    return JsonResponse({"accounts": accounts})


async def read(engine: Engine, request: Request) -> Response:
    filters(request)
    return JsonResponse(await engine.store.transact(Keys(api_key_of(request)), _view))


async def change(engine: Engine, request: Request) -> Response:
    filters(request)
    body = await inputs.read(request, inputs.AccountChange)
    if body.plan is not None:
        _known_plan(engine, body.plan)
    view = await engine.store.transact(Keys(api_key_of(request)), partial(_change, body=body))
    return JsonResponse(view)


async def remove(engine: Engine, request: Request) -> Response:
    filters(request)
    api_key = api_key_of(request)
    await engine.store.transact(Keys(api_key), _view)
    await engine.store.forget(api_key)
    engine.journal.note((AccountClosed(engine.store.now(), api_key),))
    return Response(status_code=204)


async def ledger(engine: Engine, request: Request) -> Response:
    filters(request)
    api_key = api_key_of(request)
    await engine.store.transact(Keys(api_key), _view)
    entries = await engine.store.ledger(api_key)
    return JsonResponse({"entries": [entry_view(each) for each in entries]})


def api_key_of(request: Request) -> str:
    return str(request.path_params["apiKey"])


def no_account(api_key: str) -> Problem:
    return Problem(
        404,
        f"no account has the key {api_key!r}: POST /_mock/accounts opens one, a test_<plan> key's comes into being "
        "with its first request to the API",
    )


async def _new_key(engine: Engine) -> str:
    world = await engine.store.change(World.with_account)
    return ids.new_api_key(world.seed, world.accounts_opened)


def _open(tx: Tx, api_key: str, what: TestKey) -> Document:
    if tx.account is not None:
        raise Problem(409, f"the key {api_key!r} has an account already", field="apiKey")
    open_account(tx, new_account(tx.rules, api_key, what, tx.now))
    return _view(tx)


def _view(tx: Tx) -> Document:
    return account_view(tx.rules, _existing(tx))


def _existing(tx: Tx) -> Account:
    if tx.account is None:
        raise no_account(tx.keys.api_key or "")
    return tx.account


def _change(tx: Tx, body: inputs.AccountChange) -> Document:
    """All of it or nothing. The plan comes first: it says which credits are meant."""
    account = _existing(tx)
    plan = tx.rules.plans[body.plan or account.plan]
    amount = _more({**opening(plan, None), **account.purse}[plan.spent_on_phones], body)
    change_account(
        tx,
        plan=body.plan,
        api_access=body.api_access,
        requests_per_minute=body.requests_per_minute,
    )
    if amount:
        top_up(tx, amount, "topped up by the control API")
    return _view(tx)


def _more(credits: Credits, body: inputs.AccountChange) -> int:
    """How many credits the change adds, or takes away (negative)."""
    amount = (body.top_up or 0) if body.credits is None else body.credits - credits.left
    try:
        credits.topped_up(amount)
    except Overdrawn as error:
        field = "topUp" if body.credits is None else "credits"
        expected = f"at most the {credits.free} credits that are free to be taken"
        raise Problem(409, f"{field}: {error}", field=field, expected=expected, example=0) from None
    return amount


def _known_plan(engine: Engine, plan: str) -> None:
    plans = engine.spec.rules.plans
    if plan not in plans:
        expected = f"one of {', '.join(plans)}"
        detail = f"plan: expected {expected}"
        raise Problem(422, detail, field="plan", expected=expected, example="max")
