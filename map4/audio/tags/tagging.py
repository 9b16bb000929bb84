"""Tags that are written into files: which fields there are, and what becomes of each file."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, get_args

from map4.base.records import Fraction, Record, ShownPath
from map4.music.track.sources import FieldSource

TagField = Literal[
    "bpm", "key", "energy", "gain", "genre", "year", "artist", "title", "album", "album_artist", "track",
    "disc_number", "rating", "label", "catalog_number", "isrc", "cover", "comment", "comment_prefix", "comment_marks",
    "grouping_marks", "serato_cues",
]  # fmt: skip
TAG_FIELDS: tuple[TagField, ...] = get_args(TagField)

FieldState = Literal["write", "same", "differs", "unsure", "unknown"]
"""write: is written; same: the tag says so already; differs: the tag says something else, which counts without
`overwrite`; unsure: below the confidence asked for; unknown: map4 has no value."""

FileState = Literal["written", "planned", "unchanged", "left_alone", "restored"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldPlan(Record):
    """What becomes of one field of a file.

    state: write: is written; same: the tag says so already; differs: the tag says something else, and stays; unsure:
        below the confidence asked for; unknown: there is no value
    old: what the tag says
    new: the value that counts, as it is written; None where there is none
    source: whose value is the new one: user, measured, imported, provider or labels
    confidence: of the new value, 0-1, where it has one
    """

    name: TagField
    state: FieldState
    old: str | None = None
    new: str | None = None
    source: FieldSource | None = None
    confidence: Fraction | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TaggedFile(Record, kind="tagged-file", members="path audio_id state fields problem journal also"):
    """What became of the tags of one file, or would.

    state: written; planned (a dry run); unchanged; left_alone, for the reason in `problem`; restored (an undo)
    audio_id: None after an undo
    fields: all that were asked for; none after an undo
    problem: why it was left alone, to be read behind the file's name
    journal: by whose name 'map4 tags undo' takes it back, or did
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
"""What is written into one file: each field, with what its tag says before and after."""


def planned_tags(fields: Iterable[FieldPlan]) -> PlannedTags:
    """Those that are written."""
    return tuple((field.name, field.old, field.new) for field in fields if field.state == "write")


@dataclass(frozen=True, slots=True, kw_only=True)
class TagWrite(Record, kind="tag-write"):
    """What 'map4 tags write' wrote, or would.

    dry_run: true where nothing was written
    journal: its name
    """

    dry_run: bool
    files: Iterable[TaggedFile]
    journal: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TagUndo(Record, kind="tag-undo"):
    """What 'map4 tags undo' restored.

    journal: its name
    """

    files: Iterable[TaggedFile]
    journal: str | None
