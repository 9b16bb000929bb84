"""Beat grids of rekordbox: the tag PQTZ of the files `ANLZ0000.DAT` that lie beside its database.

The layout is that of the section "Beat Grid" in Deep Symmetry's "DJ Link Ecosystem Analysis": tags with their name,
length of the header and length of all; in PQTZ a count, and for each beat its number in the bar, hundredths of BPM and
milliseconds, all big-endian. pyrekordbox reads these files too, but whole and field by field: a file of 700 beats takes
it 8 ms, and 100,000 of them a quarter of an hour. The one tag alone is read here, in a twentieth of that.
"""

from __future__ import annotations

import os
import struct

from map4.domain.cues import GridMark
from map4.formats.beat_grid import grid_of_beats
from map4.regular_files import open_regular

_FILE_TAG, _GRID_TAG = b"PMAI", b"PQTZ"
_HEAD = struct.Struct(">4sII")
_COUNT_AT = 20
_BEAT = struct.Struct(">HHI")
_BPM_SCALE, _MS = 100.0, 1000.0
# Beats are rounded to whole milliseconds, the one a run begins with too.
_TOLERANCE_S = 0.0015
_METRE = 4
_MOST_BYTES = 64_000_000


def rekordbox_grid(share: str, analysis_path: str) -> tuple[GridMark, ...]:
    r"""Read the beat grid of a track.

    Parameters
    ----------
    share : the folder "share" of the library
    analysis_path : `djmdContent.AnalysisDataPath`, such as "/PIONEER/USBANLZ/…/ANLZ0000.DAT"

    Returns
    -------
    Marks on rekordbox's time scale, bars of four; none where there is no grid.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If it can't be read.
    """
    inside = os.path.normpath(analysis_path.replace("\\", "/").lstrip("/"))
    if inside.startswith("..") or os.path.isabs(inside):
        raise ValueError("a path that leads out of the library")
    try:
        with open_regular(os.path.join(share, inside)) as file:
            data = file.read(_MOST_BYTES)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise ValueError(f"it can't be opened: {error.strerror}") from None
    try:
        return _grid(data)
    except struct.error as error:
        raise ValueError(f"it ends too soon: {error}") from None


def _grid(data: bytes) -> tuple[GridMark, ...]:
    name, at, end = _HEAD.unpack_from(data)
    if name != _FILE_TAG:
        raise ValueError("it is no file of rekordbox's analysis")
    while at < min(end, len(data)):
        name, head_bytes, tag_bytes = _HEAD.unpack_from(data, at)
        if name == _GRID_TAG:
            (count,) = struct.unpack_from(">I", data, at + _COUNT_AT)
            return _marks([_BEAT.unpack_from(data, at + head_bytes + _BEAT.size * i) for i in range(count)])
        if not tag_bytes:
            raise ValueError("a tag without a length")
        at += tag_bytes
    return ()


def _marks(beats: list[tuple[int, int, int]]) -> tuple[GridMark, ...]:
    numbers = [beat for beat, _, _ in beats]
    if not all(1 <= beat <= _METRE for beat in numbers):
        raise ValueError("a beat outside of its bar")
    if len(beats) == 1 and beats[0][1] > 0:
        beat, bpm, time_ms = beats[0]
        return (GridMark(position_s=time_ms / _MS, bpm=bpm / _BPM_SCALE, metre=_METRE, beat=beat),)
    return grid_of_beats([time_ms / _MS for _, _, time_ms in beats], tolerance_s=_TOLERANCE_S, numbers=numbers)
