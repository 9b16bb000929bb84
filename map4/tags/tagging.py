"""Writing tags into files: the fields, and the result for each file."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, get_args

from map4.core.base.records import Fraction, Record, ShownPath
from map4.core.music.track.sources import FieldSource

TagField = Literal[
    "bpm", "key", "energy", "gain", "album_gain", "genre", "year", "artist", "title", "album", "album_artist", "track",
    "disc_number", "rating", "label", "catalog_number", "isrc", "advisory", "cover", "comment", "comment_prefix",
    "comment_marks", "grouping_marks", "serato_cues",
]  # fmt: skip
TAG_FIELDS: tuple[TagField, ...] = get_args(TagField)

FieldState = Literal["write", "same", "differs", "unsure", "unknown"]
"""write: is written; same: the tag already has the value; differs: the tag has another value, which stays without
`overwrite`; unsure: below the required confidence; unknown: map4 has no value."""

FileState = Literal["written", "planned", "unchanged", "left_alone"]


class FieldPlan(Record):
    """The plan for a field of a file.

    state: write: is written; same: the tag already has the value; differs: the tag has another value, which stays;
        unsure: below the required confidence; unknown: there is no value
    old: the tag's value
    new: the current value, as it is written; None if there is none
    source: source of the new value: user, measured, imported, provider or labels; None for words in the title
    confidence: of the new value, 0-1, if it has one
    """

    name: TagField
    state: FieldState
    old: str | None = None
    new: str | None = None
    source: FieldSource | None = None
    confidence: Fraction | None = None


class TaggedFile(Record, kind="tagged-file", members="path audio_id state fields problem journal also"):
    """The result of writing a file's tags, or of a dry run.

    state: written; planned (a dry run); unchanged; left_alone, for the reason in `problem`
    fields: all requested fields
    problem: why it was skipped, to follow the file's name
    journal: name of the journal for 'map4 tags undo'
    also: if a value that is written was set by you, the other files of the library with the same audio, for which you
        set it too
    """

    path: str
    state: FileState
    audio_id: str | None = None
    fields: tuple[FieldPlan, ...] = ()
    problem: str | None = None
    journal: str | None = None
    also: tuple[ShownPath, ...] = ()

    @property
    def changes(self) -> tuple[FieldPlan, ...]:
        return tuple(field for field in self.fields if field.state == "write")


PlannedTags = tuple[tuple[str, str | None, str | None], ...]
"""The changes to a file: each field, with the tag's value before and after."""


def planned_tags(fields: Iterable[FieldPlan]) -> PlannedTags:
    """Return the fields that are written."""
    return tuple((field.name, field.old, field.new) for field in fields if field.state == "write")


class TagWrite(Record, kind="tag-write"):
    """The result of 'map4 tags write', or of its dry run.

    dry_run: true if nothing was written
    journal: its name
    """

    dry_run: bool
    files: Iterable[TaggedFile]
    journal: str | None
