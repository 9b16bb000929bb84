"""The library of rekordbox 6 and 7: its `master.db`, which pyrekordbox unlocks.

Tables, columns and their units are those of pyrekordbox's documentation ("Rekordbox 6 Database Format"). Only a copy of
the database is read, so rekordbox may be running, and the library is never at risk.
"""

from __future__ import annotations

import logging
import os
import sqlite3
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from map4.core.base.regular_files import OnDisk
from map4.formats import sqlite_copy
from map4.formats.importer import DjItem, DjTrack, Importer, ImportReadError, ReadNotes
from map4.formats.rekordbox import database_rows
from map4.formats.rekordbox.analysis_files import TrackAnalysis, rekordbox_analysis
from map4.formats.rekordbox.track_values import TEXTS, TRACK, read_track
from map4.formats.time_zero import program_offset_s
from map4.formats.values import suffix_of
from map4.version import Packages

CONTENT = {
    "path": "FolderPath", "title": "Title", "bpm_x100": "BPM", "seconds": "Length", "comment": "Commnt",
    "rating": "Rating", "color": "ColorID", "plays": "DJPlayCount", "size_bytes": "FileSize",
    "analysis_path": "AnalysisDataPath", "year": "ReleaseYear", "track_number": "TrackNo", "disc_number": "DiscNo",
    "date_added": "StockDate", "mix": "Subtitle",
}  # fmt: skip
"""Columns by the names of `DeviceTrackRow`."""
# Values in other tables: name, table and column, and the column with the row's number.
BESIDE = (
    ("artist", "djmdArtist", "Name", "ArtistID"), ("album", "djmdAlbum", "Name", "AlbumID"),
    ("key", "djmdKey", "ScaleName", "KeyID"), ("genre", "djmdGenre", "Name", "GenreID"),
    ("label", "djmdLabel", "Name", "LabelID"), ("composer", "djmdArtist", "Name", "ComposerID"),
    ("remixer", "djmdArtist", "Name", "RemixerID"),
)  # fmt: skip
_NAMES = ("id", *CONTENT, *(name for name, *_ in BESIDE))

REKORDBOX_PLACES = {"darwin": "~/Library/Pioneer/rekordbox/master.db", "win32": "$APPDATA/Pioneer/rekordbox/master.db"}
"""Where rekordbox keeps its database, by `sys.platform`."""
# SQLCipher encrypts everything, so the beginning of the file does not identify it.
_BACKUP = "master.backup"
_PAGE_BYTES = 4096


def read_rekordbox_db(path: str, notes: ReadNotes) -> Iterator[DjItem]:
    """Read a library of rekordbox 6 or 7; a `Reader`.

    Deleted rows, which rekordbox keeps for its cloud, are skipped. Smart playlists are searches and are counted. Grids
    are read from the folder "share" beside the database.
    """
    is_locked = is_encrypted(path)
    share = os.path.join(os.path.dirname(os.path.realpath(path)), "share")
    with sqlite_copy.DatabaseCopy.temporary(path) as copy, opened_rekordbox(copy) as connection:
        damage = (
            "it can't be unlocked: either it is not a master.db of rekordbox 6 or 7, or it is damaged"
            if is_locked
            else "it is not a database, or a damaged one; rekordbox's database is master.db"
        )
        with sqlite_copy.mapped_database_errors(connection.Error, damage):
            connection.text_factory = sqlite_copy.decoded
            if not sqlite_copy.columns_of(connection, "djmdContent"):
                raise ImportReadError("this database is not rekordbox's: it has no table 'djmdContent'")
            notes.version = _version(connection)
            known: set[str] = set()
            for track in _tracks(connection, share, notes):
                known.add(track.key)
                yield track
            yield from database_rows.rekordbox_lists(connection, known, notes)
            yield from database_rows.rekordbox_histories(connection, known, notes)


def is_encrypted(path: str) -> bool:
    """Return whether a database is encrypted, as rekordbox's own is."""
    with OnDisk(path).open() as file:
        return not file.read(len(sqlite_copy.SQLITE_MAGIC)).startswith(sqlite_copy.SQLITE_MAGIC)


@contextmanager
def opened_rekordbox(path: str, *, folder: str | None = None, is_stick: bool = False) -> Iterator[sqlite3.Connection]:
    """Open a connection to a database, unlocked by pyrekordbox, with its log output suppressed.

    folder: where pyrekordbox looks for masterPlaylists6.xml; None is that of the database
    is_stick: it is the `exportLibrary.db` of a stick
    """
    how = {} if is_stick else {"db_dir": folder or os.path.dirname(path)}
    talk = logging.getLogger("pyrekordbox")
    with warnings.catch_warnings():  # pyrekordbox enables every DeprecationWarning for all modules
        try:
            import pyrekordbox
        except ImportError:
            raise ImportReadError(
                f"to read rekordbox's database, map4 needs pyrekordbox: {Packages('rekordbox').how_to_add()}. Or "
                "export the collection in rekordbox as XML, and import that"
            ) from None
        level = talk.level
        talk.setLevel(logging.CRITICAL + 1)
        try:
            _hush_cipher()
            # Without a known installation it searches one, on Linux in the current folder, and may fail there.
            pyrekordbox.config.__config__["rekordbox7"] = {"db_path": path}
            kind = pyrekordbox.OneLibrary if is_stick else pyrekordbox.MasterDatabase
            database = kind(path, unlock=is_encrypted(path), **how)
        except Exception as error:  # another package's code: an unreadable settings file, an unknown key
            raise ImportReadError(f"pyrekordbox can't open it: {str(error).rstrip('.')}") from None
        finally:
            talk.setLevel(level)
    try:
        proxy = database.engine.raw_connection()
        try:
            connection: sqlite3.Connection = proxy.driver_connection
            yield connection
        finally:
            proxy.close()
    finally:
        database.close()
        database.engine.dispose()  # otherwise the copy stays open, and can't be removed on Windows


def _hush_cipher() -> None:
    """Suppress SQLCipher's output on stderr, which map4 reports as a sentence."""
    try:
        from sqlcipher3 import dbapi2
    except ImportError:  # pyrekordbox then reports that it can't unlock anything
        return
    connection = dbapi2.connect(":memory:")
    connection.execute("PRAGMA cipher_log_level = NONE").fetchall()
    connection.close()


def _version(connection: sqlite3.Connection) -> str | None:
    if "dbversion" not in sqlite_copy.columns_of(connection, "djmdProperty"):
        return None
    row = connection.execute("SELECT DBVersion FROM djmdProperty").fetchone()
    version = sqlite_copy.text_of(row[0]) if row else None
    return version and f"database {version}"


def _tracks(connection: sqlite3.Connection, share: str, notes: ReadNotes) -> Iterator[DjTrack]:
    # IDs are numbers stored as text; sorted as text, they are in the order of the cues.
    columns = sqlite_copy.select(connection, "djmdContent", "c", CONTENT.values())
    rows = connection.execute(
        f"SELECT CAST(c.ID AS TEXT), {columns}, {_named(connection)} "
        "FROM djmdContent AS c WHERE ifnull(c.rb_local_deleted, 0) = 0 ORDER BY 1"
    )
    columns = sqlite_copy.select(connection, database_rows.CUE.place, "c", database_rows.CUE.keys)
    cues_of = sqlite_copy.beside(
        connection.execute(
            f"SELECT CAST(c.ContentID AS TEXT), {columns} FROM djmdCue AS c "
            "WHERE ifnull(c.rb_local_deleted, 0) = 0 ORDER BY 1, c.InMsec, c.Kind"
        )
    )
    is_colored = "c.ColorTableIndex > 0 AND ifnull(c.rb_local_deleted, 0) = 0"
    if (
        "colortableindex" in sqlite_copy.columns_of(connection, database_rows.CUE.place)
        and connection.execute(f"SELECT 1 FROM djmdCue AS c WHERE {is_colored}").fetchone()
    ):
        notes.remarks.append("colours of hot cues were not read: rekordbox's XML has them")
    my_tags_of = database_rows.rekordbox_my_tags(connection)
    has_grids = os.path.isdir(share)
    if not has_grids:
        notes.remarks.append(
            "beat grids were not read: rekordbox keeps them in the folder 'share' beside its master.db"
        )
    for position, row in sqlite_copy.numbered_rows(rows, _NAMES, notes.left_out):
        place = sqlite_copy.file_path_of(row["analysis_path"]) if has_grids else None
        analysis = rekordbox_analysis(share, place, notes.left_out) if place else TrackAnalysis()
        analysis = replace(analysis, cues=database_rows.rekordbox_cues(cues_of(row["id"]), notes.left_out))
        path = sqlite_copy.file_path_of(row["path"])
        row |= {name: sqlite_copy.text_of(row[name]) for name in TEXTS}
        entry, values = read_track(row, position, path, analysis, notes.left_out)
        yield DjTrack(
            key=row["id"],
            entry=entry,
            values=values.shifted(-program_offset_s("rekordbox", suffix_of(path or ""))),
            my_tags=my_tags_of(row["id"]),
        )


def _named(connection: sqlite3.Connection) -> str:
    """Return the values of other tables as columns; null if a version has no such table or number."""
    there = sqlite_copy.columns_of(connection, "djmdContent")
    return ", ".join(
        f"(SELECT x.{column} FROM {table} AS x WHERE x.ID = c.{number})"
        if number.lower() in there and sqlite_copy.columns_of(connection, table)
        else "NULL"
        for _, table, column, number in BESIDE
    )


def _is_rekordbox(path: str, head: bytes) -> bool:
    if head.startswith(sqlite_copy.SQLITE_MAGIC):
        return sqlite_copy.has_tables(path, "djmdContent", "djmdPlaylist")
    name = os.path.basename(path).lower()
    if not head or not name.endswith(".db") or name == "exportlibrary.db":  # that of a stick
        return False
    # A renamed copy: only pages of encrypted or compressed data contain every byte value.
    is_scrambled = len(set(head[:_PAGE_BYTES])) == 256 and os.path.getsize(path) % _PAGE_BYTES == 0
    return is_scrambled or name == "master.db" or name.startswith(_BACKUP)


REKORDBOX_DB = Importer(
    name="rekordbox-db",
    title="rekordbox 6 and 7",
    suffixes=("db",),
    recognises=_is_rekordbox,
    read=read_rekordbox_db,
    fields=(TRACK, database_rows.CUE, database_rows.HISTORY, database_rows.PLAY),
    places=tuple(REKORDBOX_PLACES.values()),
)
