"""Owns which operation of the file has a behaviour of ours; any other is answered from its examples."""

from typing import Final

from mock_server.domain.people import Found, Hook
from mock_server.ports import Tx
from mock_server.service.accounts import balance_of
from mock_server.service.calls import Behaviour, Call, Reply
from mock_server.service.reveal import REVEAL_PHONE
from mock_server.service.track import TRACK_REVEAL


def _credits(tx: Tx, _call: Call, _found: Found | None, _hook: Hook | None) -> Reply:
    return Reply(200, balance_of(tx), "200: the balance in the form of the plan (BAL-1, BAL-2)")


def _example(_tx: Tx, call: Call, _found: Found | None, _hook: Hook | None) -> Reply:
    documented = call.operation.success
    why = f"{documented.status}: the documented example of {call.operation.operation_id}"
    return Reply(documented.status, documented.body, why, dict(documented.headers))


EXAMPLE: Final = Behaviour(_example, needs_account=False)
BEHAVIOURS: Final = {
    "revealPhone": REVEAL_PHONE,
    "trackReveal": TRACK_REVEAL,
    "getCredits": Behaviour(_credits),
}


def behaviour_of(operation_id: str) -> Behaviour:
    return BEHAVIOURS.get(operation_id, EXAMPLE)
