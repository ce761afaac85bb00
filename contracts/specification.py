"""Owns what openapi.yaml says, for judging: the file and nothing of the fake's code. Knows nothing of a run."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import jsonschema_rs
import yaml

from mock_server import openapi_path

MATCH: Final = "match"
TRACK: Final = "track"
CREDITS: Final = "credits"
_OPERATIONS: Final = {MATCH: "revealPhone", TRACK: "trackReveal", CREDITS: "getCredits"}


@dataclass(frozen=True, slots=True)
class Specification:
    """The parts of the file that rules ask for."""

    document: Mapping[str, Any]
    paths: Mapping[str, str]  # by operation
    statuses: Mapping[str, frozenset[int]]  # by operation, the documented ones
    standard_plans: frozenset[str]
    plans: frozenset[str]
    prices: Mapping[str, int]  # by provider
    retry_delays: Sequence[float]

    def is_standard(self, plan: str) -> bool:
        """Whether the plan gets the standard payload and pays in phone credits."""  # WH-2, CR-1
        return plan in self.standard_plans

    def complaints(self, schema: str, value: Any) -> list[str]:
        """What is wrong with a value by one of `components.schemas`, with the place."""
        try:
            errors = list(_validator(schema).iter_errors(value))
        except ValueError:  # a lone surrogate, or a number that is none
            return ["document: it holds what JSON cannot"]
        return [
            f"{'/'.join(map(str, error.instance_path)) or 'document'}: {error.message}"
            for error in errors
        ]


@cache
def specification() -> Specification:
    """The packaged file, read once."""
    with openapi_path().open("rb") as file:
        document = yaml.load(file, Loader=yaml.CSafeLoader)
    operations = {
        operation["operationId"]: (path, operation)
        for path, item in document["paths"].items()
        for operation in item.values()
    }
    found = {name: operations[each] for name, each in _OPERATIONS.items()}
    callbacks = operations[_OPERATIONS[MATCH]][1]["callbacks"]
    mock = document["x-mock"]
    return Specification(
        document=document,
        paths={name: path for name, (path, _) in found.items()},
        statuses={
            name: frozenset(map(int, each["responses"])) for name, (_, each) in found.items()
        },
        standard_plans=frozenset(_plans(callbacks["standard"])),
        plans=frozenset(mock["plans"]),
        prices={each["name"]: each["price"] for each in mock["providers"]},
        retry_delays=mock["retrySchedule"]["delaysSeconds"],
    )


def _plans(callback: Mapping[str, Any]) -> Sequence[str]:
    (item,) = callback.values()
    plans: Sequence[str] = item["post"]["x-plans"]
    return plans


@cache
def _validator(schema: str) -> jsonschema_rs.Draft202012Validator:
    components = specification().document["components"]
    return jsonschema_rs.Draft202012Validator(
        {"$ref": f"#/components/schemas/{schema}", "components": components}
    )
