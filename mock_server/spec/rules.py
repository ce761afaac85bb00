"""Owns the way from `x-mock` to the domain's rules; checks what its tables say of each other."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any, Final, Literal

from mock_server.domain.errors import Violation
from mock_server.domain.instants import microseconds
from mock_server.domain.jobs import Status
from mock_server.domain.people import People
from mock_server.domain.plans import PHONE, UNIFIED, Plan, Provider, TestKey
from mock_server.domain.retries import RetrySchedule
from mock_server.domain.rules import Assumptions, Rules, Signature
from mock_server.domain.templates import Template
from mock_server.spec import scopes
from mock_server.spec.source import At, Source
from mock_server.spec.x_mock import (
    ASSUMPTIONS,
    AT,
    PROVIDERS_OWN_PRICE,
    read_assumed,
    read_x_mock,
)

Table = Mapping[str, Any]  # a part of `x-mock`, whose form was checked

VIOLATIONS: Final = (
    "unreadable", "notAnObject", "contentType", "tooLarge", "missingIdentifier",
    "partnersWithoutWebhook", "invalidField", "invalidParameter", "noApiAccess",
)  # fmt: skip


def read_rules(source: Source, operations: Collection[str], callbacks: Collection[str]) -> Rules:
    """Return the rules; `operations` are the file's ids, `callbacks` the names of revealPhone's."""
    tables = read_x_mock(source)
    providers = _providers(source, tables["providers"])
    payloads = _payloads(source, tables["payloads"])
    rate_limit, retries, statuses = (
        tables[name] for name in ("rateLimit", "retrySchedule", "stepStatuses")
    )
    _check_names(source, tables["violations"], VIOLATIONS, "violations")
    _check_limited(source, rate_limit["operations"], operations)
    return Rules(
        providers=providers,
        plans=_Plans(source, providers, set(payloads) & set(callbacks)).all(tables["plans"]),
        test_keys=_test_keys(source, tables),
        window=microseconds(rate_limit["windowSeconds"]),
        limited=frozenset(rate_limit["operations"]),
        retries=RetrySchedule(
            retries["timeoutSeconds"], tuple(map(microseconds, retries["delaysSeconds"]))
        ),
        statuses={
            Status.FOUND: statuses["found"],
            Status.NOT_FOUND: statuses["notFound"],
            Status.INSUFFICIENT_CREDITS: statuses["insufficientCredits"],
        },
        payloads=payloads,
        error=_error(source, tables["errorTemplate"]),
        violations={
            name: Violation(int(each["status"]), each.get("message"))
            for name, each in tables["violations"].items()
        },
        assumptions=_assumptions(source, read_assumed(source, tables["assumptions"])),
        people=People(providers),
    )


def _providers(source: Source, entries: Iterable[Table]) -> tuple[Provider, ...]:
    seen: set[str] = set()
    for n, each in enumerate(entries):
        at = (AT, "providers", n)
        name, is_partner = each["name"], each.get("partner", False)
        slug = name.lower().replace(" ", "-")  # what a magic person's id says
        if slug in seen:
            raise source.error((*at, "name"), f"{name} is the name of two providers, rename one")
        if n == 0 and is_partner:
            raise source.error(
                (*at, "partner"), "should be false: the first provider is asked without partners"
            )
        seen.add(slug)
    return tuple(
        Provider(
            each["name"],
            int(each["price"]),
            microseconds(each["seconds"]),
            each.get("partner", False),
        )
        for each in entries
    )


def _payloads(source: Source, documents: Mapping[str, Any]) -> Mapping[str, Template]:
    _check_names(source, documents, ("accepted", "track"), "payloads")
    return {
        name: scopes.template(source, document, (AT, "payloads", name), scopes.payload(name))
        for name, document in documents.items()
    }


def _error(source: Source, document: Any) -> Template:
    at = (AT, "errorTemplate")
    template = scopes.template(source, document, at, scopes.ERROR)
    if not isinstance(template(scopes.ERROR), dict):
        raise source.error(at, "should be a mapping, the body of an error")
    return template


def _check_names(source: Source, table: Collection[str], needed: Iterable[str], name: str) -> None:
    for each in needed:
        if each not in table:
            raise source.error((AT, name, each), "is missing, add it")


def _check_limited(source: Source, limited: Iterable[str], operations: Collection[str]) -> None:
    for n, each in enumerate(limited):
        if each not in operations:
            at = (AT, "rateLimit", "operations", n)
            raise source.error(at, f"{each} is no operationId, use one of: {_list(operations)}")


def _test_keys(source: Source, tables: Table) -> Mapping[str, TestKey]:
    plans, keys = tables["plans"], tables["testKeys"]
    for name, each in keys.items():
        at = (AT, "testKeys", name)
        if name in plans:
            raise source.error(at, "is the name of a plan as well, rename it")
        if each["plan"] not in plans:
            what = f"{each['plan']} is no plan, use one of: {_list(plans)}"
            raise source.error((*at, "plan"), what)
    return {name: _test_key(each) for name, each in keys.items()}


def _test_key(entry: Table) -> TestKey:
    credits, most = (entry.get(name) for name in ("credits", "requestsPerMinute"))
    return TestKey(
        entry["plan"],
        None if credits is None else int(credits),
        entry.get("apiAccess", True),
        None if most is None else int(most),
    )


class _Plans:
    """Reads the plans; `payloads` are the names that a webhook's document may have."""

    def __init__(
        self, source: Source, providers: tuple[Provider, ...], payloads: Collection[str]
    ) -> None:
        self._source = source
        self._providers = providers
        self._payloads = set(payloads) - scopes.NOT_RESULTS.keys()

    def all(self, entries: Mapping[str, Table]) -> Mapping[str, Plan]:
        return {name: self._plan(name, each, (AT, "plans", name)) for name, each in entries.items()}

    def _plan(self, name: str, entry: Table, at: At) -> Plan:
        payload, prices = entry["payload"], entry["prices"]
        if payload not in self._payloads:
            what = "is no callback of revealPhone that has a template under payloads"
            known = _list(self._payloads)
            raise self._source.error((*at, "payload"), f"{payload} {what}, use one of: {known}")
        self._check_credits(entry, at)
        scope = scopes.balance(prices)
        return Plan(
            name=name,
            title=entry["title"],
            payload=payload,
            providers=self._asked(entry["providers"], (*at, "providers")),
            prices={
                kind: None if price == PROVIDERS_OWN_PRICE else int(price)
                for kind, price in prices.items()
            },
            starting_credits={kind: int(n) for kind, n in entry["startingCredits"].items()},
            requests_per_minute=int(entry["requestsPerMinute"]),
            balance=scopes.template(self._source, entry["balance"], (*at, "balance"), scope),
        )

    def _asked(self, wanted: str | list[str], at: At) -> tuple[Provider, ...]:
        if isinstance(wanted, str):
            own = tuple(each for each in self._providers if not each.partner)
            return self._providers if wanted == "all" else own
        by_name = {each.name: each for each in self._providers}
        for n, name in enumerate(wanted):
            if name not in by_name:
                raise self._source.error(
                    (*at, n), f"{name} is no provider, use one of: {_list(by_name)}"
                )
            if name in wanted[:n]:
                raise self._source.error((*at, n), f"{name} is named twice, remove one")
        return tuple(by_name[name] for name in wanted)

    def _check_credits(self, entry: Table, at: At) -> None:
        prices, starting = entry["prices"], entry["startingCredits"]
        if not prices.keys() & {UNIFIED, PHONE}:
            what = f"should price {UNIFIED} or {PHONE}, the credits that a number is paid with"
            raise self._source.error((*at, "prices"), what)
        for kind in prices:
            if kind not in starting:
                raise self._source.error((*at, "startingCredits", kind), "is missing, add it")
        for kind in starting:
            if kind not in prices:
                what = "is a kind of credit without a price, add one or remove it"
                raise self._source.error((*at, "startingCredits", kind), what)


def _assumptions(source: Source, assumed: Table) -> Assumptions:
    order = tuple(map(int, assumed["ERR-B"]))
    if len(set(order)) < len(order):
        raise source.error((*ASSUMPTIONS, "ERR-B", "value"), "names a status twice, remove one")
    waterfall, sending, running = assumed["WH-8a"], assumed["WH-10a"], assumed["TRK-2"]
    signature = sending["signature"]
    at = (*ASSUMPTIONS, "TRK-2", "value", "body")
    return Assumptions(
        foreign_job=int(assumed["AUTH-3a"]),
        person_id_wins=assumed["REQ-2"] == "personId",
        no_number=_answered(assumed["RES-3"]),
        no_person=_answered(assumed["RES-4"]),
        after_found=waterfall["afterFound"],
        not_asked=waterfall["notAsked"],
        follow_redirects=sending["followRedirects"],
        signature=Signature(signature["header"], signature["secret"]) if signature else None,
        processing_status=int(running["status"]),
        processing=scopes.template(source, running["body"], at, scopes.PROCESSING),
        booking=assumed["CR-5a"],
        charged_again=assumed["CR-8"],
        balance_check=assumed["CR-6b"],
        charged=assumed["CR-6a"],
        order=order,
        exhausted_below=assumed["ERR-E"],
    )


def _answered(value: Any) -> int | Literal["accept"]:
    return "accept" if value == "accept" else int(value)


def _list(names: Iterable[str]) -> str:
    return ", ".join(sorted(names)) or "none"
