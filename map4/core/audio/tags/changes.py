"""Records for reading a file's tags, writing them, and restoring earlier tags."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from map4.core.audio.content import Content


TagSlot = Literal[
    "bpm", "key", "energy", "gain", "peak", "album_gain", "album_peak", "genre", "year", "artist", "title", "album",
    "album_artist", "track", "disc_number", "rating", "comment", "grouping", "label", "catalog_number", "isrc",
    "advisory", "cover", "serato_markers2", "serato_markers", "serato_ogg",
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

    @staticmethod
    def reversed(splices: Iterable[Splice], old: Iterable[bytes]) -> tuple[Splice, ...]:
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
