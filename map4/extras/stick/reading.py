"""Read an existing stick, to merge new tracks and lists into it, and to check it."""

from __future__ import annotations

import os
import struct
from collections import Counter, defaultdict
from dataclasses import dataclass, field

from map4.base.regular_files import read_regular
from map4.extras.stick.pages import unpack_pages
from map4.extras.stick.records import StickContents, StickList, StickTrack
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
    HISTORIES,
    HISTORY_ENTRIES,
    KEYS,
    LABELS,
    SORTS,
    SYNCHRONISED,
    TRACK,
    TRACKS,
    TREE,
    TREE_NODE,
    is_misaligned,
    name_place,
    number_at,
    read_text,
)
from map4.formats import ImportReadError

LIBRARY, PLUS = "/PIONEER/rekordbox/export.pdb", "/PIONEER/rekordbox/exportLibrary.db"
_MOST_BYTES = 1 << 30
_KEPT = (GENRES, ARTISTS, ALBUMS, LABELS, KEYS, COLORS, HISTORIES, HISTORY_ENTRIES, ARTWORK, COLUMNS, CATEGORIES, SORTS)
_KNOWN = frozenset((*_KEPT, TRACKS, TREE, ENTRIES, SYNCHRONISED))
_NAME_PLACES = {GENRES: (0, 4), LABELS: (0, 4), ARTWORK: (0, 4), KEYS: (0, 8), ARTISTS: (4, 9), ALBUMS: (12, 21)}
"""Where rows of names have their number, and their text or, of the last two, its offset."""
_TEXTS_AT = 30


@dataclass(slots=True)
class PdbReading:
    """An export.pdb that was read, with all that is wrong with it, as sentences."""

    contents: StickContents = field(default_factory=StickContents)
    faults: list[str] = field(default_factory=list)
    misaligned: Counter[str] = field(default_factory=Counter)


def read_contents(folder: str) -> StickContents | None:
    """What a stick contains, with its rows; None if it has no library.

    Its tracks have no grid, cues, phrases and strip, as their analysis files stay.

    raises ImportReadError: for damage, and tables or a structure that are not known
    """
    if not os.path.exists(folder + LIBRARY):
        if os.path.exists(folder + PLUS):
            raise ImportReadError("it has a Device Library Plus alone; export to it with rekordbox first")
        return None
    reading = read_pdb(folder)
    if reading.faults:
        raise ImportReadError(f"its export.pdb is damaged, or newer than map4 knows: {reading.faults[0]}")
    return reading.contents


def read_pdb(folder: str) -> PdbReading:
    """Read the export.pdb of a stick as far as it can be read."""
    tables = unpack_pages(read_regular(folder + LIBRARY, most_bytes=_MOST_BYTES))
    reading = PdbReading(faults=tables.faults)
    unknown = [kind for kind, rows in tables.rows.items() if rows and kind not in _KNOWN]
    reading.faults += [f"table {kind} has rows, and nobody knows their meaning" for kind in unknown]
    names = _Names(tables.rows, reading)
    tracks = list[StickTrack]()
    for number, row in enumerate(tables.rows.get(TRACKS, ()), 1):
        try:
            tracks.append(_track(row, names, reading.misaligned))
        except (struct.error, ValueError) as error:
            reading.faults.append(f"track row {number}: {error}")
    lists = _lists(tables.rows, reading)
    kept = {kind: tuple(tables.rows.get(kind, ())) for kind in _KEPT}
    reading.contents = StickContents(tracks=tuple(tracks), lists=lists, rows=kept)
    return reading


class _Names:
    """Names by table and number."""

    def __init__(self, rows: dict[int, list[bytes]], reading: PdbReading) -> None:
        self._names: dict[int, dict[int, str]] = {kind: {0: ""} for kind in _NAME_PLACES}
        self.album_artists: dict[int, int] = {}
        for kind, (number_place, at) in _NAME_PLACES.items():
            for row in rows.get(kind, ()):
                try:
                    place = name_place(row, at) if kind in (ARTISTS, ALBUMS) else at
                    self._names[kind][number_at(row, number_place)] = read_text(row, place)
                    reading.misaligned["names"] += is_misaligned(row, place)
                except (IndexError, ValueError) as error:
                    reading.faults.append(f"a row of table {kind}: {error}")
                else:
                    if kind == ALBUMS:
                        self.album_artists[number_at(row, number_place)] = number_at(row, 8)

    def name(self, kind: int, number: int) -> str | None:
        """The name of a number; None for 0.

        raises ValueError: if no row has this number
        """
        if number not in self._names[kind]:
            raise ValueError(f"it names row {number} of table {kind}, which is missing")
        return self._names[kind][number] or None


def _track(row: bytes, names: _Names, misaligned: Counter[str]) -> StickTrack:
    values = TRACK.unpack_from(row)
    places = values[_TEXTS_AT:]
    texts = [read_text(row, place) for place in places]
    misaligned[texts[20]] += sum(is_misaligned(row, place) for place in places)
    (_, _, _, rate_hz, composer, size, _, _, artwork, key, _, label, remixer, kbps, number_in_album, tempo, genre,
     album, artist, number, disc, plays, year, bits, seconds, _, color, stars, _, *_) = values  # fmt: skip
    return StickTrack(
        number=number, path=texts[20], analysis_path=texts[14], title=texts[17], artist=names.name(ARTISTS, artist),
        album=names.name(ALBUMS, album), album_artist=names.name(ARTISTS, names.album_artists.get(album, 0)),
        genre=names.name(GENRES, genre), label=names.name(LABELS, label), composer=names.name(ARTISTS, composer),
        remixer=names.name(ARTISTS, remixer), mix=texts[12] or None, comment=texts[16] or None,
        key=names.name(KEYS, key), isrc=texts[0] or None, color=color, rating=stars, plays=plays, year=year,
        track_number=number_in_album, disc_number=disc, date_added=texts[10], bpm=tempo / 100 or None,
        duration_s=float(seconds), size_bytes=size, sample_rate_hz=rate_hz, kbps=kbps, bits=bits,
        artwork=names.name(ARTWORK, artwork), row=row,
    )  # fmt: skip


def _lists(rows: dict[int, list[bytes]], reading: PdbReading) -> tuple[StickList, ...]:
    entries: defaultdict[int, list[tuple[int, int]]] = defaultdict(list)
    for row in rows.get(ENTRIES, ()):
        place, track, playlist = ENTRY.unpack_from(row)
        entries[playlist].append((place, track))
    nodes = []
    for row in rows.get(TREE, ()):
        try:
            parent, _, order, number, is_folder = TREE_NODE.unpack_from(row)
            name = read_text(row, TREE_NODE.size)
        except (struct.error, ValueError) as error:
            reading.faults.append(f"a row of table {TREE}: {error}")
            continue
        tracks = tuple(track for _, track in sorted(entries[number]))
        node = StickList(
            number=number, name=name, parent=parent, is_folder=bool(is_folder), tracks=tracks, is_kept=True
        )  # fmt: skip
        nodes.append((order, node))
    return tuple(listed for _, listed in sorted(nodes, key=lambda node: node[0]))
