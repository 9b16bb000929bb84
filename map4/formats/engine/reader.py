"""Engine DJ's library: tracks, lists and history of `Database2/m.db` and the `hm.db` beside it.

Tables and columns are those of schema 2.18 to 3.0.2, which Engine DJ 2 to 5 and players of Denon DJ and Numark write;
missing columns are treated as empty. Engine Prime 1 had other tables, and a second file for cue points.

[1] xsco/libdjinterop, `testdata/ref/engine/`: the tables of every schema; its headers: columns and order of keys.
[2] Public projects that read `hm.db`: lists have their time, and its tracks have the numbers of `m.db`.

Smart lists of Engine DJ: rules as JSON in a column of the database, all or any of which must match.

A rule is a column, a comparison of SQL, and the value as SQL writes it: `{"col": "genre", "con": "LIKE", "param":
"'%house%'"}`.
"""

from __future__ import annotations

import json
import os
import re
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from map4.core.base.path_maps import Location
from map4.core.music.analysis.key import Key
from map4.core.music.lists.live import LiveList
from map4.core.music.track.imported import ImportedValues
from map4.formats.engine.blobs import engine_cues, engine_grid, engine_loops, engine_rate_hz
from map4.formats.fields import ProgramFields, Reader, entry_of, stars, unreadable
from map4.formats.importer import DjItem, DjPlaylist, DjTrack, Importer, ImportReadError, ReadNotes, folders_around
from map4.formats.live_rules import Groups, UnsupportedRuleError, compared, counting_unsupported, joined, live_list
from map4.formats.sqlite_copy import (
    SQLITE_MAGIC,
    columns_of,
    file_path_of,
    has_tables,
    numbered_rows,
    opened_copy,
    select,
    text_of,
)
from map4.formats.time_zero import program_offset_s
from map4.formats.values import count_of, history_name, suffix_of, utc_moment_of

_RULE_TEXTS = {"artist": "artist", "album": "album", "comment": "comment", "genre": "genre", "label": "label",
          "composer": "composer", "remixer": "remixer", "title": "title"}  # fmt: skip
_NUMBERS = {"bpm": "bpm", "year": "year", "rating": "rating", "length": "duration", "bitrate": "bitrate"}
_SIGNS = {"=": "is", "!=": "is", "<>": "is", "LIKE": "has", "NOT LIKE": "has", ">=": "from", "<=": "to", ">": "above",
          "<": "below"}  # fmt: skip
_RATING_STEP = 20


def live_of(text: str) -> LiveList:
    """Convert a smart list to a live list."""
    try:
        data = json.loads(text)
        match, rules = data["match"], data["rules"]
        parts = [_parse(rule) for rule in rules]
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise UnsupportedRuleError("rules that can't be read") from None
    if not parts or match not in ("all", "one"):
        raise UnsupportedRuleError("no rules" if not parts else f"match {match}")
    return live_list(joined(parts, "all" if match == "all" else "any"))


def _parse(rule: Mapping[str, Any]) -> Groups:
    column, sign, value = rule["col"], str(rule["con"]).upper().strip(), str(rule["param"]).strip()
    how, groups = _SIGNS.get(sign, ""), None
    if column in _RULE_TEXTS and (text := re.fullmatch("'((?:[^']|'')*)'", value, re.DOTALL)):
        text = re.fullmatch("%([^%_]+)%" if how == "has" else "(.*)", text[1].replace("''", "'"), re.DOTALL)
        groups = text and compared(_RULE_TEXTS[column], how, text[1], negated=sign in ("!=", "<>", "NOT LIKE"))
    elif column in _NUMBERS and (number := re.fullmatch(r"'?([0-9]{1,9}(?:[.][0-9]{1,6})?)'?", value)):
        low = float(number[1]) / (_RATING_STEP if column == "rating" else 1)
        groups = compared(_NUMBERS[column], how, low, negated=sign in ("!=", "<>"))
    if groups is None:
        raise UnsupportedRuleError(f"{column} {sign} {value}")
    return groups


_LIBRARY, _DATABASES, _MAIN, _HISTORY = "Engine Library", "Database2", "m.db", "hm.db"
_NEWEST_SCHEMA = (3, 0, 2)
_TEXTS = ("title", "artist", "album", "genre", "label", "composer", "remixer", "comment")
_TRACK = (
    *_TEXTS, "path", "year", "length", "bpm", "bpmAnalyzed", "key", "rating", "fileBytes", "timeLastPlayed",
    "dateAdded", "streamingSource", "originDatabaseUuid", "originTrackId",
)  # fmt: skip
_BLOCKS = ("trackData", "beatData", "quickCues", "loops")
# Camelot positions of its numbers for keys, which follow the circle of fifths from C major, each with its relative.
_C_MAJOR, _KEYS = 7, 24

_DAMAGE = "it is not a database, or a damaged one; Engine DJ's database is Database2/m.db"
_LOST_ENTRIES = "entries of lists whose track is not in Engine"

_TrackOf = Callable[[int, str | None], int | None]
"""Returns the number of a track here for its number in its original database; None if it is not here."""


def read_engine(path: str, notes: ReadNotes) -> Iterator[DjItem]:
    """Read a library of Engine, from `m.db` or a folder around it; a `Reader`."""
    path = _main_file(os.path.abspath(path))
    with opened_copy(path, _DAMAGE) as connection:
        if "path" not in columns_of(connection, "Track"):
            raise ImportReadError("this database is not Engine's: it has no table 'Track' with paths")
        if not columns_of(connection, "PerformanceData"):
            raise ImportReadError(
                "it was written by Engine Prime 1; open it with Engine DJ, which writes a new one to Database2/m.db"
            )
        uuid = _note_version(connection, notes)
        origins: dict[tuple[str, int], int] = {}
        known: set[int] = set()
        for number, origin, track in _tracks(connection, _music_folder(path), notes):
            known.add(number)
            if origin[0] != uuid:
                origins[origin] = number
            yield track

        def track_of(number: int, owner: str | None) -> int | None:
            if owner not in (None, uuid):
                return origins.get((owner, number))
            return number if number in known else None

        yield from _playlists(connection, track_of, notes)
        yield from _smart_lists(connection, notes)
    history = os.path.join(os.path.dirname(path), _HISTORY)
    if os.path.isfile(history):
        try:
            with opened_copy(history, _DAMAGE) as connection:
                yield from _histories(connection, track_of, notes)
        except (ImportReadError, OSError):
            notes.remarks.append(f"the history ({_HISTORY}) can't be read")


def _main_file(path: str) -> str:
    """Return the path of `m.db` for itself, its folder, or a folder around that."""
    if not os.path.isdir(path):
        return path
    inner = ((), (_DATABASES,), (_LIBRARY, _DATABASES), (_LIBRARY,))
    files = [os.path.join(path, *folders, _MAIN) for folders in inner]
    return next((file for file in files if os.path.isfile(file)), files[1])


def _music_folder(path: str) -> str:
    """Return the folder that paths start from, which contains `Database2`."""
    folder = os.path.dirname(path)
    return os.path.dirname(folder) if os.path.basename(folder).lower() == _DATABASES.lower() else folder


def _note_version(connection: sqlite3.Connection, notes: ReadNotes) -> str | None:
    """Record the schema; returns the database's own name, by which its lists refer to tracks."""
    if not columns_of(connection, "Information"):
        return None
    names = ("uuid", "schemaVersionMajor", "schemaVersionMinor", "schemaVersionPatch")
    row = connection.execute(f"SELECT {select(connection, 'Information', 'i', names)} FROM Information AS i").fetchone()
    if row is None:
        return None
    version = tuple(count_of(part) or 0 for part in row[1:])
    notes.version = "schema " + ".".join(map(str, version))
    if version > _NEWEST_SCHEMA:
        notes.remarks.append(f"it was written by a newer Engine ({notes.version}); what it added was not read")
    return text_of(row[0])


def _tracks(
    connection: sqlite3.Connection, folder: str, notes: ReadNotes
) -> Iterator[tuple[int, tuple[str, int], DjTrack]]:
    """Yield number, number in the original database, and track, for every row."""
    columns = f"{select(connection, 'Track', 't', _TRACK)}, {select(connection, 'PerformanceData', 'p', _BLOCKS)}"
    rows = connection.execute(
        f"SELECT CAST(t.id AS INTEGER), {columns} FROM Track AS t LEFT JOIN PerformanceData AS p ON p.trackId = t.id "
        "ORDER BY 1"
    )
    for position, row in numbered_rows(rows, ("id", *_TRACK, *_BLOCKS), notes.left_out):
        path = None if text_of(row["streamingSource"]) else _path(row["path"], folder)
        values = _values(row, notes.left_out)
        entry = entry_of(values, position, path)
        origin = (text_of(row["originDatabaseUuid"]) or "", count_of(row["originTrackId"]) or 0)
        read = ImportedValues(**values).shifted(-program_offset_s("engine", suffix_of(path or "")))
        yield row["id"], origin, DjTrack(key=str(row["id"]), entry=entry, values=read)


def _path(value: object, folder: str) -> str | None:
    path = file_path_of(value)
    if path is None or Location.is_windows_path(path):
        return path
    return os.path.normpath(os.path.join(folder, path))


def _values(row: Mapping[str, Any], left_out: Counter[str]) -> dict[str, Any]:
    """Return the values of a row; a damaged block is counted, and the others are used."""
    rate_hz = engine_rate_hz(*(part if isinstance(part, bytes) else b"" for part in map(row.get, _BLOCKS[:2])))
    values = TRACK.read(row, left_out)
    cues = BLOCKS.read({name: row[name] and (row[name], rate_hz) for name in _BLOCKS[1:]}, left_out)
    loops = [*filter(None, cues.get("loops", ()))]
    if len(loops) < len(cues.get("loops", ())):
        left_out[unreadable("loops")] += 1
    places = (*cues.get("cues", ()), *loops)
    return values | {"cues": tuple(sorted(places, key=lambda cue: cue.position_s)), "grid": cues.get("grid", ())}


def _block(read: Callable[[bytes, float | None], object]) -> Reader:
    """Return a reader of a block with the sample rate of its track."""

    def read_block(stored: tuple[object, float | None]) -> object:
        data, rate_hz = stored
        if not isinstance(data, bytes):
            raise ValueError("a block that is no data")
        return read(data, rate_hz)

    return read_block


def _key(value: object) -> Key | None:
    number = count_of(value)
    if number is None or number >= _KEYS:
        return None
    return Key.from_camelot((_C_MAJOR + number // 2) % 12 + 1, "BA"[number % 2])


TRACK = ProgramFields(
    "Track",
    (
        *((name, name, text_of) for name in _TEXTS), ("year", "year"), ("bpm", "bpmAnalyzed"), ("bpm", "bpm"),
        ("key", "key", _key), ("rating", "rating", stars(20.0)), ("last_played", "timeLastPlayed"),
        ("date_added", "dateAdded"), ("duration_s", "length"), ("size_bytes", "fileBytes"),
    ),
)  # fmt: skip
BLOCKS = ProgramFields(
    "PerformanceData",
    (
        ("grid", "beatData", _block(lambda data, _: engine_grid(data))), ("cues", "quickCues", _block(engine_cues)),
        ("loops", "loops", _block(engine_loops)),
    ),
)  # fmt: skip
PLAY = ProgramFields("HistorylistEntity", (("played_at", "startTime"),))


def _playlists(connection: sqlite3.Connection, track_of: _TrackOf, notes: ReadNotes) -> Iterator[DjPlaylist]:
    """Yield every list with tracks, or without any content; a list that only contains lists is a folder."""
    rows = connection.execute(
        "SELECT CAST(id AS INTEGER), title, CAST(parentListId AS INTEGER) FROM Playlist ORDER BY 1"
    )
    lists = {number: (text_of(title) or "Unnamed", parent) for number, title, parent in rows if number is not None}
    folders = {parent for _, parent in lists.values()}
    for number, (name, parent) in lists.items():
        entries = _ordered_entries(connection, number)
        if not entries and number in folders:
            continue
        tracks = [track_of(track, owner) for track, owner in entries]
        notes.left_out[_LOST_ENTRIES] += tracks.count(None)
        keys = tuple(str(track) for track in tracks if track is not None)
        yield DjPlaylist(name=name, folders=folders_around(lists, parent), keys=keys)


def _smart_lists(connection: sqlite3.Connection, notes: ReadNotes) -> Iterator[DjPlaylist]:
    """Yield smart lists as live lists if a query can express them."""
    if not {"title", "rules"} <= set(columns_of(connection, "Smartlist")):
        return
    around = select(connection, "Smartlist", "s", ("parentPlaylistPath",))
    for title, rules, path in connection.execute(f"SELECT s.title, s.rules, {around} FROM Smartlist AS s ORDER BY 1"):
        name = text_of(title) or "Unnamed"
        folders = tuple(reversed([folder for folder in (text_of(path) or "").split(";") if folder]))
        with counting_unsupported(notes, name):
            yield DjPlaylist(name=name, folders=folders, live=live_of(text_of(rules) or ""))


def _ordered_entries(connection: sqlite3.Connection, number: int) -> list[tuple[int, str | None]]:
    """Return track and database of each entry of a list, which is stored as a linked list."""
    columns = select(connection, "PlaylistEntity", "e", ("id", "trackId", "databaseUuid", "nextEntityId"))
    rows = connection.execute(f"SELECT {columns} FROM PlaylistEntity AS e WHERE e.listId = ? ORDER BY e.id", (number,))
    entries = {row[0]: row for row in rows}
    named = {row[3] for row in entries.values()}
    ordered: dict[int, tuple[int, str | None]] = {}
    # Start with entries that no other entry points to; the rest forms cycles.
    for start in sorted(entries, key=named.__contains__):
        at = start
        while at in entries and at not in ordered:
            _, track, owner, at_next = entries[at]
            ordered[at] = (count_of(track) or 0, text_of(owner))
            at = at_next
    return list(ordered.values())


def _histories(connection: sqlite3.Connection, track_of: _TrackOf, notes: ReadNotes) -> Iterator[DjPlaylist]:
    if not (columns_of(connection, "Historylist") and columns_of(connection, "HistorylistEntity")):
        return
    nights = select(connection, "Historylist", "h", ("id", "startTime", "isDeleted"))
    lists = connection.execute(f"SELECT {nights} FROM Historylist AS h ORDER BY h.id").fetchall()
    columns = select(connection, "Track", "t", ("originTrackId", "originDatabaseUuid"))
    for number, started, is_deleted in lists:
        if is_deleted:
            continue
        played = connection.execute(
            f"SELECT e.startTime, {columns} FROM HistorylistEntity AS e JOIN Track AS t ON t.id = e.trackId "
            "WHERE e.listId = ? ORDER BY e.startTime, e.id",
            (number,),
        )
        rows = [(track_of(count_of(origin) or 0, text_of(owner)), when) for when, origin, owner in played]
        plays = [
            (str(track), PLAY.read({"startTime": when}, notes.left_out).get("played_at"))
            for track, when in rows
            if track is not None
        ]
        notes.left_out[_LOST_ENTRIES] += len(rows) - len(plays)
        times = tuple(when for _, when in plays)
        if plays:
            name, identity = history_name((utc_moment_of(started), *times), f"History {number}")
            yield DjPlaylist(
                name=name, identity=identity, keys=tuple(key for key, _ in plays), kind="history", times=times
            )


def _is_engine(path: str, head: bytes) -> bool:
    if os.path.isdir(path):
        return os.path.isfile(_main_file(path))
    return head.startswith(SQLITE_MAGIC) and has_tables(path, "Track", "Information")


ENGINE = Importer(
    name="engine",
    title="Engine DJ",
    suffixes=("db",),
    recognises=_is_engine,
    read=read_engine,
    fields=(TRACK, BLOCKS, PLAY),
    places=("~/Music/Engine Library",),
)
