"""Files of a library that are copies of others, for `is:copy` and `map4 duplicates`."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from map4 import search
from map4.core.base.text import folded
from map4.core.music.analysis.audio import AudioFormat, Upscaling
from map4.core.music.analysis.inside import FINGERPRINT_VERSION
from map4.core.music.track.fields import FIELDS
from map4.core.music.track.sources import Preferred
from map4.core.store.database import Connection, Database, StorePart, scalar
from map4.core.store.library_ref import Progress, damaged
from map4.core.store.query.field_sql import HIGHEST_RATING_SQL, TAG_COLUMNS, named_tag_sql, text_sql
from map4.core.store.stored_tables import is_set_sql
from map4.duplicates.finding.groups import (
    MOST_ALONE_S,
    CopyChoice,
    CopyGroup,
    FileFacts,
    NamedFile,
    SoundPair,
    certainty_of_sound,
    linked_groups,
    same_recordings,
)
from map4.duplicates.records import GroupKind
from map4.library import hookspecs

if TYPE_CHECKING:
    from map4.core.music.sound.fingerprints import Words
    from map4.duplicates.finding.by_name import Link
    from map4.duplicates.finding.named_files import NamedFiles
    from map4.duplicates.finding.sound_keys import Sound

_VERSION = 1000 * FINGERPRINT_VERSION + 1  # 1: raised when a fingerprint gives different keys
_NOT_COMPARED = -_VERSION  # version of keys whose recording is not yet compared with all others
_HAVE_KEYS = "SELECT count(*) FROM sound_keys WHERE version = ?"
_COUNTED = "FROM details WHERE fingerprint_version = ?"
_PRINTS = "FROM details AS p JOIN analyses AS a ON a.id = p.id WHERE p.fingerprint_version = ?"
_WAITING = """
    SELECT a.audio_id FROM analyses AS a CROSS JOIN details AS p ON p.id = a.id WHERE p.fingerprint_version = ?
    EXCEPT SELECT audio_id FROM sound_keys WHERE version = ?
"""
# In the order of audio ids, as keys are stored: otherwise each would be written to another place of the disk.
_WITHOUT_KEYS = """
    SELECT a.audio_id, a.id, p.fingerprint FROM analyses AS a CROSS JOIN details AS p ON p.id = a.id
    WHERE p.fingerprint_version = ? AND a.audio_id > ?
      AND NOT EXISTS (SELECT 1 FROM sound_keys AS k WHERE k.audio_id = a.audio_id AND k.version IN (?, ?))
    ORDER BY a.audio_id LIMIT ?
"""
# Number of cached fingerprints, as a recording may have many likely copies; 10 KB each at most.
_MOST_REMEMBERED = 512
# Batch size of writes, which block other writers for 20 ms.
_AT_ONCE = 1_000
# This many are compared in two seconds; with more, answers that can do without don't compare.
_SMALL_SIZE = 5000


@dataclass(slots=True)
class AlikeRecordings:
    """The recordings of one library that sound the same.

    Only scans store comparisons. A reader never writes: recordings that no scan has compared yet, as after a merge, it
    compares in memory.

    small_size: calls that must not wait compare up to this many new recordings
    at_once: number of recordings that are compared and then written together
    """

    database: Database
    small_size: int = _SMALL_SIZE
    at_once: int = _AT_ONCE
    _in_memory: tuple[SoundPair, ...] = field(default=(), init=False)
    _waited: frozenset[str] = field(default=frozenset(), init=False)
    """The recordings that were compared in memory: their audio ids determine the result."""

    def pairs(self, *, at_once: bool = False, progress: Progress | None = None) -> list[SoundPair]:
        """Return all pairs of recordings that sound the same or nearly so, after comparing new recordings in memory.

        at_once: don't wait for many new recordings: return the pairs that are already compared
        """
        if not at_once or self.due() <= self.small_size:
            self._compare_in_memory(progress)
        with self.database.reading() as connection:
            rows = connection.execute("SELECT audio_id, other_id, error_rate, alone_s FROM sound_pairs")
            return list(dict.fromkeys((*self._in_memory, *(SoundPair(*row) for row in rows))))

    def pairs_of(self, audio_ids: Collection[str], *, compares: bool = False) -> list[SoundPair]:
        """Return the pairs of some recordings with any, as far as they are compared.

        compares: compare new recordings in memory first, unless there are many
        """
        if compares and self.due() <= self.small_size:
            self._compare_in_memory(None)
        pairs = {pair for pair in self._in_memory if pair.first in audio_ids or pair.second in audio_ids}
        with self.database.reading() as connection:
            for column in ("audio_id", "other_id"):
                rows = connection.execute(
                    "SELECT audio_id, other_id, error_rate, alone_s FROM sound_pairs "
                    f"WHERE {column} IN (SELECT value FROM json_each(?))",
                    (json.dumps(list(audio_ids)),),
                )
                pairs.update(SoundPair(*row) for row in rows)
        return sorted(pairs, key=lambda pair: (pair.first, pair.second))

    def key_counts(self, audio_ids: Sequence[str]) -> list[int]:
        """Return the number of keys of compared recordings; 0 if a recording is silent, too short or not compared."""
        sql = "SELECT length(keys) / 4 FROM sound_keys WHERE audio_id = ?"
        with self.database.reading() as connection:
            rows = [connection.execute(sql, (audio_id,)).fetchone() for audio_id in audio_ids]
        return [row[0] if row else 0 for row in rows]

    def due(self) -> int:
        """Return how many fingerprints are not yet compared with the others."""
        with self.database.reading() as connection:  # 100,000 are counted in 7 ms
            compared = scalar(connection, _HAVE_KEYS, (_VERSION,))
            return int(scalar(connection, f"SELECT count(*) {_COUNTED}", (FINGERPRINT_VERSION,)) - compared)

    def bring_up_to_date(self, *, progress: Progress | None = None) -> None:
        """Compare new recordings and store the results in batches of some thousands: an interruption loses one batch.

        Keys are made and stored first, with the version of recordings that are not compared yet. A recording counts as
        compared once it was compared with all earlier ones, including earlier new ones.
        """
        for names, alike in self._batches(progress, stores=True) if self.due() else ():
            with self.database.transaction() as connection:
                # Keys of recordings that changed meanwhile are gone.
                connection.execute(
                    "UPDATE sound_keys SET version = ? WHERE version = ? AND audio_id IN "
                    "(SELECT value FROM json_each(?))",
                    (_VERSION, _NOT_COMPARED, json.dumps(names)),
                )
                connection.executemany(
                    "INSERT INTO sound_pairs (audio_id, other_id, error_rate, alone_s) VALUES (?, ?, ?, ?) "
                    "ON CONFLICT (audio_id, other_id) DO UPDATE SET "
                    "(error_rate, alone_s) = (excluded.error_rate, excluded.alone_s)",
                    ((pair.first, pair.second, pair.error_rate, pair.alone_s) for pair in alike),
                )

    def _compare_in_memory(self, progress: Progress | None) -> None:
        waiting = frozenset[str]()
        if self.due():
            with self.database.reading() as connection:
                waiting = frozenset(name for (name,) in connection.execute(_WAITING, (FINGERPRINT_VERSION, _VERSION)))
        if waiting != self._waited:
            batches = self._batches(progress, stores=False) if waiting else ()
            self._in_memory = tuple(pair for _, alike in batches for pair in alike)
            self._waited = waiting

    def _batches(self, progress: Progress | None, *, stores: bool) -> Iterator[tuple[list[str], list[SoundPair]]]:
        """Yield new recordings, each batch with its pairs with earlier ones. stores: also store their keys"""
        # These import numpy, which answers without new recordings don't need.
        import numpy as np

        from map4.duplicates.finding.sound_keys import pairs_to_compare
        from map4.duplicates.store.key_arrays import KeyArrays

        with self.database.reading() as connection:
            without_keys = max(0, self.due() - int(scalar(connection, _HAVE_KEYS, (_NOT_COMPARED,))))
        steps = max(1, without_keys + self.due())
        made = self._keys_made(lambda done: progress and progress(done, steps), stores=stores)
        with self.database.reading() as connection:
            new = KeyArrays.read(connection, _NOT_COMPARED).with_more(made)
            known = KeyArrays.read(connection, _VERSION, sharing=new.keys)
        first_new, names = len(known.names), np.concatenate((known.names, new.names))
        sizes = np.concatenate((known.sizes, new.sizes))
        is_new = np.arange(len(names)) >= first_new
        keys = np.concatenate((known.keys, new.keys))
        del known, new, made  # before the pairs need memory too
        pairs = pairs_to_compare(keys, sizes, is_new)
        del keys
        # By the later recording: a batch then has all pairs of its recordings with earlier ones.
        pairs = pairs[np.argsort(pairs[:, 1], kind="stable")]
        sound = lru_cache(_MOST_REMEMBERED)(self._sound)
        for start in range(first_new, len(names), self.at_once):
            stop = min(start + self.at_once, len(names))
            alike: list[SoundPair] = []
            for first, second in pairs[slice(*np.searchsorted(pairs[:, 1], (start, stop)))].tolist():
                if progress is not None:
                    progress(without_keys + second - first_new, steps)
                pair = _compared(names[first].decode(), names[second].decode(), sound)
                alike += () if pair is None else (pair,)
            yield [name.decode() for name in names[start:stop].tolist()], alike

    def _keys_made(self, progress: Callable[[int], object], *, stores: bool) -> dict[str, bytes]:
        """Make the keys of recordings without any and store them, or return them."""
        from map4.duplicates.finding.sound_keys import sound_keys

        made: dict[str, bytes] = {}
        last, done, is_end = "", 0, False
        while not is_end:
            with self.database.reading() as connection:
                wanted = (FINGERPRINT_VERSION, last, _VERSION, _NOT_COMPARED, self.at_once)
                rows = connection.execute(_WITHOUT_KEYS, wanted).fetchall()
            is_end = len(rows) < self.at_once
            new_keys: list[tuple[str, int, bytes]] = []
            for name, number, data in rows:
                progress(done)
                done += 1
                keys = sound_keys(self._unpacked(name, data)).astype("<u4").tobytes() if data else b""
                new_keys.append((name, number, keys))
                last = name
            if stores:
                self._store_keys(new_keys)
            else:
                made.update((name, keys) for name, _, keys in new_keys)
        return made

    def _store_keys(self, new_keys: Sequence[tuple[str, int, bytes]]) -> None:
        with self.database.transaction() as connection:
            # Changes made meanwhile are left to the next scan, and comparisons of other processes stay. Recordings
            # without keys are silent and match nothing.
            connection.executemany(
                f"INSERT INTO sound_keys (audio_id, version, keys) SELECT a.audio_id, ?, ? {_PRINTS} "
                "AND a.id = ? AND a.audio_id = ? ON CONFLICT (audio_id) DO UPDATE SET version = excluded.version, "
                "keys = excluded.keys WHERE sound_keys.version != ?",
                (
                    (_NOT_COMPARED if keys else _VERSION, keys, FINGERPRINT_VERSION, number, name, _VERSION)
                    for name, number, keys in new_keys
                ),
            )

    def compared(self, audio_id: str, other_id: str) -> SoundPair | None:
        """Compare two fingerprints in full; None if they are not alike, or if that can't be determined."""
        return _compared(audio_id, other_id, self._sound)

    def _sound(self, audio_id: str) -> Sound:
        from map4.duplicates.finding.sound_keys import Sound

        with self.database.reading() as connection:
            row = connection.execute(
                f"SELECT p.fingerprint {_PRINTS} AND a.audio_id = ?", (FINGERPRINT_VERSION, audio_id)
            )
            [data] = row.fetchone() or (b"",)
        return Sound.of(self._unpacked(audio_id, data))

    def _unpacked(self, audio_id: str, data: bytes) -> Words:
        from map4.core.music.sound.fingerprints import Fingerprint

        if len(data) % 2:
            raise damaged(self.database.path, f"the fingerprint of {audio_id} is cut off")
        return Fingerprint.unpack(data)


def _compared(audio_id: str, other_id: str, sound: Callable[[str], Sound]) -> SoundPair | None:
    from map4.duplicates.finding.sound_keys import compare_sounds

    first, second = sorted((audio_id, other_id))
    alike = compare_sounds(sound(first), sound(second))
    if alike is None or certainty_of_sound(alike.error_rate) <= 0.0:
        return None
    return SoundPair(first, second, round(alike.error_rate, 4), round(alike.alone_s, 2))


_TAGS = [f"f.{column}" for name, column in TAG_COLUMNS.items() if FIELDS[name].kind in ("text", "whole", "isrc")]
_FACTS = f"""
    SELECT f.id AS file_id, f.audio_id, f.path, {{names}}, x.duration_s, x.codec, x.sample_rate_hz, x.bits, x.channels,
           x.bit_rate_bps, x.cutoff_hz, x.cutoff_drop_db, x.flags, f.album, f.disc_number, f.track, f.advisory,
           {" + ".join(f"iif({name} IS NOT NULL, 1, 0)" for name in _TAGS)} + (SELECT count(*) FROM user_values AS u
            WHERE u.audio_id = f.uid AND {named_tag_sql("u.name", "f")} IS NULL) AS tags,
           coalesce(x.cues, 0) AS cues,
           coalesce({HIGHEST_RATING_SQL}, x.rating) AS rating,
           (SELECT count(DISTINCT p.id) FROM playlist_tracks AS t JOIN playlists AS p ON p.id = t.playlist_id
            WHERE t.audio_id = f.audio_id AND t.path = f.path AND p.deleted_at IS NULL) AS lists,
           {{is_set}} AS is_set, f.is_whole_file_id = 2 AS is_tag_broken, x.state = 'missing' AS is_gone
    FROM files AS f INDEXED BY files_by_audio JOIN facts AS x ON x.file_id = f.id
    WHERE x.state IN ('ok', ?) AND f.audio_id IN (SELECT value FROM json_each(?)) ORDER BY f.id
"""
_FILES = """
    SELECT a.id, f.id FROM files AS f JOIN analyses AS a ON a.audio_id = f.audio_id
    ORDER BY a.id, f.missing_since IS NOT NULL, f.id
"""
_FURTHER_PRINTS = """
    SELECT id, fingerprint FROM details WHERE fingerprint_version = ? AND fingerprint IS NOT NULL AND id > ?
    ORDER BY id LIMIT ?
"""
_PRINTS_AT_ONCE = 500  # up to 10 KB each
_IN_FOLDER = """
    SELECT path, album, coalesce(title, display) FROM files
    WHERE path > ? AND path < ? AND album IS NOT NULL AND missing_since IS NULL
"""
# The index gives the audio that several files have; only their wide rows are read.
_COPIED = """
    SELECT audio_id FROM files WHERE missing_since IS NULL AND audio_id IN (
        SELECT audio_id FROM files INDEXED BY files_by_audio WHERE audio_id IS NOT NULL
        GROUP BY audio_id HAVING count(*) > 1
    ) GROUP BY audio_id HAVING count(*) > 1
"""
_NAMES = """
    SELECT f.id, f.audio_id, f.path, {names}, f.isrc, f.catalog_number, f.album, f.disc_number, f.track, x.duration_s,
           CASE WHEN f.title = {title} THEN f.title_sorted END, f.album_sorted, f.advisory
    FROM files AS f JOIN facts AS x ON x.file_id = f.id
    WHERE x.state = 'ok' AND f.audio_id IS NOT NULL
"""
# An index gives the audio of several files; the other files need not be remembered.
_SHARED = """
    SELECT audio_id FROM files INDEXED BY files_by_audio
    WHERE audio_id IS NOT NULL GROUP BY audio_id HAVING count(*) > 1
"""
# With fewer keys than this, copies may share none by chance, and are compared in full.
_ENOUGH_KEYS = 50


def _verdicts(alike: AlikeRecordings, pairs: Iterable[SoundPair]) -> Callable[[str, str], float | None]:
    """Return a function that judges by sound two recordings whose names match."""
    known = {(pair.first, pair.second): pair for pair in pairs}

    def verdict(first: str, second: str) -> float | None:
        first, second = sorted((first, second))
        fewest = min(alike.key_counts((first, second)))
        if not fewest:
            return None
        pair = known.get((first, second))
        if pair is None and fewest < _ENOUGH_KEYS:
            pair = alike.compared(first, second)
        # Recordings with enough keys that share none are different.
        return 0.0 if pair is None or pair.alone_s > MOST_ALONE_S else certainty_of_sound(pair.error_rate)

    return verdict


@dataclass(slots=True)
class SqlCopies(StorePart):
    """The copies in a library, computed again after any process has written to it.

    preferred: returns the preferred source of names
    """

    is_shared = True

    database: Database
    alike: AlikeRecordings
    preferred: Callable[[], Preferred] = tuple
    _seen: tuple[int, int] | None = field(default=None, init=False)
    _originals: Mapping[int, tuple[str, str]] = field(default_factory=dict, init=False)

    @classmethod
    def of(cls, store: Any) -> SqlCopies:
        return SqlCopies(store.database, AlikeRecordings(store.database), store.preferred)

    def groups(
        self, choice: CopyChoice, *, by_sound: bool = True, with_gone: bool = False, progress: Progress | None = None
    ) -> tuple[list[CopyGroup], list[SoundPair]]:
        """Return groups of the same audio or recording, and every pair of recordings that sound alike.

        with_gone: also with missing files, unless they are to be kept
        """
        pairs = self.alike.pairs(progress=progress) if by_sound else []
        with self.database.reading() as connection:
            copied = {audio_id for (audio_id,) in connection.execute(_SHARED if with_gone else _COPIED)}
        files = self._facts(copied.union(*((pair.first, pair.second) for pair in pairs)), with_gone=with_gone)
        files = [file for file in files if not (file.is_gone and file.file_id in choice.keep)]
        return same_recordings(files, pairs, choice, by_sound=by_sound), pairs

    def named_groups(
        self, kinds: Collection[GroupKind], choice: CopyChoice, groups: Sequence[CopyGroup], pairs: Sequence[SoundPair]
    ) -> Iterator[CopyGroup]:
        """Yield groups of files that are probably the same, and of versions, one file per recording.

        groups, pairs: from `groups`
        """
        if not {"likely", "versions"} & set(kinds):
            return
        from map4.duplicates.finding.by_name import likely_links, version_links

        spared = {file.file_id for group in groups for file in group.files[1:]}
        files = self._named(spared)
        if "likely" in kinds:
            links = list(likely_links(files, pairs, _verdicts(self.alike, pairs)))
            yield from self._linked("likely", links, choice, spared)
        if "versions" in kinds:
            songs = search.SqlSongs(self.database, self.preferred).of_files
            yield from self._linked("versions", list(version_links(files, pairs, songs)), choice, spared)

    def _linked(
        self, kind: GroupKind, links: Sequence[Link], choice: CopyChoice, spared: Collection[int]
    ) -> list[CopyGroup]:
        files = self._facts({name for link in links for name in link[:2]})
        of_audio = {file.audio_id: file for file in files if file.file_id not in spared}
        return linked_groups(kind, of_audio.values(), links, choice)

    def _named(self, spared: Collection[int]) -> NamedFiles:
        """The first file of each recording, without the spared files."""
        from map4.duplicates.finding.named_files import NamedFiles

        files, places = NamedFiles(self._read), dict[str, int]()
        with self.database.reading() as connection:
            shared = {audio_id for (audio_id,) in connection.execute(_SHARED)}
            for row in connection.execute(self._with_names(f"{_NAMES} ORDER BY f.id DESC")):
                file_id, audio_id, *_ = row
                if file_id not in spared:
                    place = files.add(row, place=places.get(audio_id))
                    if audio_id in shared:
                        places[audio_id] = place
        return files

    def _read(self, file_id: int) -> NamedFile:
        with self.database.reading() as connection:
            row = connection.execute(self._with_names(f"{_NAMES} AND f.id = ?"), (file_id,)).fetchone()
            return NamedFile.of(row)

    def file_ids(self) -> Collection[int]:
        return self._copies().keys()

    def kept(self, *, progress: Progress | None = None) -> dict[str, str]:
        """Return the path of each copy, with the path of the file to keep."""
        return dict(self._copies(progress).values())

    def originals(self) -> Mapping[str, str]:
        """Return the audio that represents each copied recording; if many are new, of compared recordings."""
        return self._representatives(self.alike.pairs(at_once=True))

    def recordings(self, audio_ids: Collection[str]) -> dict[str, str]:
        """Return the audio that represents each of the given recordings that has copies."""
        return self._representatives(self.alike.pairs_of(audio_ids))

    def present_copies(self, audio_ids: Collection[str]) -> dict[str, str]:
        """Return the path of the best present copy of recordings whose file is missing, by audio id.

        Many new recordings are not compared for it.
        """
        pairs = self.alike.pairs_of(audio_ids, compares=True)
        names = {name for pair in pairs for name in (pair.first, pair.second)}
        files = self._facts(names.union(audio_ids), with_gone=True)
        choice = CopyChoice(keep=frozenset(file.file_id for file in files if not file.is_gone))
        groups = [group for group in same_recordings(files, pairs, choice) if not group.files[0].is_gone]
        return {file.audio_id: group.files[0].path for group in groups for file in group.files if file.is_gone}

    def fingerprints(self, among: Collection[int] | None = None) -> Iterator[tuple[int, bytes]]:
        """Yield the fingerprint of each recording, with its first present file, or else its first file.

        A few hundred are read at a time, so that a slow reader holds no snapshot of the library.

        among: only these files
        """
        with self.database.reading() as connection:
            first: dict[int, int] = {}
            for number, file_id in connection.execute(_FILES):
                if among is None or file_id in among:
                    first.setdefault(number, file_id)
        last = -1
        while True:
            rows = self.database.rows(_FURTHER_PRINTS, (FINGERPRINT_VERSION, last, _PRINTS_AT_ONCE))
            if not rows:
                return
            last = rows[-1][0]
            for number, data in rows:
                if number not in first:
                    continue
                if len(data) % 2:
                    raise damaged(self.database.path, f"the fingerprint of recording {number} is cut off")
                yield first[number], data

    def _representatives(self, pairs: Sequence[SoundPair]) -> dict[str, str]:
        # Files of the same audio need no lookup: the audio represents itself.
        files = self._facts({name for pair in pairs for name in (pair.first, pair.second)})
        groups = same_recordings(files, pairs, CopyChoice())
        return {file.audio_id: group.files[0].audio_id for group in groups for file in group.files}

    def _copies(self, progress: Progress | None = None) -> Mapping[int, tuple[str, str]]:
        if self.database.state() != self._seen:
            groups, _ = self.groups(CopyChoice(), progress=progress)
            self._originals = {
                file.file_id: (file.path, group.files[0].path) for group in groups for file in group.files[1:]
            }
            self._seen = self.database.state()  # with what was compared just now
        return self._originals

    def _with_names(self, query: str) -> str:
        preferred = self.preferred()
        names = ", ".join(f"{text_sql(name, preferred)} AS {name}" for name in ("artist", "title"))
        return query.format(names=names, title=text_sql("title", preferred), is_set=is_set_sql("f.audio_id"))

    def _facts(self, audio_ids: Collection[str], *, with_gone: bool = False) -> list[FileFacts]:
        if not audio_ids:
            return []
        with self.database.reading() as connection:
            values = ("missing" if with_gone else "ok", json.dumps(sorted(audio_ids)))
            rows = connection.execute(self._with_names(_FACTS), values)
            names = [column[0] for column in rows.description]
            found = [dict(zip(names, row, strict=True)) for row in rows.fetchall()]
            titles = _titles(connection, found)
        return [_file_facts(row, titles) for row in found]


def _titles(connection: Connection, rows: Iterable[Mapping[str, Any]]) -> dict[tuple[bytes, str], set[str]]:
    """Return the titles of each album in the files' folders, by folder and folded name of the album."""
    titles: dict[tuple[bytes, str], set[str]] = {}
    for folder in {_folder(row["path"]) for row in rows if row["album"]}:
        for path, album, title in connection.execute(_IN_FOLDER, (folder + b"/", folder + b"0")):
            if _folder(path) == folder:
                titles.setdefault((folder, folded(album)), set()).add(folded(title))
    return titles


def _folder(path: bytes) -> bytes:
    return path.rpartition(b"/")[0]


def _file_facts(row: dict[str, Any], titles: Mapping[tuple[bytes, str], Collection[str]]) -> FileFacts:
    of_album = titles.get((_folder(row["path"]), folded(row["album"] or "")), ())
    cutoff_hz, drop_db = row.pop("cutoff_hz"), row.pop("cutoff_drop_db")
    sound = {name: row[name] for name in ("codec", "sample_rate_hz", "bit_rate_bps")}
    flags = json.loads(row.pop("flags") or "[]")
    row |= {"is_damaged": not AudioFormat.DAMAGE.keys().isdisjoint(flags), "is_silent": "silent" in flags}
    row |= {"path": os.fsdecode(row["path"]), "is_set": bool(row["is_set"]), "is_gone": bool(row["is_gone"])}
    if row["duration_s"] is not None:  # text is damage, which is reported when the row is read
        row["duration_s"] = float(row["duration_s"])
    row["album_neighbours"] = max(0, len(of_album) - 1)
    return FileFacts(**row, is_upscaled=Upscaling.is_upscaled(**sound, cutoff_hz=cutoff_hz, cutoff_drop_db=drop_db))


@hookspecs.copied_files.implementation
def copied_files(store: Any) -> Collection[int]:
    ids: Collection[int] = store.part(SqlCopies).file_ids()
    return ids
