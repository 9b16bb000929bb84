"""The compared values of a whole library, from its mirror or else its tables; cached until it changes."""

from __future__ import annotations

import json
import os
import secrets
from abc import abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, closing, suppress
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, ClassVar
from weakref import WeakValueDictionary

import numpy as np
import numpy.typing as npt

from map4.core.base.unfinished import SafeFile
from map4.core.music.analysis.analysis import ANALYSIS_VERSION, Hamms
from map4.core.music.analysis.inside import SoundVector
from map4.core.music.analysis.key import ALL_KEYS
from map4.core.music.mixing.many import hamms_rows
from map4.core.music.sound.similarity_tables import Arrays, Doubles, LibraryTable, TableChanges
from map4.core.store.database import Connection, Database, OwnDatabase, scalar
from map4.core.store.file.database import LibraryFile, SqliteDatabase
from map4.core.store.library_ref import Progress, damaged
from map4.core.store.query.facts import HAMMS_COLUMNS
from map4.core.store.query.field_sql import genre_sql
from map4.core.store.sound.mirror_file import Mirror, is_altered, read_mirror, write_mirror
from map4.errors import LibraryBusyError, LibraryWriteError

MIRRORED_FROM = 5000
"""A library with fewer files is read faster than numpy is imported, and gets no mirror."""
MOST_CHANGED = 0.01
"""If a larger share of a mirror's files has changed, it is rebuilt; reading this share takes a tenth of that time."""
_CHANGES_AT_ONCE = 5000  # short transactions leave other writers their turn
_ROWS_AT_ONCE = 8192
_FIGURES, _CODED = LibraryTable.FIGURES, LibraryTable.CODED
_MOST = 1e9
"""Limit of tempo and HAMMS numbers, far beyond real values; larger ones occur only in damaged libraries."""
_BPM = ", ".join(f"x.{source}_bpm" for source in LibraryTable.SOURCES)
_KEY = ", ".join(f"x.{source}_key" for source in LibraryTable.SOURCES)
_HAMMS = ", ".join(f"x.{name}" for name in HAMMS_COLUMNS)
_GENRE = genre_sql((), tags="g")
# Reads in index order; of the wide rows of files, only the genre. The core is checked as text first, because parsing it
# as JSON takes several times as long.
_ROWS = f"""
    SELECT f.id, f.audio_id, x.energy, {_BPM}, {_KEY}, {_HAMMS},
           CASE WHEN x.analysis_version IS NOT :analysis THEN 0 WHEN {{has_text}} THEN 1
                WHEN CAST(json_extract(a.core, '$.hamms.version') AS INTEGER) = :hamms THEN 1 ELSE 0 END,
           CASE WHEN x.{HAMMS_COLUMNS[-1]} IS NULL THEN json_array_length(a.core, '$.hamms.vector') END, p.data,
           {", ".join(f"x.{name}" for name in _FIGURES)}, CAST(x.codec AS TEXT), {_GENRE},
           CAST(substr(x.added_at, 1, 7) AS TEXT), x.analysis_version IS NOT :analysis, x.channels = 1
    FROM files AS f INDEXED BY files_by_audio JOIN facts AS x ON x.file_id = f.id
    JOIN analyses AS a ON a.audio_id = f.audio_id JOIN files AS g ON g.id = f.id
    LEFT JOIN sounds AS p ON p.id = a.id AND p.version = :sound
    WHERE x.state = 'ok'{{among}} ORDER BY f.audio_id, f.id
"""
_WIDTHS = {
    "file_id": 1, "audio_id": 1, "energy": 1, "bpm": len(LibraryTable.SOURCES), "key": len(LibraryTable.SOURCES),
    "hamms": Hamms.SIZE, "has_hamms": 1, "lengths": 1, "sound": 1, "figures": len(_FIGURES),
    "coded": len(_CODED), "is_stale": 1, "is_mono": 1,
}  # fmt: skip
"""The columns of `_ROWS` in order: the number of those with each meaning."""
_AMONG = " AND f.audio_id IN (SELECT value FROM json_each(:among))"
_WANTED = {
    "analysis": ANALYSIS_VERSION, "hamms": Hamms.VERSION, "sound": SoundVector.VERSION,
    "text": f'"hamms":{{"version":{Hamms.VERSION},',
}  # fmt: skip
_COUNT_SOME = "SELECT count(*) FROM (SELECT 1 FROM facts WHERE state = 'ok' LIMIT ?) AS counted"
_COUNT = "SELECT count(*) FROM facts WHERE state = 'ok'"
_LONGEST_ID = "SELECT max(length(audio_id)) FROM files"
_CHANGED = "SELECT file_id FROM mirror_changes WHERE revision >= ? LIMIT ?"
_KEYS: Mapping[str | None, int] = {None: LibraryTable.NO_KEY} | {key.camelot: n for n, key in enumerate(ALL_KEYS)}
# All exponent bits of a half-precision number: infinite or NaN. np.isfinite takes five times as long.
_HALF_EXPONENT = np.uint16(0x7C00)
_SILENCE = bytes(2 * SoundVector.SIZE)
# A server's threads share one table for the same mirror and the same changes.
_TABLES: WeakValueDictionary[tuple[str, bytes, tuple[str | None, ...]], LibraryTable] = WeakValueDictionary()


@dataclass(slots=True)
class SqlSounds:
    """The sound of a whole library as a table, read again after any process has written to the library.

    A library of `mirrored_from` files or more is read from a mirror on this machine. Scans build it after large
    changes, otherwise the first query that needs it, unless another process is writing: the library records which
    mirror shows it. Without a mirror the result is the same, but slower.
    """

    has_text: ClassVar[str] = "instr(a.core, :text) > 0"

    database: Database
    mirrored_from: int = MIRRORED_FROM
    most_changed: float = MOST_CHANGED
    progress: Progress = lambda done, of: None
    _state: tuple[int, int] | None = field(default=None, init=False)
    _table: LibraryTable | None = field(default=None, init=False)
    _mirror: Mirror | None = field(default=None, init=False)

    @property
    @abstractmethod
    def mirror_path(self) -> str | None:
        """The mirror's path; None if the library has no mirror."""

    def _may_write(self) -> bool:
        """Whether a mirror can be written."""
        return self.database.cache_file("") is not None

    @abstractmethod
    def _shows(self, connection: Connection, token: str) -> bool:
        """Whether the mirror with this token shows the library, except for changes recorded since."""

    @abstractmethod
    def _lock(self) -> AbstractContextManager[None]:
        """Lock the making of the mirror, after any other process on this machine."""

    @abstractmethod
    def _apart(self) -> OwnDatabase:
        """The library through a separate connection, which need not wait for others."""

    @abstractmethod
    def _put_in_place(self, database: Database, new: str, token: str, revision: int) -> int | None:
        """Rename a new mirror into place and register its token; None if another was begun since.

        Returns the first revision whose changes a mirror needs.
        """

    def table(self) -> LibraryTable:
        """Every present, analysed file."""
        table = self.at_hand()
        if table is None and self.warm_mirror():
            table = self.at_hand()
        if table is None:
            state = self.database.state()
            table = self._read()
            self._table, self._state = table, state
        return table

    def hamms_sample(self, most: int) -> Doubles:
        """HAMMS vectors of up to `most` recordings, shape (n, 12) with NaN, ordered by audio id."""
        table = self.at_hand()
        return hamms_rows(hamms_sample(self.database, most)) if table is None else table.hamms_sample(most)

    def at_hand(self) -> LibraryTable | None:
        """The table, if it is cached or in a mirror; else None. Builds nothing."""
        state = self.database.state()
        if self._table is None or state != self._state:
            self._table, self._state = self._mirrored(), state
        return self._table

    def warm_mirror(self) -> bool:
        """Build the mirror of a large library if there is no usable mirror. Returns whether a mirror exists now.

        An altered mirror is detected here, and deleted.
        """
        if self.has_altered_mirror():
            self._mirror = self._table = None
            with suppress(OSError):
                os.unlink(self.mirror_path or "")
        if not (self._may_write() and self._is_large()):
            return self._mirrored() is not None
        try:
            with self._lock():  # another thread or process may have made it meanwhile
                return self._mirrored() is not None or self.build_mirror()
        except LibraryWriteError:
            return False

    def keep_mirror(self) -> None:
        """Build the mirror of a large library if so much has changed that the next query would wait for it."""
        if self._may_write() and self._is_large() and self._is_behind():
            with suppress(LibraryWriteError), self._lock():
                self.build_mirror()

    def _is_behind(self) -> bool:
        with self.database.snapshot() as connection:
            mirror = self._newest(connection)
            if mirror is None:
                return True
            most = self._most_beside(mirror)
            return len(connection.execute(_CHANGED, (mirror.revision, most + 1)).fetchall()) > most

    def has_altered_mirror(self) -> bool:
        """True if answers come from a mirror whose content was altered."""
        path = self.mirror_path
        with self.database.reading() as connection:
            return path is not None and is_altered(path, lambda token: self._shows(connection, token))

    def first_files(self, file_ids: Iterable[int]) -> dict[str, int]:
        """The recordings of some files, each with its first file among them."""
        sql = (
            "SELECT audio_id, min(id) FROM files WHERE id IN (SELECT CAST(value AS INTEGER) FROM json_each(?)) "
            "AND audio_id IS NOT NULL GROUP BY audio_id"
        )
        return dict(self.database.rows(sql, (json.dumps(list(file_ids)),)))

    def _is_large(self) -> bool:
        return int(self.database.scalar(_COUNT_SOME, (self.mirrored_from,))) >= self.mirrored_from

    # ---- reading ---------------------------------------------------------------------------------

    def _read(self) -> LibraryTable:
        with self.database.snapshot() as connection:
            texts = _Texts()
            blocks = list(self._blocks(self.database, connection, texts))
        columns = _joined(blocks)
        raw = columns.pop("raw")
        space = LibraryTable.fitted_space(lambda rows: raw[rows], columns["flags"])
        columns["directions"] = LibraryTable.directions_of(space, raw, columns["flags"])
        return LibraryTable(written=columns, space=space, texts=list(texts))

    def _mirrored(self) -> LibraryTable | None:
        """The table from the mirror plus later changes from the tables; None if this is impossible or too slow."""
        with self.database.snapshot() as connection:
            mirror = self._newest(connection)
            if mirror is None:
                return None
            most = self._most_beside(mirror)
            changed = [row[0] for row in connection.execute(_CHANGED, (mirror.revision, most + 1))]
            if len(changed) > most:
                return None
            texts = _Texts(mirror.texts)
            changes = self._changes(connection, mirror, changed, texts) if changed else None
        known = list(mirror.texts if changes is None else texts)
        table = LibraryTable(
            written=mirror.columns, space=mirror.space, texts=known, changes=changes, release=mirror.release
        )
        # Two changes with the same digest may refer to texts that are not in the mirror.
        new_texts = tuple(known[len(mirror.texts) :])
        return _TABLES.setdefault((mirror.token, b"" if changes is None else changes.digest(), new_texts), table)

    def _newest(self, connection: Connection) -> Mirror | None:
        """The current mirror, if it shows this library."""
        path = self.mirror_path
        if path is None:
            return None
        if self._mirror is None or not self._shows(connection, self._mirror.token):
            self._mirror = read_mirror(path)
            if self._mirror is None or not self._shows(connection, self._mirror.token):
                return None
        return self._mirror

    def _most_beside(self, mirror: Mirror) -> int:
        """The maximum number of changes to read besides a mirror; with more, it is rebuilt."""
        return max(self.mirrored_from // 10, round(self.most_changed * len(mirror.columns["file_id"])))

    def _changes(
        self, connection: Connection, mirror: Mirror, changed: Sequence[int], texts: _Texts
    ) -> TableChanges | None:
        names = mirror.columns["audio_id"]
        of_files = np.isin(mirror.columns["file_id"], np.array(changed, dtype=np.int64))
        sql = (
            "SELECT audio_id FROM files WHERE audio_id IS NOT NULL "
            "AND id IN (SELECT CAST(value AS INTEGER) FROM json_each(?))"
        )
        now = {audio_id for (audio_id,) in connection.execute(sql, (json.dumps(list(changed)),))}
        # Whole recordings, because their first file may have changed too.
        touched = sorted(now | {name.decode("utf-8", "replace") for name in np.unique(names[of_files]).tolist()})
        wanted = np.array([name.encode("utf-8", "replace") for name in touched], dtype=np.bytes_)
        starts, stops = np.searchsorted(names, wanted), np.searchsorted(names, wanted, "right")
        rows = _joined(list(self._blocks(self.database, connection, texts, among=touched)))
        rows["directions"] = LibraryTable.directions_of(mirror.space, rows.pop("raw"), rows["flags"])
        places = np.array([row for of in map(range, starts, stops) for row in of], dtype=np.intp)
        # Most writes, such as ratings, change no compared value.
        same = LibraryTable.unchanged({name: column[places] for name, column in mirror.columns.items()}, rows)
        is_unchanged = np.ones(len(names), dtype=bool)
        is_unchanged[[place for place in places.tolist() if names[place] not in same]] = False
        is_new = np.array([name not in same for name in rows["audio_id"].tolist()], dtype=bool)
        if is_unchanged.all() and not is_new.any():
            return None
        return TableChanges(unchanged=is_unchanged, rows={name: column[is_new] for name, column in rows.items()})

    # ---- writing ---------------------------------------------------------------------------------

    def build_mirror(self) -> bool:
        """Build the mirror; returns whether it was written.

        The library is written to only briefly, before and after; other writes in between are recorded.
        """
        path = self.mirror_path
        if path is None or not self._may_write():
            return False
        try:
            # A separate connection, which sees one snapshot of the library and need not wait for others.
            with closing(self._apart()) as database, SafeFile(path).unfinished("new") as new:
                token = secrets.token_hex(16)
                with database.transaction() as connection:
                    connection.execute(
                        "INSERT INTO mirror (id, begun, revision) VALUES (1, ?, 1) "
                        "ON CONFLICT (id) DO UPDATE SET begun = excluded.begun, revision = mirror.revision + 1",
                        (token,),
                    )
                with database.snapshot() as connection:
                    revision = int(scalar(connection, "SELECT revision FROM mirror"))
                    rows, id_bytes = int(scalar(connection, _COUNT)), int(scalar(connection, _LONGEST_ID) or 1)
                    texts = _Texts()
                    blocks = self._counted(self._blocks(database, connection, texts), rows)
                    write_mirror(new, blocks, rows, id_bytes, texts, token=token, revision=revision)
                oldest = self._put_in_place(database, new, token, revision)
                if oldest is None:
                    return False
                _forget_changes(database, oldest)
                return True
        except (LibraryWriteError, LibraryBusyError, OSError):
            return False
        finally:
            self.progress(1, 1)

    def _counted(self, blocks: Iterable[Arrays], rows: int) -> Iterator[Arrays]:
        done = 0
        for block in blocks:
            yield block
            done += len(block["file_id"])
            self.progress(min(done, rows - 1), rows)

    def _blocks(
        self, database: Database, connection: Connection, texts: _Texts, *, among: Sequence[str] | None = None
    ) -> Iterator[dict[str, npt.NDArray[Any]]]:
        """The columns of all present files, or of some audio ids, a few thousand rows at a time.

        Includes their sound vectors as `raw`, shape (m, 128), with zeros where missing.
        """
        wanted = _WANTED if among is None else {**_WANTED, "among": json.dumps(list(among))}
        sql = _ROWS.format(among="" if among is None else _AMONG, has_text=self.has_text)
        cursor = connection.execute(sql, wanted)
        last = None
        yield _columns(database, [], None, texts)
        for rows in iter(lambda: cursor.fetchmany(_ROWS_AT_ONCE), []):
            yield _columns(database, rows, last, texts)
            last = rows[-1][1]


def _forget_changes(database: Database, before: int) -> None:
    """Delete records of changes before a revision, in short steps that block no other writer for long."""
    sql = "DELETE FROM mirror_changes WHERE file_id IN (SELECT file_id FROM mirror_changes WHERE revision < ? LIMIT ?)"
    removed = _CHANGES_AT_ONCE
    while removed == _CHANGES_AT_ONCE:
        with database.transaction() as connection:
            removed = connection.execute(sql, (before, _CHANGES_AT_ONCE)).rowcount


class _Texts(dict[str | None, int]):
    """Texts, numbered in order of appearance; 0 is none."""

    def __init__(self, known: Iterable[str | None] = (None,)) -> None:
        super().__init__((text, number) for number, text in enumerate(known))

    def __missing__(self, text: str) -> int:
        number = self[text] = len(self)
        return number


def _columns(
    database: Database, rows: Sequence[Sequence[Any]], last: str | None, texts: _Texts
) -> dict[str, npt.NDArray[Any]]:
    values: Iterator[tuple[Any, ...]] = iter(zip(*rows, strict=True) if rows else [()] * sum(_WIDTHS.values()))
    columns = {name: list(islice(values, width)) for name, width in _WIDTHS.items()}
    [names], [has_hamms], [lengths], [data] = (columns[name] for name in ("audio_id", "has_hamms", "lengths", "sound"))
    if any(is_there and length not in (None, Hamms.SIZE) for is_there, length in zip(has_hamms, lengths, strict=True)):
        raise damaged(database.path, "a HAMMS vector has the wrong size")
    if any(vector and len(vector) != len(_SILENCE) for vector in data):
        raise damaged(database.path, "a sound vector has the wrong size")
    # A row for each file, so that all columns are equally long.
    raw = np.frombuffer(b"".join([vector or _SILENCE for vector in data]), dtype="<f2").reshape(-1, SoundVector.SIZE)
    if np.any(raw.view("<u2") & _HALF_EXPONENT == _HALF_EXPONENT):
        raise damaged(database.path, "a sound vector is not finite")
    is_first = [name != before for name, before in zip(names, (last, *names), strict=False)]
    flags, unreadable = np.array(is_first, dtype=bool) * np.uint8(LibraryTable.FIRST), LibraryTable.UNREADABLE_KEY
    flags |= np.array([bool(vector) for vector in data], dtype=bool) * np.uint8(LibraryTable.HAS_SOUND)
    flags |= np.array(has_hamms, dtype=bool) * np.uint8(LibraryTable.HAS_HAMMS)
    flags |= np.array(columns["is_stale"][0], dtype=bool) * np.uint8(LibraryTable.IS_STALE)
    flags |= np.array(columns["is_mono"][0], dtype=bool) * np.uint8(LibraryTable.IS_MONO)
    bpm = np.array(columns["bpm"], dtype=np.float64)
    hamms = np.array(columns["hamms"], dtype=np.float64)
    return {
        "file_id": np.array(columns["file_id"][0], dtype=np.int64),
        "audio_id": np.array([name.encode("utf-8", "replace") for name in names], dtype=np.bytes_),
        "flags": flags,
        "energy": np.array(columns["energy"][0], dtype=np.float64),
        "bpm": np.where((bpm >= 1.0) & (bpm < _MOST), bpm, np.nan).T,
        "key": np.array([[_KEYS.get(key, unreadable) for key in of] for of in columns["key"]], np.int8).T,
        "hamms": LibraryTable.hamms_numbers(np.where(np.abs(hamms) < _MOST, hamms, np.nan).T),
        "raw": raw,
        **{name: np.array(of, dtype=np.float64) for name, of in zip(_FIGURES, columns["figures"], strict=True)},
        **{
            name: np.array([texts[text] for text in of], np.int32)
            for name, of in zip(_CODED, columns["coded"], strict=True)
        },
    }


def _joined(blocks: Sequence[Mapping[str, npt.NDArray[Any]]]) -> dict[str, npt.NDArray[Any]]:
    return {name: np.concatenate([block[name] for block in blocks]) for name in blocks[0]}


# Audio ids are hashes, so the lowest ids are a fair sample, the same each time, and read from their index without
# reading other rows. Recordings without present files are left out.
_SAMPLE = """
    SELECT json_extract(core, '$.hamms.vector') FROM analyses AS a
    WHERE version = ? AND CAST(json_extract(core, '$.hamms.version') AS INTEGER) = ?
      AND EXISTS (SELECT 1 FROM files AS f WHERE f.audio_id = a.audio_id AND f.missing_since IS NULL)
    ORDER BY audio_id LIMIT ?
"""


def hamms_sample(database: Database, most: int) -> list[list[float | None]]:
    """HAMMS vectors of up to `most` recordings, in the order of their audio ids."""
    with database.reading() as connection:
        rows = connection.execute(_SAMPLE, (ANALYSIS_VERSION, Hamms.VERSION, most))
        return [json.loads(vector) for (vector,) in rows]


# A reader that builds the mirror doesn't wait for a writer, and reads the tables instead.
_BUSY_S = 0.1


@dataclass(slots=True)
class SqliteSounds(SqlSounds):
    database: SqliteDatabase

    @property
    def mirror_path(self) -> str | None:
        return None if self.database.is_in_memory else LibraryFile(self.database.file).mirror

    def _shows(self, connection: Connection, token: str) -> bool:
        return connection.execute("SELECT 1 FROM mirror WHERE token = ?", (token,)).fetchone() is not None

    def _lock(self) -> AbstractContextManager[None]:
        return LibraryFile(self.database.file).mirror_lock()

    def _apart(self) -> SqliteDatabase:
        return SqliteDatabase(self.database.file, busy_timeout_s=_BUSY_S)

    def _put_in_place(self, database: Database, new: str, token: str, revision: int) -> int | None:
        with database.transaction() as connection:  # no rows if another mirror was begun since
            if not connection.execute("UPDATE mirror SET token = begun WHERE begun = ?", (token,)).rowcount:
                return None
            os.replace(new, LibraryFile(self.database.file).mirror)
        return revision
