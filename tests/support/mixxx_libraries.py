"""Libraries as Mixxx makes them, in the tables that its schema had at a version; only what an import may look at."""

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

# By the version of the schema that brought them: (table, column and its type). From Mixxx's res/schema.xml.
_ADDED = (
    (27, "cues", "color INTEGER DEFAULT 4294901760 NOT NULL"),
    (31, "library", "color INTEGER"),
    (35, "library", "last_played_at DATETIME DEFAULT NULL"),
    (40, "library", "tuning_frequency_hz FLOAT DEFAULT 0.0"),
    (41, "track_locations", "track_id INTEGER"),
)
_TABLES = """
CREATE TABLE settings (name TEXT UNIQUE NOT NULL, value TEXT, locked INTEGER DEFAULT 0, hidden INTEGER DEFAULT 0);
CREATE TABLE track_locations (id INTEGER PRIMARY KEY AUTOINCREMENT, location varchar(512) UNIQUE,
    filename varchar(512), directory varchar(512), filesize INTEGER, fs_deleted INTEGER, needs_verification INTEGER);
CREATE TABLE library (id INTEGER PRIMARY KEY AUTOINCREMENT, artist varchar(64), title varchar(64), album varchar(64),
    location INTEGER, comment varchar(256), duration FLOAT, samplerate INTEGER, cuepoint INTEGER, bpm FLOAT,
    channels INTEGER, mixxx_deleted INTEGER, played INTEGER, timesplayed INTEGER DEFAULT 0, rating INTEGER DEFAULT 0,
    key varchar(8) DEFAULT '', beats BLOB, beats_version TEXT, key_id INTEGER DEFAULT 0, genre varchar(64),
    composer varchar(64), album_artist TEXT, grouping varchar(64), year varchar(16), tracknumber varchar(3),
    datetime_added);
CREATE TABLE cues (id INTEGER PRIMARY KEY AUTOINCREMENT, track_id INTEGER NOT NULL, type INTEGER DEFAULT 0 NOT NULL,
    position INTEGER DEFAULT -1 NOT NULL, length INTEGER DEFAULT 0 NOT NULL, hotcue INTEGER DEFAULT -1 NOT NULL,
    label TEXT DEFAULT '' NOT NULL);
CREATE TABLE Playlists (id INTEGER PRIMARY KEY, name varchar(48), position INTEGER, hidden INTEGER DEFAULT 0 NOT NULL,
    date_created datetime, date_modified datetime);
CREATE TABLE PlaylistTracks (id INTEGER PRIMARY KEY, playlist_id INTEGER, track_id INTEGER, position INTEGER,
    pl_datetime_added);
CREATE TABLE crates (id INTEGER PRIMARY KEY AUTOINCREMENT, name varchar(48) UNIQUE NOT NULL, count INTEGER DEFAULT 0,
    show INTEGER DEFAULT 1);
CREATE TABLE crate_tracks (crate_id INTEGER NOT NULL, track_id INTEGER NOT NULL, UNIQUE (crate_id, track_id));
"""
ONE = "/music/One.mp3"


def connected(path: Path) -> sqlite3.Connection:
    """A connection that does not wait for the disk."""
    connection = sqlite3.connect(path, check_same_thread=False)
    connection.execute("PRAGMA synchronous = OFF")
    return connection


def make_library(path: Path, *, schema: int = 39) -> Path:
    """An empty library of this version."""
    with closing(connected(path)) as connection:
        connection.executescript(_TABLES)
        for version, table, column in _ADDED:
            if version <= schema:
                connection.execute(f"ALTER TABLE {table} ADD COLUMN {column}")
        connection.execute("INSERT INTO settings (name, value) VALUES ('mixxx.schema.version', ?)", (str(schema),))
        connection.commit()
    return path


def put(path: Path, table: str, **values: object) -> int:
    """Insert a row; gives its number."""
    with closing(connected(path)) as connection:
        names = ", ".join(values)
        marks = ", ".join("?" * len(values))
        number = connection.execute(f"INSERT INTO {table} ({names}) VALUES ({marks})", tuple(values.values())).lastrowid
        connection.commit()
    assert number is not None
    return number


def put_track(path: Path, location: str | bytes = ONE, *, size: int = 5_000_000, **values: object) -> int:
    """A track of 44.1 kHz, and what else is said of it."""
    text = location if isinstance(location, str) else None
    place = put(path, "track_locations", location=text, filesize=size, fs_deleted=0)
    if text is None:
        with closing(connected(path)) as connection:
            connection.execute("UPDATE track_locations SET location = CAST(? AS TEXT) WHERE id = ?", (location, place))
            connection.commit()
    known: Mapping[str, object] = {"samplerate": 44100, "duration": 200.0, "mixxx_deleted": 0}
    return put(path, "library", location=place, **{**known, **values})
