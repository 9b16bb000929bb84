"""Which source of a field goes first, and what that changes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from map4.base.records import Absent, Count, Record, ShownPath
from map4.music.track.sources import MetadataSource


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceOfField(Record):
    """One source of a field.

    changes: how many tracks would show another value if it went first
    who: the providers that are contradicted, or contradict others, each in so many tracks; of other sources nobody
    """

    source: MetadataSource
    changes: Count
    who: Mapping[str, Count]


@dataclass(frozen=True, slots=True, kw_only=True)
class SourcesOfField(Record):
    """A field that several sources speak of.

    words: what people call it
    first: which source was set to go first; None where none was, and the usual order counts
    contradicted: tracks of which its sources say what can't both be, whoever goes first; but for values of your own
    sources: in the order in which they count
    """

    field: str
    words: str
    first: MetadataSource | None
    contradicted: Count
    sources: tuple[SourceOfField, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldSources(Record, kind="sources"):
    """Which source of each field goes first: 'map4 tags prefer --json'."""

    fields: tuple[SourcesOfField, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherValue(Record):
    """A track that would show another value; `now` and `then`: None where it shows none."""

    path: ShownPath
    audio_id: str | None
    artist: str | None
    title: str | None
    now: str | int | None
    then: str | int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceChange(Record, kind="source-change"):
    """Another source that goes first of a field, and what that changes: 'map4 tags prefer FIELD SOURCE --json'.

    first: the source; None is the usual order
    before: which was set before
    count: tracks that would show another value; left out where it was set now
    changes: the first of these
    """

    field: str
    words: str
    first: MetadataSource | None
    before: MetadataSource | None
    count: Count | Absent = ...
    changes: tuple[OtherValue, ...] | Absent = ...
