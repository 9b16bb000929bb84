"""What crosses between reading a file's tags, writing them, and keeping what they were."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

TagSlot = Literal[
    "bpm", "key", "energy", "gain", "peak", "genre", "year", "artist", "title", "rating", "comment",
]  # fmt: skip
"""A place in a tag. `gain` is in dB to -18 LUFS, `peak` a fraction of full scale, `rating` in stars."""

SlotValue = str | float | int
SlotValues = Mapping[TagSlot, SlotValue]


@dataclass(frozen=True, slots=True)
class Splice:
    """A change of a file: its bytes [start, stop) become `new`."""

    start: int
    stop: int
    new: bytes


def growth(splices: Iterable[Splice]) -> int:
    """How many bytes longer a file becomes."""
    return sum(len(each.new) - (each.stop - each.start) for each in splices)


def spliced(data: bytes, splices: Iterable[Splice], *, base: int = 0) -> bytes:
    """Bytes that begin at `base` of a file, changed."""
    pieces, at = [], 0
    for each in sorted(splices, key=lambda splice: (splice.start, splice.stop)):
        pieces += [data[at : each.start - base], each.new]
        at = each.stop - base
    return b"".join((*pieces, data[at:]))
