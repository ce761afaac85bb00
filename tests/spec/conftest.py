"""Owns the files that the tests of the specification load: the project's own, edited."""

from collections.abc import Callable, Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any

import orjson
import pytest

from mock_server.packaged import NAME
from mock_server.spec import Operation, Spec, SpecError, load_spec
from mock_server.spec.source import Source

Edits = Mapping[str, Any]  # from the steps to a field, by spaces, to its value; `...` removes


def _edited(document: dict[str, Any], edits: Edits) -> dict[str, Any]:
    document = deepcopy(document)
    for steps, value in edits.items():
        *above, last = steps.split()
        place: Any = document
        for step in above:
            place = place[int(step) if isinstance(place, list) else step]
        if value is ...:
            del place[last]
        else:
            place[last] = value
    return document


@pytest.fixture(scope="session")
def spec() -> Spec:
    return load_spec()


@pytest.fixture(scope="session")
def own_source() -> Source:
    return Source(Path(__file__).parents[2] / NAME)


@pytest.fixture
def load(tmp_path: Path, own_source: Source) -> Callable[[Edits], Spec]:
    def loaded(edits: Edits) -> Spec:
        path = tmp_path / NAME
        path.write_bytes(orjson.dumps(_edited(own_source.document, edits)))
        return load_spec(path)

    return loaded


@pytest.fixture
def refused(load: Callable[[Edits], Spec]) -> Callable[[Edits], str]:
    """What is wrong with the edited file, without the file's name and line."""

    def complaint(edits: Edits) -> str:
        with pytest.raises(SpecError) as error:
            load(edits)
        return str(error.value).split(":1: ", 1)[1]

    return complaint


@pytest.fixture
def source(tmp_path: Path) -> Callable[[str | bytes], Source]:
    def read(text: str | bytes) -> Source:
        path = tmp_path / "some.yaml"
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return Source(path)

    return read


@pytest.fixture
def served(load: Callable[[Edits], Spec]) -> Callable[..., Operation]:
    """An operation `probe` made of these fields, in a file that is otherwise the project's."""

    def operation(path: str = "/probe", shared: Any = None, **fields: Any) -> Operation:
        node = {"operationId": "probe", "responses": {"200": {"description": "Fine."}}, **fields}
        item = {"get": node} if shared is None else {"parameters": shared, "get": node}
        return load({f"paths {path}": item}).operations[-1]

    return operation
