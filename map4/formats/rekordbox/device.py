"""USB sticks exported by rekordbox: `export.pdb`, and the analysis files beside it.

Tables and columns are those of crate-digger (Deep Symmetry, `rekordbox_pdb.ksy`). Paths on a stick start at its root,
the folder that contains PIONEER.
"""

from __future__ import annotations

import os
import struct
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping

from map4.base.regular_files import open_regular
from map4.formats.dj_library import DjItem, DjPlaylist, DjTrack
from map4.formats.importer import Importer, ImportReadError, ReadNotes
from map4.formats.rekordbox.analysis_files import COLORS, TrackAnalysis, rekordbox_analysis
from map4.formats.rekordbox.database_rows import LOST_ENTRIES, in_tree
from map4.formats.rekordbox.device_pages import LOST_PAGES, DeviceFile, PageRow, is_device_file
from map4.formats.rekordbox.device_plus import read_device_plus
from map4.formats.time_zero import program_offset_s
from map4.formats.values import counted_key, suffix_of
from map4.music.lists.tracklist import PlaylistEntry
from map4.music.track.imported import MOST_RATING, ImportedValues, plausible_bpm, plausible_moment

_TRACKS, _GENRES, _ARTISTS, _ALBUMS, _LABELS, _KEYS = range(6)
_PLAYLISTS, _ENTRIES, _HISTORIES, _HISTORY_ENTRIES = 7, 8, 11, 12
_MY_TAGS, _MY_TAGS_OF_TRACKS = 3, 4
"""Numbers of tables in the separate file of My Tags."""

_TRACK = struct.Struct("<H6x3I8x12I6H2B")
_TRACK_BYTES = 0x88
_NEAR_TEXTS, _FAR_TEXTS = struct.Struct("<90x23B"), struct.Struct("<90x23H")
_TEXTS = (19, 18, 22, 16, 12, 14)
"""Indexes of a track's texts: title, comment, path, analysis file, day of adding, and mix."""
_FAR = 0x04
"""Flag in the kind of a row: the offsets of its texts have two bytes."""
_ID = struct.Struct("<I")
_NAMED = struct.Struct("<HHI")
_ALBUM = struct.Struct("<HH8xI")
_MY_TAG, _MY_TAG_OF_TRACK = struct.Struct("<HH8xIII"), struct.Struct("<4xII")
_TREE = struct.Struct("<I4xIII")
_ENTRY = struct.Struct("<III")

_LIBRARY, _MORE_TAGS, _NEWER = "export.pdb", "exportExt.pdb", "exportLibrary.db"
_FOLDERS = ("PIONEER", ".PIONEER")
"""The second is for sticks formatted for a Mac."""
_HUNDREDTHS = 100.0
_MOST_KBITS_OF_AAC = 529  # an .m4a with a higher bit rate is ALAC, which has no encoder delay


def _read(path: str, notes: ReadNotes) -> Iterator[DjItem]:
    """Read a stick, or its `export.pdb`; a `Reader`."""
    library = _library_of(os.path.abspath(path))
    is_plus = os.path.basename(library).lower() == _NEWER.lower()
    root = os.path.dirname(os.path.dirname(os.path.dirname(library)))
    folder = os.path.basename(os.path.dirname(os.path.dirname(library)))
    if folder not in _FOLDERS:
        root = ""
        notes.remarks.append("cue points and grids were not read: they are in the folder PIONEER of the stick")
    elif os.path.isdir(os.path.join(root, "_Serato_")):
        notes.remarks.append("there is a folder _Serato_ too, which can be imported separately")
    if is_plus:
        yield from read_device_plus(library, root, folder, notes)
        return
    with open_regular(library) as file:
        reader = _StickReader(DeviceFile(file, notes.left_out), root, folder, notes)
        yield from reader.items(_my_tags_in(os.path.join(os.path.dirname(library), _MORE_TAGS), notes))
    notes.is_damaged = notes.left_out[LOST_PAGES] > 0


def _my_tags_in(path: str, notes: ReadNotes) -> Mapping[int, tuple[str, ...]]:
    """Return the My Tags of tracks by number, as far as readable: the rest of the stick does not need them."""
    tags: dict[int, list[str]] = defaultdict(list)
    lost = Counter[str]()
    try:
        with open_regular(path) as file:
            library = DeviceFile(file, lost)
            names = _far_names(library, _MY_TAGS, _MY_TAG, 0x1D)
            for track, number in library.read(
                _MY_TAGS_OF_TRACKS, _MY_TAG_OF_TRACK.size, lambda row: row.numbers(_MY_TAG_OF_TRACK)
            ):
                if names.get(number):
                    tags[track].append(names[number])
    except FileNotFoundError:
        return {}
    except (ImportReadError, OSError):
        lost[LOST_PAGES] += 1
    notes.left_out["My Tags that can't be read"] += lost.total()
    return {track: tuple(dict.fromkeys(names)) for track, names in tags.items()}


def _library_of(path: str) -> str:
    """Return the `export.pdb` of a stick, of its folder PIONEER or rekordbox, or the file itself."""
    if not os.path.isdir(path):
        folder, name = os.path.split(path)
        if name.lower() != _MORE_TAGS.lower():
            return path
        beside = os.path.join(folder, _LIBRARY)
        way = f"import {beside}, which is for older players" if os.path.exists(beside) else "there is no export.pdb"
        raise ImportReadError(f"this file of a stick only contains My Tags; {way}")
    for name in (_LIBRARY, _NEWER):
        places = [place for place in _places(path, name) if os.path.isfile(place)]
        if places:
            return places[0]
    raise ImportReadError(f"there is no PIONEER/rekordbox/{_LIBRARY} in it")


def _places(folder: str, name: str) -> Iterator[str]:
    yield os.path.join(folder, name)
    yield os.path.join(folder, "rekordbox", name)
    for inner in _FOLDERS:
        yield os.path.join(folder, inner, "rekordbox", name)


def _far_names(library: DeviceFile, table: int, layout: struct.Struct, near_at: int) -> dict[int, str]:
    """Return names by number, from a table whose rows contain the offset of the text."""
    near, far = struct.Struct(f"<{near_at}xB"), struct.Struct(f"<{near_at + 1}xH")

    def name_of(row: PageRow) -> tuple[int, str]:
        kind, *_, number = row.numbers(layout)
        (place,) = row.numbers(far if kind & _FAR else near)
        return number, row.text(place) or ""

    return dict(library.read(table, near.size, name_of))


def _track_row(row: PageRow) -> tuple[tuple[int, ...], list[str | None]]:
    """Return numbers and texts of a track."""
    numbers = row.numbers(_TRACK)
    places = row.numbers(_FAR_TEXTS if numbers[0] & _FAR else _NEAR_TEXTS)
    return numbers, [row.text(places[index]) for index in _TEXTS]


def _node_row(row: PageRow) -> tuple[int, int, int, int, str]:
    """Return order, number, folder around, whether it is a folder, and name of a playlist or folder."""
    parent, order, number, is_folder = row.numbers(_TREE)
    return order, number, parent, is_folder, row.text(_TREE.size) or "Unnamed"


class _StickReader:
    """Reads one stick."""

    def __init__(self, library: DeviceFile, root: str, folder: str, notes: ReadNotes) -> None:
        self._library, self._root, self._folder, self._notes = library, root, folder, notes
        self._known: set[int] = set()

    def items(self, my_tags: Mapping[int, tuple[str, ...]]) -> Iterator[DjItem]:
        """Yield the tracks, then the playlists, then the play history."""
        genres, labels = self._names(_GENRES, _ID.size), self._names(_LABELS, _ID.size)
        keys = self._names(_KEYS, 2 * _ID.size)
        artists, albums = (
            _far_names(self._library, _ARTISTS, _NAMED, 0x09),
            _far_names(self._library, _ALBUMS, _ALBUM, 0x15),
        )
        for numbers, texts in self._library.read(_TRACKS, _TRACK_BYTES, _track_row):
            _, _, composer, size, _, key, _, label, remixer, kbits, number, tempo, *more = numbers
            genre, album, artist, track, disc, plays, year, _, seconds, _, color, stars = more
            title, comment, path, analysis, added, mix = texts
            if track in self._known:
                continue
            self._known.add(track)
            suffix, read = suffix_of(path or ""), TrackAnalysis()
            if self._root and analysis:
                codec = "alac" if suffix in ("m4a", "mp4") and kbits > _MOST_KBITS_OF_AAC else suffix
                offset_s = program_offset_s("rekordbox", codec)
                place = analysis.replace(_FOLDERS[0], self._folder, 1) if self._folder not in analysis else analysis
                read = rekordbox_analysis(self._root, place, self._notes.left_out, offset_s)
            values = ImportedValues(
                title=title,
                artist=artists.get(artist),
                album=albums.get(album),
                genre=genres.get(genre),
                label=labels.get(label),
                composer=artists.get(composer),
                remixer=artists.get(remixer),
                mix=mix,
                year=year or None,
                track_number=number or None,
                disc_number=disc or None,
                bpm=plausible_bpm(tempo / _HUNDREDTHS),
                key=counted_key(keys.get(key), self._notes.left_out),
                rating=min(float(stars), MOST_RATING) or None,
                play_count=plays,
                date_added=plausible_moment(added),
                comment=comment,
                color=COLORS[color - 1] if 0 < color <= len(COLORS) else None,
                cues=read.cues,
                grid=read.grid,
                structure=read.structure,
            )
            entry = PlaylistEntry(
                position=len(self._known),
                location=path and self._root + path,
                artist=values.artist,
                title=title,
                album=values.album,
                duration_s=float(seconds) or None,
                size_bytes=size or None,
            )
            yield DjTrack(key=str(track), entry=entry, values=values, my_tags=my_tags.get(track, ()))
        yield from self._playlists()
        yield from self._histories()

    def _names(self, table: int, text_at: int) -> dict[int, str]:
        """Return names by number, from a table whose rows contain the text."""
        named = self._library.read(table, text_at + 1, lambda row: (row.numbers(_ID)[0], row.text(text_at) or ""))
        return dict(named)

    def _playlists(self) -> Iterator[DjPlaylist]:
        nodes = {node[1]: node for node in self._library.read(_PLAYLISTS, _TREE.size + 1, _node_row)}
        tracks = self._entries(_ENTRIES, list_at=2, track_at=1, order_at=0)
        rows = ((number, parent, name, is_folder) for _, number, parent, is_folder, name in sorted(nodes.values()))
        for number, folders, name, is_folder in in_tree(rows, is_folder=bool):
            if not is_folder:
                yield DjPlaylist(name=name, folders=folders, keys=tracks.get(number, ()))

    def _histories(self) -> Iterator[DjPlaylist]:
        """Yield the play histories of players, without times; named by stick, as every stick has a HISTORY 001."""
        folders = tuple(filter(None, (os.path.basename(self._root),)))
        tracks = self._entries(_HISTORY_ENTRIES, list_at=1, track_at=0, order_at=2)
        for number, name in self._names(_HISTORIES, _ID.size).items():
            if number in tracks:
                yield DjPlaylist(name=name or "HISTORY", folders=folders, keys=tracks[number], kind="history")

    def _entries(self, table: int, *, list_at: int, track_at: int, order_at: int) -> dict[int, tuple[str, ...]]:
        entries_by_list: dict[int, list[tuple[int, int]]] = defaultdict(list)
        for entry in self._library.read(table, _ENTRY.size, lambda row: row.numbers(_ENTRY)):
            if entry[track_at] in self._known:
                entries_by_list[entry[list_at]].append((entry[order_at], entry[track_at]))
            else:
                self._notes.left_out[LOST_ENTRIES] += 1
        return {
            number: tuple(str(track) for _, track in sorted(entries)) for number, entries in entries_by_list.items()
        }


def _recognises(path: str, head: bytes) -> bool:
    if os.path.isdir(path):
        names = (_LIBRARY, _NEWER)
        return any(os.path.isfile(place) for name in names for place in _places(path, name))
    name = os.path.basename(path).lower()
    return name == _NEWER.lower() or (name.endswith(".pdb") and is_device_file(head))


REKORDBOX_USB = Importer(
    name="rekordbox-usb",
    title="a USB stick of rekordbox",
    program="rekordbox",
    suffixes=("pdb",),
    recognises=_recognises,
    read=_read,
)
