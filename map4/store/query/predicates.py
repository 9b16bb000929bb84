"""SQL that conditions are composed of: predicates and lists of ids, each with its parameters in order."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, NamedTuple


class Predicate(NamedTuple):
    """A condition on facts `x` and files `f`."""

    sql: str
    values: tuple[Any, ...] = ()

    def as_predicate(self, file_id: str = "x.file_id") -> Predicate:
        return self


class FileIds(NamedTuple):
    """A SELECT of the ids of files."""

    sql: str
    values: tuple[Any, ...] = ()

    def as_predicate(self, file_id: str = "x.file_id") -> Predicate:
        """A condition that a file is in this list."""
        return Predicate(f"{file_id} IN ({self.sql})", self.values)


Clause = Predicate | FileIds


def all_of(parts: Iterable[Clause]) -> Predicate:
    return _joined(parts, " AND ")


def any_of(parts: Iterable[Clause]) -> Predicate:
    return _joined(parts, " OR ")


def _joined(parts: Iterable[Clause], by: str) -> Predicate:
    predicates = [part.as_predicate() for part in parts]
    return Predicate(
        by.join(f"({part.sql})" for part in predicates), tuple(value for part in predicates for value in part.values)
    )


def none_of(part: Clause) -> Predicate:
    """The negation, which includes unknown values."""
    sql, values = part.as_predicate()
    return Predicate(f"({sql}) IS NOT TRUE", values)


def union(*lists: FileIds) -> FileIds:
    ids = " UNION ALL ".join(each.sql for each in lists)
    return FileIds(ids, tuple(value for each in lists for value in each.values))


def ids_of(file_ids: Iterable[int]) -> FileIds:
    return FileIds("SELECT CAST(value AS INTEGER) FROM json_each(?)", (json.dumps([*file_ids]),))


def seen(lists: str = "", me: int | str = ":me") -> str:
    """SQL condition for the lists that an account sees. Lists of 0 belong to everybody."""
    return f"{lists}deleted_at IS NULL AND ({lists}owner IN (0, {me}) OR {lists}sharing <> 'private')"
