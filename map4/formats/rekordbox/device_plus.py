"""Device Library Plus: `exportLibrary.db` of rekordbox's newer USB sticks, read if a stick has no `export.pdb`.

SQLCipher, unlocked by pyrekordbox. Tables and columns are those of pyrekordbox's `OneLibrary`, and of a schema that
another project printed from a stick of rekordbox (CueMirror, "Memory Cue Before / After"). Its table `cue` was empty,
and the cue points were in the analysis files, from which they are read here. No such stick is public: this is a beta,
tested with databases that pyrekordbox makes.
"""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any, Literal

from map4.formats.dj_library import DjItem, DjPlaylist, DjTrack
from map4.formats.importer import ImportReadError, ReadNotes
from map4.formats.rekordbox.analysis_files import COLORS, TrackAnalysis, rekordbox_analysis
from map4.formats.rekordbox.database import is_encrypted, opened_device_plus
from map4.formats.rekordbox.database_rows import LOST_ENTRIES, in_tree, rekordbox_rating
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
from map4.formats.time_zero import program_offset_s
from map4.formats.values import (
    above_zero,
    count_of,
    counted_key,
    leading_number,
    leading_year,
    suffix_of,
    utc_moment_of,
)
from map4.music.lists.tracklist import PlaylistEntry
from map4.music.track.imported import ImportedValues, plausible_bpm

BETA = "Device Library Plus is read as a beta: no public stick has one, so check what arrived"
_CONTENT = (
    "path", "title", "subtitle", "bpmx100", "length", "trackNo", "discNo", "releaseYear", "rating", "djComment",
    "djPlayCount", "dateAdded", "fileSize", "color_id", "analysisDataFilePath", "bitrate",
)  # fmt: skip
_BESIDE = (
    ("artist", "artist", "artist_id_artist"), ("remixer", "artist", "artist_id_remixer"),
    ("composer", "artist", "artist_id_composer"), ("album", "album", "album_id"), ("genre", "genre", "genre_id"),
    ("label", "label", "label_id"), ("key", "key", "key_id"),
)  # fmt: skip
_NAMES = ("id", *_CONTENT, *(name for name, *_ in _BESIDE))
_FOLDER = 1
_HUNDREDTHS = 100.0
_MOST_KBITS_OF_AAC = 529  # as in `device`


def read_device_plus(path: str, root: str, folder: str, notes: ReadNotes) -> Iterator[DjItem]:
    """Read tracks, lists and histories.

    root: the stick, without which there are no cue points and grids
    folder: its PIONEER
    """
    notes.remarks.append(BETA)
    damage = (
        "it can't be unlocked: either it is not a Device Library Plus of rekordbox, or it is damaged; with Device "
        "Library switched on, rekordbox writes export.pdb too"
    )
    is_locked = is_encrypted(path)
    with (
        copied_database(path) as copy,
        opened_device_plus(copy, is_locked=is_locked) as connection,
        mapped_database_errors(connection.Error, damage),
    ):
        connection.text_factory = decoded
        if not {"content_id", "path"} <= columns_of(connection, "content"):
            raise ImportReadError("this database is not a Device Library Plus: it has no table 'content'")
        known: set[str] = set()
        for track in _tracks(connection, root, folder, notes):
            known.add(track.key)
            yield track
        yield from _lists(connection, "playlist", "list", known, notes)
        yield from _lists(connection, "history", "history", known, notes)


def _tracks(connection: sqlite3.Connection, root: str, folder: str, notes: ReadNotes) -> Iterator[DjTrack]:
    named = ", ".join(f"(SELECT x.name FROM {table} AS x WHERE x.{table}_id = c.{at})" for _, table, at in _BESIDE)
    rows = connection.execute(
        f"SELECT CAST(c.content_id AS TEXT), {select(connection, 'content', 'c', _CONTENT)}, {named} "
        "FROM content AS c ORDER BY c.content_id"
    )
    tags = _my_tags(connection)
    for position, row in numbered_rows(rows, _NAMES, notes.left_out):
        place, path = file_path_of(row["analysisDataFilePath"]), file_path_of(row["path"])
        read = _analysis(row, place, suffix_of(path or ""), root, folder, notes) if root and place else TrackAnalysis()
        names: dict[str, Any] = {name: text_of(row[name]) for name, *_ in _BESIDE if name != "key"}
        color, bpm = count_of(row["color_id"]), above_zero(row["bpmx100"])
        yield DjTrack(
            key=row["id"],
            entry=PlaylistEntry(
                position=position,
                location=path and root + path,
                artist=names["artist"],
                title=text_of(row["title"]),
                album=names["album"],
                duration_s=above_zero(row["length"]),
                size_bytes=count_of(row["fileSize"]) or None,
            ),
            values=ImportedValues(
                **names,
                title=text_of(row["title"]),
                mix=text_of(row["subtitle"]),
                year=leading_year(row["releaseYear"]),
                track_number=leading_number(row["trackNo"]),
                disc_number=leading_number(row["discNo"]),
                date_added=utc_moment_of(row["dateAdded"]),
                bpm=None if bpm is None else plausible_bpm(bpm / _HUNDREDTHS),
                key=counted_key(text_of(row["key"]), notes.left_out),
                rating=rekordbox_rating(row["rating"]),
                play_count=count_of(row["djPlayCount"]),
                comment=text_of(row["djComment"]),
                color=COLORS[color - 1] if color and color <= len(COLORS) else None,
                cues=read.cues,
                grid=read.grid,
                structure=read.structure,
            ),
            my_tags=tags.get(row["id"], ()),
        )


def _analysis(
    row: Mapping[str, Any], place: str, suffix: str, root: str, folder: str, notes: ReadNotes
) -> TrackAnalysis:
    codec = "alac" if suffix in ("m4a", "mp4") and (count_of(row["bitrate"]) or 0) > _MOST_KBITS_OF_AAC else suffix
    place = place.replace("PIONEER", folder, 1) if folder not in place else place
    return rekordbox_analysis(root, place, notes.left_out, program_offset_s("rekordbox", codec))


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


def _lists(
    connection: sqlite3.Connection, table: str, kind: Literal["list", "history"], known: set[str], notes: ReadNotes
) -> Iterator[DjPlaylist]:
    if not columns_of(connection, f"{table}_content"):
        return
    entries: dict[int, list[str]] = defaultdict(list)
    for number, track in connection.execute(
        f"SELECT {table}_id, CAST(content_id AS TEXT) FROM {table}_content ORDER BY {table}_id, sequenceNo"
    ):
        if track in known:
            entries[number].append(track)
        else:
            notes.left_out[LOST_ENTRIES] += 1
    nodes = connection.execute(
        f"SELECT {table}_id, ifnull({table}_id_parent, 0), name, ifnull(attribute, 0) FROM {table} ORDER BY sequenceNo"
    ).fetchall()
    rows = (
        (number, parent, text_of(name) or "Unnamed", count_of(is_folder) or 0)
        for number, parent, name, is_folder in nodes
    )
    for number, folders, name, attribute in in_tree(rows, is_folder=lambda attribute: attribute == _FOLDER):
        if attribute != _FOLDER:
            yield DjPlaylist(name=name, folders=folders, keys=tuple(entries[number]), kind=kind)
