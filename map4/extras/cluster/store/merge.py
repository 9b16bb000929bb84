"""Merge a library into another, table by table (`StoredTable.merge`).

Accounts, credentials and written files of the library in use stay as they are; derived data is recomputed.
"""

from __future__ import annotations

from collections.abc import Collection

from map4.core.store.database import scalar
from map4.core.store.extra_tables import make_tables, recorded, tables_in
from map4.core.store.stored_tables import Newest, extra_tables, resolved
from map4.extras.cluster.store.merging import Merging, merge_by_time
from map4.imports import affected

_MERGES = {
    "roots": "map4.extras.cluster.store.tracks:merge_folders",
    "analyses": "map4.extras.cluster.store.tracks:merge_tracks",
    "user_values": "map4.extras.cluster.store.people:merge_user_values",
    "plays": "map4.extras.cluster.store.plays:merge_plays",
    "imports": "map4.extras.cluster.store.outside:merge_imports",
    "lookups": "map4.extras.cluster.store.outside:merge_lookups",
    "playlists": "map4.extras.cluster.store.lists:merge_lists",
}
"""Merge rules of core tables without their own rule, including dependent tables."""


def rows_to_merge(merging: Merging) -> int:
    """Approximate number of rows to process, for progress."""
    return sum(int(scalar(merging.source, f"SELECT count(*) FROM {table}")) for table in ("files", "analyses"))


def merge_library(merging: Merging, without: Collection[str] = ()) -> None:
    """Merge a library into another in short transactions; an interrupted merge is completed by repeating it.

    without: extras whose tables are omitted
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
