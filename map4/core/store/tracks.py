"""Read and write files, analyses and user values."""

from __future__ import annotations

import json
import os
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import astuple, replace
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from map4.core.base.actor import Actor
from map4.core.base.paths import display_path
from map4.core.base.regular_files import OnDisk
from map4.core.base.text import utc_text
from map4.core.music.album import Segue
from map4.core.music.analysis.analysis import Analysis, write_core
from map4.core.music.analysis.plausible import MOST_STORED
from map4.core.music.query.context import Preferences, QueryContext
from map4.core.music.track.fields import is_usual
from map4.core.music.track.sources import Preferred
from map4.core.music.track.tags import TAGS_VERSION
from map4.core.music.track.track import Failure, Track
from map4.core.music.track.track_columns import TrackCells
from map4.core.store.database import UNREADABLE_VALUES, Connection, Database, scalar
from map4.core.store.library_ref import damaged
from map4.core.store.query import field_sql
from map4.core.store.query.facts import WITH_IMPORTED_NAMES, WITH_OWN_NAMES
from map4.core.store.query.forms import Predicate
from map4.core.store.rows import track_rows
from map4.core.store.stored_tables import ExtraTables

if TYPE_CHECKING:
    from map4.core.audio.jobs import Identified, KnownFile, Stamp, TagsRead
    from map4.core.base.path_maps import PathMaps
    from map4.core.music.recording import KnownName
    from map4.core.music.track.lyrics import FileLyrics

T = TypeVar("T")

# Fewer paths than this are queried individually; older builds of SQLite allow only 999 values per query.
_MOST_CHOSEN = 500
SLICE = 200
"""Rows written per transaction, about 10 ms."""


_KNOWN = (
    "SELECT f.path, f.id, f.size_bytes, f.mtime_ns, f.ctime_ns, f.inode, f.audio_id, f.missing_since IS NOT NULL, "
    f"f.failed_version, a.version, a.analysed_at, a.duration_s, f.tags_version < {TAGS_VERSION}, "
    "(SELECT l.beside FROM lyrics AS l WHERE l.id = f.id AND l.beside IS NOT NULL) "
    "FROM files AS f LEFT JOIN analyses AS a USING (audio_id)"
)


def _known_reader(outdated: Collection[str | None]) -> Callable[..., KnownFile]:
    from map4.core.audio.jobs import KnownFile, Stamp  # with all that a scan is made of

    def known(row: Sequence[Any]) -> KnownFile:
        file_id, size, mtime, ctime, inode, audio_id, missing, failed, version, at, length_s, has_old_tags, beside = row
        stamp = Stamp(size, mtime, ctime, inode & 0xFFFF_FFFF_FFFF_FFFF)  # as in `Stamp.columns`
        is_old = audio_id in outdated
        return KnownFile(
            file_id, stamp, audio_id, bool(missing), failed, version, at, is_old, length_s, bool(has_old_tags), beside
        )

    return known


class SqlTracks:
    """Reads and writes the files of a library, and their tracks.

    A file has a number while the library is open. Never store, show or accept it: outside of the process,
    use its audio id or its path.

    preferences, preferred: return the preferences, and the first source of fields other than tempo and key
    actor: whose ratings count
    """

    def __init__(
        self,
        database: Database,
        *,
        preferences: Callable[[], Preferences] = Preferences,
        preferred: Callable[[], Preferred] = tuple,
        actor: Actor = Actor.LOCAL,
    ) -> None:
        self._database = self.database = database
        self.preferences, self.preferred, self.actor = preferences, preferred, actor

    # ---- for scans: reading -----------------------------------------------------------------------

    def known_files(self) -> dict[str, KnownFile]:
        """All files, by path."""
        with self._database.reading() as connection:
            known = _known_reader(field_sql.outdated_audio(connection))
            return {track_rows.file_path(path): known(row) for path, *row in connection.execute(_KNOWN)}

    def known_finder(self) -> Callable[[Sequence[str]], dict[str, KnownFile]]:
        """A function from paths to the files known there; it checks once which parts are outdated."""
        with self._database.reading() as connection:
            known = _known_reader(field_sql.outdated_audio(connection))

        def find(paths: Sequence[str]) -> dict[str, KnownFile]:
            files: dict[str, KnownFile] = {}
            for start in range(0, len(paths), _MOST_CHOSEN):
                chosen = [os.fsencode(path) for path in paths[start : start + _MOST_CHOSEN]]
                sql = f"{_KNOWN} WHERE f.path IN ({', '.join('?' * len(chosen))})"
                with self._database.reading() as connection:
                    rows = connection.execute(sql, chosen)
                    files.update((track_rows.file_path(path), known(row)) for path, *row in rows)
            return files

        return find

    def absent_roots(self) -> tuple[str, ...]:
        """The scanned folders that are absent or empty, each with a trailing slash."""
        return tuple(os.path.join(root, "") for root in self.roots() if not OnDisk(root).has_content())

    def second_names(self, paths: Iterable[str]) -> dict[str, str]:
        """The path in the library of each file that is in it under another name only.

        The other name is a hard link, or another way through a link.
        """
        there = {path: status for path in dict.fromkeys(paths) if (status := OnDisk(path).status()) is not None}
        for path in _known_paths(self._database, list(there)):
            del there[path]
        wanted: defaultdict[tuple[int, int], list[str]] = defaultdict(list)
        for path, status in there.items():
            wanted[status.st_dev, status.st_ino].append(path)
        named: dict[str, str] = {}
        for path in _like_these(self._database, there):
            number = OnDisk(path).number()
            named |= dict.fromkeys(wanted.get(number, ()) if number is not None else (), path)
        return named

    def present_inside(self, folder: str, *, without: Collection[int]) -> list[str]:
        """Present files in a folder and below, except these ids."""
        where, values = Predicate.inside(folder)
        with self._database.reading() as connection:
            # The index of paths is enough to list the files; most of their wide rows are not read.
            ids = connection.execute(f"SELECT f.id FROM files AS f WHERE {where} ORDER BY f.path", values)
            left = json.dumps([file_id for (file_id,) in ids if file_id not in without])
            files = "json_each(?) AS j CROSS JOIN files AS f ON f.id = CAST(j.value AS INTEGER)"
            sql = f"SELECT f.path FROM {files} WHERE f.missing_since IS NULL"
            return [track_rows.file_path(path) for (path,) in connection.execute(sql, (left,))]

    def roots(self) -> dict[str, bool]:
        """Scanned folders, each with whether sub-folders are included."""
        rows = self._database.rows("SELECT path, is_recursive FROM roots ORDER BY path")
        return {os.fsdecode(path): bool(recursive) for path, recursive in rows}

    def scanned_at(self) -> dict[str, str | None]:
        """Scanned folders, each with the end of its last scan in UTC; None before the first."""
        rows = self._database.rows("SELECT path, scanned_at FROM roots")
        return {os.fsdecode(path): at or None for path, at in rows}

    def counts_inside(self, folders: Sequence[str]) -> list[int]:
        """The number of files in and below each folder, including missing files."""
        with self._database.reading() as connection:
            clauses = (Predicate.inside(folder) for folder in folders)
            return [
                connection.execute(f"SELECT count(*) FROM files AS f WHERE {where}", values).fetchone()[0]
                for where, values in clauses
            ]

    def remove_root(self, path: str) -> None:
        """Remove a folder from the scanned folders; it is then scanned only if given."""
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM roots WHERE path = ?", (os.fsencode(path),))

    def put_roots(self, roots: dict[str, bool], now: datetime | None) -> None:
        """Remember scanned folders, each with whether sub-folders are included.

        now: None while the scan runs
        """
        at = "" if now is None else utc_text(now)
        with self._database.transaction() as connection:
            connection.executemany(
                "INSERT INTO roots (path, display, is_recursive, scanned_at) VALUES (?, ?, ?, ?) ON CONFLICT (path) "
                "DO UPDATE SET (display, is_recursive, scanned_at) = "
                "(excluded.display, excluded.is_recursive, excluded.scanned_at)",
                [(os.fsencode(path), display_path(path), int(rec), at) for path, rec in roots.items()],
            )

    def has_analysis(self, audio_id: str, version: int, since: str = "") -> bool:
        """Whether this version analysed this audio, with all its parts, at this time or later."""
        sql = "SELECT 1 FROM analyses WHERE audio_id = ? AND version = ? AND analysed_at >= ?"
        with self._database.reading() as connection:
            row = connection.execute(sql, (audio_id, version, since)).fetchone()
            return row is not None and field_sql.has_current_parts(connection, audio_id)

    def files_with_audio(self, audio_id: str) -> list[tuple[int, str]]:
        """Id and path of the files with this audio, oldest first."""
        with self._database.reading() as connection:
            rows = connection.execute("SELECT id, path FROM files WHERE audio_id = ? ORDER BY id", (audio_id,))
            return [(file_id, os.fsdecode(path)) for file_id, path in rows]

    def files_with_audio_id_from(self, beginning: str) -> list[int]:
        """Ids of the files whose audio id begins with this, oldest first."""
        return self._database.column(
            "SELECT id FROM files WHERE audio_id >= ? AND audio_id < ? ORDER BY id", (beginning, f"{beginning}~")
        )

    def unread_tags(self) -> int:
        """The number of present files whose tags an older map4 did not read in full."""
        condition = "missing_since IS NULL AND audio_id IS NOT NULL"  # other files are unreadable
        sql = f"SELECT count(*) FROM files WHERE tags_version < ? AND {condition}"
        return int(self._database.scalar(sql, (TAGS_VERSION,)))

    # ---- what a scan writes ----------------------------------------------------------------------

    def put_file(
        self,
        path: str,
        stamp: Stamp,
        identified: Identified | None,
        *,
        now: datetime,
        analysis: Analysis | None = None,
        failure: Failure | None = None,
        replaces: int | None = None,
    ) -> None:
        """Store the data of a file, in a transaction.

        path, stamp: the file, and its state when it was read
        identified: None if identification failed
        analysis: of its audio, if made now
        failure: why there is no analysis
        replaces: the file that moved here
        """
        values: dict[str, Any] = {
            "path": os.fsencode(path),
            **track_rows.place_values(path),
            **stamp.columns(),
            "audio_id": None,
            "is_whole_file_id": 0,
            "missing_since": None,
            "updated_at": utc_text(now),
            **track_rows.failure_values(failure),
        }
        if identified is not None:
            values |= track_rows.tag_values(identified.tags, identified.has_picture) | track_rows.identity_values(
                identified
            )
        with self._database.transaction() as connection:
            # A file given by the user is no longer ignored.
            connection.execute("DELETE FROM ignored_files WHERE path = ?", (values["path"],))
            if analysis is not None and values["audio_id"] is not None:
                _write_analysis(connection, values["audio_id"], analysis, now)
            if replaces is not None:
                connection.execute("DELETE FROM files WHERE path = ? AND id != ?", (values["path"], replaces))
                _update(connection, values, "id", replaces)
                _write_lyrics(connection, path, identified.lyrics if identified else None)
                return
            sets = ", ".join(f"{column} = excluded.{column}" for column in values if column != "path")
            values |= {"added_at": utc_text(now), "added_by": self.actor.id}
            connection.execute(
                f"INSERT INTO files ({', '.join(values)}) VALUES ({', '.join('?' * len(values))}) "
                f"ON CONFLICT (path) DO UPDATE SET {sets}",
                tuple(values.values()),
            )
            _write_lyrics(connection, path, identified.lyrics if identified else None)

    def put_tags(self, path: str, read: TagsRead, *, now: datetime) -> None:
        """Store the tags and times of a file whose audio did not change."""
        values = {
            **track_rows.tag_values(read.tags, read.has_picture),
            **read.stamp.columns(),
            "missing_since": None,
            "updated_at": utc_text(now),
        }
        with self._database.transaction() as connection:
            _update(connection, values, "path", os.fsencode(path))
            _write_lyrics(connection, path, read.lyrics)

    def put_analysis(self, audio_id: str, analysis: Analysis, *, now: datetime) -> None:
        """Replace the analysis of audio, and clear the failures of its files."""
        with self._database.transaction() as connection:
            _write_analysis(connection, audio_id, analysis, now)
            connection.execute(
                "UPDATE files SET error_kind = NULL, error_message = NULL, failed_version = NULL "
                "WHERE audio_id = ? AND error_kind IS NOT NULL",
                (audio_id,),
            )

    def put_failure(self, path: str, stamp: Stamp, failure: Failure, *, now: datetime) -> None:
        """Record that a known file could not be analysed again in this state; an older analysis stays."""
        values = {**stamp.columns(), **track_rows.failure_values(failure), "updated_at": utc_text(now)}
        with self._database.transaction() as connection:
            _update(connection, values, "path", os.fsencode(path))

    def put_segues(self, segues: Iterable[tuple[str, str, Segue | None]]) -> None:
        """Store whether the sound of tracks (audio ids) goes on in the next of their album."""
        rows = [
            (audio_id, next_id, Segue.VERSION, *((None, None) if segue is None else astuple(segue)))
            for audio_id, next_id, segue in segues
        ]
        if not rows:
            return
        with self._database.transaction() as connection:
            connection.executemany(
                "INSERT INTO segues VALUES (?, ?, ?, ?, ?) ON CONFLICT (audio_id, next_id) DO UPDATE SET "
                "version = excluded.version, leave_s = excluded.leave_s, enter_s = excluded.enter_s",
                rows,
            )

    def with_segues(self, tracks: Sequence[Track]) -> list[Track]:
        """The same tracks with what is known of their segues."""
        sql = (
            "SELECT audio_id, next_id, leave_s, enter_s FROM segues WHERE version = ? "
            "AND audio_id IN (SELECT value FROM json_each(?))"
        )
        segues: dict[str | None, dict[str, Segue | None]] = {}
        with self._database.reading() as connection:
            ids = json.dumps([track.audio_id for track in tracks])
            for audio_id, next_id, *times in connection.execute(sql, (Segue.VERSION, ids)):
                segues.setdefault(audio_id, {})[next_id] = None if None in times else Segue(*times)
        return [replace(track, segues=segues[key]) if (key := track.audio_id) in segues else track for track in tracks]

    def mark_missing(self, paths: Sequence[str], *, now: datetime) -> None:
        """Mark files as missing."""
        self._write_in_slices(
            "UPDATE files SET missing_since = ? WHERE path = ? AND missing_since IS NULL",
            [(utc_text(now), os.fsencode(path)) for path in paths],
        )

    def mark_present(self, paths: Sequence[str]) -> None:
        """Mark files as present and unchanged."""
        self._write_in_slices(
            "UPDATE files SET missing_since = NULL WHERE path = ?", [(os.fsencode(path),) for path in paths]
        )

    def _write_in_slices(self, statement: str, rows: Sequence[tuple[Any, ...]]) -> None:
        """Write many rows in short transactions, so that other writers need not wait; a drive may have 100,000."""
        for start in range(0, len(rows), SLICE):
            with self._database.transaction() as connection:
                connection.executemany(statement, rows[start : start + SLICE])

    # ---- tracks ----------------------------------------------------------------------------------

    def analysis(self, audio_id: str) -> Analysis | None:
        """The analysis of audio with beats, sound vector and fingerprint, or None."""
        with self._database.reading() as connection:
            columns, names = field_sql.part_columns(field_sql.PART_VERSIONS), field_sql.PART_VERSIONS
            row = connection.execute(
                "SELECT core, version, (SELECT max(f.channels) FROM files AS f WHERE f.audio_id = a.audio_id), "
                f"{', '.join(columns[name] for name in names)} FROM analyses AS a WHERE audio_id = ?",
                (audio_id,),
            ).fetchone()
        if row is None:
            return None
        core, version, channels, *parts = row
        known = dict(zip(field_sql.PART_VERSIONS, parts, strict=True))
        analysis = track_rows.read_analysis(self._database.path, audio_id, core, version, known)
        return self.preferences().of_analysis(analysis, channels)

    def track(self, path: str, *, beats: bool = False, sound: bool = False) -> Track | None:
        """The track of a path, or None; see `tracks`."""
        tracks = list(self._tracks("WHERE f.path = ?", (os.fsencode(path),), beats=beats, sound=sound))
        return tracks[0] if tracks else None

    def detailed(self, track: Track) -> Track:
        """The same track with beats, bars and overview, if the library has them."""
        return self.all_detailed([track])[0]

    def all_detailed(self, tracks: Sequence[Track]) -> list[Track]:
        """As `detailed`, for many tracks in few reads."""
        known, tracks = dict[str, Analysis | None](), self.with_segues(tracks)
        paths = [os.fsencode(track.path) for track in tracks if track.analysis]
        for start in range(0, len(paths), _MOST_CHOSEN):
            chosen = tuple(paths[start : start + _MOST_CHOSEN])
            where = f"WHERE f.path IN ({', '.join('?' * len(chosen))})"
            rows = self._tracks(where, chosen, beats=True, sound=False)
            known |= {track.path: track.analysis for track in rows}

        def whole(track: Track) -> Track:
            stored = known.get(track.path)
            if track.analysis is None or stored is None:
                return track
            parts = replace(track.analysis, beats_s=stored.beats_s, bars=stored.bars, overview=stored.overview)
            return replace(track, analysis=parts)

        return [whole(track) for track in tracks]

    def tracks(self, *, beats: bool = False, sound: bool = False, analysis: bool = True) -> Iterator[Track]:
        """Every track, in the order they were added; the options are those of `tracks_by_id`."""
        return self._tracks("ORDER BY f.id", (), beats=beats, sound=sound, analysis=analysis)

    def tracks_by_id(
        self, file_ids: Sequence[int], *, beats: bool = False, sound: bool = False, analysis: bool = True
    ) -> Iterator[Track]:
        """The tracks of the given files, in order; deleted files are skipped.

        Tracks are read a few hundred at a time, so that a slow reader holds no snapshot of the library.

        beats: load beat times, downbeats and overview
        sound: load sound vector and fingerprint
        analysis: load the analysis, which takes most of the time
        """
        wanted = {"beats": beats, "sound": sound, "analysis": analysis}
        return (track for _, track in self.numbered(file_ids, **wanted))

    def paths_by_id(self, file_ids: Sequence[int]) -> Iterator[str]:
        """The paths of files, yielded like tracks in `tracks_by_id`."""
        for start in range(0, len(file_ids), _MOST_CHOSEN):
            chosen = file_ids[start : start + _MOST_CHOSEN]
            sql = "SELECT id, path FROM files WHERE id IN (SELECT CAST(value AS INTEGER) FROM json_each(?))"
            try:
                with self._database.reading() as connection:
                    rows = connection.execute(sql, (json.dumps(list(chosen)),))
                    paths = {file_id: track_rows.file_path(path) for file_id, path in rows}
            except ValueError as error:
                raise damaged(self._database.path, f"a path can't be read: {error}") from error
            yield from (paths[file_id] for file_id in chosen if file_id in paths)

    def cells_by_id(
        self, file_ids: Sequence[int], names: Sequence[str], path_maps: PathMaps | None = None
    ) -> Iterator[Sequence[Any]]:
        """The cells of files in some columns of `map4.core.music.track.track_columns`, yielded like `tracks_by_id`."""
        from map4.core.store.rows.cells import CELLS_SQL, cell_reader

        context = QueryContext(
            preferences=self.preferences(), preferred=self.preferred(), owner=self.actor.id, now=datetime.now(UTC)
        )

        def of_track(track: Track) -> Sequence[Any]:
            cells = TrackCells(track, path_maps)
            return [cells[name] for name in names]

        found = cell_reader(names, context, path_maps)
        if found is None:
            yield from map(of_track, self.tracks_by_id(file_ids))
            return
        read, values = found
        for start in range(0, len(file_ids), _MOST_CHOSEN):
            chosen = file_ids[start : start + _MOST_CHOSEN]
            sql = CELLS_SQL.format("".join(f", {value}" for value in values), ", ".join("?" * len(chosen)))
            with self._database.asking() as connection:  # a fitted certainty is a function
                rows = {row[0]: row for row in connection.execute(sql, tuple(chosen))}
            try:
                yield from read([rows[file_id] for file_id in chosen if file_id in rows]) if rows else ()
            except UNREADABLE_VALUES:
                yield from map(of_track, self.tracks_by_id(chosen))

    def numbered(self, file_ids: Sequence[int], **wanted: bool) -> Iterator[tuple[int, Track]]:
        """The tracks with their ids; `wanted` are the options of `tracks_by_id`."""
        return self.made_by_id(file_ids, track_rows.TrackRow.read, **wanted)

    def made_by_id(
        self, file_ids: Sequence[int], make: Callable[[track_rows.TrackRow], T], **wanted: bool
    ) -> Iterator[tuple[int, T]]:
        """The result of `make` for each track, with its id; see `map4.Library.tracks.made_by_id`."""
        wanted = {"beats": False, "sound": False} | wanted
        for start in range(0, len(file_ids), _MOST_CHOSEN):
            chosen = file_ids[start : start + _MOST_CHOSEN]
            marks = ", ".join("?" * len(chosen))
            tracks = dict(self._rows(f"WHERE f.id IN ({marks})", tuple(chosen), make, **wanted))
            yield from ((file_id, tracks[file_id]) for file_id in chosen if file_id in tracks)

    def _tracks(self, where: str, values: tuple[Any, ...], **wanted: bool) -> Iterator[Track]:
        return (track for _, track in self._rows(where, values, track_rows.TrackRow.read, **wanted))

    def _rows(
        self,
        where: str,
        values: tuple[Any, ...],
        make: Callable[[track_rows.TrackRow], T],
        *,
        beats: bool,
        sound: bool,
        analysis: bool = True,
    ) -> Iterator[tuple[int, T]]:
        wanted = {"beats": beats, "downbeats": beats, "overview": beats, "sound": sound, "fingerprint": sound}
        parts = field_sql.part_columns(name for name, is_wanted in wanted.items() if is_wanted)
        core = "a.core" if analysis else "NULL"
        me = self.actor.id
        own = {"own_rating": field_sql.rating_of_sql(me), "own_marks": track_rows.marks_of_file_sql(me)}
        preferences, preferred = self.preferences(), self.preferred()
        with self._database.reading() as connection:
            own["blocks"] = track_rows.blocks_sql(me, partial(ExtraTables.exist, connection))
            sql = (
                track_rows.SELECT_TRACKS.format(
                    **parts, core=core, heard=track_rows.plays_sql(me), **own, labels=field_sql.LABEL_DATA_SQL
                )
                + where
            )
            cursor = connection.execute(sql, values)
            names = [column[0] for column in cursor.description]
            for values in cursor:
                row = track_rows.TrackRow(self._database.path, names, values, preferences, preferred)
                yield values[0], make(row)

    def known_names(self) -> list[KnownName]:
        """The names of every file, without reading analyses."""
        from map4.core.music.recording import KnownName

        preferred = self.preferred()
        with self._database.reading() as connection:
            rows = connection.execute(
                "SELECT f.id, f.path, f.audio_id, f.size_bytes, f.artist, f.title, a.duration_s, "
                "f.missing_since IS NOT NULL, f.album, f.inode "
                "FROM files AS f LEFT JOIN analyses AS a USING (audio_id) ORDER BY f.id"
            )
            by_id = {
                file_id: KnownName(
                    os.fsdecode(path),
                    audio_id,
                    size,
                    artist,
                    title,
                    duration_s,
                    bool(missing),
                    None,
                    album,
                    inode & 0xFFFF_FFFF_FFFF_FFFF,  # as in `Stamp.columns`
                )
                for file_id, path, audio_id, size, artist, title, duration_s, missing, album, inode in rows
            }
            other = ", ".join(field_sql.in_force_sql(name, preferred) for name in ("artist", "title"))
            also = ""
            if not is_usual(preferred, "artist", "title"):  # other sources may then come before a tag
                also = "OR f.audio_id IN (SELECT audio_id FROM provided UNION ALL SELECT audio_id FROM imported)"
            own = connection.execute(
                f"SELECT f.id, {other} FROM files AS f JOIN facts AS x ON x.file_id = f.id "
                f"WHERE f.id IN ({WITH_OWN_NAMES} UNION {WITH_IMPORTED_NAMES}) {also}"
            )
            for file_id, artist, title in own:
                by_id[file_id].own_name = (artist, title) if title else None
            return list(by_id.values())


def _update(connection: Connection, values: Mapping[str, Any], key: str, value: int | bytes) -> None:
    sets = ", ".join(f"{column} = ?" for column in values)
    connection.execute(f"UPDATE files SET {sets} WHERE {key} = ?", (*values.values(), value))


def _write_lyrics(connection: Connection, path: str, lyrics: FileLyrics | None) -> None:
    """Store the lyrics of a file; None keeps them."""
    if lyrics is None:
        return
    if lyrics.words or lyrics.beside:
        connection.execute(
            "INSERT INTO lyrics (id, language, beside, words) SELECT id, ?, ?, ? FROM files WHERE path = ? "
            "ON CONFLICT (id) DO UPDATE SET language = excluded.language, beside = excluded.beside, "
            "words = excluded.words",
            (lyrics.language, lyrics.beside, lyrics.words, os.fsencode(path)),
        )
    else:
        connection.execute("DELETE FROM lyrics WHERE id = (SELECT id FROM files WHERE path = ?)", (os.fsencode(path),))


def _write_analysis(connection: Connection, audio_id: str, analysis: Analysis, now: datetime) -> None:
    sql = (
        "INSERT INTO analyses (audio_id, version, analysed_at, core) VALUES (?, ?, ?, ?) ON CONFLICT (audio_id) DO "
        "UPDATE SET version = excluded.version, analysed_at = excluded.analysed_at, core = excluded.core RETURNING id"
    )
    values = (audio_id, analysis.version, utc_text(now), write_core(analysis.to_core()))
    track_rows.write_parts(connection, scalar(connection, sql, values), analysis)


_MOST_AT_ONCE = 250  # two values each; older builds of SQLite allow only 999 per query


def _known_paths(database: Database, paths: list[str]) -> Iterator[str]:
    for start in range(0, len(paths), _MOST_AT_ONCE):
        chosen = [os.fsencode(path) for path in paths[start : start + _MOST_AT_ONCE]]
        rows = database.rows(f"SELECT path FROM files WHERE path IN ({_marks(chosen)})", chosen)
        yield from (os.fsdecode(path) for (path,) in rows)


def _like_these(database: Database, there: Mapping[str, os.stat_result]) -> list[str]:
    """The paths in the library that may be these files, the first by name last."""
    inodes = {OnDisk.stored_inode(status.st_ino) for status in there.values()}
    # Some file systems change the inodes at each mount, but not the times.
    times = {status.st_mtime_ns for status in there.values() if abs(status.st_mtime_ns) <= MOST_STORED}
    if not inodes:
        return []
    where, values = "", list[int]()
    if len(inodes) + len(times) <= 2 * _MOST_AT_ONCE:
        values = [*inodes, *times]
        where = f"WHERE inode IN ({_marks(inodes)}) OR mtime_ns IN ({_marks(times) or 'NULL'}) "
    with database.reading() as connection:
        # One pass over the table; SQLite would take a slower index to sort by path.
        rows = connection.execute(f"SELECT path, inode, mtime_ns FROM files {where}", values)
        paths = sorted((path for path, inode, mtime in rows if inode in inodes or mtime in times), reverse=True)
    return [os.fsdecode(path) for path in paths]


def _marks(values: Iterable[int | bytes]) -> str:
    return ", ".join("?" for _ in values)
