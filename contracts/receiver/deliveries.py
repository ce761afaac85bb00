"""Owns what goes to a receiver and what comes back, as values, and the curl line that repeats it."""

import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final

from contracts.receiver.hiding import shown_parts

JSON: Final = (("Content-Type", "application/json"),)
BODY_LIMIT: Final = 64 * 1024  # an answer's body is read so far and no further
SHOWN: Final = 200  # characters of an answer's body that are told
INLINE: Final = 4096  # a longer body is not written into a command line


@dataclass(frozen=True, slots=True)
class Delivery:
    """One request; `about` says what is special, in words.

    `target` is its path and query where that is not the registered one, `recipe` a shell command that prints a body too
    long to be shown.
    """

    body: bytes
    headers: tuple[tuple[str, str], ...] = JSON
    method: str = "POST"
    target: str | None = None
    chunked: bool = False
    about: str = ""
    recipe: str | None = None

    def with_header(self, name: str, value: str) -> "Delivery":
        return replace(self, headers=(*self.headers, (name, value)))


class Trouble(StrEnum):
    """Why no answer came."""

    NONE = ""
    LATE = "late"  # not in time: the sender tries again (WH-9)
    CLOSED = "closed"  # the connection ended without an answer
    REFUSED = "refused"  # there was no connection
    NO_HTTP = "no HTTP"


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back; `status` is None where no whole answer came, and `trouble` and `problem` say why.

    `overlong`: its body is longer than was read. `reusable`: the connection may carry another request.
    """

    status: int | None
    seconds: float
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    problem: str = ""
    trouble: Trouble = Trouble.NONE
    overlong: bool = False
    reusable: bool = False

    @property
    def accepted(self) -> bool:
        return self.status is not None and 200 <= self.status < 300  # noqa: PLR2004 - WH-9's 2xx

    @property
    def refused(self) -> bool:
        return self.status is not None and 400 <= self.status < 500  # noqa: PLR2004 - the sender's fault, says HTTP

    @property
    def told(self) -> str:
        """In words."""
        if self.status is None:
            return self.problem
        shown = self.body.decode(errors="replace").strip()
        cut = f"{shown[:SHOWN]}…" if len(shown) > SHOWN else shown
        return f"{self.status} after {self.seconds:.2f} s" + (f": {cut}" if cut else "")


def curl(url: str, delivery: Delivery, times: int = 1) -> str:
    """A line for a POSIX shell that repeats the delivery, `times` at once; secrets become variables."""
    words = [f"curl -i {_place(url, delivery.target)}"]
    if delivery.method == "HEAD":
        words.append("--head")
    elif delivery.method != "POST" or not delivery.body:
        words.append(f"-X {delivery.method}")
    words += [f"-H {shlex.quote(f'{name}: {value}')}" for name, value in delivery.headers]
    if delivery.chunked:
        words.append("-H 'Transfer-Encoding: chunked'")
    before, data = _data(delivery)
    line = before + " ".join([*words, *data])
    if times == 1:
        return line
    return f"seq {times} | xargs -P{times} -I_ sh -c {shlex.quote(line)}"


def without_secrets(url: str) -> str:
    """The address as it may be shown: the values of its query, and what looks secret in its path, become variables."""
    return "".join(f"${name}" if name else text for text, name in shown_parts(url))


def _place(url: str, target: str | None) -> str:
    """The same as a word of a shell."""
    parts = list(shown_parts(url, target))
    if not any(name for _, name in parts):
        return shlex.quote("".join(text for text, _ in parts))
    return '"' + "".join(f"${name}" if name else _escape(text) for text, name in parts) + '"'


def _escape(text: str) -> str:
    return re.sub(r'[\\"$`]', r"\\\g<0>", text)


def _data(delivery: Delivery) -> tuple[str, list[str]]:
    """What comes before curl, and its arguments for the body."""
    if not delivery.body:
        return "", []
    if delivery.recipe is not None:
        return f"{delivery.recipe} | ", ["--data-binary @-"]
    if len(delivery.body) > INLINE:
        return "", [f"--data-binary @body.json  # {len(delivery.body)} bytes"]
    try:
        text = delivery.body.decode("utf-8")
    except UnicodeDecodeError:
        text = ""
    if text and text.isprintable() and not text.startswith("@"):
        return "", [f"--data-binary {shlex.quote(text)}"]
    octal = "".join(_escaped(each) for each in delivery.body)
    return f"printf '{octal}' | ", ["--data-binary @-"]


def _escaped(byte: int) -> str:
    char = chr(byte)
    return char if char.isascii() and char.isprintable() and char not in "\\%'" else f"\\{byte:03o}"
