"""USB sticks exported by rekordbox: `export.pdb`, and the analysis files beside it.

Tables and columns are those of crate-digger (Deep Symmetry, `rekordbox_pdb.ksy`). Paths on a stick start at its root,
the folder that contains PIONEER.

Device Library Plus: `exportLibrary.db` of rekordbox's newer USB sticks, read if a stick has no `export.pdb`.

SQLCipher, unlocked by pyrekordbox. Tables and columns are those of pyrekordbox's `OneLibrary`, and of a schema that
another project printed from a stick of rekordbox (CueMirror, "Memory Cue Before / After"). Its table `cue` was empty,
and the cue points were in the analysis files, from which they are read here. This is a beta, tested with databases that
pyrekordbox makes; nigz/rekordbox-playlist-convert has one of rekordbox 7.
"""

from __future__ import annotations

import os
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial

from map4.core.base.regular_files import OnDisk
from map4.formats import sqlite_copy
from map4.formats.importer import DjItem, DjPlaylist, DjTrack, Importer, ImportReadError, ReadNotes
from map4.formats.lacks import BARS_OF_FOUR, NO_KINDS, REKORDBOX, Lack, hot_cues_up_to
from map4.formats.rekordbox.database import opened_rekordbox
from map4.formats.rekordbox.device_pages import LOST_PAGES, DeviceFile, is_device_file
from map4.formats.rekordbox.device_rows import MY_TAG_OF_TRACK, MY_TAG_PLACE, TRACK_ROW, PdbTable, read_name
from map4.formats.rekordbox.track_values import TEXTS, TRACK, StickReading
from map4.formats.values import count_of

BETA = "Device Library Plus is read as a beta: check what arrived"
_TABLES = {name: TRACK_ROW.tables[kind] for name, kind in TRACK_ROW.names.items() if name != "artwork"}
"""Tables of the names of tracks."""
_CONTENT = {name: column for name, column in TRACK_ROW.columns.items() if name not in TRACK_ROW.names}
_NAMES = ("id", *_CONTENT, *_TABLES)


def read_device_plus(path: str, stick: StickReading, notes: ReadNotes) -> Iterator[DjItem]:
    """Read tracks, lists and histories."""
    notes.remarks.append(BETA)
    damage = (
        "it can't be unlocked: either it is not a Device Library Plus of rekordbox, or it is damaged; with Device "
        "Library switched on, rekordbox writes export.pdb too"
    )
    with (
        sqlite_copy.DatabaseCopy.temporary(path) as copy,
        opened_rekordbox(copy, is_stick=True) as connection,
        sqlite_copy.mapped_database_errors(connection.Error, damage),
    ):
        connection.text_factory = sqlite_copy.decoded
        if not {"content_id", "path"} <= sqlite_copy.columns_of(connection, "content"):
            raise ImportReadError("this database is not a Device Library Plus: it has no table 'content'")
        yield from _tracks(connection, stick)
        yield from _lists(connection, "playlist", stick)
        yield from (replace(listed, kind="history") for listed in _lists(connection, "history", stick))


def _tracks(connection: sqlite3.Connection, stick: StickReading) -> Iterator[DjTrack]:
    named = ", ".join(
        f"(SELECT x.name FROM {table} AS x WHERE x.{table}_id = c.{TRACK_ROW.columns[name]})"
        for name, table in _TABLES.items()
    )
    columns = sqlite_copy.select(connection, "content", "c", _CONTENT.values())
    rows = connection.execute(
        f"SELECT CAST(c.content_id AS TEXT), {columns}, {named} FROM content AS c ORDER BY c.content_id"
    )
    tags = _my_tags(connection)
    for _, row in sqlite_copy.numbered_rows(rows, _NAMES, stick.left_out):
        read = row | {name: sqlite_copy.text_of(row[name]) for name in TEXTS}
        read |= {name: sqlite_copy.file_path_of(row[name]) for name in ("path", "analysis_path")}
        yield stick.track(read, row["id"], tags.get(row["id"], ()))


def _my_tags(connection: sqlite3.Connection) -> dict[str, tuple[str, ...]]:
    """Return the My Tags of tracks by number; categories are tags whose attribute is 1."""
    tags: dict[str, list[str]] = defaultdict(list)
    if sqlite_copy.columns_of(connection, "myTag_content"):
        for track, name in connection.execute(
            "SELECT CAST(t.content_id AS TEXT), m.name FROM myTag_content AS t JOIN myTag AS m USING (myTag_id) "
            "WHERE ifnull(m.attribute, 0) != 1 ORDER BY m.sequenceNo"
        ):
            if (text := sqlite_copy.text_of(name)) is not None:
                tags[track].append(text)
    return {track: tuple(dict.fromkeys(names)) for track, names in tags.items()}


def _lists(connection: sqlite3.Connection, table: str, stick: StickReading) -> Iterator[DjPlaylist]:
    if not sqlite_copy.columns_of(connection, f"{table}_content"):
        return
    entries = connection.execute(
        f"SELECT {table}_id, CAST(content_id AS TEXT) FROM {table}_content ORDER BY {table}_id, sequenceNo"
    )
    nodes = connection.execute(
        f"SELECT {table}_id, ifnull({table}_id_parent, 0), name, ifnull(attribute, 0) FROM {table} ORDER BY sequenceNo"
    ).fetchall()
    rows = (
        (number, parent, sqlite_copy.text_of(name) or "Unnamed", count_of(is_folder) or 0)
        for number, parent, name, is_folder in nodes
    )
    yield from stick.lists(rows, entries)


_MY_TAGS, _MY_TAGS_OF_TRACKS = 3, 4  # numbers of tables in the separate file of My Tags
_TEXTS = ("title", "comment", "path", "analysis_path", "date_added", "mix")

_LIBRARY, _MORE_TAGS, _NEWER = "export.pdb", "exportExt.pdb", "exportLibrary.db"
_FOLDERS = ("PIONEER", ".PIONEER")  # the second is for sticks formatted for a Mac


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
    with OnDisk(library).open() as file:
        my_tags = _my_tags_in(os.path.join(os.path.dirname(library), _MORE_TAGS), notes)
        yield from _items(DeviceFile(file, notes.left_out), stick, my_tags)
    notes.is_damaged = notes.left_out[LOST_PAGES] > 0


def _my_tags_in(path: str, notes: ReadNotes) -> Mapping[int, tuple[str, ...]]:
    """Return the My Tags of tracks by number, as far as readable: the rest of the stick does not need them."""
    tags: dict[int, list[str]] = defaultdict(list)
    lost = Counter[str]()
    try:
        with OnDisk(path).open() as file:
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
