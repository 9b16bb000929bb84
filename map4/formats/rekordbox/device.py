"""USB sticks exported by rekordbox: `export.pdb`, and the analysis files beside it.

Tables and columns are those of crate-digger (Deep Symmetry, `rekordbox_pdb.ksy`). Paths on a stick start at its root,
the folder that contains PIONEER.
"""

from __future__ import annotations

import os
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial

from map4.core.base.regular_files import open_regular
from map4.formats.dj_library import DjItem
from map4.formats.importer import Importer, ImportReadError, ReadNotes
from map4.formats.lacks import BARS_OF_FOUR, NO_KINDS, REKORDBOX, Lack, hot_cues_up_to
from map4.formats.rekordbox.device_pages import LOST_PAGES, DeviceFile, is_device_file
from map4.formats.rekordbox.device_plus import read_device_plus
from map4.formats.rekordbox.device_rows import MY_TAG_OF_TRACK, MY_TAG_PLACE, PdbTable, read_name
from map4.formats.rekordbox.track_values import TRACK, StickReading

_MY_TAGS, _MY_TAGS_OF_TRACKS = 3, 4
"""Numbers of tables in the separate file of My Tags."""
_TEXTS = ("title", "comment", "path", "analysis_path", "date_added", "mix")

_LIBRARY, _MORE_TAGS, _NEWER = "export.pdb", "exportExt.pdb", "exportLibrary.db"
_FOLDERS = ("PIONEER", ".PIONEER")
"""The second is for sticks formatted for a Mac."""


def _read(path: str, notes: ReadNotes) -> Iterator[DjItem]:
    """Read a stick, or its `export.pdb`; a `Reader`."""
    library = _library_of(os.path.abspath(path))
    root = os.path.dirname(os.path.dirname(os.path.dirname(library)))
    folder = os.path.basename(os.path.dirname(os.path.dirname(library)))
    if folder not in _FOLDERS:
        root = ""
        notes.remarks.append("cue points and grids were not read: they are in the folder PIONEER of the stick")
    elif os.path.isdir(os.path.join(root, "_Serato_")):
        notes.remarks.append("there is a folder _Serato_ too, which can be imported separately")
    stick = StickReading(root=root, folder=folder, left_out=notes.left_out)
    if os.path.basename(library).lower() == _NEWER.lower():
        yield from read_device_plus(library, stick, notes)
        return
    with open_regular(library) as file:
        my_tags = _my_tags_in(os.path.join(os.path.dirname(library), _MORE_TAGS), notes)
        yield from _items(DeviceFile(file, notes.left_out), stick, my_tags)
    notes.is_damaged = notes.left_out[LOST_PAGES] > 0


def _my_tags_in(path: str, notes: ReadNotes) -> Mapping[int, tuple[str, ...]]:
    """Return the My Tags of tracks by number, as far as readable: the rest of the stick does not need them."""
    tags: dict[int, list[str]] = defaultdict(list)
    lost = Counter[str]()
    try:
        with open_regular(path) as file:
            library = DeviceFile(file, lost)
            names = {tag.number: tag.name for tag in library.read(_MY_TAGS, partial(read_name, places=MY_TAG_PLACE))}
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
    if (place := next(filter(os.path.isfile, _places(path)), None)) is not None:
        return place
    raise ImportReadError(f"there is no PIONEER/rekordbox/{_LIBRARY} in it")


def _places(folder: str) -> Iterator[str]:
    for name in (_LIBRARY, _NEWER):
        yield os.path.join(folder, name)
        yield os.path.join(folder, "rekordbox", name)
        for inner in _FOLDERS:
            yield os.path.join(folder, inner, "rekordbox", name)


def _items(library: DeviceFile, stick: StickReading, my_tags: Mapping[int, tuple[str, ...]]) -> Iterator[DjItem]:
    """Yield the tracks, then the playlists, then the play history."""
    names = library.names()
    for read in library.tracks(names, _TEXTS):
        if (key := str(read["number"])) not in stick.known:
            yield stick.track(read, key, my_tags.get(read["number"], ()))
    nodes = sorted({node[1]: node for node in library.nodes()}.values())
    lists = ((number, parent, name or "Unnamed", int(is_folder > 0)) for _, number, parent, is_folder, name in nodes)
    entries = sorted((playlist, place, track) for place, track, playlist in library.entries(PdbTable.ENTRIES))
    yield from stick.lists(lists, ((playlist, str(track)) for playlist, _, track in entries))
    # Histories of players have no times; they are named by stick, as every stick has a HISTORY 001.
    folders = tuple(filter(None, (os.path.basename(stick.root),)))
    histories = {row.number: row.name or "HISTORY" for row in names[PdbTable.HISTORIES]}
    lists = ((number, 0, name, 0) for number, name in histories.items())
    entries = sorted((history, place, track) for track, history, place in library.entries(PdbTable.HISTORY_ENTRIES))
    for listed in stick.lists(lists, ((history, str(track)) for history, _, track in entries)):
        if listed.keys:
            yield replace(listed, folders=folders, kind="history")


def _recognises(path: str, head: bytes) -> bool:
    if os.path.isdir(path):
        return any(map(os.path.isfile, _places(path)))
    name = os.path.basename(path).lower()
    return name == _NEWER.lower() or (name.endswith(".pdb") and is_device_file(head))


REKORDBOX_USB = Importer(
    name="rekordbox-usb",
    title="a USB stick of rekordbox",
    suffixes=("pdb",),
    recognises=_recognises,
    read=_read,
    fields=(TRACK,),
    lacks=(
        *REKORDBOX,
        Lack("album_artist grouping my_tags vocals smart_lists histories"),
        Lack("structure.role", "{} has map4's phrases"),
        Lack("cues.color", "{} has eight colours, and no grey"),
        hot_cues_up_to(8),
        NO_KINDS,
        BARS_OF_FOUR,
    ),
)
