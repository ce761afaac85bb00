"""Owns the way from a file to a story that can be played; a mistake has file, line and field. Sends nothing."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final
from urllib.parse import urlsplit

from pydantic import ValidationError

from mock_server.spec.source import At, Source, SpecError
from scenarios.model import NOT_PLAYED, Document, Workflow
from scenarios.operations import Operation, read_operations
from scenarios.references import Problem, problems, qualified, run_order

SUFFIX: Final = ".arazzo.yaml"
ARAZZO: Final = "Arazzo"
_EXTRA: Final = "extra_forbidden"


@dataclass(frozen=True, slots=True)
class Story:
    """A file that has been read and found playable; `workflows` in the order of playing."""

    path: Path
    document: Document
    workflows: tuple[Workflow, ...]
    operations: Mapping[str, Operation]

    @property
    def name(self) -> str:
        return self.path.name.removesuffix(SUFFIX)

    @property
    def title(self) -> str:
        return self.document.info.title

    def operation(self, operation_id: str) -> Operation:
        return self.operations[qualified(operation_id, self.document)]

    def workflow(self, workflow_id: str) -> Workflow:
        return next(each for each in self.document.workflows if each.workflow_id == workflow_id)


def load(path: Path, packaged: Mapping[str, Path]) -> Story:
    """Read a story; `packaged` are the kit's own descriptions by file name. Raises SpecError."""
    source = Source(path, ARAZZO)
    document = _document(source)
    operations: dict[str, Operation] = {}
    for n, each in enumerate(document.source_descriptions):
        file = _file(path, each.url, packaged)
        if file is None:
            raise source.error(("sourceDescriptions", n, "url"), _no_file(each.url, packaged))
        found = read_operations(each.name, file)
        operations |= {f"{each.name}.{name}": operation for name, operation in found.items()}
    _refuse(source, problems(document, operations))
    return Story(path, document, tuple(run_order(document)), operations)


def read_document(path: Path) -> Document:
    """The form of a story, without a look at what it refers to. Raises SpecError."""
    return _document(Source(path, ARAZZO))


def _document(source: Source) -> Document:
    try:
        return Document.model_validate(source.document)
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False)
        first = next(
            (each for each in found if each["type"] == _EXTRA), found[0]
        )  # a misspelt name, not its lack
        at: At = tuple(step for step in first["loc"] if step != "[key]")
        raise source.error(at, _words(first["type"], first["msg"], at)) from None


def _words(kind: str, message: str, at: At) -> str:
    if kind == _EXTRA and at[-1] in NOT_PLAYED:
        return f"is Arazzo, but is not played: {NOT_PLAYED[str(at[-1])]}"
    if kind == _EXTRA:
        return "is not known here, correct its name or remove it"
    if kind == "missing":
        return "is missing, add it"
    return message.removeprefix("Value error, ").removeprefix("Input ").removeprefix("String ")


def _refuse(source: Source, found: list[Problem]) -> None:
    if found:
        more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
        raise source.error(found[0].at, found[0].what + more)


def _file(story: Path, url: str, packaged: Mapping[str, Path]) -> Path | None:
    """A file beside the story, or else the kit's own of that name: nothing is fetched."""
    parts = urlsplit(url)
    beside = story.parent / url
    if not parts.scheme and beside.is_file():
        return beside
    return packaged.get(PurePosixPath(parts.path).name)


def _no_file(url: str, packaged: Mapping[str, Path]) -> str:
    return f"{url} is no file beside this one, and none of the kit's own: {', '.join(packaged)}"


def names(folder: Path) -> dict[str, Path]:
    """The stories of a folder by their names."""
    return {each.name.removesuffix(SUFFIX): each for each in sorted(folder.glob(f"*{SUFFIX}"))}


__all__ = ["SUFFIX", "SpecError", "Story", "load", "names", "read_document"]
