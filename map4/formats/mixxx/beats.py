"""The beats of a track as Mixxx stores them: small protocol buffers, or two doubles in its oldest versions.

The messages are those of Mixxx's `src/proto/beats.proto`: a BeatGrid contains a tempo and the first beat, a BeatMap
every beat. Positions are sample frames of the file. Only a few fields are needed, so they are decoded here.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator

from map4.core.music.analysis.plausible import plausible_bpm, plausible_seconds
from map4.core.music.track.cues import GridMark
from map4.formats.beat_grid import grid_of_beats

# A millisecond is inaudible, and frames are rounded to whole numbers.
_TOLERANCE_S = 0.001

_VARINT, _DOUBLE, _BYTES, _FLOAT = 0, 1, 2, 5
_MOST_VARINT_BITS = 64

# Field numbers of beats.proto.
_GRID_BPM, _GRID_FIRST_BEAT, _BPM_BPM, _MAP_BEAT, _BEAT_POSITION = 1, 2, 1, 1, 1


def mixxx_grid(version: str | None, data: bytes, rate_hz: float) -> tuple[GridMark, ...]:
    """Read the beats of a track.

    version: `library.beats_version`, such as "BeatGrid-2.0"
    data: `library.beats`
    rate_hz: `library.samplerate`, > 0
    returns: Marks on Mixxx's time scale; metre and beat are None, as Mixxx knows no bars.
    """
    kind = (version or "").partition("-")[0]
    try:
        if kind == "BeatMap":
            frames = [_first_number([beat], _BEAT_POSITION) for beat in _all_of(data, _MAP_BEAT)]
            return grid_of_beats([_seconds(frame, rate_hz) for frame in frames], tolerance_s=_TOLERANCE_S)
        if kind != "BeatGrid":
            raise ValueError(f"beats of an unknown kind: {version}")
        if version == "BeatGrid-1.0" and len(data) == struct.calcsize("<dd"):
            bpm, frame = struct.unpack("<dd", data)
        else:
            bpm = _first_number(_all_of(data, _GRID_BPM), _BPM_BPM)
            frame = _first_number(_all_of(data, _GRID_FIRST_BEAT), _BEAT_POSITION)
    except (struct.error, IndexError) as error:
        raise ValueError(f"beats that can't be decoded: {error}") from None
    if plausible_bpm(bpm) is None:
        return ()
    return (GridMark(position_s=round(_seconds(frame, rate_hz), 6), bpm=bpm),)


def _seconds(frame: float, rate_hz: float) -> float:
    time_s = plausible_seconds(frame / rate_hz)
    if time_s is None:
        raise ValueError("a beat outside of any track")
    return time_s


def _all_of(data: bytes, number: int) -> list[bytes]:
    values = [value for field, value in _fields(data) if field == number]
    if not all(isinstance(value, bytes) for value in values):
        raise ValueError("a number where a message should be")
    return [value for value in values if isinstance(value, bytes)]


def _first_number(messages: list[bytes], number: int) -> float:
    """Return a number of the last message, which is the valid one; 0, the default, if the field is missing."""
    values = [value for message in messages[-1:] for field, value in _fields(message) if field == number]
    value = values[-1] if values else 0.0
    if isinstance(value, bytes) or not math.isfinite(value):
        raise ValueError("no number where one should be")
    return value


def _fields(data: bytes) -> Iterator[tuple[int, float | bytes]]:
    """Yield field numbers and values of a message, in order; a varint is taken for an int32."""
    at = 0
    while at < len(data):
        tag, at = _varint(data, at)
        kind = tag & 7
        value: float | bytes
        if kind == _VARINT:
            raw, at = _varint(data, at)
            value = (raw & 0xFFFFFFFF) - ((raw & 0x80000000) << 1)
        elif kind == _DOUBLE:
            (value,) = struct.unpack_from("<d", data, at)
            at += 8
        elif kind == _FLOAT:
            (value,) = struct.unpack_from("<f", data, at)
            at += 4
        elif kind == _BYTES:
            length, at = _varint(data, at)
            value = data[at : at + length]
            if len(value) < length:
                raise ValueError("it ends in the middle of a message")
            at += length
        else:
            raise ValueError(f"a field of the unknown type {kind}")
        yield tag >> 3, value


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while shift < _MOST_VARINT_BITS:
        byte = data[at]  # IndexError if it ends too soon
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7
    raise ValueError("a number without an end")
