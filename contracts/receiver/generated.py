"""Owns documents that Hypothesis draws from a callback's schema: valid ones, and ones with a single wrong type."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import jsonschema_rs
from hypothesis import strategies as st

from contracts.receiver.forms import Document, Form, Forms

LONGEST_TEXT: Final = 60
MOST_ITEMS: Final = 6
MERGED: Final = ("if", "then", "else", "anyOf", "oneOf", "allOf")

# Text that people and providers have as a name: any script, any sign, nothing that only programs use.
_TEXT: Final = st.characters(codec="utf-8", categories=("L", "M", "N", "P", "S", "Zs"))
# Numbers that nobody has: 555-01xx, the drama numbers of Ofcom, and the country code 999 for the shortest and longest.
_NUMBERS: Final = st.one_of(
    st.builds("+1{}55501{:02}".format, st.sampled_from((202, 303, 415, 617)), st.integers(0, 99)),
    st.builds("+447700900{:03}".format, st.integers(0, 999)),
    st.sampled_from(("+9990000", "+999000000000001")),
)
_WRONG: Final[Sequence[Any]] = (17, 1.5, True, "not what you expect", [17], {"unexpected": 17})

Found = st.SearchStrategy[Any]


def results(forms: Forms, form: Form) -> Found:
    """Valid documents of the form as the API may send them; the id is the caller's business."""
    return _from(form.schema, form.schema).map(lambda each: _told(forms, form, each))


def wrong_types(forms: Forms, form: Form) -> Found:
    """Documents in which one field has a type that it never has; the id stays what it is."""
    return st.builds(
        lambda document, place, value: _with(form, document, place, value),
        results(forms, form),
        st.sampled_from(_places(form)),
        st.sampled_from(_WRONG),
    ).filter(lambda each: not form.is_valid(each))


def unknown_fields() -> Found:
    """Fields that the API may add one day."""
    names = st.sampled_from(("carrier", "confidence", "lineType", "verifiedAt", "x-meta"))
    plain = st.one_of(st.none(), st.booleans(), st.integers(-9, 99), st.text(_TEXT, max_size=20))
    nested = st.one_of(
        plain, st.lists(plain, max_size=3), st.dictionaries(names, plain, max_size=2)
    )
    return st.dictionaries(names, nested, min_size=1, max_size=3)


def _from(schema: Mapping[str, Any], root: Document) -> Found:
    """Documents that the schema allows; what it asks beyond what is drawn is left to its validator."""
    drawn = _drawn(schema, root)
    if not any(word in schema for word in MERGED):
        return drawn
    validator = jsonschema_rs.Draft202012Validator({"components": root["components"], **schema})
    return drawn.filter(validator.is_valid)


def _drawn(schema: Mapping[str, Any], root: Document) -> Found:
    if "$ref" in schema:
        return _from(_target(schema["$ref"], root), root)
    if alternatives := _alternatives(schema):
        return st.one_of(*(_drawn(each, root) for each in alternatives))
    if "const" in schema:
        return st.just(schema["const"])
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    return _typed(schema, root)


def _alternatives(schema: Mapping[str, Any]) -> list[Document]:
    """The schemas of which a document follows one, each with what holds for all of them."""
    plain = {word: value for word, value in schema.items() if word not in MERGED}
    if "if" in schema:
        yes = _merged(schema["if"], schema.get("then", {}))
        return [_merged(plain, yes), _merged(plain, schema.get("else", {}))]
    choices = [*schema.get("anyOf", ()), *schema.get("oneOf", ())]
    if isinstance(kinds := schema.get("type"), list):
        choices += [{"type": each} for each in kinds]
    return [_merged(plain, each) for each in choices]


def _typed(schema: Mapping[str, Any], root: Document) -> Found:
    kind = schema.get("type")
    if kind == "object" or "properties" in schema:
        return _objects(schema, root)
    if kind == "array":
        least = schema.get("minItems", 0)
        most = min(schema.get("maxItems", MOST_ITEMS), max(least, MOST_ITEMS))
        items = _from(schema.get("items", {}), root)
        return st.lists(items, min_size=least, max_size=most, unique_by=repr)
    if kind == "string":
        return _strings(schema)
    plain = {"integer": st.integers(0, 999), "number": st.floats(0, 999), "boolean": st.booleans()}
    return plain.get(kind or "", st.none())


def _objects(schema: Mapping[str, Any], root: Document) -> Found:
    fields = {name: _from(each, root) for name, each in schema.get("properties", {}).items()}
    required = {name: each for name, each in fields.items() if name in schema.get("required", ())}
    optional = {name: each for name, each in fields.items() if name not in required}
    return st.fixed_dictionaries(required, optional=optional)


def _strings(schema: Mapping[str, Any]) -> Found:
    least = schema.get("minLength", 0)
    most = min(schema.get("maxLength", LONGEST_TEXT), max(least, LONGEST_TEXT))
    pattern = schema.get("pattern")
    if pattern is None:
        return st.text(_TEXT, min_size=least, max_size=most)
    if "+" in pattern and "[0-9]" in pattern:
        return _NUMBERS
    return st.from_regex(pattern.replace("$", r"\Z"), alphabet=_TEXT)


def _target(reference: str, root: Document) -> Document:
    found: Any = root
    for part in reference.removeprefix("#/").split("/"):
        found = found[part]
    return dict(found)


def _merged(one: Mapping[str, Any], other: Mapping[str, Any]) -> Document:
    """Both schemas at once, for the words that describe an object."""
    both: Document = {**one, **other}
    properties = (one.get("properties", {}), other.get("properties", {}))
    if any(properties):
        names = dict.fromkeys([*properties[0], *properties[1]])
        both["properties"] = {
            name: {**properties[0].get(name, {}), **properties[1].get(name, {})} for name in names
        }
    return both | {"required": [*one.get("required", ()), *other.get("required", ())]}


def _told(forms: Forms, form: Form, document: Document) -> Document:
    """As the API tells it: the search stops at the first provider that ends it (WH-8a)."""
    if form.list_field is None or form.status_field is None:
        return document
    steps = []
    for each in document[form.list_field]:
        steps.append(each)
        if each[form.status_field] != forms.statuses["notFound"]:
            break
    return {**document, form.list_field: steps}


def _places(form: Form) -> Sequence[tuple[str, ...]]:
    """The fields that a receiver has to read, as paths."""
    if form.list_field is None or form.status_field is None:
        return ((form.numbers_field,), (form.numbers_field, "*"))
    inside = ((), (form.status_field,), (form.numbers_field,), (form.numbers_field, "*"))
    return ((form.list_field,), *((form.list_field, "*", *each) for each in inside))


def _with(form: Form, document: Any, place: Sequence[str], value: Any) -> Any:
    """A copy with the value at the place; `*` is the last of a list."""
    if not place:
        return value
    step, rest = place[0], place[1:]
    if step == "*":
        return [*document[:-1], _with(form, document[-1] if document else None, rest, value)]
    inside = document if isinstance(document, dict) else {}
    return {**inside, step: _with(form, inside.get(step, []), rest, value)}
