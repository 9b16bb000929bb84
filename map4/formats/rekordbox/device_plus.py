"""Device Library Plus: `exportLibrary.db` of rekordbox's newer USB sticks, read if a stick has no `export.pdb`.

SQLCipher, unlocked by pyrekordbox. Tables and columns are those of pyrekordbox's `OneLibrary`, and of a schema that
another project printed from a stick of rekordbox (CueMirror, "Memory Cue Before / After"). Its table `cue` was empty,
and the cue points were in the analysis files, from which they are read here. This is a beta, tested with databases that
pyrekordbox makes; nigz/rekordbox-playlist-convert has one of rekordbox 7.
"""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace

from map4.formats.dj_library import DjItem, DjPlaylist, DjTrack
from map4.formats.importer import ImportReadError, ReadNotes
from map4.formats.rekordbox.database import opened_rekordbox
from map4.formats.rekordbox.device_rows import TRACK_ROW
from map4.formats.rekordbox.track_values import TEXTS, StickReading
from map4.formats.sqlite_copy import (
    columns_of,
    copied_database,
    decoded,
    file_path_of,
    mapped_database_errors,
    numbered_rows,
    select,
    text_of,
)
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
        copied_database(path) as copy,
        opened_rekordbox(copy, is_stick=True) as connection,
        mapped_database_errors(connection.Error, damage),
    ):
        connection.text_factory = decoded
        if not {"content_id", "path"} <= columns_of(connection, "content"):
            raise ImportReadError("this database is not a Device Library Plus: it has no table 'content'")
        yield from _tracks(connection, stick)
        yield from _lists(connection, "playlist", stick)
        yield from (replace(listed, kind="history") for listed in _lists(connection, "history", stick))


def _tracks(connection: sqlite3.Connection, stick: StickReading) -> Iterator[DjTrack]:
    named = ", ".join(
        f"(SELECT x.name FROM {table} AS x WHERE x.{table}_id = c.{TRACK_ROW.columns[name]})"
        for name, table in _TABLES.items()
    )
    rows = connection.execute(
        f"SELECT CAST(c.content_id AS TEXT), {select(connection, 'content', 'c', _CONTENT.values())}, {named} "
        "FROM content AS c ORDER BY c.content_id"
    )
    tags = _my_tags(connection)
    for _, row in numbered_rows(rows, _NAMES, stick.left_out):
        read = row | {name: text_of(row[name]) for name in TEXTS}
        read |= {name: file_path_of(row[name]) for name in ("path", "analysis_path")}
        yield stick.track(read, row["id"], tags.get(row["id"], ()))


def _my_tags(connection: sqlite3.Connection) -> dict[str, tuple[str, ...]]:
    """Return the My Tags of tracks by number; categories are tags whose attribute is 1."""
    tags: dict[str, list[str]] = defaultdict(list)
    if columns_of(connection, "myTag_content"):
        for track, name in connection.execute(
            "SELECT CAST(t.content_id AS TEXT), m.name FROM myTag_content AS t JOIN myTag AS m USING (myTag_id) "
            "WHERE ifnull(m.attribute, 0) != 1 ORDER BY m.sequenceNo"
        ):
            if (text := text_of(name)) is not None:
                tags[track].append(text)
    return {track: tuple(dict.fromkeys(names)) for track, names in tags.items()}


def _lists(connection: sqlite3.Connection, table: str, stick: StickReading) -> Iterator[DjPlaylist]:
    if not columns_of(connection, f"{table}_content"):
        return
    entries = connection.execute(
        f"SELECT {table}_id, CAST(content_id AS TEXT) FROM {table}_content ORDER BY {table}_id, sequenceNo"
    )
    nodes = connection.execute(
        f"SELECT {table}_id, ifnull({table}_id_parent, 0), name, ifnull(attribute, 0) FROM {table} ORDER BY sequenceNo"
    ).fetchall()
    rows = (
        (number, parent, text_of(name) or "Unnamed", count_of(is_folder) or 0)
        for number, parent, name, is_folder in nodes
    )
    yield from stick.lists(rows, entries)
