"""Device Library Plus: `PIONEER/rekordbox/exportLibrary.db`, which players since 2023 read.

SQLCipher, unlocked by pyrekordbox. Tables and columns are those of its `OneLibrary` (`new_library.sql`). Cue points are
in the analysis files, as on rekordbox's own sticks.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping
from typing import Any

from map4.extras.stick.names import NameNumbers, StickNames
from map4.extras.stick.new_stick import library_menus, library_schema
from map4.extras.stick.pdb import track_values
from map4.extras.stick.records import StickContents
from map4.formats import TRACK_ROW, ImportReadError, PdbTable, opened_rekordbox

_NAMES = {
    "artist_id_artist": "artist", "artist_id_remixer": "remixer", "artist_id_composer": "composer", "album_id": "album",
    "genre_id": "genre", "label_id": "label", "key_id": "key", "image_id": "artwork",
}  # fmt: skip
"""Columns of `content` by the names of `track_values`."""
_VALUES = {
    "content_id": "number", "title": "title", "subtitle": "mix", "bpmx100": "bpm_x100", "length": "seconds",
    "trackNo": "track_number", "discNo": "disc_number", "color_id": "color", "djComment": "comment", "rating": "rating",
    "releaseYear": "year", "dateCreated": "date_added", "dateAdded": "date_added", "path": "path",
    "fileName": "file_name", "fileSize": "size_bytes", "fileType": "file_type", "bitrate": "kbps", "bitDepth": "bits",
    "samplingRate": "sample_rate_hz", "isrc": "isrc", "djPlayCount": "plays", "masterDbId": "master_db",
    "masterContentId": "master_id", "analysisDataFilePath": "analysis_path", "analysedBits": "analysed",
    "contentLink": "mask",
}  # fmt: skip
_USUAL = {
    "artist_id_originalArtist": 0, "artist_id_lyricist": 0, "releaseDate": "", "isHotCueAutoLoadOn": 1,
    "isKuvoDeliverStatusOn": 0, "kuvoDeliveryComment": "", "hasModified": 0, "cueUpdateCount": 1,
    "analysisDataUpdateCount": 1, "informationUpdateCount": 1,
}  # fmt: skip
_TABLES = {
    PdbTable.ARTISTS: "artist", PdbTable.GENRES: "genre", PdbTable.LABELS: "label", PdbTable.KEYS: "key",
    PdbTable.ARTWORK: "image", PdbTable.ALBUMS: "album",
}  # fmt: skip
"""Tables of names; artists before their albums."""


def write_device_library(contents: StickContents, path: str) -> None:
    """Write the database to a new file, or into a copy of an existing one, whose other tables stay.

    raises ImportReadError: without pyrekordbox, or if the existing file can't be unlocked or is of another version
    """
    if is_new := not os.path.exists(path):
        with open(path, "xb"):
            pass
    with opened_rekordbox(path, is_stick=True) as connection:
        try:
            if is_new:
                connection.executescript(library_schema())
                for table, rows in library_menus().items():
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
    new = [track for track in contents.tracks if track.row is None or track.number not in known]
    tracks = [track_values(track, names) for track in new]
    ids: dict[int, dict[int, int]] = {PdbTable.ARTISTS: {}}
    for kind, table in _TABLES.items():
        ids[kind] = _ids(connection, table, names.tables[kind], ids[PdbTable.ARTISTS])
    for values in tracks:
        named = {column: ids[TRACK_ROW.names[name]].get(values[name], 0) for column, name in _NAMES.items()}
        row = {column: values[name] for column, name in _VALUES.items()}
        row["djPlayCount"] = max(row["djPlayCount"], known.get(row["content_id"], 0))
        _insert(connection, "content", row | named | _USUAL)
    connection.execute("UPDATE property SET numberOfContents = ?", [len(contents.tracks)])


def _ids(connection: Any, table: str, names: NameNumbers, artists: Mapping[int, int]) -> dict[int, int]:
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
    kept = {listed.number for listed in contents.lists}
    there = connection.execute("SELECT playlist_id FROM playlist WHERE ifnull(attribute, 0) IN (0, 1)").fetchall()
    gone = [row for row in there if row[0] not in kept]
    connection.executemany("DELETE FROM playlist WHERE playlist_id = ?", gone)
    connection.executemany("DELETE FROM playlist_content WHERE playlist_id = ?", there)
    orders = Counter[int]()
    for listed in contents.lists:
        values = {
            "sequenceNo": orders[listed.parent], "name": listed.name, "attribute": int(listed.is_folder),
            "playlist_id_parent": listed.parent, "playlist_id": listed.number,
        }  # fmt: skip
        orders[listed.parent] += 1
        sets = (
            "sequenceNo = :sequenceNo, name = :name, attribute = :attribute, playlist_id_parent = :playlist_id_parent"
        )
        if not connection.execute(f"UPDATE playlist SET {sets} WHERE playlist_id = :playlist_id", values).rowcount:
            _insert(connection, "playlist", {**values, "image_id": 0})
        for place, track in enumerate(listed.tracks, 1):
            entry = {"playlist_id": listed.number, "content_id": track, "sequenceNo": place}
            _insert(connection, "playlist_content", entry)
