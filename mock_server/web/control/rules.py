"""Owns what the server plays by, as a document: plans, keys, providers and operations of the file."""

from starlette.requests import Request
from starlette.responses import Response

from mock_server.domain.instants import SECOND
from mock_server.web.control.problems import JsonResponse
from mock_server.web.control.query import filters
from mock_server.web.engine import Engine


async def read(engine: Engine, request: Request) -> Response:
    filters(request)
    rules = engine.spec.rules
    return JsonResponse(
        {
            "plans": [
                {
                    "name": plan.name,
                    "title": plan.title,
                    "payload": plan.payload,
                    "spentOnPhones": plan.spent_on_phones,
                    "startingCredits": dict(plan.starting_credits),
                    "requestsPerMinute": plan.requests_per_minute,
                }
                for plan in rules.plans.values()
            ],
            "testKeys": [f"test_{name}" for name in (*rules.plans, *rules.test_keys)],
            "providers": [
                {
                    "name": each.name,
                    "price": each.price,
                    "seconds": each.duration / SECOND,
                    "partner": each.partner,
                }
                for each in rules.providers
            ],
            "statuses": {str(status): spelled for status, spelled in rules.statuses.items()},
            "operations": [
                {
                    "operationId": each.operation_id,
                    "method": each.method,
                    "path": each.path,
                    "errors": sorted(each.errors),
                }
                for each in engine.spec.operations
            ],
        }
    )
