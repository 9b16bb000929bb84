"""Recordings of a library that sound the same: computed once, stored, and updated before each answer."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING

from map4.duplicates.finding.groups import SoundPair, certainty_of_sound
from map4.errors import LibraryBusyError, LibraryWriteError
from map4.music.analysis.sound import FINGERPRINT_VERSION, SOUND_KEYS_VERSION
from map4.store.database import Database, scalar
from map4.store.place import Progress
from map4.store.unreadable import damaged

if TYPE_CHECKING:
    from map4.duplicates.finding.sound_keys import Sound
    from map4.music.sound.fingerprints import Words

_VERSION = 1000 * FINGERPRINT_VERSION + SOUND_KEYS_VERSION
_NOT_COMPARED = -_VERSION
"""Version of keys whose recording is not yet compared with all others."""
_HAVE_KEYS = "SELECT count(*) FROM sound_keys WHERE version = ?"
_COUNTED = "FROM details WHERE fingerprint_version = ?"
_PRINTS = "FROM details AS p JOIN analyses AS a ON a.id = p.id WHERE p.fingerprint_version = ?"
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
# This many are compared in two seconds; in a larger library, answers that can do without don't wait for it.
_SMALL_SIZE = 5000


@dataclass(slots=True)
class AlikeRecordings:
    """The recordings of one library that sound the same.

    If the library can't be written, each process compares new recordings again.

    small_size: calls that must not wait compare new recordings only if no more recordings have a fingerprint
    at_once: number of recordings that are compared and then written together
    """

    database: Database
    small_size: int = _SMALL_SIZE
    at_once: int = _AT_ONCE
    _unwritten: tuple[SoundPair, ...] = field(default=(), init=False)
    _seen: tuple[int, int] | None = field(default=None, init=False)

    def pairs(self, *, at_once: bool = False, progress: Progress | None = None) -> list[SoundPair]:
        """Return all pairs of recordings that sound the same or nearly so, after comparing new recordings.

        at_once: in a large library, don't wait: return the pairs that are already compared
        """
        if not at_once or self._is_small():
            self.bring_up_to_date(progress=progress)
        with self.database.reading() as connection:
            rows = connection.execute("SELECT audio_id, other_id, error_rate, alone_s FROM sound_pairs")
            return [*self._unwritten, *(SoundPair(*row) for row in rows)]

    def pairs_of(self, audio_ids: Collection[str]) -> list[SoundPair]:
        """Return the pairs of some recordings with any; in a large library, only pairs that are already compared."""
        if self._is_small():
            self.bring_up_to_date()
        pairs = {pair for pair in self._unwritten if pair.first in audio_ids or pair.second in audio_ids}
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

    def are_due(self) -> bool:
        """Return whether a fingerprint is not yet compared with the others."""
        with self.database.reading() as connection:
            compared = scalar(connection, _HAVE_KEYS, (_VERSION,))
            prints = scalar(connection, f"SELECT count(*) {_COUNTED}", (FINGERPRINT_VERSION,))
            return bool(prints != compared)

    def _is_small(self) -> bool:
        with self.database.reading() as connection:  # counting 100,000 takes 10 ms
            # Counting stops once the library is known to be large.
            counted = f"SELECT count(*) FROM (SELECT 1 {_COUNTED} LIMIT ?) AS counted"
            return bool(scalar(connection, counted, (FINGERPRINT_VERSION, self.small_size + 1)) <= self.small_size)

    def bring_up_to_date(self, *, progress: Progress | None = None) -> None:
        """Compare new recordings and store the results in batches of some thousands: an interruption loses one batch.

        Keys are made and stored first, with the version of recordings that are not compared yet. A recording counts as
        compared once it was compared with all earlier ones, including earlier new ones.
        """
        if not self.are_due():
            self._unwritten = ()
            return
        # These import numpy, which answers without new recordings don't need.
        import numpy as np

        from map4.duplicates.finding.sound_keys import pairs_to_compare
        from map4.duplicates.store.key_arrays import KeyArrays

        state = self.database.state()
        if state == self._seen:  # compared in a library that can't be written, and unchanged since
            return
        steps, without_keys = self._steps()
        unwritten_keys = self._keys_made(lambda done: progress and progress(done, steps))
        with self.database.reading() as connection:
            known = KeyArrays.read(connection, _VERSION, only_some=True)
            new = KeyArrays.read(connection, _NOT_COMPARED)
        new = new.with_more(unwritten_keys)
        first_new, names = len(known.names), np.concatenate((known.names, new.names))
        sizes = np.concatenate((known.sizes, new.sizes))
        is_new = np.arange(len(names)) >= first_new
        keys = np.concatenate((known.keys, new.keys))
        del known, new, unwritten_keys  # before the pairs need memory too
        pairs = pairs_to_compare(keys, sizes, is_new)
        del keys
        # By the later recording: a batch then has all pairs of its recordings with earlier ones.
        pairs = pairs[np.argsort(pairs[:, 1], kind="stable")]
        sound = lru_cache(_MOST_REMEMBERED)(self._sound)
        unwritten: list[SoundPair] = []
        is_written = True
        for start in range(first_new, len(names), self.at_once):
            stop = min(start + self.at_once, len(names))
            alike: list[SoundPair] = []
            for first, second in pairs[slice(*np.searchsorted(pairs[:, 1], (start, stop)))].tolist():
                if progress is not None:
                    progress(without_keys + second - first_new, steps)
                pair = _compared(names[first].decode(), names[second].decode(), sound)
                alike += () if pair is None else (pair,)
            is_written = is_written and self._is_written([name.decode() for name in names[start:stop].tolist()], alike)
            unwritten += () if is_written else alike
        self._unwritten, self._seen = tuple(unwritten), None if is_written else state

    def _steps(self) -> tuple[int, int]:
        """Return how many keys are to be made and recordings compared; and how many of the latter need keys."""
        with self.database.reading() as connection:
            prints, compared, others = (
                int(scalar(connection, sql, (version,)))
                for sql, version in (
                    (f"SELECT count(*) {_COUNTED}", FINGERPRINT_VERSION), (_HAVE_KEYS, _VERSION),
                    (_HAVE_KEYS, _NOT_COMPARED),
                )
            )  # fmt: skip
        without_keys = max(0, prints - compared - others)
        return max(1, without_keys + prints - compared), without_keys

    def _keys_made(self, progress: Callable[[int], object]) -> dict[str, bytes]:
        """Make the keys of recordings and store them; returns those that can't be written."""
        from map4.duplicates.finding.sound_keys import sound_keys

        unwritten: dict[str, bytes] = {}
        last, done = "", 0
        while True:
            with self.database.reading() as connection:
                wanted = (FINGERPRINT_VERSION, last, _VERSION, _NOT_COMPARED, self.at_once)
                rows = connection.execute(_WITHOUT_KEYS, wanted).fetchall()
            if not rows:
                return unwritten
            new_keys: list[tuple[str, int, bytes]] = []
            for name, number, data in rows:
                progress(done)
                done += 1
                keys = sound_keys(self._unpacked(name, data)).astype("<u4").tobytes() if data else b""
                new_keys.append((name, number, keys))
            last = rows[-1][0]
            if unwritten or not self._are_stored(new_keys):
                unwritten.update((name, keys) for name, _, keys in new_keys)

    def _are_stored(self, new_keys: Sequence[tuple[str, int, bytes]]) -> bool:
        # If the library can't be written, or another process is writing, answer anyway.
        with suppress(LibraryWriteError, LibraryBusyError), self.database.transaction() as connection:
            # Changes made meanwhile are left to the next run, and comparisons of other processes stay. Recordings
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
            return True
        return False

    def _is_written(self, names: Sequence[str], pairs: Sequence[SoundPair]) -> bool:
        with suppress(LibraryWriteError, LibraryBusyError), self.database.transaction() as connection:
            # Keys of recordings that changed meanwhile are gone.
            connection.execute(
                "UPDATE sound_keys SET version = ? WHERE version = ? AND audio_id IN (SELECT value FROM json_each(?))",
                (_VERSION, _NOT_COMPARED, json.dumps(names)),
            )
            connection.executemany(
                "INSERT INTO sound_pairs (audio_id, other_id, error_rate, alone_s) VALUES (?, ?, ?, ?) ON CONFLICT "
                "(audio_id, other_id) DO UPDATE SET (error_rate, alone_s) = (excluded.error_rate, excluded.alone_s)",
                ((pair.first, pair.second, pair.error_rate, pair.alone_s) for pair in pairs),
            )
            return True
        return False

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
        from map4.music.sound.fingerprints import unpack_fingerprint

        if len(data) % 2:
            raise damaged(self.database.path, f"the fingerprint of {audio_id} is cut off")
        return unpack_fingerprint(data)


def _compared(audio_id: str, other_id: str, sound: Callable[[str], Sound]) -> SoundPair | None:
    from map4.duplicates.finding.sound_keys import compare_sounds

    first, second = sorted((audio_id, other_id))
    alike = compare_sounds(sound(first), sound(second))
    if alike is None or certainty_of_sound(alike.error_rate) <= 0.0:
        return None
    return SoundPair(first, second, round(alike.error_rate, 4), round(alike.alone_s, 2))
