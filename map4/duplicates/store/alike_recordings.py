"""Recordings of a library that sound the same: scans compare and store them, and readers compare the rest in memory."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING

from map4.core.music.analysis.inside import FINGERPRINT_VERSION, SOUND_KEYS_VERSION
from map4.core.store.database import Database, scalar
from map4.core.store.store_part import Progress, damaged
from map4.duplicates.finding.groups import SoundPair, certainty_of_sound

if TYPE_CHECKING:
    from map4.core.music.sound.fingerprints import Words
    from map4.duplicates.finding.sound_keys import Sound

_VERSION = 1000 * FINGERPRINT_VERSION + SOUND_KEYS_VERSION
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
