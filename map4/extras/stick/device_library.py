"""Device Library Plus: `PIONEER/rekordbox/exportLibrary.db`, which players since 2023 read.

SQLCipher, unlocked by pyrekordbox. Tables and columns are those of its `OneLibrary` (`new_library.sql`). Cue points are
in the analysis files, as on rekordbox's own sticks.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from map4.extras.stick.names import StickNames
from map4.extras.stick.new_stick import LIBRARY_MENUS, LIBRARY_SCHEMA
from map4.extras.stick.pdb import track_values
from map4.extras.stick.records import StickContents
from map4.formats import TRACK_ROW, ImportReadError, PdbTable, opened_rekordbox

_USUAL = {
    "artist_id_originalArtist": 0, "artist_id_lyricist": 0, "releaseDate": "", "isHotCueAutoLoadOn": 1,
    "isKuvoDeliverStatusOn": 0, "kuvoDeliveryComment": "", "hasModified": 0, "cueUpdateCount": 1,
    "analysisDataUpdateCount": 1, "informationUpdateCount": 1,
}  # fmt: skip
_PUT_LIST = (
    "INSERT OR REPLACE INTO playlist(playlist_id, sequenceNo, name, attribute, playlist_id_parent, image_id) "
    "VALUES (?1, ?2, ?3, ?4, ?5, ifnull((SELECT image_id FROM playlist WHERE playlist_id = ?1), 0))"
)
_PUT_ENTRY = "INSERT INTO playlist_content(playlist_id, content_id, sequenceNo) VALUES (?, ?, ?)"


def write_device_library(contents: StickContents, path: str) -> None:
    """Write the database to a new file, or into a copy of an existing one, whose other tables stay.

    raises ImportReadError: without pyrekordbox, or if the existing file can't be unlocked or is of another version
    """
    is_new = not os.path.exists(path)
    Path(path).touch()
    with opened_rekordbox(path, is_stick=True) as connection:
        try:
            if is_new:
                connection.executescript(LIBRARY_SCHEMA)
                for table, rows in LIBRARY_MENUS.items():
                    marks = ", ".join("?" * len(rows[0]))
                    connection.executemany(f"INSERT INTO {table} VALUES ({marks})", rows)
                connection.execute("INSERT INTO property VALUES ('', '1000', 0, ?, 0, 0)", [contents.date])
            _write_tracks(connection, contents)
            _write_lists(connection, contents)
            connection.commit()
        except connection.Error as error:
            raise ImportReadError(f"the tables of its exportLibrary.db are unknown: {error}") from None


def _insert(connection: Any, table: str, values: Mapping[str, object]) -> None:
    marks = ", ".join("?" * len(values))
    connection.execute(f"INSERT OR REPLACE INTO {table}({', '.join(values)}) VALUES ({marks})", list(values.values()))


def _write_tracks(connection: Any, contents: StickContents) -> None:
    known = dict(connection.execute("SELECT content_id, ifnull(djPlayCount, 0) FROM content"))
    numbers = {track.number for track in contents.tracks}
    connection.executemany("DELETE FROM content WHERE content_id = ?", [(number,) for number in known.keys() - numbers])
    names = StickNames(contents)
    ids: dict[int, dict[int, int]] = {PdbTable.ARTISTS: {}}
    for kind, table in TRACK_ROW.tables.items():
        ids[kind] = _ids(connection, table, names.tables[kind], ids[PdbTable.ARTISTS])
    for track in contents.tracks:
        if track.row is None or track.number not in known:
            values = track_values(track, names)
            values |= {name: ids[kind].get(values[name], 0) for name, kind in TRACK_ROW.names.items()}
            values["plays"] = max(track.plays, known.get(track.number, 0))
            row = {column: values[name] for name, column in TRACK_ROW.columns.items()}
            _insert(connection, "content", {**row, "dateCreated": track.date_added, **_USUAL})
    connection.execute("UPDATE property SET numberOfContents = ?", [len(contents.tracks)])


def _ids(
    connection: Any, table: str, names: Mapping[tuple[str, int], int], artists: Mapping[int, int]
) -> dict[int, int]:
    """Numbers of names by their number in export.pdb, which new names get if it is free.

    artists: numbers of artists in the same way, for albums
    """
    column, artist = "path" if table == "image" else "name", "ifnull(artist_id, 0)" if table == "album" else "0"
    rows = connection.execute(f"SELECT {table}_id, {column}, {artist} FROM {table}").fetchall()
    found = {row[1:]: row[0] for row in reversed(rows)}
    taken, ids = {row[0] for row in rows}, dict[int, int]()
    for (name, its_artist), number in names.items():
        key = (name, artists.get(its_artist, 0))
        if key not in found:
            found[key] = number if number not in taken else max(taken) + 1
            taken.add(found[key])
            more = {"artist_id": key[1], "isComplation": 0} if table == "album" else {}
            _insert(connection, table, {f"{table}_id": found[key], column: name, **more})
        ids[number] = found[key]
    return ids


def _write_lists(connection: Any, contents: StickContents) -> None:
    remaining = {listed.number for listed in contents.lists}
    there = connection.execute("SELECT playlist_id FROM playlist WHERE ifnull(attribute, 0) IN (0, 1)").fetchall()
    gone = [row for row in there if row[0] not in remaining]
    connection.executemany("DELETE FROM playlist WHERE playlist_id = ?", gone)
    connection.executemany("DELETE FROM playlist_content WHERE playlist_id = ?", there)
    orders = Counter[int]()
    for listed in contents.lists:
        values = (listed.number, orders[listed.parent], listed.name, int(listed.is_folder), listed.parent)
        orders[listed.parent] += 1
        connection.execute(_PUT_LIST, values)
        entries = [(listed.number, track, place) for place, track in enumerate(listed.tracks, 1)]
        connection.executemany(_PUT_ENTRY, entries)
