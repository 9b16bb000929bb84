"""The preferred source of fields, and the effect of changing it."""

from __future__ import annotations

from collections.abc import Mapping

from map4.core.base.records import Absent, Count, Record, ShownPath
from map4.core.music.track.sources import MetadataSource


class SourceOfField(Record):
    """A source of a field.

    changes: how many tracks would have another value if it went first
    who: the providers that contradict other sources or are contradicted, with the number of tracks each; empty for
        other sources
    """

    source: MetadataSource
    changes: Count
    who: Mapping[str, Count]


class SourcesOfField(Record):
    """A field with several sources.

    words: its label
    first: the source set to go first; None for the usual order
    contradicted: tracks whose sources contradict each other, in any order of sources; except where you set a value
    sources: in order of precedence
    """

    field: str
    words: str
    first: MetadataSource | None
    contradicted: Count
    sources: tuple[SourceOfField, ...]


class FieldSources(Record, kind="sources"):
    """The first source of each field: 'map4 tags prefer --json'."""

    fields: tuple[SourcesOfField, ...]


class OtherValue(Record):
    """A track that would show another value; `now` and `then`: None without a value."""

    path: ShownPath
    audio_id: str | None
    artist: str | None
    title: str | None
    now: str | int | None
    then: str | int | None


class SourceChange(Record, kind="source-change"):
    """A change of the first source of a field, and its effects: 'map4 tags prefer FIELD SOURCE --json'.

    first: the source; None is the usual order
    before: the previous setting
    count: tracks that would have another value; left out if the change was made
    changes: the first of these
    """

    field: str
    words: str
    first: MetadataSource | None
    before: MetadataSource | None
    count: Count | Absent = ...
    changes: tuple[OtherValue, ...] | Absent = ...
