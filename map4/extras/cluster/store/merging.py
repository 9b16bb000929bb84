"""Common parts of merging: source, target, and reported results.

All kinds merge the same way: of two rows with the same key, the row with the greater *rank* stays, and different rows
have different ranks. Such a merge is commutative, associative and idempotent.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from map4.core.base.actor import Actor
from map4.core.base.path_maps import PathMap
from map4.core.store.database import Connection, Database
from map4.core.store.rows.track_rows import place_values
from map4.core.store.stored_tables import Newest, StoredTable
from map4.extras.cluster.records import MergeConflict, MergedCount

Row = dict[str, Any]
Rank = tuple[Any, ...]
_AT_ONCE = 500  # rows per transaction, so that other writers need not wait long


@dataclass(slots=True)
class MergeCounts:
    """Results of a merge so far."""

    new: Counter[str] = field(default_factory=Counter)
    newer: Counter[str] = field(default_factory=Counter)
    conflicts: list[MergeConflict] = field(default_factory=list)
    hidden: int = 0

    def note(self, kind: str, *, is_new: bool) -> None:
        (self.new if is_new else self.newer)[kind] += 1

    def counts(self) -> dict[str, MergedCount]:
        kinds = sorted(self.new.keys() | self.newer.keys())
        return {kind: MergedCount(new=self.new[kind], newer=self.newer[kind]) for kind in kinds}


@dataclass(frozen=True, slots=True, kw_only=True)
class Merging:
    """A merge of a library into another.

    source: a snapshot connection, in the current schema
    name: name of the source in messages
    into: the library in use
    actor: the account that merges, which sees conflicts
    maps: folders with another name here
    on_row: called after each processed row
    """

    source: Connection
    name: str
    into: Database
    actor: Actor
    maps: Sequence[PathMap]
    counts: MergeCounts
    on_row: Callable[[], object]

    def rows(self, sql: str) -> Iterator[Row]:
        """Rows of the source as dicts, with local paths."""
        cursor = self.source.execute(sql)
        names = [column[0] for column in cursor.description]
        for values in cursor:
            row = dict(zip(names, values, strict=True))
            if self.maps and row.get("path") is not None:
                here = place_values(os.fsdecode(self.path_here(row["path"])))
                row |= {name: value for name, value in here.items() if name in row}
            yield row

    def path_here(self, path: bytes) -> bytes:
        there = os.fsdecode(path)
        paths = (path_map.apply(there) for path_map in self.maps)
        return os.fsencode(next((here for here in paths if here is not None), there))

    def each(self, rows: Iterable[Row], merge: Callable[[Connection, Row], object]) -> None:
        """Merge rows one by one, many per transaction."""
        left = iter(rows)
        while some := list(islice(left, _AT_ONCE)):
            with self.into.transaction() as connection:
                for row in some:
                    merge(connection, row)
                    self.on_row()


def ordered(value: Any) -> tuple[int, Any]:
    """A key that orders any two values of a column, null first."""
    kinds = {type(None): 0, int: 1, float: 1, str: 2, bytes: 3}
    return kinds[type(value)], 0 if value is None else value


def rank_of(row: Row, *first: Any, without: Iterable[str] = ()) -> Rank:
    """Rank of a row: the given values first, then all columns, so that different rows differ."""
    rest = sorted(row.keys() - set(without))
    return (*first, *(ordered(row[name]) for name in rest))


def found_row(connection: Connection, table: str, keys: Sequence[str], row: Row) -> Row | None:
    """The existing row of the same key, with the same columns."""
    where = " AND ".join(f"{key} = ?" for key in keys)
    sql = f"SELECT {', '.join(row)} FROM {table} WHERE {where}"
    values = connection.execute(sql, [row[key] for key in keys]).fetchone()
    return None if values is None else dict(zip(row, values, strict=True))


def write(connection: Connection, table: str, keys: Sequence[str], row: Row) -> None:
    """Insert a row, or replace the row of the same key."""
    sets = ", ".join(f"{column} = excluded.{column}" for column in row if column not in keys)
    connection.execute(
        f"INSERT INTO {table} ({', '.join(row)}) VALUES ({', '.join('?' * len(row))}) "
        f"ON CONFLICT ({', '.join(keys)}) DO UPDATE SET {sets}",
        list(row.values()),
    )


def merge_by_time(merging: Merging, table: StoredTable, newest: Newest) -> None:
    """Merge a table in which the newest row of each key wins."""

    def merge(connection: Connection, row: Row) -> None:
        there = found_row(connection, table.name, table.key, row)
        if there is None or rank_of(row, row[newest.time]) > rank_of(there, there[newest.time]):
            write(connection, table.name, table.key, row)
            merging.counts.note(newest.kind, is_new=there is None)

    merging.each(merging.rows(f"SELECT {', '.join(table.columns)} FROM {table.name}"), merge)
