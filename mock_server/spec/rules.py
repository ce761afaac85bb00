"""Owns the way from `x-mock` to the domain's rules; checks what its tables say of each other."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any, Final

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
    Assumed,
    PlanEntry,
    ProviderEntry,
    XMock,
    read_assumed,
    read_x_mock,
)

VIOLATIONS: Final = (
    "unreadable", "notAnObject", "contentType", "tooLarge", "missingIdentifier",
    "partnersWithoutWebhook", "invalidField", "invalidParameter", "noApiAccess",
)  # fmt: skip


def read_rules(source: Source, operations: Collection[str], callbacks: Collection[str]) -> Rules:
    """Return the rules; `operations` are the file's ids, `callbacks` the names of revealPhone's."""
    tables = read_x_mock(source)
    providers = _providers(source, tables.providers)
    payloads = _payloads(source, tables.payloads)
    _check_names(source, tables.violations, VIOLATIONS, "violations")
    _check_limited(source, tables.rate_limit.operations, operations)
    statuses = tables.step_statuses
    return Rules(
        providers=providers,
        plans=_Plans(source, providers, set(payloads) & set(callbacks)).all(tables.plans),
        test_keys=_test_keys(source, tables),
        window=microseconds(tables.rate_limit.window_seconds),
        limited=frozenset(tables.rate_limit.operations),
        retries=RetrySchedule(
            tables.retry_schedule.timeout_seconds,
            tuple(map(microseconds, tables.retry_schedule.delays_seconds)),
        ),
        statuses={
            Status.FOUND: statuses.found,
            Status.NOT_FOUND: statuses.not_found,
            Status.INSUFFICIENT_CREDITS: statuses.insufficient_credits,
        },
        payloads=payloads,
        error=_error(source, tables.error_template),
        violations={
            name: Violation(each.status, each.message) for name, each in tables.violations.items()
        },
        assumptions=_assumptions(source, read_assumed(source, tables.assumptions)),
        people=People(providers),
    )


def _providers(source: Source, entries: Iterable[ProviderEntry]) -> tuple[Provider, ...]:
    seen: set[str] = set()
    for n, each in enumerate(entries):
        at = (AT, "providers", n)
        slug = each.name.lower().replace(" ", "-")  # what a magic person's id says
        if slug in seen:
            raise source.error(
                (*at, "name"), f"{each.name} is the name of two providers, rename one"
            )
        if n == 0 and each.partner:
            raise source.error(
                (*at, "partner"), "should be false: the first provider is asked without partners"
            )
        seen.add(slug)
    return tuple(
        Provider(each.name, each.price, microseconds(each.seconds), each.partner)
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


def _test_keys(source: Source, tables: XMock) -> Mapping[str, TestKey]:
    for name, each in tables.test_keys.items():
        at = (AT, "testKeys", name)
        if name in tables.plans:
            raise source.error(at, "is the name of a plan as well, rename it")
        if each.plan not in tables.plans:
            raise source.error(
                (*at, "plan"), f"{each.plan} is no plan, use one of: {_list(tables.plans)}"
            )
    return {
        name: TestKey(each.plan, each.credits, each.api_access, each.requests_per_minute)
        for name, each in tables.test_keys.items()
    }


class _Plans:
    """Reads the plans; `payloads` are the names that a webhook's document may have."""

    def __init__(
        self, source: Source, providers: tuple[Provider, ...], payloads: Collection[str]
    ) -> None:
        self._source = source
        self._providers = providers
        self._payloads = set(payloads) - scopes.NOT_RESULTS.keys()

    def all(self, entries: Mapping[str, PlanEntry]) -> Mapping[str, Plan]:
        return {name: self._plan(name, each, (AT, "plans", name)) for name, each in entries.items()}

    def _plan(self, name: str, entry: PlanEntry, at: At) -> Plan:
        if entry.payload not in self._payloads:
            what = "is no callback of revealPhone that has a template under payloads"
            known = _list(self._payloads)
            raise self._source.error(
                (*at, "payload"), f"{entry.payload} {what}, use one of: {known}"
            )
        self._check_credits(entry, at)
        scope = scopes.balance(entry.prices)
        return Plan(
            name=name,
            title=entry.title,
            payload=entry.payload,
            providers=self._asked(entry.providers, (*at, "providers")),
            prices=entry.prices,
            starting_credits=entry.starting_credits,
            requests_per_minute=entry.requests_per_minute,
            balance=scopes.template(self._source, entry.balance, (*at, "balance"), scope),
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

    def _check_credits(self, entry: PlanEntry, at: At) -> None:
        if not entry.prices.keys() & {UNIFIED, PHONE}:
            what = f"should price {UNIFIED} or {PHONE}, the credits that a number is paid with"
            raise self._source.error((*at, "prices"), what)
        for kind in entry.prices:
            if kind not in entry.starting_credits:
                raise self._source.error((*at, "startingCredits", kind), "is missing, add it")
        for kind in entry.starting_credits:
            if kind not in entry.prices:
                what = "is a kind of credit without a price, add one or remove it"
                raise self._source.error((*at, "startingCredits", kind), what)


def _assumptions(source: Source, assumed: Assumed) -> Assumptions:
    if len(set(assumed.order)) < len(assumed.order):
        raise source.error((*ASSUMPTIONS, "ERR-B", "value"), "names a status twice, remove one")
    signature = assumed.sending.signature
    at = (*ASSUMPTIONS, "TRK-2", "value", "body")
    return Assumptions(
        foreign_job=assumed.foreign_job,
        person_id_wins=assumed.identifier == "personId",
        no_number=assumed.no_number,
        no_person=assumed.no_person,
        after_found=assumed.waterfall.after_found,
        not_asked=assumed.waterfall.not_asked,
        follow_redirects=assumed.sending.follow_redirects,
        signature=Signature(signature.header, signature.secret) if signature else None,
        processing_status=assumed.running.status,
        processing=scopes.template(source, assumed.running.body, at, scopes.PROCESSING),
        booking=assumed.booking,
        charged_again=assumed.charged_again,
        balance_check=assumed.balance_check,
        charged=assumed.charged,
        order=tuple(assumed.order),
        exhausted_below=assumed.exhausted_below,
    )


def _list(names: Iterable[str]) -> str:
    return ", ".join(sorted(names)) or "none"
