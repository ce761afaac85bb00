"""Owns the stand-ins for what is outside: receivers that answer as told, without a network."""

from collections.abc import Iterable

from mock_server.domain.jobs import Outcome
from mock_server.ports import Post, Receipt


class FakeWebhooks:
    """Answers each post with the next status, the last one for ever; keeps what was sent."""

    def __init__(self, statuses: Iterable[int] = (200,)) -> None:
        self._statuses = list(statuses)
        self.sent: list[Post] = []

    async def send(self, post: Post) -> Receipt:
        self.sent.append(post)
        status = self._statuses[min(len(self.sent), len(self._statuses)) - 1]
        if 200 <= status < 300:
            return Receipt(Outcome.DELIVERED, status, None, 1.0)
        return Receipt(Outcome.FAILED, status, f"answered {status}, not 2xx", 1.0)

    async def close(self) -> None:
        """There is nothing to close."""
