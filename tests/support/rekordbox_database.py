"""A small master.db with the schema of pyrekordbox's models, and every row of it for comparisons."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from copied import copied
from dj_tracks import dj_track

from map4.core.music.track.track import Track
from map4.formats import opened_rekordbox

NOW = "2026-01-31 12:00:00.000 +00:00"
XML = b"""<?xml version="1.0" encoding="UTF-8"?>

<MASTER_PLAYLIST Version="3.0.0" AutomaticSync="0">
  <PRODUCT Name="rekordbox" Version="6.6.2" Company="Pioneer DJ"/>
  <PLAYLISTS>
    <NODE Id="186A0" ParentId="0" Attribute="-128" Timestamp="1649540314311" Lib_Type="0" CheckType="0"/>
    <NODE Id="65" ParentId="0" Attribute="1" Timestamp="0" Lib_Type="0" CheckType="0"/>
    <NODE Id="66" ParentId="65" Attribute="0" Timestamp="7" Lib_Type="0" CheckType="0"/>
  </PLAYLISTS>
</MASTER_PLAYLIST>
"""
TRACKS = 30


def rekordbox_track(number: int, **more: Any) -> Track:
    """The track of map4 whose file the database has under a number up to `TRACKS`."""
    return dj_track(f"{number}.mp3", **more)


def make_database(folder: Path, *, is_wal: bool = False) -> Path:
    """Make a database with tracks, a folder with a list, and a list of the cloud; beside it masterPlaylists6.xml."""
    path = _made(folder / "master.db")
    if is_wal:
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("PRAGMA journal_mode = WAL")
    (folder / "masterPlaylists6.xml").write_bytes(XML)
    return path


@copied
def _made(path: Path) -> None:
    models = pytest.importorskip("pyrekordbox.masterdb.models", reason="needs pyrekordbox, the extra 'rekordbox'")
    sqlalchemy = pytest.importorskip("sqlalchemy")
    dialect = sqlalchemy.create_engine("sqlite://").dialect
    # The models forbid NULL where rekordbox's own tables allow it.
    tables = [
        str(sqlalchemy.schema.CreateTable(table).compile(dialect=dialect)).replace(" NOT NULL", "")
        for table in models.Base.metadata.sorted_tables
    ]
    status = {"rb_data_status": 0, "rb_local_data_status": 0, "rb_local_deleted": 0, "rb_local_synced": 0}
    with closing(sqlite3.connect(path)) as connection, connection:

        def put(table: str, **values: Any) -> None:
            row = {"created_at": NOW, "updated_at": NOW, **values}
            marks = ", ".join("?" * len(row))
            connection.execute(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({marks})", tuple(row.values()))

        for table in tables:
            connection.execute(table)
        put("djmdProperty", DBID="1", DBVersion="6000")
        put("agentRegistry", registry_id="localUpdateCount", int_1=249)
        cloud = {"usn": 105, "rb_local_usn": 248, **status, "rb_data_status": 256}
        put("djmdPlaylist", ID="100000", Seq=1, Name="Cloud", Attribute=1, ParentID="root", UUID="c", **cloud)
        put(
            "djmdPlaylist",
            ID="101",
            Seq=2,
            Name="Sets",
            Attribute=1,
            ParentID="root",
            UUID="f",
            rb_local_usn=2,
            **status,
        )
        put(
            "djmdPlaylist", ID="102", Seq=1, Name="Old", Attribute=0, ParentID="101", UUID="l", rb_local_usn=4, **status
        )
        for number in range(1, TRACKS + 1):
            put(
                "djmdContent", ID=str(number), FolderPath=f"/music/{number}.mp3", Title=f"T{number}", Rating=0,
                Commnt="", ColorID="0", UUID=f"t{number}", rb_local_usn=10 + number, **status,
            )  # fmt: skip
        put("djmdSongPlaylist", ID="s", PlaylistID="102", ContentID="1", TrackNo=1, UUID="s", rb_local_usn=5, **status)


def all_rows(path: Path) -> dict[tuple[str, str], tuple[Any, ...]]:
    """Every row of every table, by table and key; from a copy, so that nothing is locked or replayed."""
    with opened_rekordbox(str(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        tables = [
            name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        ]
        return {
            (table, str(row[0])): row
            for table in tables
            for row in connection.execute(f"SELECT * FROM {table}").fetchall()
        }
