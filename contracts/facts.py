"""Owns the catalogue of facts: ids, grades and sentences, from the packaged facts.yaml."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import yaml


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that is known of the API, and how surely: documented, inferred or assumed."""

    id: str
    grade: str
    text: str


@cache
def facts() -> Mapping[str, Fact]:
    """All facts by id, in the order of the file."""
    document = yaml.safe_load(files("contracts").joinpath("facts.yaml").read_text("utf-8"))
    return {name: Fact(name, each["grade"], each["text"]) for name, each in document.items()}
