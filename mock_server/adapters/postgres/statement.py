"""Owns one statement made of several that write: all changes of a transaction in one round trip."""

from collections.abc import Iterable, Sequence
from typing import Any

from mock_server.adapters.postgres.database import Connection


class Statement:
    """Parts are written with {} for each argument. No two may write the same row."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._arguments: list[Any] = []

    def add(self, sql: str, *arguments: Any) -> None:
        first = len(self._arguments) + 1
        places = [f"${n}" for n in range(first, first + len(arguments))]
        self._parts.append(f"part{len(self._parts)} AS ({sql.format(*places)})")
        self._arguments += arguments

    def __bool__(self) -> bool:
        return bool(self._parts)

    async def execute(self, connection: Connection) -> None:
        if self:
            await connection.execute(f"WITH {', '.join(self._parts)} SELECT", *self._arguments)


def columns(rows: Iterable[Sequence[Any]]) -> list[list[Any]]:
    """Rows as the arguments of `unnest`, one for each column."""
    return [list(each) for each in zip(*rows, strict=True)]
