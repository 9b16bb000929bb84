"""The library's queries about imports: their entries, the audio of each, and copies of files that are away."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple

from map4.core.base.path_maps import PathMaps
from map4.core.base.paths import display_path
from map4.core.base.text import utc_text
from map4.core.music.lists.tracklist import PlaylistEntry
from map4.core.store.database import Connection, StorePart, as_json, readable, scalar
from map4.imports import records as import_records
from map4.imports.records import OwnImport, StoredImport
from map4.imports.store.effective_values import affected
from map4.plays import SqlPlays, find_track


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending:
    """An entry whose file the library does not have yet."""

    import_id: int
    key: str
    entry: PlaylistEntry
    paths: tuple[str, ...]

    def path(self) -> str:
        """Return the path that stored lists use until the file is matched."""
        return self.paths[0] if self.paths else self.entry.location or self.key


@dataclass(frozen=True, slots=True, kw_only=True)
class AwayAudio:
    """Audio that imports or lists name, and that no present file has.

    paths: of its files
    names: artist and title, as other programs, lists and tags have them
    has_times: whether imports have cue points or a grid for it
    """

    audio_id: str
    paths: tuple[str, ...]
    names: tuple[tuple[str | None, str | None], ...]
    duration_s: float | None
    has_times: bool


class Substitute(NamedTuple):
    """A copy of a recording: its audio, and how much later positions are in it."""

    audio_id: str
    offset_s: float


class MovedEntry(NamedTuple):
    """An entry that an older map4 moved to a copy of its recording.

    entry: as stored, with the paths of its file
    audio_id: of the copy
    is_shared: whether other entries of the import are at the copy
    """

    import_path: str
    import_id: int
    key: str
    entry: str
    audio_id: str
    is_shared: bool


_MOVED = """
    SELECT i.path, t.import_id, t.key, t.entry, t.audio_id, EXISTS (SELECT 1 FROM imported_tracks AS o
        WHERE o.import_id = t.import_id AND o.audio_id = t.audio_id AND o.key <> t.key)
    FROM imported_tracks AS t JOIN imports AS i ON i.id = t.import_id
    WHERE t.method = 'recording' ORDER BY i.path, t.key
"""
_STAGE = """CREATE TEMP TABLE staged (
    key TEXT PRIMARY KEY, entry TEXT NOT NULL, data TEXT NOT NULL, audio_id TEXT, path BLOB, method TEXT,
    offset_s REAL NOT NULL
) WITHOUT ROWID"""
_STAGED = ("entry", "data", "audio_id", "path", "method", "offset_s")
_TRIED = {
    "imports": "id INTEGER, format TEXT, path BLOB, imported_at TEXT",
    "imported_tracks": "import_id INTEGER, key TEXT, data TEXT, audio_id TEXT, path BLOB, method TEXT, offset_s REAL",
}
_IS_NEWS = f"""SELECT
    EXISTS (SELECT 1 FROM imported_tracks WHERE import_id = ? AND key NOT IN (SELECT key FROM staged))
    OR EXISTS (SELECT 1 FROM staged AS s LEFT JOIN imported_tracks AS t ON t.import_id = ? AND t.key = s.key
        WHERE {" OR ".join(f"t.{column} IS NOT s.{column}" for column in _STAGED)})
"""
_INTO_STAGE = (
    "INSERT INTO staged VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (key) DO UPDATE SET "
    f"({', '.join(_STAGED)}) = ({', '.join(f'excluded.{column}' for column in _STAGED)})"
)
# Without a file, or with a file that is gone for good: no file or analysis has this audio any more.
_IS_PENDING = (
    "(t.audio_id IS NULL OR NOT EXISTS (SELECT 1 FROM files AS f WHERE f.audio_id = t.audio_id) "
    "AND NOT EXISTS (SELECT 1 FROM analyses AS a WHERE a.audio_id = t.audio_id))"
)
_OF_FILE = "FROM imported_tracks AS t JOIN imports AS i ON i.id = t.import_id WHERE i.format = ? AND i.path = ?"
_EARLIER = (
    f"SELECT t.key, t.entry, t.audio_id, t.path, t.method, t.offset_s {_OF_FILE} AND t.audio_id IS NOT NULL "
    "AND (t.method IN ('path', 'recording', 'copy') OR t.audio_id IN (SELECT audio_id FROM substitutes))"
)

# What imports and lists name; `%s`: the files that are there.
_AWAY = """
    WITH away AS MATERIALIZED (
        SELECT audio_id FROM (SELECT audio_id FROM imported_tracks UNION SELECT audio_id FROM playlist_tracks) AS d
        WHERE audio_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM files AS f WHERE f.audio_id = d.audio_id AND %s)
    )
    SELECT w.audio_id, a.duration_s, n.path, n.artist, n.title, n.times FROM away AS w
    JOIN analyses AS a ON a.audio_id = w.audio_id
    JOIN (
        SELECT t.audio_id, t.path, t.entry ->> '$.artist' AS artist, t.entry ->> '$.title' AS title,
               coalesce(json_array_length(t.data, '$.cues'), json_array_length(t.data, '$.grid')) AS times
        FROM imported_tracks AS t JOIN away USING (audio_id)
        UNION ALL
        SELECT t.audio_id, t.path, t.artist, t.title, NULL FROM playlist_tracks AS t JOIN away USING (audio_id)
        UNION ALL SELECT f.audio_id, f.path, f.artist, f.title, NULL FROM files AS f JOIN away USING (audio_id)
    ) AS n ON n.audio_id = w.audio_id
    ORDER BY w.audio_id
"""
_PAIRS = "SELECT s.audio_id, s.copy_audio_id, s.offset_s FROM substitutes AS s"


class SqlImports(StorePart):
    """Reads and writes the imports of a library."""

    # ---- one import ------------------------------------------------------------------------------

    def earlier(self, format_name: str, path: str) -> import_records.StoredEarlierImport:
        """Return entries of an earlier import of this file, matched by path or as copies of their recording, and those
        that a copy represents."""
        with self._database.reading() as connection:
            rows = connection.execute(_EARLIER, (format_name, os.fsencode(path)))
            return import_records.StoredEarlierImport(
                {row[0]: import_records.EarlierRow(*row) for row in rows}, self._earlier_entry
            )

    def tracks(self, format_name: str, path: str) -> int:
        """Return the number of tracks at the last import of this file; 0 if it was never imported."""
        return int(self._database.scalar(f"SELECT count(*) {_OF_FILE}", (format_name, os.fsencode(path))))

    def values(self, format_name: str, path: str, read: Callable[[Any], Any]) -> dict[str, Any]:
        """Return the values of each track at the last import of this file, by its key; read: makes them of JSON"""
        with self._database.reading() as connection, readable(self._database.path, "an imported track"):
            rows = connection.execute(f"SELECT t.key, t.data {_OF_FILE}", (format_name, os.fsencode(path)))
            return {key: read(json.loads(data)) for key, data in rows}

    def path_maps(self, format_name: str, path: str) -> PathMaps:
        """Return the path maps of the last import of this file."""
        with self._database.reading() as connection:
            row = connection.execute(
                "SELECT path_maps FROM imports WHERE format = ? AND path = ?", (format_name, os.fsencode(path))
            ).fetchone()
            return PathMaps() if row is None else self._maps(row[0])

    def locations(self, format_name: str, path: str) -> Sequence[str]:
        """Return the locations of the file's tracks at its last import."""
        with self._database.reading() as connection, readable(self._database.path, "an imported track"):
            rows = connection.execute(f"SELECT t.entry {_OF_FILE}", (format_name, os.fsencode(path)))
            return [location for [entry] in rows if (location := json.loads(entry).get("location")) is not None]

    def _maps(self, text: str) -> PathMaps:
        with readable(self._database.path, "the path maps of an import"):
            return import_records.read_path_maps(text)

    def _earlier_entry(self, row: import_records.EarlierRow) -> import_records.EarlierEntry:
        path = os.fsdecode(row.path)
        file = import_records.MatchedFile(audio_id=row.audio_id, path=path, method=row.method, offset_s=row.offset_s)
        pending = self._pending(0, row.key, row.entry)
        return import_records.EarlierEntry(entry=pending.entry, paths=pending.paths, file=file)

    @contextmanager
    def staging(self, rows: Iterable[import_records.StagedEntry]) -> Iterator[None]:
        """Stage rows beside the library, without blocking writers, until the import is stored or abandoned.

        rows: read within one transaction; producing them must not read the library, which would lock it
        """
        with self._database.reading() as connection:
            connection.execute("DROP TABLE IF EXISTS temp.staged")
            connection.execute(_STAGE)
            try:
                with self._database.snapshot():  # otherwise each row would be a transaction with a journal on disk
                    connection.executemany(_INTO_STAGE, map(_staged_row, rows))
                yield
            finally:
                connection.execute("DROP TABLE IF EXISTS temp.staged")

    def put(
        self,
        format_name: str,
        path: str,
        *,
        version: str | None,
        now: datetime,
        path_maps: PathMaps | None = None,
        dry_run: bool = False,
    ) -> int:
        """Store the staged rows, replacing the file's earlier import.

        path_maps: stored with the file
        returns: the number of recordings with a change
        """
        name = os.fsencode(path)
        if dry_run:
            with self._database.snapshot() as connection:
                return self._tried(connection, format_name, name, now)
        with self._database.transaction() as connection:
            return self._put(connection, format_name, name, version, now, path_maps or PathMaps())

    def _tried(self, connection: Connection, format_name: str, name: bytes, now: datetime) -> int:
        """The number of recordings that `_put` would change, by copies of the entries: it waits for no writer."""
        sql = "SELECT coalesce((SELECT id FROM imports WHERE format = ? AND path = ?), -1)"
        import_id = int(scalar(connection, sql, (format_name, name)))
        if not scalar(connection, _IS_NEWS, (import_id, import_id)):
            return 0
        for table, columns in _TRIED.items():
            connection.execute(f"DROP TABLE IF EXISTS temp.tried_{table}")
            connection.execute(f"CREATE TEMP TABLE tried_{table} ({columns})")
        row = (import_id, format_name, name, _unique_time(connection, import_id, now))
        connection.execute("INSERT INTO tried_imports VALUES (?, ?, ?, ?)", row)
        others = f"FROM imports WHERE id <> {import_id}"
        connection.execute(f"INSERT INTO tried_imports SELECT id, format, path, imported_at {others}")
        columns = "key, data, audio_id, path, method, offset_s"
        for import_of, rows in (
            (import_id, "staged"),
            ("import_id", f"imported_tracks WHERE import_id <> {import_id}"),
        ):
            connection.execute(f"INSERT INTO tried_imported_tracks SELECT {import_of}, {columns} FROM {rows}")
        with affected(connection, self._database.path, is_tried=True) as named:
            named.add_of("SELECT audio_id FROM imported_tracks WHERE import_id = ?", (import_id,))
            named.add_of("SELECT audio_id FROM staged")
        for table in _TRIED:
            connection.execute(f"DROP TABLE temp.tried_{table}")
        return named.changed

    def _put(
        self,
        connection: Connection,
        format_name: str,
        name: bytes,
        version: str | None,
        now: datetime,
        path_maps: PathMaps,
    ) -> int:
        connection.execute(
            "INSERT OR IGNORE INTO imports (format, path, display, version, imported_at, imported_by) "
            "VALUES (?, ?, ?, ?, ?, ?)",
            (format_name, name, display_path(os.fsdecode(name)), version, utc_text(now), self._actor.id),
        )
        [import_id] = connection.execute(
            "SELECT id FROM imports WHERE format = ? AND path = ?", (format_name, name)
        ).fetchone()
        maps = import_records.path_maps_text(path_maps)
        connection.execute(
            "UPDATE imports SET path_maps = ? WHERE id = ? AND path_maps IS NOT ?", (maps, import_id, maps)
        )
        with affected(connection, self._database.path) as named:
            named.add_of("SELECT audio_id FROM imported_tracks WHERE import_id = ?", (import_id,))
            named.add_of("SELECT audio_id FROM staged")
            news = connection.execute(
                "DELETE FROM imported_tracks WHERE import_id = ? AND key NOT IN (SELECT key FROM staged)", (import_id,)
            ).rowcount
            columns = "entry, data, audio_id, path, method, offset_s"
            new = ", ".join(f"excluded.{column}" for column in columns.split(", "))
            news += connection.execute(
                f"INSERT INTO imported_tracks (import_id, key, {columns}) SELECT ?, key, {columns} FROM staged "
                f"WHERE TRUE ON CONFLICT (import_id, key) DO UPDATE SET ({columns}) = ({new}) "
                f"WHERE ({', '.join(f'imported_tracks.{c}' for c in columns.split(', '))}) IS NOT ({new})",
                (import_id,),
            ).rowcount
            if news:  # the last import counts most; an import without news changes nothing
                connection.execute(
                    "UPDATE imports SET imported_at = ?, version = ?, imported_by = ? WHERE id = ?",
                    (_unique_time(connection, import_id, now), version, self._actor.id, import_id),
                )
        return named.changed

    def staged(self, keys: Iterable[str]) -> Iterator[tuple[int, str, PlaylistEntry, str | None]]:
        """Yield staged entries of these keys, in order: index of the key, path on this machine, entry, audio id.

        Unknown keys are skipped.
        """
        with self._database.reading() as connection:
            for index, key in enumerate(keys):
                row = connection.execute(
                    "SELECT entry, path, audio_id FROM staged WHERE key = ?", (import_records.stored_key(key),)
                ).fetchone()
                if row is not None:
                    pending = self._pending(0, key, row[0])
                    yield (
                        index,
                        os.fsdecode(row[1] or import_records.stored_path(pending.path())),
                        pending.entry,
                        row[2],
                    )

    # ---- queries ---------------------------------------------------------------------------------

    def is_used(self) -> bool:
        """Return whether imports or lists name any track."""
        sql = "SELECT EXISTS (SELECT 1 FROM imports) OR EXISTS (SELECT 1 FROM playlist_tracks)"
        return bool(self._database.scalar(sql))

    def history(self) -> list[StoredImport]:
        """Return every imported file, newest first."""
        with self._database.reading() as connection:
            rows = connection.execute(
                "SELECT i.path, i.format, i.version, i.imported_at, i.path_maps, count(t.key), count(t.audio_id) "
                "FROM imports AS i "
                "LEFT JOIN imported_tracks AS t ON t.import_id = i.id "
                "GROUP BY i.id ORDER BY i.imported_at DESC, i.id DESC"
            )
            return [
                StoredImport(
                    path=os.fsdecode(path),
                    format=format_name,
                    version=version,
                    imported_at=when,
                    path_maps=self._maps(maps).maps,
                    tracks=tracks,
                    matched=matched,
                )
                for path, format_name, version, when, maps, tracks, matched in rows
            ]

    def pending(self) -> list[Pending]:
        """Return entries whose file the library does not have, newest import first."""
        with self._database.reading() as connection:
            rows = connection.execute(
                # Indexes find the pending entries; only their rows are read.
                "WITH pending AS MATERIALIZED "
                f"(SELECT t.import_id, t.key FROM imported_tracks AS t WHERE {_IS_PENDING}) "
                "SELECT t.import_id, t.key, t.entry FROM pending JOIN imported_tracks AS t USING (import_id, key) "
                "JOIN imports AS i ON i.id = t.import_id ORDER BY i.imported_at DESC, i.id DESC, t.key"
            )
            return [self._pending(*row) for row in rows]

    def _pending(self, import_id: int, key: str, text: str) -> Pending:
        with readable(self._database.path, "an imported track"):
            data = json.loads(text)
            paths = tuple(data.pop("paths", ()))
            return Pending(import_id=import_id, key=key, entry=PlaylistEntry(position=1, **data), paths=paths)

    def names_of(self, path: str) -> set[str | None]:
        """Return the audio ids, and the digests of the names, of the entries of a file."""
        of_file = "JOIN imports AS i ON i.id = t.import_id WHERE i.path = ?"
        with self._database.reading() as connection, readable(self._database.path, "an imported track"):
            sql = f"SELECT t.audio_id, t.entry FROM imported_tracks AS t {of_file}"
            entries = [(audio_id, json.loads(text)) for audio_id, text in connection.execute(sql, (os.fsencode(path),))]
        digests = (SqlPlays.digest_of_names(entry.get("artist"), entry.get("title")) for _, entry in entries)
        return {*(audio_id for audio_id, _ in entries), *digests} - {None, ""}

    def forget(self, path: str) -> bool:
        """Delete what was imported from a file, except its lists. Returns whether there was anything."""
        with self._database.transaction() as connection, affected(connection, self._database.path) as named:
            name = (os.fsencode(path),)
            named.add_of(
                "SELECT audio_id FROM imported_tracks AS t JOIN imports AS i ON i.id = t.import_id WHERE i.path = ?",
                name,
            )
            deleted = connection.execute("DELETE FROM imports WHERE path = ?", name).rowcount
            return deleted > 0

    # ---- entries of copies -----------------------------------------------------------------------

    def moved(self) -> list[MovedEntry]:
        """Return the entries that an older map4 moved to copies, by import."""
        rows = self._database.rows(_MOVED)
        return [MovedEntry._make((os.fsdecode(path), *row, bool(shared))) for path, *row, shared in rows]

    def give_back(self, files: Mapping[MovedEntry, tuple[str, str]]) -> None:
        """Give entries back to their own files: audio id and path of each."""
        with self._database.transaction() as connection, affected(connection, self._database.path) as named:
            for entry, (audio_id, path) in files.items():
                named.add(entry.audio_id, audio_id)
                connection.execute(
                    "UPDATE imported_tracks SET audio_id = ?, path = ?, method = 'path', offset_s = 0 "
                    "WHERE import_id = ? AND key = ?",
                    (audio_id, os.fsencode(path), entry.import_id, entry.key),
                )

    # ---- entries matched later -------------------------------------------------------------------

    def choose(self, pending: Iterable[Pending], audio_id: str, path: str) -> None:
        """Assign a file that a person chose to pending entries."""
        file = import_records.MatchedFile(audio_id=audio_id, path=path, method="chosen")
        self.match_pending([(each, file) for each in pending])

    def match_pending(self, matches: Sequence[tuple[Pending, import_records.MatchedFile]]) -> None:
        """Assign files to pending entries; stored lists with such an entry then contain its file."""
        with self._database.transaction() as connection, affected(connection, self._database.path) as named:
            for pending, file in matches:
                entry = (pending.import_id, pending.key)
                named.add_of("SELECT audio_id FROM imported_tracks WHERE import_id = ? AND key = ?", entry)
                connection.execute(
                    "UPDATE imported_tracks SET audio_id = ?, path = ?, method = ?, offset_s = 0 "
                    "WHERE import_id = ? AND key = ?",
                    (file.audio_id, os.fsencode(file.path), file.method, *entry),
                )
                connection.execute(
                    f"UPDATE playlist_tracks SET {_LISTED} WHERE audio_id IS NULL AND path = ?",
                    (*_listed(file), import_records.stored_path(pending.path())),
                )
                find_track(
                    connection, SqlPlays.digest_of_names(pending.entry.artist, pending.entry.title), file.audio_id
                )
                named.add(file.audio_id)


class SqlSubstitutes(StorePart):
    """Reads and writes the copies that represent files that are away.

    absent: scanned folders that are absent, whose files are away
    """

    def away(self, absent: Collection[str]) -> list[AwayAudio]:
        """Return the audio that needs a copy."""
        is_there, values = _is_there(absent)
        rows = self._database.rows(_AWAY % is_there, values)
        return [
            AwayAudio(
                audio_id=audio_id,
                paths=tuple(dict.fromkeys(os.fsdecode(path) for _, _, path, *_ in named if path is not None)),
                names=tuple(dict.fromkeys((artist, title) for *_, artist, title, _ in named)),
                duration_s=named[0][1],
                has_times=any(times for *_, times in named),
            )
            for audio_id, group in groupby(rows, itemgetter(0))
            if (named := list(group))
        ]

    def pairs(self, absent: Collection[str]) -> dict[str, Substitute]:
        """Return the stored pairs whose copy is there."""
        is_there, values = _is_there(absent)
        has_copy = f"EXISTS (SELECT 1 FROM files AS f WHERE f.audio_id = s.copy_audio_id AND {is_there})"
        with self._database.reading() as connection:
            return {row[0]: Substitute(*row[1:]) for row in connection.execute(f"{_PAIRS} WHERE {has_copy}", values)}

    def put(self, pairs: Mapping[str, Substitute]) -> None:
        """Store these pairs only; imported cue points, grids and ratings are lent to the copies."""

        with self._database.reading() as connection:
            before = {row[0]: Substitute(*row[1:]) for row in connection.execute(_PAIRS)}
        changed = {audio_id for audio_id in before.keys() | pairs.keys() if before.get(audio_id) != pairs.get(audio_id)}
        if not changed:
            return
        with self._database.transaction() as connection, affected(connection, self._database.path) as named:
            named.add(
                *(pair.audio_id for each in (before, pairs) for audio_id, pair in each.items() if audio_id in changed)
            )
            connection.executemany("DELETE FROM substitutes WHERE audio_id = ?", [(audio_id,) for audio_id in changed])
            connection.executemany(
                "INSERT INTO substitutes (audio_id, copy_audio_id, offset_s) VALUES (?, ?, ?)",
                [(audio_id, *pairs[audio_id]) for audio_id in changed if audio_id in pairs],
            )


def _is_there(absent: Collection[str]) -> tuple[str, tuple[object, ...]]:
    """The condition for a file `f` that is there, and its values."""
    from map4.core.store.query.forms import Predicate  # of searches, which few commands need

    inside = [Predicate.inside(root) for root in absent]
    condition = "".join(f" AND NOT ({where})" for where, _ in inside)
    return f"f.missing_since IS NULL{condition}", tuple(value for _, values in inside for value in values)


_MOST_AHEAD = timedelta(minutes=1)
_LISTED = "path = ?, display = ?, audio_id = ?"


def _listed(file: import_records.MatchedFile) -> tuple[bytes, str, str]:
    """Return the values of `_LISTED` that a stored list contains for a file."""
    return os.fsencode(file.path), display_path(file.path), file.audio_id


def _staged_row(staged: import_records.StagedEntry) -> tuple[Any, ...]:
    values, file = as_json(staged.track.values.to_data()), staged.file
    row = (import_records.stored_key(staged.track.key), entry_text(staged), values)
    if file is None:
        return (*row, None, None, None, 0.0)
    return (*row, file.audio_id, os.fsencode(file.path), file.method, file.offset_s)


def _unique_time(connection: Connection, import_id: int, now: datetime) -> str:
    """Return a unique import time: times have seconds, and the later of two imports must count everywhere."""
    [(last,)] = connection.execute("SELECT max(imported_at) FROM imports WHERE id != ?", (import_id,)).fetchall()
    at = utc_text(now)
    if last is None or last < at:
        return at
    behind = datetime.fromisoformat(last) + timedelta(seconds=1)
    # A time far ahead comes from a wrong clock.
    return utc_text(behind) if behind - now < _MOST_AHEAD else at


def own_import(format_name: str, path: bytes, at: str) -> OwnImport:
    return OwnImport(format=format_name, path=os.fsdecode(path), imported_at=at)


_ENTRY_FIELDS = ("location", "artist", "title", "album", "duration_s", "size_bytes", "audio_id")


def entry_text(staged: import_records.StagedEntry) -> str:
    entry: dict[str, Any] = {name: getattr(staged.track.entry, name) for name in _ENTRY_FIELDS}
    known = {name: value for name, value in entry.items() if value is not None}
    return as_json({**known, "paths": list(staged.paths)})
