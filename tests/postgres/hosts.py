"""Owns a server on a database of several, and how tests watch it."""

from typing import Any

from typing_extensions import Unpack

from mock_server import MockServer
from mock_server.client import Account
from mock_server.mock import Options
from tests.api import match


class Host(MockServer):
    """On a manual clock, with a fixed seed and the self-check on, unless told otherwise."""

    def __init__(self, url: str, **options: Unpack[Options]) -> None:
        options.setdefault("clock", "manual")
        options.setdefault("seed", 1)
        options.setdefault("self_check", True)
        options["state"] = url
        super().__init__(**options)

    def reveal(self, person_id: str = "mock-found", **body: Any) -> str:
        """The id of an accepted job."""
        hook = self.inbox("a").url
        document = {
            "personId": person_id,
            "revealPhoneNumberViaPartners": True,
            "webhookUrl": hook,
            **body,
        }
        answer = match(self, document)
        assert answer.status == 200, answer
        tracking_id: str = answer.body["trackingId"]
        return tracking_id

    def account_of(self, api_key: str) -> Account:
        """An account that another host opened."""
        return Account(self, api_key, "")
