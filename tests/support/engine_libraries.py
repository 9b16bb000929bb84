"""Engine's databases, written after the layout that libdjinterop describes (tables of 2.18 and 3.0; its blocks)."""

import sqlite3
import struct
import zlib
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path

UUID, OTHER_UUID = "11111111-aaaa-4aaa-8aaa-111111111111", "22222222-bbbb-4bbb-8bbb-222222222222"
RATE = 44_100.0
PLAYED = 1_767_225_600  # 2026-01-01T00:00:00Z
Cue = tuple[str, float, int]
"""Name, seconds and colour of a hot cue."""
Loop = tuple[str, float, float, int]
Mark = tuple[float, int]
"""Sample frame and number of the beat."""

_BLOCKS = "trackData BLOB, overviewWaveFormData BLOB, beatData BLOB, quickCues BLOB, loops BLOB"
_TRACK = (
    "id INTEGER PRIMARY KEY AUTOINCREMENT, playOrder INTEGER, length INTEGER, bpm INTEGER, year INTEGER, path TEXT, "
    "filename TEXT, bitrate INTEGER, bpmAnalyzed REAL, albumArtId INTEGER, fileBytes INTEGER, title TEXT, artist TEXT, "
    "album TEXT, genre TEXT, comment TEXT, label TEXT, composer TEXT, remixer TEXT, key INTEGER, rating INTEGER, "
    "albumArt TEXT, timeLastPlayed DATETIME, isPlayed BOOLEAN, fileType TEXT, isAnalyzed BOOLEAN, "
    "dateCreated DATETIME, dateAdded DATETIME, isAvailable BOOLEAN, streamingSource TEXT, uri TEXT, "
    "isBeatGridLocked BOOLEAN, originDatabaseUuid TEXT, originTrackId INTEGER"
)
_COMMON = """
CREATE TABLE Information (id INTEGER PRIMARY KEY AUTOINCREMENT, uuid TEXT, schemaVersionMajor INTEGER,
    schemaVersionMinor INTEGER, schemaVersionPatch INTEGER, currentPlayedIndiciator INTEGER);
CREATE TABLE Playlist (id INTEGER PRIMARY KEY AUTOINCREMENT, title TEXT, parentListId INTEGER, isPersisted BOOLEAN,
    nextListId INTEGER, lastEditTime DATETIME, isExplicitlyExported BOOLEAN, UNIQUE (title, parentListId));
CREATE TABLE PlaylistEntity (id INTEGER PRIMARY KEY AUTOINCREMENT, listId INTEGER, trackId INTEGER, databaseUuid TEXT,
    nextEntityId INTEGER, membershipReference INTEGER, UNIQUE (listId, databaseUuid, trackId));
"""
_VERSION_2 = f"""
CREATE TABLE Track ({_TRACK}, {_BLOCKS}, UNIQUE (path));
CREATE VIEW PerformanceData AS SELECT id AS trackId, isAnalyzed, trackData, overviewWaveFormData, beatData, quickCues,
    loops FROM Track;
"""
_VERSION_3 = f"""
CREATE TABLE Track ({_TRACK}, lastEditTime DATETIME, UNIQUE (path));
CREATE TABLE PerformanceData (trackId INTEGER PRIMARY KEY, {_BLOCKS}, activeOnLoadLoops INTEGER);
CREATE TABLE Smartlist (listUuid TEXT NOT NULL PRIMARY KEY, title TEXT, parentPlaylistPath TEXT, rules TEXT);
"""
_HISTORY = """
CREATE TABLE Information (id INTEGER PRIMARY KEY AUTOINCREMENT, uuid TEXT);
CREATE TABLE Track (id INTEGER PRIMARY KEY AUTOINCREMENT, path TEXT, originDatabaseUuid TEXT, originTrackId INTEGER);
CREATE TABLE Historylist (id INTEGER PRIMARY KEY AUTOINCREMENT, sessionId TEXT, title TEXT, startTime DATETIME,
    timezone TEXT, originDatabaseUuid TEXT, originListId INTEGER, isDeleted BOOLEAN);
CREATE TABLE HistorylistEntity (id INTEGER PRIMARY KEY AUTOINCREMENT, listId INTEGER, trackId INTEGER,
    startTime DATETIME);
"""


def make_library(folder: Path, *, version: tuple[int, int, int] = (3, 0, 1)) -> Path:
    """An empty library below `folder`; gives its `m.db`."""
    path = folder / "Engine Library" / "Database2" / "m.db"
    path.parent.mkdir(parents=True)
    with closing(_connected(path)) as connection, connection:
        connection.executescript(_COMMON + (_VERSION_2 if version < (3, 0, 0) else _VERSION_3))
        connection.execute(
            "INSERT INTO Information (uuid, schemaVersionMajor, schemaVersionMinor, schemaVersionPatch) "
            "VALUES (?, ?, ?, ?)",
            (UUID, *version),
        )
    return path


def put_track(path: Path, place: str | None, *, blocks: Mapping[str, bytes] | None = None, **values: object) -> int:
    """A track and its blocks; gives its number."""
    with closing(_connected(path)) as connection, connection:
        known = {"path": place, "length": 200, "originDatabaseUuid": UUID, **values}
        number = _insert(connection, "Track", known)
        connection.execute("UPDATE Track SET originTrackId = ifnull(originTrackId, id)")
        if blocks is not None and _is_table(connection, "PerformanceData"):
            _insert(connection, "PerformanceData", {"trackId": number, **blocks})
        elif blocks is not None:
            changes = ", ".join(f"{name} = ?" for name in blocks)
            connection.execute(f"UPDATE Track SET {changes} WHERE id = ?", (*blocks.values(), number))
    return number


def put_list(path: Path, title: str, tracks: Sequence[int | tuple[int, str]] = (), *, parent: int = 0) -> int:
    """A list whose tracks are linked from the last to the first, so that their numbers say nothing of their order."""
    with closing(_connected(path)) as connection, connection:
        number = _insert(connection, "Playlist", {"title": title, "parentListId": parent, "isPersisted": 1})
        following = 0
        for track in reversed(tracks):
            of, owner = track if isinstance(track, tuple) else (track, UUID)
            row = {"listId": number, "trackId": of, "databaseUuid": owner, "nextEntityId": following}
            following = _insert(connection, "PlaylistEntity", row)
    return number


def put_history(path: Path, started: int, plays: Sequence[tuple[int, int]], *, is_deleted: bool = False) -> None:
    """A night in the `hm.db` beside `m.db`: numbers of tracks, and when each began."""
    file = path.with_name("hm.db")
    with closing(_connected(file)) as connection, connection:
        if not _is_table(connection, "Track"):
            connection.executescript(_HISTORY)
        number = _insert(connection, "Historylist", {"startTime": started, "isDeleted": is_deleted, "title": None})
        for track, when in plays:
            known = _insert(connection, "Track", {"originDatabaseUuid": UUID, "originTrackId": track})
            _insert(connection, "HistorylistEntity", {"listId": number, "trackId": known, "startTime": when})


def _connected(path: Path) -> sqlite3.Connection:
    """A connection that does not wait for the disk."""
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA synchronous = OFF")
    return connection


def _insert(connection: sqlite3.Connection, table: str, row: Mapping[str, object]) -> int:
    names, marks = ", ".join(row), ", ".join("?" * len(row))
    number = connection.execute(f"INSERT INTO {table} ({names}) VALUES ({marks})", tuple(row.values())).lastrowid
    assert number is not None
    return number


def _is_table(connection: sqlite3.Connection, name: str) -> bool:
    query = "SELECT 1 FROM sqlite_master WHERE name = ? AND type = 'table'"
    return connection.execute(query, (name,)).fetchone() is not None


# ---- blocks --------------------------------------------------------------------------------------


def packed(data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + zlib.compress(data)


def track_data(rate: float = RATE) -> bytes:
    return packed(struct.pack(">dqiddd", rate, int(rate * 200), 5, 0.5, 0.4, 0.3))


def cues(*marks: Cue | None, main: float = 0.0, moved: bool = False, rate: float = RATE) -> bytes:
    """Eight pads, empty ones at frame -1."""
    data = struct.pack(">q", 8)
    for mark in (*marks, *[None] * (8 - len(marks))):
        name, at, color = mark or ("", None, 0)
        text = name.encode()
        frame = -1.0 if at is None else at * rate
        data += bytes((len(text),)) + text + struct.pack(">dB", frame, 255) + color.to_bytes(3, "big")
    return packed(data + struct.pack(">dBd", main * rate, moved, 0.0))


def loops(*marks: Loop | None, rate: float = RATE) -> bytes:
    data = struct.pack("<q", 8)
    for mark in (*marks, *[None] * (8 - len(marks))):
        name, start, end, color = mark or ("", -1.0 / rate, -1.0 / rate, 0)
        text, is_set = name.encode(), mark is not None
        data += bytes((len(text),)) + text + struct.pack("<dd??B", start * rate, end * rate, is_set, is_set, 255)
        data += color.to_bytes(3, "big")
    return data


def beats(adjusted: Sequence[Mark], default: Sequence[Mark] = (), *, rate: float = RATE) -> bytes:
    data = struct.pack(">ddB", rate, rate * 200, 1)
    for marks in (default, adjusted):
        data += struct.pack(">q", len(marks))
        for index, (frame, beat) in enumerate(marks):
            after = marks[index + 1][1] - beat if index + 1 < len(marks) else 0
            data += struct.pack("<dqii", frame, beat, after, 0)
    return packed(data)


def straight(bpm: float, first_s: float, *, rate: float = RATE) -> list[Mark]:
    """A grid of one tempo as Engine has it: from four beats before the first to behind the last."""
    beat = 60.0 / bpm * rate
    return [(first_s * rate - 4 * beat, -4), (first_s * rate + 400 * beat, 400)]
