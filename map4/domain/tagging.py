"""Tags that are written into files: which fields there are, and what becomes of each file."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal, get_args

from map4.domain.track.track import path_fields

TagField = Literal[
    "bpm", "key", "energy", "gain", "genre", "year", "artist", "title", "rating", "label", "catalog_number", "isrc",
    "comment_prefix", "serato_cues",
]  # fmt: skip
TAG_FIELDS: tuple[TagField, ...] = get_args(TagField)

FieldState = Literal["write", "same", "differs", "unsure", "unknown"]
"""write: is written; same: the tag says so already; differs: the tag says something else, which counts without
`overwrite`; unsure: below the confidence asked for; unknown: map4 has no value."""

FileState = Literal["written", "planned", "unchanged", "left_alone", "restored"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldPlan:
    """What becomes of one field of a file.

    old, new: what the tag says, and what it is to say, as a person reads it; None where there is none
    source: whose value is the new one: user, measured, imported, provider or labels
    confidence: of the new value, 0-1, where it has one
    """

    name: TagField
    state: FieldState
    old: str | None = None
    new: str | None = None
    source: str | None = None
    confidence: float | None = None

    def to_record(self) -> dict[str, Any]:
        """JSON values."""
        return asdict(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class TaggedFile:
    """What became of one file, or will.

    state: written; planned (a dry run); unchanged; left_alone, for the reason in `problem`; restored (an undo)
    fields: all that were asked for
    problem: read behind the file's name
    journal: by whose name it is undone, or was
    """

    path: str
    state: FileState
    audio_id: str | None = None
    fields: tuple[FieldPlan, ...] = ()
    problem: str | None = None
    journal: str | None = None

    @property
    def changes(self) -> tuple[FieldPlan, ...]:
        """The fields that are written."""
        return tuple(field for field in self.fields if field.state == "write")

    def to_record(self) -> dict[str, Any]:
        """The `map4/tagged-file/1` record."""
        return {
            "schema": "map4/tagged-file/1",
            **path_fields(self.path),
            "audio_id": self.audio_id,
            "state": self.state,
            "fields": [field.to_record() for field in self.fields],
            "problem": self.problem,
            "journal": self.journal,
        }
