"""Libraries of rekordbox 6 with content of our own: the test library that rekordbox wrote, and what is put into it."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

from rekordbox_sticks import analysis, beats_tag, write_analysis

NOW = "2026-01-31 12:00:00.000 +00:00"


def library_copy(shared: Path, folder: Path) -> Path:
    """A copy of rekordbox's own library that may be written to."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "master.db"
    shutil.copyfile(shared / "interchange" / "rekordbox6-master-unlocked.db", path)
    return path


def put(path: Path, table: str, **values: object) -> None:
    """Insert a row, with the columns that every table of rekordbox has."""
    known = {"rb_local_deleted": 0, "created_at": NOW, "updated_at": NOW, **values}
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA synchronous = OFF")
        names, marks = ", ".join(known), ", ".join("?" * len(known))
        connection.execute(f"INSERT INTO {table} ({names}) VALUES ({marks})", tuple(known.values()))
        connection.commit()


def analysis_file(beats: list[tuple[int, int, int]], *, others: bytes = b"") -> bytes:
    """The bytes of an ANLZ0000.DAT with a beat grid, behind other tags."""
    return analysis(others, beats_tag(beats))


def put_analysis(path: Path, content_id: str, data: bytes, more: bytes | None = None) -> None:
    """The analysis file of a track, in the folder beside the database, and the .EXT beside it."""
    with closing(sqlite3.connect(path)) as connection:
        [inside] = connection.execute("SELECT AnalysisDataPath FROM djmdContent WHERE ID = ?", (content_id,)).fetchone()
    write_analysis(path.parent / "share", inside, data, more)
