"""Owns our rules as checks of Schemathesis: those that one answer alone can break.

`SCHEMATHESIS_HOOKS=contracts.conformance st run openapi.yaml --url ...` runs them beside Schemathesis' own.
"""

import json
from collections.abc import Mapping
from typing import Any, Final

import schemathesis

import contracts.rules  # noqa: F401 - fills the table
from contracts.history import Exchange, History, Setting
from contracts.registry import RULES, judge
from contracts.showing import Showing
from contracts.specification import CREDITS, MATCH, TRACK
from contracts.verdicts import Result, Verdict

OPERATIONS: Final = {"revealPhone": MATCH, "trackReveal": TRACK, "getCredits": CREDITS}
ALONE: Final = ("RES-006", "RES-008", "RES-009", "BIL-013", "AUTH-007")
KEY: Final = "x-api-key"


def breaches(exchange: Exchange, base_url: str) -> list[Result]:
    """The rules that this answer breaks."""
    setting = Setting({exchange.role: "max"}, {}, 0, 0, webhooks=False)
    rules = [RULES[each] for each in ALONE]
    results = judge(rules, History(setting, (exchange,)), Showing(base_url).evidence)
    return [each for each in results if each.verdict is Verdict.FAILED and not each.also]


def exchange_of(
    operation: str, request: Any, status: int, headers: Mapping[str, str], content: bytes
) -> Exchange:
    """One request of Schemathesis and its answer, as an exchange. The key itself is not kept."""
    key = str(request.headers.get(KEY, ""))
    try:
        document, text = json.loads(content), None
    except ValueError:
        document, text = None, content.decode(errors="replace")[:400]
    everything = f"{headers}{content.decode(errors='replace')}".lower()
    return Exchange(
        number=1,
        at=0,
        seconds=0,
        journey="schemathesis",
        role="main",
        operation=operation,
        probe="schemathesis",
        method=str(request.method),
        path=str(request.path_url),
        request_headers={},
        request=None,
        status=status,
        headers=headers,
        document=document,
        text=text,
        leaks_key=len(key) > 5 and key.lower() in everything,  # noqa: PLR2004 - no accident
    )


@schemathesis.check
def clodura_contract(
    _: schemathesis.CheckContext, response: schemathesis.Response, case: schemathesis.Case[Any]
) -> None:
    """Breaks with the id and the title of the first rule that an answer breaks."""
    definition = case.operation.definition.raw
    operation = OPERATIONS.get(definition.get("operationId", ""))
    if operation is None:
        return
    headers = {name.lower(): values[0] for name, values in response.headers.items()}
    exchange = exchange_of(
        operation, response.request, response.status_code, headers, response.content
    )
    for each in breaches(exchange, "http://target"):
        raise AssertionError(f"{each.id} {each.title}: {each.detail}")  # noqa: TRY003 - read by a person
