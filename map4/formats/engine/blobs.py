"""The blocks of a track in Engine's database: cue points, loops, the beat grid and the sample rate.

All but the loops are compressed by zlib behind their length in four bytes. Numbers are big-endian, but for those of
loops and of grid marks. Positions count sample frames of the file.

References
----------
.. [1] xsco/libdjinterop, `src/djinterop/engine/v2/*_blob.cpp` and their headers, public project: the blocks of schema 2
    and 3, which are the same.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise

from map4.domain.cues import CuePoint, GridMark
from map4.domain.imported import plausible_bpm, plausible_seconds
from map4.formats.beat_grid import from_zero

# A grid of 100,000 marks is 2.4 MB; what unpacks to more is damage, or meant to fill the memory.
_MOST_BYTES = 8_000_000
_LENGTH_BYTES = 4
_METRE = 4
# Of audio; less is damage, and would make hours of seconds.
_LEAST_HZ = 1000.0

_COUNT, _LOOP_COUNT, _RATE = struct.Struct(">q"), struct.Struct("<q"), struct.Struct(">d")
_CUE, _MAIN_CUE = struct.Struct(">dx3s"), struct.Struct(">dBd")
_LOOP = struct.Struct("<dd??x3s")
_GRID_HEAD, _GRID_MARK = struct.Struct(">dd?"), struct.Struct("<dqii")


def engine_rate_hz(*blocks: bytes) -> float | None:
    """The sample rate, with which the blocks of a track and of its grid begin; None where none of them has one."""
    for data in blocks:
        try:
            block = _unpacked(data)
        except ValueError:
            continue
        if len(block) >= _RATE.size and (rate_hz := _RATE.unpack_from(block)[0]) >= _LEAST_HZ:
            return float(rate_hz)
    return None


def engine_cues(data: bytes, rate_hz: float | None) -> tuple[CuePoint, ...]:
    """Hot cues by their pads, and the main cue as "load" where somebody moved it; on Engine's time scale.

    Raises
    ------
    ValueError
        If they can't be read.
    """
    block = _unpacked(data)
    if not block:
        return ()
    try:
        (count,), at = _COUNT.unpack_from(block), _COUNT.size
        cues = []
        for pad in range(_plausible(count, len(block))):
            name, at = _label(block, at)
            frame, color = _CUE.unpack_from(block, at)
            at += _CUE.size
            if frame >= 0.0:
                cues.append(
                    CuePoint(position_s=_seconds(frame, rate_hz), number=pad, name=name, color=f"#{color.hex()}")
                )
        frame, is_moved, _ = _MAIN_CUE.unpack_from(block, at)
    except struct.error:
        raise ValueError("it ends within the cue points") from None
    if is_moved and frame >= 0.0:
        cues.append(CuePoint(position_s=_seconds(frame, rate_hz), kind="load"))
    return tuple(cues)


def engine_loops(data: bytes, rate_hz: float | None) -> tuple[CuePoint, ...]:
    """Saved loops, without a button: Engine's are others than those of hot cues; on Engine's time scale.

    Raises
    ------
    ValueError
        If they can't be read.
    """
    if not data:
        return ()
    loops = []
    try:
        (count,), at = _LOOP_COUNT.unpack_from(data), _LOOP_COUNT.size
        for _ in range(_plausible(count, len(data))):
            name, at = _label(data, at)
            start, end, has_start, has_end, color = _LOOP.unpack_from(data, at)
            at += _LOOP.size
            if has_start and has_end and 0.0 <= start < end:
                begin_s = _seconds(start, rate_hz)
                loops.append(
                    CuePoint(
                        position_s=begin_s,
                        kind="loop",
                        name=name,
                        length_s=round(_seconds(end, rate_hz) - begin_s, 6),
                        color=f"#{color.hex()}",
                    )
                )
    except struct.error:
        raise ValueError("it ends within the loops") from None
    return tuple(loops)


def engine_grid(data: bytes) -> tuple[GridMark, ...]:
    """The grid that Engine plays by, in bars of four, from the first beat of the track on.

    Raises
    ------
    ValueError
        If it can't be read.
    """
    block = _unpacked(data)
    if not block:
        return ()
    try:
        rate_hz, _, _ = _GRID_HEAD.unpack_from(block)
        default, at = _grid_marks(block, _GRID_HEAD.size)
        adjusted, _ = _grid_marks(block, at)
    except struct.error:
        raise ValueError("it ends within the grid") from None
    marks = adjusted or default
    if len(marks) < 2:
        return ()
    return tuple(_from_the_start(list(_marks(marks, rate_hz))))


def _marks(marks: list[tuple[float, int]], rate_hz: float) -> Iterator[GridMark]:
    """Every mark but the last, which only ends the grid. The first counts bars; later ones are set on a downbeat."""
    for index, ((frame, beat), (next_frame, next_beat)) in enumerate(pairwise(marks)):
        frames, beats = next_frame - frame, next_beat - beat
        bpm = plausible_bpm(beats * 60.0 * rate_hz / frames) if frames > 0.0 else None
        if bpm is None:
            raise ValueError("a mark that no track can have")
        number = 1 if index else beat % _METRE + 1
        yield GridMark(position_s=_seconds(frame, rate_hz), bpm=round(bpm, 6), metre=_METRE, beat=number)


def _from_the_start(marks: list[GridMark]) -> list[GridMark]:
    """The same without what lies before the track: Engine's grids begin four beats before it."""
    while len(marks) > 1 and marks[1].position_s <= 0.0:
        del marks[0]
    first = from_zero(marks[0])
    if len(marks) > 1 and first.position_s >= marks[1].position_s:
        return marks[1:]
    return [replace(first, position_s=round(first.position_s, 6)), *marks[1:]]


def _grid_marks(block: bytes, at: int) -> tuple[list[tuple[float, int]], int]:
    """Frame and number of the beat of each mark, and where they end."""
    (count,) = _COUNT.unpack_from(block, at)
    start = at + _COUNT.size
    end = start + _plausible(count, len(block)) * _GRID_MARK.size
    if end > len(block):
        raise ValueError("it ends within the grid")
    return [(frame, beat) for frame, beat, _, _ in _GRID_MARK.iter_unpack(block[start:end])], end


def _plausible(count: int, most: int) -> int:
    """A count, which can't be more than there are bytes."""
    if not 0 <= count <= most:
        raise ValueError("a count that can't be")
    return count


def _label(block: bytes, at: int) -> tuple[str | None, int]:
    if at >= len(block):
        raise ValueError("it ends before a name")
    end = at + 1 + block[at]
    return block[at + 1 : end].decode("utf-8", "replace").strip("\0 ") or None, end


def _seconds(frame: float, rate_hz: float | None) -> float:
    if rate_hz is None or not rate_hz >= _LEAST_HZ:
        raise ValueError("a place in frames of unknown length")
    time_s = plausible_seconds(frame / rate_hz)
    if time_s is None:
        raise ValueError("a place outside of any track")
    return round(time_s, 6)


def _unpacked(data: bytes) -> bytes:
    """A block without its compression; empty where none was stored."""
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
