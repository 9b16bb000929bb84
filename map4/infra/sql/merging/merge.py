"""A whole library merged into another.

Accounts, and what lets people in, stay those of the library in use, as do the files it wrote; what is drawn from the
rest is drawn anew.
"""

from __future__ import annotations

from map4.infra.sql.database import scalar
from map4.infra.sql.merging.lists import merge_lists
from map4.infra.sql.merging.merging import Merging
from map4.infra.sql.merging.outside import merge_imports, merge_lookups
from map4.infra.sql.merging.people import merge_said
from map4.infra.sql.merging.tracks import merge_tracks
from map4.infra.sql.rows.effective_values import affected, recompute_provided


def rows_to_merge(merging: Merging) -> int:
    """About how many rows are looked at, for who shows how far it is."""
    return sum(int(scalar(merging.source, f"SELECT count(*) FROM {table}")) for table in ("files", "analyses"))


def merge_library(merging: Merging) -> None:
    """Merge one library into another, in short transactions; one that breaks off is finished by another merge."""
    merge_tracks(merging)
    merge_said(merging)
    imported = merge_lists(merging) | merge_imports(merging)
    looked_up = merge_lookups(merging)
    with merging.into.transaction() as connection:
        with affected(connection, merging.into.path) as named:
            named.add(*imported)
        recompute_provided(connection, sorted(looked_up))
