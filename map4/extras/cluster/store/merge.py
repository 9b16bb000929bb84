"""Merge a library into another one, table by table (`StoredTable.merge`).

Accounts, and what lets people in, stay those of the library in use, as do the files it wrote; what is drawn from the
rest is drawn anew.
"""

from __future__ import annotations

from collections.abc import Collection

from map4.extras.cluster.store.merging import Merging, merge_by_time
from map4.store.database import scalar
from map4.store.extra_tables import make_tables, recorded, tables_in
from map4.store.rows.effective_values import affected
from map4.store.stored_tables import Newest, extra_tables, resolved

_MERGES = {
    "roots": "map4.extras.cluster.store.tracks:merge_folders",
    "analyses": "map4.extras.cluster.store.tracks:merge_tracks",
    "user_values": "map4.extras.cluster.store.people:merge_said",
    "plays": "map4.extras.cluster.store.plays:merge_plays",
    "imports": "map4.extras.cluster.store.outside:merge_imports",
    "lookups": "map4.extras.cluster.store.outside:merge_lookups",
    "playlists": "map4.extras.cluster.store.lists:merge_lists",
}
"""How core tables without a rule of their own are merged, with the tables that belong to them."""


def rows_to_merge(merging: Merging) -> int:
    """About how many rows are looked at, for who shows how far it is."""
    return sum(int(scalar(merging.source, f"SELECT count(*) FROM {table}")) for table in ("files", "analyses"))


def merge_library(merging: Merging, without: Collection[str] = ()) -> None:
    """Merge one library into another, in short transactions; one that breaks off is finished by another merge.

    without: extras whose tables are left out
    """
    imported: set[str] = set()
    for extra in recorded(merging.source).keys() & extra_tables().keys():
        if extra not in without:
            make_tables(merging.into, extra)
    for table in tables_in(merging.source, without):
        rule = table.merge or _MERGES.get(table.name)
        if isinstance(rule, Newest):
            merge_by_time(merging, table, rule)
        elif rule is not None:
            imported |= resolved(rule)(merging) or set()
    with merging.into.transaction() as connection, affected(connection, merging.into.path) as named:
        named.add(*imported)
