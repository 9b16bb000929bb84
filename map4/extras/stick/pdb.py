"""The file `PIONEER/rekordbox/export.pdb`, which CDJs and XDJs before 2023 read."""

from __future__ import annotations

import os
import zlib
from collections import Counter, defaultdict

from map4.extras.stick import menus
from map4.extras.stick.names import StickNames, list_name, shown
from map4.extras.stick.pages import pack_pages
from map4.extras.stick.records import StickContents, StickTrack
from map4.extras.stick.rows import (
    ALBUMS,
    ARTISTS,
    ARTWORK,
    CATEGORIES,
    COLORS,
    COLUMNS,
    ENTRIES,
    ENTRY,
    GENRES,
    KEYS,
    LABELS,
    SORTS,
    SYNCHRONISED,
    TRACKS,
    TREE,
    album_row,
    artist_row,
    color_row,
    column_row,
    key_row,
    list_row,
    named_row,
    synchronised_row,
    track_row,
)

MASTER_DB = 0x6D617034
"""The number of the library that tracks come from: rekordbox would look in its own analyses for tracks of its own."""
_FLAGS, _MASK, _UNKNOWN, _OFFSETS = 0x24, 0x000C0700, 41, 3
_TYPES = {".mp3": 1, ".mp4": 3, ".m4a": 4, ".aac": 4, ".flac": 5, ".wav": 11, ".aif": 12, ".aiff": 12}
_ALAC = 6
_MOST_KBITS_OF_AAC = 529
_MOST_16, _MOST_32 = 0xFFFF, 0xFFFFFFFF
_TEXTS = 21


def export_pdb(contents: StickContents) -> bytes:
    """The whole file.

    raises ValueError: if a row does not fit on a page, as its path is too long
    """
    names = StickNames(contents)
    rows: defaultdict[int, list[bytes]] = defaultdict(list)
    for kind, kept in contents.rows.items():
        rows[kind] = list(kept)
    rows[TRACKS] = [track.row or _track(track, names) for track in contents.tracks]
    rows[GENRES] += [named_row(number, name) for name, number in names.genres.new_items()]
    rows[LABELS] += [named_row(number, name) for name, number in names.labels.new_items()]
    rows[ARTWORK] += [named_row(number, path) for path, number in names.artwork.new_items()]
    rows[KEYS] += [key_row(number, name) for name, number in names.keys.new_items()]
    rows[ARTISTS] += [artist_row(number, name) for name, number in names.artists.new_items()]
    rows[ALBUMS] += [album_row(number, name, artist) for (name, artist), number in names.albums.new_items()]
    orders = Counter[int]()
    rows[TREE], rows[ENTRIES] = [], []
    for listed in contents.lists:
        order, orders[listed.parent] = orders[listed.parent], orders[listed.parent] + 1
        rows[TREE].append(
            list_row(listed.number, list_name(listed), parent=listed.parent, order=order, is_folder=listed.is_folder)
        )
        rows[ENTRIES] += [ENTRY.pack(place, track, listed.number) for place, track in enumerate(listed.tracks, 1)]
    rows[SYNCHRONISED] = [synchronised_row(len(contents.tracks), contents.date)]
    for kind, made in _menu_rows().items():
        rows[kind] = rows[kind] or made
    return pack_pages(rows)


def _menu_rows() -> dict[int, list[bytes]]:
    return {
        COLORS: [color_row(number, name) for number, name in enumerate(menus.COLORS, 1)],
        COLUMNS: [column_row(number, kind, name) for number, (kind, name) in enumerate(menus.MENU, 1)],
        CATEGORIES: menus.category_rows(),
        SORTS: menus.sort_rows(),
    }


def _track(track: StickTrack, names: StickNames) -> bytes:
    artists = names.artists
    values = (
        _FLAGS, _MASK, track.sample_rate_hz, artists.number(shown(track.composer)), min(track.size_bytes, _MOST_32),
        master_id(track), MASTER_DB, names.artwork.number(track.artwork or ""), names.keys.number(shown(track.key)),
        0, names.labels.number(shown(track.label)), artists.number(shown(track.remixer)), track.kbps,
        track.track_number, bpm_x100(track), names.genres.number(shown(track.genre)), names.album(track),
        artists.number(shown(track.artist)), track.number, min(track.disc_number, _MOST_16),
        min(track.plays, _MOST_16), track.year, track.bits, min(round(track.duration_s), _MOST_16), _UNKNOWN,
        track.color, track.rating, file_type(track), _OFFSETS,
    )  # fmt: skip
    texts = {
        2: "1", 3: "1", 7: "ON", 10: track.date_added, 12: shown(track.mix), 14: track.analysis_path,
        15: track.date_added, 16: shown(track.comment), 17: shown(track.title), 19: os.path.basename(track.path),
        20: track.path,
    }  # fmt: skip
    return track_row(values, [texts.get(index, "") for index in range(_TEXTS)])


def master_id(track: StickTrack) -> int:
    """The number of a track in the library that it comes from."""
    return zlib.crc32(track.path.encode("utf-8", "replace")) & 0x0FFFFFFF or 1


def bpm_x100(track: StickTrack) -> int:
    """The tempo in hundredths of BPM; 0 if unknown."""
    return min(round(100 * (track.bpm or 0.0)), _MOST_16)


def file_type(track: StickTrack) -> int:
    """rekordbox's number of an audio format; 0 if unknown."""
    kind = _TYPES.get(os.path.splitext(track.path)[1].lower(), 0)
    return _ALAC if kind == _TYPES[".m4a"] and track.kbps > _MOST_KBITS_OF_AAC else kind
