"""Owns `openapi.yaml` as typed operations, compiled schemas and the `x-mock` tables.

Knows nothing of jobs, web frameworks or HTTP servers.
"""

from mock_server.spec.loading import Spec, load_spec
from mock_server.spec.operations import Operation
from mock_server.spec.source import SpecError

__all__ = ["Operation", "Spec", "SpecError", "load_spec"]
