"""Owns how every call to the API is answered: the key, the fault, the forced answer, the checks in their order."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from mock_server.domain.accounts import Account
from mock_server.domain.errors import Refusal, foremost
from mock_server.domain.faults import Effect, FaultCounter, passed_over, rule
from mock_server.domain.limits import admit, seconds_left
from mock_server.domain.people import Forced, Found, Hook, Person, profile_id
from mock_server.domain.redaction import short_key
from mock_server.ports import Tx
from mock_server.service.accounts import account_of
from mock_server.spec import Operation

UNAUTHORIZED: Final = 401
TOO_MANY: Final = 429


class Call(NamedTuple):
    """One request to an operation, read and validated: `refusals` are the faults of its body and parameters."""

    operation: Operation
    api_key: str | None
    document: Any
    parameters: Mapping[str, str]
    refusals: Sequence[Refusal]
    prefer: int | None = None


@dataclass(slots=True)
class Reply:
    """What is answered, and why. `hold` names the job whose first delivery the answer waits for."""

    status: int
    body: Any
    why: str
    headers: dict[str, str] = field(default_factory=dict)
    tracking_id: str | None = None
    delay_seconds: float = 0
    disconnect: bool = False
    hold: str | None = None
    bent: bool = False  # by a fault of the control API: the file need not know such an answer


class Behaviour(NamedTuple):
    """What an operation does: whom a valid call means, its own reasons to refuse, and the deed.

    `refusals` is asked with nobody found where the call is not valid: some reasons need no body.
    """

    carry_out: Callable[[Tx, Call, Found | None, Hook | None], Reply]
    refusals: Callable[[Tx, Call, Found | None], Sequence[Refusal]] = lambda _tx, _call, _found: ()
    find: Callable[[Tx, Call], Found | None] = lambda _tx, _call: None
    needs_account: bool = True  # whatever the file's `security` says: the key is the tenant
    has_webhook: Callable[[Call], bool] = lambda _call: False  # of a call that is carried out


def answer(tx: Tx, call: Call, behaviour: Behaviour) -> Reply:
    """Answer one call: 401 comes first, then a fault, a forced answer, the checks by ERR-B, the behaviour."""
    account = account_of(tx, call.api_key)
    if account is None and (call.operation.secured or behaviour.needs_account):
        return _unauthorized(tx, call)
    too_many = _counted(tx, account, call.operation.operation_id) if account else None
    found = None if call.refusals else behaviour.find(tx, call)
    reply = _forced(tx, call, found)
    if reply is None:
        refusal = _refusal(tx, call, behaviour.refusals(tx, call, found), too_many)
        reply = refuse(call, refusal) if refusal else None
    effect = None
    if tx.world.faults and account:
        has_webhook = reply is None and behaviour.has_webhook(call)
        effect = _effect(tx, call, found, has_webhook=has_webhook)
    if effect and effect.answers:
        return _faulty(tx, call, effect)
    if reply is None:
        reply = behaviour.carry_out(tx, call, found, effect.webhook if effect else None)
    if effect:
        _add(reply, effect)
    return reply


def refuse(call: Call, refusal: Refusal) -> Reply:
    """The error document of a refusal."""  # ERR-C
    headers = {} if refusal.retry_after is None else {"retry-after": str(refusal.retry_after)}
    if refusal.reason:
        headers["x-mock-reason"] = refusal.reason
    body = call.operation.error_body(refusal.status, refusal.message)
    return Reply(refusal.status, body, f"{refusal.status}: {refusal.why}", headers)


def person_id_of(tx: Tx, call: Call) -> str | None:
    """Whom a body names, however wrong the rest of it is."""  # REQ-2
    if not isinstance(call.document, dict):
        return None
    person_id, url = call.document.get("personId"), call.document.get("linkedinUrl")
    if isinstance(url, str) and not (
        isinstance(person_id, str) and tx.rules.assumptions.person_id_wins
    ):
        return profile_id(url)
    return person_id if isinstance(person_id, str) else None


def _unauthorized(tx: Tx, call: Call) -> Reply:
    key = call.api_key
    why = (
        f"the key …{short_key(key)} belongs to no account"
        if key
        else "there is no X-API-KEY header"
    )
    refusals = [Refusal(UNAUTHORIZED, f"{why} (AUTH-1)"), *call.refusals]
    return refuse(call, foremost(refusals, tx.rules.assumptions.order) or refusals[0])


def _counted(tx: Tx, account: Account, operation_id: str) -> Refusal | None:
    if operation_id not in tx.rules.limited:
        return None
    limit = account.requests_per_minute
    admission = admit(account.window, tx.now, limit, tx.rules.window)  # ERR-D
    account.window = admission.window
    if not admission.retry_after:
        return None
    why = (
        f"request {admission.window.counted} of the window, {limit} are allowed; "
        f"the window ends in {admission.retry_after} s (ERR-429, ERR-D)"
    )
    return Refusal(TOO_MANY, why, retry_after=admission.retry_after)


def _effect(tx: Tx, call: Call, found: Found | None, *, has_webhook: bool) -> Effect | None:
    """What the oldest fault that fits and happens does; the others count the call all the same.

    One that is about webhooks alone fits no call without a webhook: it would be used up by that.
    """
    api_key, effect = call.api_key or "", None
    person_id = found.person_id if isinstance(found, Person) else person_id_of(tx, call)
    for fault in tx.world.faults:
        if not has_webhook and fault.is_about_webhooks:
            continue
        if fault.when.fits(api_key, call.operation.operation_id, person_id):
            key = (fault.fault_id, api_key)
            counter = tx.counters.get(key, FaultCounter())
            if effect is None:
                counter, effect = rule(fault, counter, tx.world.seed, api_key)
            else:
                counter = passed_over(counter)
            tx.counters[key] = counter
    return effect


def _faulty(tx: Tx, call: Call, effect: Effect) -> Reply:
    status = effect.status or call.operation.success.status
    body = effect.body
    headers = {name.lower(): value for name, value in effect.headers.items()}
    if body is None:
        body = (
            call.operation.error_body(status, None)
            if status >= 400  # noqa: PLR2004 - where HTTP's errors begin
            else call.operation.success.body
        )
    if status == TOO_MANY and "retry-after" not in headers:
        headers["retry-after"] = str(_retry_after(tx))
    reply = Reply(status, body, f"{status}: a fault of the control API", headers)
    reply.delay_seconds, reply.disconnect, reply.bent = (
        effect.delay_seconds,
        effect.disconnect,
        True,
    )
    return reply


def _add(reply: Reply, effect: Effect) -> None:
    reply.delay_seconds, reply.bent = effect.delay_seconds, True
    reply.headers |= {name.lower(): value for name, value in effect.headers.items()}
    reply.why += "; bent by a fault of the control API"


def _retry_after(tx: Tx) -> int:
    assert tx.account is not None
    return seconds_left(tx.account.window, tx.now, tx.rules.window)


def _forced(tx: Tx, call: Call, found: Found | None) -> Reply | None:
    if call.prefer not in (None, call.operation.success.status):
        return _as_asked(tx, call, call.prefer, f"Prefer: code={call.prefer}")
    if isinstance(found, Forced) and found.status in call.operation.errors:
        return _as_asked(tx, call, found.status, f"the magic person asks for {found.status}")
    return None


def _as_asked(tx: Tx, call: Call, status: int, why: str) -> Reply:
    if status not in call.operation.errors:
        known = ", ".join(map(str, sorted(call.operation.errors)))
        reason = f"{call.operation.operation_id} documents no {status}; Prefer takes {known}"
        return refuse(call, Refusal(400, reason, reason, reason=reason))
    retry_after = _retry_after(tx) if status == TOO_MANY and tx.account else None
    return refuse(call, Refusal(status, why, retry_after=retry_after))


def _refusal(
    tx: Tx, call: Call, own: Sequence[Refusal], too_many: Refusal | None
) -> Refusal | None:
    refusals = [*call.refusals, *own]
    if too_many:
        refusals.append(too_many)
    if call.operation.secured and tx.account and not tx.account.api_access:
        status, message = tx.rules.violations["noApiAccess"]
        refusals.append(
            Refusal(status, "the account's apiAccess is false (ERR-403, ERR-A)", message)
        )
    return foremost(refusals, tx.rules.assumptions.order) if refusals else None  # ERR-B
