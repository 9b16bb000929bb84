"""Records of merging libraries, and of their conflicts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from map4.core.base.records import Count, Json, Moment, Record, ShownPath


class MergeSource(Record, members="library schema_version older=is_older files"):
    """A library that was merged into another.

    schema_version: of the file itself
    is_older: it was read from an updated copy
    """

    library: ShownPath
    schema_version: Count
    is_older: bool
    files: Count


class MergedCount(Record):
    """The number of new entries, and of entries that replaced older ones."""

    new: Count
    newer: Count


class MergeConflict(Record):
    """A difference between two libraries; the newer value wins.

    source: the library that was merged
    about: a value for all, a rating, a mark, a stored list, or which audio a file has
    audio_id, file: the track, and a file of it; null for a list
    name: the field, or the name of the list; null for a file
    counts, set_at: the current state and its time: a value, a list's number of tracks, or a file's audio; null if it
        was removed or deleted
    instead_of, instead_set_at: the value that lost
    """

    source: ShownPath
    about: Literal["value", "rating", "mark", "list", "file"]
    audio_id: str | None = None
    file: ShownPath | None = None
    name: str | None = None
    counts: Annotated[Any, Json()]
    set_at: Moment
    instead_of: Annotated[Any, Json()]
    instead_set_at: Moment


class MergedLibraries(Record, kind="cache-merge"):
    """The result of 'map4 library merge', or of its dry run.

    library: its path
    dry_run: true if nothing was changed
    merged: counts by kind; kinds without any are left out
    conflicts: in order, limited to those the caller may see
    hidden_conflicts: number of conflicts about ratings, marks and private lists of other users
    """

    library: str
    dry_run: bool
    sources: tuple[MergeSource, ...]
    merged: Mapping[str, MergedCount]
    conflicts: tuple[MergeConflict, ...]
    hidden_conflicts: Count
