"""Records for reading a file's tags, writing them, and restoring earlier tags."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from map4.audio.jobs import Content

from map4.audio.tags.tagging import TAG_FIELDS
from map4.base.records import Count, Moment, Record

TagSlot = Literal[
    "bpm", "key", "energy", "gain", "peak", "album_gain", "album_peak", "genre", "year", "artist", "title", "album",
    "album_artist", "track", "disc_number", "rating", "comment", "grouping", "label", "catalog_number", "isrc", "cover",
    "serato_markers2", "serato_markers", "serato_ogg",
]  # fmt: skip
"""A place in a tag. Gains are in dB to -18 LUFS, peaks a fraction of full scale, `rating` in stars. Serato's slots are
blocks as a file stores them, with bytes of ID3 as one letter each; so is `cover`, a JPEG, PNG, GIF or WEBP."""

SERATO_SLOTS: frozenset[TagSlot] = frozenset({"serato_markers2", "serato_markers", "serato_ogg"})

BYTE_SLOTS: frozenset[TagSlot] = SERATO_SLOTS | {"cover"}
"""Slots that are not text."""

SlotValue = str | float | int
SlotValues = Mapping[TagSlot, SlotValue]


@dataclass(frozen=True, slots=True)
class Splice:
    """A change of a file: its bytes [start, stop) become `new`."""

    start: int
    stop: int
    new: bytes


def growth(splices: Iterable[Splice]) -> int:
    """Return how many bytes longer a file becomes."""
    return sum(len(each.new) - (each.stop - each.start) for each in splices)


def spliced(data: bytes, splices: Iterable[Splice], *, base: int = 0) -> bytes:
    """Apply changes to bytes that begin at `base` of a file."""
    pieces, at = [], 0
    for each in sorted(splices, key=lambda splice: (splice.start, splice.stop)):
        pieces += [data[at : each.start - base], each.new]
        at = each.stop - base
    return b"".join((*pieces, data[at:]))


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenTags:
    """A journal's data on a file, enough to restore it.

    path: as `os.fsdecode` returns it
    before, after: content of the file
    modified_ns: its modification time before
    back: changes from `after` back to `before`
    fields: for each written field the value before and after, for people
    """

    path: str
    before: Content
    after: Content
    modified_ns: int
    back: tuple[Splice, ...]
    fields: Mapping[str, tuple[str | None, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Journal(
    Record,
    kind="tag-journal",
    members="name written_at=written files fields=names undone_at=undone",
):
    """A write of tags that can be undone.

    name: for undoing it
    path: of its file
    written_at: UTC
    files: number of written files
    fields: the written fields
    undone_at: when all of it was undone; None if it was not
    """

    name: str
    path: str
    written_at: datetime
    files: Count
    fields: frozenset[str] = frozenset()
    undone_at: datetime | None = None

    @property
    def written(self) -> Moment:
        """Return when it was written, as text."""
        return self.written_at.isoformat(timespec="seconds")

    @property
    def names(self) -> tuple[str, ...]:
        """Return the written fields, in order."""
        return tuple(name for name in TAG_FIELDS if name in self.fields)

    @property
    def undone(self) -> Moment | None:
        """Return when all of it was undone, as text."""
        return None if self.undone_at is None else self.undone_at.isoformat(timespec="seconds")


@dataclass(frozen=True, slots=True, kw_only=True)
class Journals(Record, kind="tag-journals"):
    """The writes of tags, newest first."""

    journals: tuple[Journal, ...]


def reversed_splices(splices: Iterable[Splice], old: Iterable[bytes]) -> tuple[Splice, ...]:
    """Return the changes that undo the given changes.

    splices: in the order of the file
    old: the bytes that each replaces
    """
    back, shift = [], 0
    for each, was in zip(splices, old, strict=True):
        start = each.start + shift
        back.append(Splice(start, start + len(each.new), was))
        shift += len(each.new) - (each.stop - each.start)
    return tuple(back)
