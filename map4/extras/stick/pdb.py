"""The file `PIONEER/rekordbox/export.pdb`, which CDJs and XDJs before 2023 read."""

from __future__ import annotations

import os
import struct
import zlib
from collections import Counter
from collections.abc import Sequence
from typing import Any

from map4.extras.stick.names import StickNames, shown
from map4.extras.stick.new_stick import MENU_ROWS
from map4.extras.stick.records import SAME_VALUES, StickContents, StickTrack
from map4.formats import TRACK_ROW, DeviceFile, PdbTable

_MASTER_DB = 0x6D617034
"""The number of the library that tracks come from: rekordbox would use its analyses for its tracks."""
_USUAL = {
    "flags": 0x24, "place": 0, "mask": 0x000C0700, "original_artist": 0, "analysed": 41, "offsets": 3,
    "master_db": _MASTER_DB,
}  # fmt: skip
_TYPES = {".mp3": 1, ".mp4": 3, ".m4a": 4, ".aac": 4, ".flac": 5, ".wav": 11, ".aif": 12, ".aiff": 12}
_ALAC = 6
_MOST_KBITS_OF_AAC = 529
_MOST_BPM_X100 = 0xFFFF


def export_pdb(contents: StickContents) -> bytes:
    """The whole file."""
    names = StickNames(contents)
    rows = dict[int, Sequence[bytes | tuple[bytes, str] | tuple[int, str, int]]](contents.rows)
    rows[PdbTable.TRACKS] = [track.row or TRACK_ROW.pack(track_values(track, names)) for track in contents.tracks]
    nodes, entries, orders = list[tuple[bytes, str]](), list[bytes](), Counter[int]()
    for listed in contents.lists:
        node = struct.pack("<5I", listed.parent, 0, orders[listed.parent], listed.number, listed.is_folder)
        orders[listed.parent] += 1
        nodes.append((node, listed.name))
        entries += [struct.pack("<3I", place, track, listed.number) for place, track in enumerate(listed.tracks, 1)]
    rows |= {PdbTable.TREE: nodes, PdbTable.ENTRIES: entries}
    rows |= {kind: menu for kind, menu in MENU_ROWS.items() if not rows.get(kind)}
    rows |= {kind: [*rows.get(kind, ()), *names.new(kind)] for kind in names.tables}
    return DeviceFile.pack(rows, contents.date)


def track_values(track: StickTrack, names: StickNames) -> dict[str, Any]:
    """The values of a track in both databases, by the names of export.pdb."""
    kind = _TYPES.get(os.path.splitext(track.path)[1].lower(), 0)
    return {
        **_USUAL, **{name: getattr(track, name) for name in SAME_VALUES}, **names.of(track),
        "title": shown(track.title), "mix": shown(track.mix), "comment": shown(track.comment), "isrc": track.isrc or "",
        "file_name": os.path.basename(track.path), "analysis_date": track.date_added,
        "bpm_x100": min(round(100 * (track.bpm or 0.0)), _MOST_BPM_X100), "seconds": round(track.duration_s),
        "file_type": _ALAC if kind == _TYPES[".m4a"] and track.kbps > _MOST_KBITS_OF_AAC else kind,
        # The number of a track in the library that it comes from.
        "master_id": zlib.crc32(track.path.encode("utf-8", "replace")) & 0x0FFFFFFF or 1,
    }  # fmt: skip
