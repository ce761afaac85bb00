"""Owns the self-check: whether what the fake answers and sends keeps to its own file."""

import logging
from collections import deque
from typing import Any, Final

from mock_server.service.calls import Reply
from mock_server.spec import Operation, Spec

KEPT: Final = 100
_log = logging.getLogger("clodura-kit")


class SelfCheck:
    """Collects what is wrong, newest last, and logs it."""

    def __init__(self, spec: Spec) -> None:
        self._spec = spec
        self.problems: deque[str] = deque(maxlen=KEPT)

    def response(self, operation: Operation, reply: Reply) -> None:
        """Check an answer, unless a fault of the control API bent it, or it is marked as none of the API's."""
        if not reply.bent and "x-mock-reason" not in reply.headers:
            name = f"{operation.operation_id} answered {reply.status}"
            self._note(name, operation.response_problems(reply.status, reply.body))

    def webhook(self, payload: str, document: Any) -> None:
        """Check a webhook's body against the callback's schema."""
        self._note(f"the webhook {payload}", self._spec.callbacks[payload].problems(document))

    def _note(self, what: str, problems: list[str]) -> None:
        for problem in problems:
            self.problems.append(f"{what}: {problem}")
            _log.error("self-check: %s: %s", what, problem)
