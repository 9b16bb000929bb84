"""Device Library Plus: `PIONEER/rekordbox/exportLibrary.db`, which players since 2023 read.

SQLCipher, unlocked by pyrekordbox. Tables and columns are those of its `OneLibrary`; the menus are those of export.pdb.
Cue points are in the analysis files, as on rekordbox's own sticks.
"""

from __future__ import annotations

import os
import sqlite3
from collections import Counter
from collections.abc import Iterable, Mapping

from map4.extras.stick import menus
from map4.extras.stick.names import StickNames, list_name, shown
from map4.extras.stick.pdb import MASTER_DB, bpm_x100, file_type, master_id
from map4.extras.stick.records import StickContents, StickTrack
from map4.formats import ImportReadError, opened_device_plus

_SCHEMA = {
    "album": "album_id name artist_id image_id isComplation nameForSearch",
    "artist": "artist_id name nameForSearch",
    "category": "category_id menuItem_id sequenceNo isVisible",
    "color": "color_id name",
    "content": "content_id title titleForSearch subtitle bpmx100 length trackNo discNo artist_id_artist "
    "artist_id_remixer artist_id_originalArtist artist_id_composer artist_id_lyricist album_id genre_id label_id "
    "key_id color_id image_id djComment rating releaseYear releaseDate dateCreated dateAdded path fileName fileSize "
    "fileType bitrate bitDepth samplingRate isrc djPlayCount isHotCueAutoLoadOn isKuvoDeliverStatusOn "
    "kuvoDeliveryComment masterDbId masterContentId analysisDataFilePath analysedBits contentLink hasModified "
    "cueUpdateCount analysisDataUpdateCount informationUpdateCount",
    "cue": "cue_id content_id kind colorTableIndex cueComment isActiveLoop beatLoopNumerator beatLoopDenominator "
    "inUsec outUsec in150FramePerSec out150FramePerSec inMpegFrameNumber outMpegFrameNumber inMpegAbs outMpegAbs "
    "inDecodingStartFramePosition outDecodingStartFramePosition inFileOffsetInBlock OutFileOffsetInBlock "
    "inNumberOfSampleInBlock outNumberOfSampleInBlock",
    "genre": "genre_id name",
    "history": "history_id sequenceNo name attribute history_id_parent",
    "history_content": "history_id content_id sequenceNo",
    "hotCueBankList": "hotCueBankList_id sequenceNo name image_id attribute hotCueBankList_id_parent",
    "hotCueBankList_cue": "hotCueBankList_id cue_id sequenceNo",
    "image": "image_id path",
    "key": "key_id name",
    "label": "label_id name",
    "menuItem": "menuItem_id kind name",
    "myTag": "myTag_id sequenceNo name attribute myTag_id_parent",
    "myTag_content": "myTag_id content_id",
    "playlist": "playlist_id sequenceNo name image_id attribute playlist_id_parent",
    "playlist_content": "playlist_id content_id sequenceNo",
    "property": "deviceName dbVersion numberOfContents createdDate backGroundColorType myTagMasterDBID",
    "recommendedLike": "content_id_1 content_id_2 rating createdDate",
    "sort": "sort_id menuItem_id sequenceNo isVisible isSelectedAsSubColumn",
}
"""Columns by table; `_TEXTS` are texts, others numbers, and the number of a table is its primary key."""
_TEXTS = frozenset(
    ("name", "nameForSearch", "title", "titleForSearch", "subtitle", "djComment", "releaseDate", "dateCreated",
     "dateAdded", "path", "fileName", "isrc", "kuvoDeliveryComment", "analysisDataFilePath", "cueComment",
     "deviceName", "dbVersion")
)  # fmt: skip
_INDEXED = ("hotCueBankList_cue.hotCueBankList_id", "myTag_content.content_id", "myTag_content.myTag_id",
            "playlist_content.playlist_id")  # fmt: skip
_LINK, _ANALYSED = 0x000C0700, 41
_FOLDER = 1

Ids = Mapping[object, int]


def write_device_library(contents: StickContents, path: str) -> None:
    """Write the database to a new file, or into a copy of an existing one, whose other tables stay.

    raises ImportReadError: without pyrekordbox, or if the existing file can't be unlocked or is of another version
    """
    if is_new := not os.path.exists(path):
        with open(path, "xb"):
            pass
    with opened_device_plus(path, is_locked=True) as connection:
        try:
            if is_new:
                _make(connection, contents.date)
            _write(connection, contents)
            connection.commit()
        except connection.Error as error:
            raise ImportReadError(f"the tables of its exportLibrary.db are unknown: {error}") from None


def _make(connection: sqlite3.Connection, date: str) -> None:
    for table, columns in _SCHEMA.items():
        typed = ", ".join(
            f"{name} {'varchar' if name in _TEXTS else 'integer'}{' primary key' * (name == f'{table}_id')}"
            for name in columns.split()
        )
        connection.execute(f"CREATE TABLE {table}({typed})")
    for place in _INDEXED:
        table, column = place.split(".")
        connection.execute(f"CREATE INDEX index_{table}_{column} ON {table}({column})")
    _insert(connection, "property", [("", "1000", 0, date, 0, 0)])
    _insert(connection, "color", list(enumerate(menus.COLORS, 1)))
    entries = [(number, kind, f"\ufffa{name}\ufffb") for number, (kind, name) in enumerate(menus.MENU, 1)]
    _insert(connection, "menuItem", entries)
    categories = [(number, entry, place, int(hidden != 1)) for entry, number, _, hidden, place in menus.CATEGORIES]
    _insert(connection, "category", categories)
    _insert(connection, "sort", [(number, entry, place, 1 - hidden, 0) for entry, number, hidden, place in menus.SORTS])


def _insert(connection: sqlite3.Connection, table: str, rows: Iterable[tuple[object, ...]]) -> None:
    columns = _SCHEMA[table].split()
    marks = ", ".join("?" * len(columns))
    connection.executemany(f"INSERT OR REPLACE INTO {table}({', '.join(columns)}) VALUES ({marks})", rows)


def _write(connection: sqlite3.Connection, contents: StickContents) -> None:
    known = {number for (number,) in connection.execute("SELECT content_id FROM content")}
    numbers = {track.number for track in contents.tracks}
    connection.executemany("DELETE FROM content WHERE content_id = ?", [(number,) for number in known - numbers])
    names = StickNames(contents)
    ids = {
        table: _ids(connection, table, items)
        for table, items in (
            ("artist", names.artists.items()), ("genre", names.genres.items()), ("label", names.labels.items()),
            ("key", names.keys.items()), ("image", names.artwork.items()),
        )
    }  # fmt: skip
    artists = {number: ids["artist"].get(name, 0) for name, number in names.artists.items()}
    albums = [((name, artists.get(artist, 0)), number) for (name, artist), number in names.albums.items()]
    ids["album"] = _ids(connection, "album", albums)
    new = [track for track in contents.tracks if track.row is None or track.number not in known]
    _insert(connection, "content", [_content(track, ids) for track in new])
    _write_lists(connection, contents)
    connection.execute("UPDATE property SET numberOfContents = ?", [len(contents.tracks)])


def _ids(connection: sqlite3.Connection, table: str, items: Iterable[tuple[object, int]]) -> Ids:
    """Numbers of names, also of new ones, which are added; those of export.pdb where these are free."""
    columns = {"image": "path", "album": "name, ifnull(artist_id, 0)"}.get(table, "name")
    rows = connection.execute(f"SELECT {table}_id, {columns} FROM {table}").fetchall()
    found: dict[object, int] = {(row[1:] if table == "album" else row[1]): row[0] for row in reversed(rows)}
    taken = {row[0] for row in rows}
    for name, number in items:
        if name not in found:
            found[name] = number if number not in taken else max(taken) + 1
            taken.add(found[name])
            values = name if isinstance(name, tuple) else (name,)
            extra = (None, 0, None) if table == "album" else (None,) if table == "artist" else ()
            _insert(connection, table, [(found[name], *values, *extra)])
    return found


def _content(track: StickTrack, ids: Mapping[str, Ids]) -> tuple[object, ...]:
    def number(table: str, name: str | None) -> int:
        return ids[table].get(name) or ids[table].get(shown(name), 0)

    album = ids["album"].get((track.album, number("artist", track.album_artist)))
    shown_album = ids["album"].get((shown(track.album), number("artist", track.album_artist)), 0)
    return (
        track.number, shown(track.title), None, shown(track.mix), bpm_x100(track), round(track.duration_s),
        track.track_number, track.disc_number, number("artist", track.artist), number("artist", track.remixer), 0,
        number("artist", track.composer), 0, album or shown_album, number("genre", track.genre),
        number("label", track.label), number("key", track.key), track.color, number("image", track.artwork),
        shown(track.comment), track.rating, track.year, "", track.date_added, track.date_added, track.path,
        os.path.basename(track.path), track.size_bytes, file_type(track), track.kbps, track.bits,
        track.sample_rate_hz, track.isrc or "", track.plays, 1, 0, "", MASTER_DB, master_id(track),
        track.analysis_path, _ANALYSED, _LINK, 0, 1, 1, 1,
    )  # fmt: skip


def _write_lists(connection: sqlite3.Connection, contents: StickContents) -> None:
    kept = {listed.number for listed in contents.lists}
    there = connection.execute("SELECT playlist_id FROM playlist WHERE ifnull(attribute, 0) IN (0, 1)").fetchall()
    gone = [row for row in there if row[0] not in kept]
    connection.executemany("DELETE FROM playlist WHERE playlist_id = ?", gone)
    connection.executemany("DELETE FROM playlist_content WHERE playlist_id = ?", there)
    orders = Counter[int]()
    for listed in contents.lists:
        order, orders[listed.parent] = orders[listed.parent], orders[listed.parent] + 1
        values = (order, list_name(listed), _FOLDER if listed.is_folder else 0, listed.parent, listed.number)
        sets = "sequenceNo = ?, name = ?, attribute = ?, playlist_id_parent = ?"
        if not connection.execute(f"UPDATE playlist SET {sets} WHERE playlist_id = ?", values).rowcount:
            _insert(connection, "playlist", [(listed.number, *values[:2], 0, *values[2:4])])
        entries = [(listed.number, track, place) for place, track in enumerate(listed.tracks, 1)]
        _insert(connection, "playlist_content", entries)
