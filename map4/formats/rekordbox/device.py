"""USB sticks exported by rekordbox: `export.pdb`, and the analysis files beside it.

Tables and columns are those of crate-digger (Deep Symmetry, `rekordbox_pdb.ksy`). Paths on a stick start at its root,
the folder that contains PIONEER.
"""

from __future__ import annotations

import os
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from functools import partial

from map4.base.regular_files import open_regular
from map4.formats.dj_library import DjItem, DjPlaylist
from map4.formats.importer import Importer, ImportReadError, ReadNotes
from map4.formats.rekordbox.database_rows import LOST_ENTRIES, in_tree
from map4.formats.rekordbox.device_pages import LOST_PAGES, DeviceFile, is_device_file
from map4.formats.rekordbox.device_plus import read_device_plus
from map4.formats.rekordbox.device_rows import MY_TAG_OF_TRACK, MY_TAG_PLACE, DeviceName, PdbTable, read_name
from map4.formats.rekordbox.track_values import StickReading

_MY_TAGS, _MY_TAGS_OF_TRACKS = 3, 4
"""Numbers of tables in the separate file of My Tags."""
_TEXTS = ("title", "comment", "path", "analysis_path", "date_added", "mix")

_LIBRARY, _MORE_TAGS, _NEWER = "export.pdb", "exportExt.pdb", "exportLibrary.db"
_FOLDERS = ("PIONEER", ".PIONEER")
"""The second is for sticks formatted for a Mac."""


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
    stick = StickReading(root=root, folder=folder, left_out=notes.left_out)
    if is_plus:
        yield from read_device_plus(library, stick, notes)
        return
    with open_regular(library) as file:
        reader = _StickReader(DeviceFile(file, notes.left_out), stick)
        yield from reader.items(_my_tags_in(os.path.join(os.path.dirname(library), _MORE_TAGS), notes))
    notes.is_damaged = notes.left_out[LOST_PAGES] > 0


def _my_tags_in(path: str, notes: ReadNotes) -> Mapping[int, tuple[str, ...]]:
    """Return the My Tags of tracks by number, as far as readable: the rest of the stick does not need them."""
    tags: dict[int, list[str]] = defaultdict(list)
    lost = Counter[str]()
    try:
        with open_regular(path) as file:
            library = DeviceFile(file, lost)
            tags_read = library.read(_MY_TAGS, partial(read_name, places=MY_TAG_PLACE))
            names = {tag.number: tag.name for tag in tags_read}
            for track, number in library.read(_MY_TAGS_OF_TRACKS, MY_TAG_OF_TRACK.unpack_from):
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


class _StickReader:
    """Reads one stick."""

    def __init__(self, library: DeviceFile, stick: StickReading) -> None:
        self._library, self._stick = library, stick
        self._known: set[int] = set()

    def items(self, my_tags: Mapping[int, tuple[str, ...]]) -> Iterator[DjItem]:
        """Yield the tracks, then the playlists, then the play history."""
        names = self._library.names()
        for read in self._library.tracks(names, _TEXTS):
            number = read["number"]
            if number not in self._known:
                self._known.add(number)
                yield self._stick.track(read, len(self._known), str(number), my_tags.get(number, ()))
        yield from self._playlists()
        yield from self._histories(names[PdbTable.HISTORIES])

    def _playlists(self) -> Iterator[DjPlaylist]:
        nodes = {node[1]: node for node in self._library.nodes()}
        tracks = self._entries(PdbTable.ENTRIES, list_at=2, track_at=1, order_at=0)
        rows = (
            (number, parent, name or "Unnamed", is_folder)
            for _, number, parent, is_folder, name in sorted(nodes.values())
        )
        for number, folders, name, is_folder in in_tree(rows, is_folder=bool):
            if not is_folder:
                yield DjPlaylist(name=name, folders=folders, keys=tracks.get(number, ()))

    def _histories(self, rows: Iterable[DeviceName]) -> Iterator[DjPlaylist]:
        """Yield the play histories of players, without times; named by stick, as every stick has a HISTORY 001."""
        folders = tuple(filter(None, (os.path.basename(self._stick.root),)))
        tracks = self._entries(PdbTable.HISTORY_ENTRIES, list_at=1, track_at=0, order_at=2)
        for number, name in {row.number: row.name for row in rows}.items():
            if number in tracks:
                yield DjPlaylist(name=name or "HISTORY", folders=folders, keys=tracks[number], kind="history")

    def _entries(self, table: int, *, list_at: int, track_at: int, order_at: int) -> dict[int, tuple[str, ...]]:
        entries_by_list: dict[int, list[tuple[int, int]]] = defaultdict(list)
        for entry in self._library.entries(table):
            if entry[track_at] in self._known:
                entries_by_list[entry[list_at]].append((entry[order_at], entry[track_at]))
            else:
                self._stick.left_out[LOST_ENTRIES] += 1
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
