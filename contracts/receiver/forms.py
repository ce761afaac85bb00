"""Owns the two forms of a webhook's document as openapi.yaml tells them: schema, template, id and numbers."""

import copy
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import jsonschema_rs
import yaml

from mock_server import openapi_path

REVEAL: Final = "revealPhone"
Document = dict[str, Any]


class FormsError(ValueError):
    """The file does not tell what a webhook looks like; the text says what is missing."""


@dataclass(frozen=True, slots=True)
class Form:
    """One form. `id_field` identifies a result: `trackingId`, or `personId` in the standard form (WH-2, WH-4).

    `list_field` and `status_field` are None in a form that has no list of providers.
    """

    name: str
    template: Any
    schema: Document
    id_field: str
    query: str  # what the probe is asked with: trackingId or personId
    numbers_field: str
    list_field: str | None = None
    status_field: str | None = None

    def document(self, values: Mapping[str, Any]) -> Document:
        """The template, filled in. `values` has what the file's own templates use."""
        filled: Document = _fill(self.template, values)
        return filled

    def is_valid(self, document: Any) -> bool:
        return jsonschema_rs.Draft202012Validator(self.schema).is_valid(document)

    def numbers_of(self, document: Document) -> tuple[str, ...]:
        """Every number in it."""
        holders = document[self.list_field] if self.list_field else [document]
        return tuple(number for each in holders for number in each[self.numbers_field])


@dataclass(frozen=True, slots=True)
class Signature:
    """How deliveries are signed: HMAC-SHA256 of the body, in hexadecimal, in that header (WH-10a)."""

    header: str
    secret: str


@dataclass(frozen=True, slots=True)
class Forms:
    """What the file says of webhooks. `statuses`: found, notFound and insufficientCredits as the API writes them."""

    multi: Form
    standard: Form
    statuses: Mapping[str, str]
    providers: tuple[str, ...]
    signature: Signature | None

    @property
    def both(self) -> tuple[Form, Form]:
        return self.multi, self.standard


def load_forms(path: Path | None = None) -> Forms:
    """Read the file, by default the packaged one. Raises FormsError."""
    path = path or openapi_path()
    try:
        document = yaml.load(path.read_bytes(), Loader=yaml.CSafeLoader)
        return _forms(document)
    except (OSError, yaml.YAMLError) as error:
        raise FormsError(f"{path}: {error}") from None
    except (KeyError, TypeError, StopIteration) as error:
        message = f"{path}: this does not tell what webhooks look like ({error!r}); clodura-kit serve --spec says more"
        raise FormsError(message) from None


def _forms(document: Document) -> Forms:
    rules = document["x-mock"]
    forms = {name: _form(document, name) for name in ("multiProvider", "standard")}
    signature = rules["assumptions"]["WH-10a"]["value"]["signature"]
    return Forms(
        multi=forms["multiProvider"],
        standard=forms["standard"],
        statuses=rules["stepStatuses"],
        providers=tuple(each["name"] for each in rules["providers"]),
        signature=Signature(**signature) if signature else None,
    )


def _form(document: Document, name: str) -> Form:
    template = document["x-mock"]["payloads"][name]
    components = {"components": document["components"]}
    schema = {**_callback_schema(document, name), **components}
    values = {value: field for field, value in template.items() if isinstance(value, str)}
    if "{trackingId}" not in values:
        return Form(
            name, template, schema, values["{person.personId}"], "personId", values["{numbers}"]
        )
    listed, item = next(
        (field, each["$item"]) for field, each in template.items() if isinstance(each, dict)
    )
    fields = {value: field for field, value in item.items()}
    return Form(
        name=name,
        template=template,
        schema=schema,
        id_field=values["{trackingId}"],
        query="trackingId",
        numbers_field=fields["{item.phoneNumbers}"],
        list_field=listed,
        status_field=fields["{item.status}"],
    )


def _callback_schema(document: Document, name: str) -> Document:
    operations = (
        op for item in document["paths"].values() for op in item.values() if isinstance(op, dict)
    )
    reveal = next(each for each in operations if each.get("operationId") == REVEAL)
    path_item = next(iter(reveal["callbacks"][name].values()))
    posted = next(each for each in path_item.values() if isinstance(each, dict))
    schema: Document = posted["requestBody"]["content"]["application/json"]["schema"]
    return schema


def _fill(template: Any, values: Mapping[str, Any]) -> Any:
    if isinstance(template, dict) and "$each" in template:
        return [
            _fill(template["$item"], {**values, "item": each})
            for each in _value(template["$each"], values)
        ]
    if isinstance(template, dict):
        return {name: _fill(each, values) for name, each in template.items()}
    if isinstance(template, list):
        return [_fill(each, values) for each in template]
    if isinstance(template, str) and template.startswith("{") and template.endswith("}"):
        return copy.deepcopy(_value(template, values))
    return template


def _value(name: str, values: Mapping[str, Any]) -> Any:
    found: Any = values
    for part in name.strip("{}").split("."):
        found = found[part]
    return found
