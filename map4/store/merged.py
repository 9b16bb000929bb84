"""What merging libraries into one brings, and where they contradict each other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from map4.base.records import Count, Json, Moment, Record, ShownPath


@dataclass(frozen=True, slots=True, kw_only=True)
class MergeSource(Record, members="library schema_version older=is_older files"):
    """A library that was merged into another.

    schema_version: of the file itself
    is_older: it was read in a copy that was brought up to date
    """

    library: ShownPath
    schema_version: Count
    is_older: bool
    files: Count


@dataclass(frozen=True, slots=True, kw_only=True)
class MergedCount(Record):
    """How many were not there yet, and how many replaced what was older here."""

    new: Count
    newer: Count


@dataclass(frozen=True, slots=True, kw_only=True)
class MergeConflict(Record):
    """What two libraries say differently of one thing; the newer counts.

    source: the library that was merged
    about: a value for all, a rating, a mark, a stored list, or which audio a file holds
    audio_id, file: the track that it is about, and a file of it; null of a list
    name: the field, or the name of the list; null of a file
    counts, set_at: what counts now, and since when: a value, how many tracks a list has, the audio of a file; null
        where it was taken back or deleted
    instead_of, instead_set_at: what it counts instead of
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


@dataclass(frozen=True, slots=True, kw_only=True)
class MergedLibraries(Record, kind="cache-merge"):
    """What 'map4 library merge' brought, or would bring, into the library in use.

    library: its place
    dry_run: true where nothing was changed
    merged: by what it is; only what there was something of
    conflicts: in their order, those that the caller may see
    hidden_conflicts: how many are about ratings, marks and private lists of others
    """

    library: str
    dry_run: bool
    sources: tuple[MergeSource, ...]
    merged: Mapping[str, MergedCount]
    conflicts: tuple[MergeConflict, ...]
    hidden_conflicts: Count
