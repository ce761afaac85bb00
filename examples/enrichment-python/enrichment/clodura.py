"""Owns the calls of Clodura's API: every call ends in an `Answer`, whatever the network does. Decides nothing."""

from types import TracebackType
from typing import Any, Self
from urllib.parse import quote

import httpx

from enrichment.decisions import Answer

TIMEOUT = httpx.Timeout(20, connect=5)  # seconds
TLS = httpx.create_ssl_context()  # once: reading the certificates takes longer than a call


class Clodura:
    """A session with the API, as an async context manager."""

    def __init__(self, base_url: str, api_key: str) -> None:
        self._http = httpx.AsyncClient(
            base_url=base_url, headers={"X-API-KEY": api_key}, timeout=TIMEOUT, verify=TLS
        )

    async def match(self, person_id: str, webhook_url: str) -> Answer:
        body = {
            "personId": person_id,
            "revealPhoneNumberViaPartners": True,
            "webhookUrl": webhook_url,
        }
        return await self._call("POST", "/api/v1/search/people/phone/match", body)

    async def track(self, tracking_id: str) -> Answer:
        return await self._call("GET", f"/api/v1/search/people/track/{quote(tracking_id, safe='')}")

    async def credits(self) -> Answer:
        return await self._call("GET", "/api/v1/credits")

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._http.aclose()

    async def _call(self, method: str, path: str, body: Any = None) -> Answer:
        try:
            response = await self._http.request(method, path, json=body)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout):
            return Answer(sent=False)
        except httpx.HTTPError:
            return Answer()
        return Answer(response.status_code, _document(response), _retry_after(response))


def _document(response: httpx.Response) -> Any:
    try:
        return response.json()
    except ValueError:
        return None


def _retry_after(response: httpx.Response) -> float | None:
    """In seconds; the header's other form, a date, is not Clodura's."""
    given = response.headers.get("Retry-After", "")
    return float(given) if given.isascii() and given.isdigit() else None
