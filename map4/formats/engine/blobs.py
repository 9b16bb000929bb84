"""The blocks of a track in Engine's database: cue points, loops, the beat grid and the sample rate.

All except the loops are zlib data after a length of four bytes. Numbers are big-endian, except those of loops and of
grid marks. Positions are sample frames of the file.
[1] xsco/libdjinterop, `src/djinterop/engine/v2/*_blob.cpp` and their headers, public project: the blocks of schema 2
    and 3, which are the same.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from typing import Any

from map4.core.music.analysis.plausible import plausible_bpm, plausible_seconds
from map4.core.music.track.cues import CuePoint, GridMark
from map4.formats.beat_grid import BeatGrid
from map4.formats.fields import UNREADABLE

# A grid of 100,000 marks is 2.4 MB; larger blocks are damaged, or meant to fill the memory.
_MOST_BYTES = 8_000_000
_LENGTH_BYTES = 4
_METRE = 4
# Minimum sample rate; lower values are damage and would turn seconds into hours.
_LEAST_HZ = 1000.0

_COUNT, _LOOP_COUNT, _RATE = struct.Struct(">q"), struct.Struct("<q"), struct.Struct(">d")
_CUE, _MAIN_CUE = struct.Struct(">dx3s"), struct.Struct(">dBd")
_LOOP = struct.Struct("<dd??x3s")
_GRID_HEAD, _GRID_MARK = struct.Struct(">dd?"), struct.Struct("<dqii")


def engine_rate_hz(*blocks: bytes) -> float | None:
    """Return the sample rate at the start of the blocks of a track and of its grid; None if no block has one."""
    for data in blocks:
        try:
            rate_hz = float(_RATE.unpack_from(_unpacked(data))[0])
        except UNREADABLE:
            continue
        if rate_hz >= _LEAST_HZ:
            return rate_hz
    return None


def engine_cues(data: bytes, rate_hz: float | None) -> tuple[CuePoint, ...]:
    """Return hot cues by their pads, and a moved main cue as "load"; on Engine's time scale.

    Like the other readers, raises one of `UNREADABLE` for a damaged block.
    """
    block = _unpacked(data)
    if not block:
        return ()
    pads, at = _entries(block, _COUNT, _CUE)
    cues = [
        CuePoint(position_s=_seconds(frame, rate_hz), number=pad, name=name, color=f"#{color.hex()}")
        for pad, (name, frame, color) in enumerate(pads)
        if frame >= 0.0
    ]
    frame, is_moved, _ = _MAIN_CUE.unpack_from(block, at)
    if is_moved and frame >= 0.0:
        cues.append(CuePoint(position_s=_seconds(frame, rate_hz), kind="load"))
    return tuple(cues)


def engine_loops(data: bytes, rate_hz: float | None) -> tuple[CuePoint | None, ...]:
    """Return saved loops on Engine's time scale, without a button; None for a loop whose ends are impossible."""
    loops = _entries(data, _LOOP_COUNT, _LOOP)[0] if data else []
    return tuple(
        CuePoint(
            position_s=_seconds(start, rate_hz),
            kind="loop",
            name=name,
            length_s=_seconds(end - start, rate_hz),
            color=f"#{color.hex()}",
        )
        if has_start and has_end and 0.0 <= start < end
        else None
        for name, start, end, has_start, has_end, color in loops
        if has_start or has_end
    )


def engine_grid(data: bytes) -> tuple[GridMark, ...]:
    """Return the grid that Engine uses, in bars of four, from the track's first beat; Engine's own begins earlier."""
    block = _unpacked(data)
    if not block:
        return ()
    rate_hz, _, _ = _GRID_HEAD.unpack_from(block)
    default, at = _grid_marks(block, _GRID_HEAD.size)
    adjusted, _ = _grid_marks(block, at)
    marks = list(_marks(adjusted or default, rate_hz))
    while len(marks) > 1 and marks[1].position_s <= 0.0:
        del marks[0]
    for mark in marks[:1]:
        first = BeatGrid.from_zero(mark)
        is_before_next = len(marks) == 1 or first.position_s < marks[1].position_s
        marks[:1] = [replace(first, position_s=round(first.position_s, 6))] if is_before_next else []
    return tuple(marks)


def _marks(marks: list[tuple[float, int]], rate_hz: float) -> Iterator[GridMark]:
    """Yield all marks but the last, which only ends the grid. The first counts bars; later ones are on downbeats."""
    for index, ((frame, beat), (next_frame, next_beat)) in enumerate(pairwise(marks)):
        frames, beats = next_frame - frame, next_beat - beat
        bpm = plausible_bpm(beats * 60.0 * rate_hz / frames) if frames > 0.0 else None
        if bpm is None:
            raise ValueError("a mark that no track can have")
        number = 1 if index else beat % _METRE + 1
        yield GridMark(position_s=_seconds(frame, rate_hz), bpm=round(bpm, 6), metre=_METRE, beat=number)


def _grid_marks(block: bytes, at: int) -> tuple[list[tuple[float, int]], int]:
    """Return frame and beat number of each mark, and the offset after them."""
    start = at + _COUNT.size
    end = start + _count(block, at, _COUNT) * _GRID_MARK.size
    if end > len(block):
        raise ValueError("it ends within the grid")
    return [(frame, beat) for frame, beat, _, _ in _GRID_MARK.iter_unpack(block[start:end])], end


def _entries(block: bytes, count: struct.Struct, entry: struct.Struct) -> tuple[list[tuple[Any, ...]], int]:
    """Return name and fields of each entry after a count, and the offset after them."""
    entries, at = [], count.size
    for _ in range(_count(block, 0, count)):
        end = at + 1 + block[at]
        name = block[at + 1 : end].decode("utf-8", "replace").strip("\0 ") or None
        entries.append((name, *entry.unpack_from(block, end)))
        at = end + entry.size
    return entries, at


def _count(block: bytes, at: int, count: struct.Struct) -> int:
    """Read a count, which can't exceed the number of bytes."""
    (number,) = count.unpack_from(block, at)
    if not 0 <= number <= len(block):
        raise ValueError("an impossible count")
    return int(number)


def _seconds(frame: float, rate_hz: float | None) -> float:
    if rate_hz is None or not rate_hz >= _LEAST_HZ:
        raise ValueError("a place in frames of unknown length")
    time_s = plausible_seconds(frame / rate_hz)
    if time_s is None:
        raise ValueError("a place outside of any track")
    return round(time_s, 6)


def _unpacked(data: bytes) -> bytes:
    """Decompress a block; empty if none was stored."""
    if len(data) <= _LENGTH_BYTES:
        return b""
    reader = zlib.decompressobj()
    try:
        block = reader.decompress(data[_LENGTH_BYTES:], _MOST_BYTES)
    except zlib.error as error:
        raise ValueError(f"it can't be unpacked: {error}") from None
    if not reader.eof:
        raise ValueError("it is cut off, or longer than any block")
    return block
