"""What `map4 similar` compares of a whole library, read in one go and kept until the library changes."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from map4.domain.analysis import ANALYSIS_VERSION, HAMMS_SIZE, HAMMS_VERSION
from map4.domain.key import ALL_KEYS
from map4.domain.sound import SOUND_SIZE, SOUND_VERSION
from map4.domain.track import DEFAULT_PREFERENCE, Source, readable_key
from map4.infra.sqlite.connection import scalar
from map4.infra.sqlite.database import Database
from map4.infra.sqlite.errors import damaged, readable
from map4.selection.mixing import UNKNOWN_KEY, MixColumns
from map4.selection.similarity_tables import MixTable, SimilarityTable, SoundTable

T = TypeVar("T")

# One file for each recording: the first that is there. Copies would only push others off the list.
_FILE = "(SELECT min(f.id) FROM files AS f WHERE f.audio_id = a.audio_id AND f.missing_since IS NULL)"
_VECTORS = f"""
    SELECT {_FILE} AS file_id, a.audio_id, a.data FROM parts AS a INDEXED BY sound_vectors
    WHERE a.name = 'sound' AND a.version = ? ORDER BY a.audio_id
"""
_HAMMS = f"""
    SELECT {_FILE} AS file_id, a.audio_id, json_extract(a.core, '$.hamms.vector') FROM analyses AS a
    WHERE a.version = ? AND json_extract(a.core, '$.hamms.version') = ? ORDER BY a.audio_id
"""
# All bits of a half-precision number's exponent: infinite, or none at all. np.isfinite takes five times as long.
_HALF_EXPONENT = np.uint16(0x7C00)
_COUNT = """
    SELECT count(*) FROM analyses AS a
    WHERE EXISTS (SELECT 1 FROM files AS f WHERE f.audio_id = a.audio_id AND f.missing_since IS NULL)
"""
_TRAITS = """
    SELECT f.id, f.audio_id, x.energy, x.measured_bpm, x.tag_bpm, x.user_bpm, x.imported_bpm, x.measured_key, x.tag_key,
           x.user_key, x.imported_key
    FROM files AS f INDEXED BY files_by_audio JOIN facts AS x ON x.file_id = f.id
    WHERE x.state = 'ok' ORDER BY f.audio_id, f.id
"""


@dataclass(slots=True)
class SoundIndex:
    """Tables of one library, read again when another process or this one has written to it."""

    database: Database
    prefer: Sequence[Source] = DEFAULT_PREFERENCE
    _state: tuple[int, int] | None = None
    _tables: dict[str, Any] = field(default_factory=dict)

    def sound(self) -> SoundTable:
        """Every recording that is there and has a sound vector, in the order of the audio ids."""
        return self._remember(self._read_sound)

    def hamms(self) -> SimilarityTable:
        """Every recording that is there and has HAMMS numbers of this version."""
        return self._remember(self._read_hamms)

    def traits(self) -> MixTable:
        """Tempo and key in force, and energy, of every recording that is there."""
        return self._remember(self._read_traits)

    def recordings(self) -> int:
        """How many recordings are there and analysed, with or without a vector."""
        return self._remember(self._count)

    def files(self, file_ids: Iterable[int]) -> dict[str, int]:
        """The recordings that these files hold, each with the first file of them that does."""
        sql = "SELECT audio_id, id FROM files WHERE audio_id IS NOT NULL ORDER BY id DESC"
        wanted = frozenset(file_ids)
        with self.database.reading() as connection:
            return {audio_id: file_id for audio_id, file_id in connection.execute(sql) if file_id in wanted}

    def _remember(self, read: Callable[[], T]) -> T:
        with self.database.reading() as connection:
            # The first changes when another connection commits, the second with what this one writes.
            state = (scalar(connection, "PRAGMA data_version"), connection.total_changes)
        if state != self._state:
            self._state = state
            self._tables.clear()
        if read.__name__ not in self._tables:
            self._tables[read.__name__] = read()
        table: T = self._tables[read.__name__]
        return table

    def _count(self) -> int:
        with self.database.reading() as connection:
            return int(scalar(connection, _COUNT))

    def _read_sound(self) -> SoundTable:
        with self.database.reading() as connection:
            rows = connection.execute(_VECTORS, (SOUND_VERSION,)).fetchall()
        size = 2 * SOUND_SIZE
        rows = [row for row in rows if row[0] is not None and row[2]]
        if any(len(data) != size for _, _, data in rows):
            raise damaged(self.database.path, "a sound vector has the wrong size")
        vectors = np.frombuffer(b"".join(data for _, _, data in rows), dtype="<f2").reshape(-1, SOUND_SIZE)
        if np.any(vectors.view("<u2") & _HALF_EXPONENT == _HALF_EXPONENT):
            raise damaged(self.database.path, "a sound vector is not finite")
        return SoundTable.fit(file_ids=_ids(rows), audio_ids=_names(rows), vectors=vectors)

    def _read_hamms(self) -> SimilarityTable:
        with self.database.reading() as connection:
            rows = connection.execute(_HAMMS, (ANALYSIS_VERSION, HAMMS_VERSION)).fetchall()
        rows = [row for row in rows if row[0] is not None and row[2] is not None]
        with readable(self.database.path, "a HAMMS vector"):
            # One document of all is read several times faster than one a row.
            lists = json.loads(f"[{','.join(text for _, _, text in rows)}]")
            vectors = np.array(lists, dtype=np.float64).reshape(-1, HAMMS_SIZE)
        return SimilarityTable(file_ids=_ids(rows), audio_ids=_names(rows), vectors=vectors)

    def _read_traits(self) -> MixTable:
        with self.database.reading() as connection:
            rows = connection.execute(_TRAITS).fetchall()
        names, order = _names(rows), _order(self.prefer)
        first = np.ones(len(names), dtype=bool)
        first[1:] = names[1:] != names[:-1]
        bpm = np.array([[row[_BPM[source]] for source in order] for row in rows], dtype=np.float64)
        places = [_KEY[source] for source in order]
        columns = MixColumns(
            bpm=_first_known(bpm.reshape(len(rows), -1)),
            key=np.array([_key_number([row[place] for place in places]) for row in rows], dtype=np.intp),
            energy=np.array([row[2] for row in rows], dtype=np.float64),
        )
        return MixTable(file_ids=_ids(rows)[first], audio_ids=names[first], columns=columns[first])


# Columns of _TRAITS by source.
_BPM: dict[Source, int] = {"measured": 3, "tag": 4, "user": 5, "imported": 6}
_KEY: dict[Source, int] = {"measured": 7, "tag": 8, "user": 9, "imported": 10}


def _order(prefer: Sequence[Source]) -> list[Source]:
    """Sources from the one that counts most; the same rule as `Track.bpm` and `Track.key`."""
    return ["user", *(source for source in prefer if source in _BPM and source != "user")]


def _first_known(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Of each row the first number that is known, rounded as tracks show it; NaN where none is."""
    found = np.full(len(values), np.nan)
    for column in values.T[::-1]:
        found = np.where(np.isnan(column), found, column)
    return np.round(found, 3)


def _key_number(texts: Sequence[str | None]) -> int:
    """Number of the first text that is a key."""
    for text in texts:
        if text is not None and (number := _number_of(text)) != UNKNOWN_KEY:
            return number
    return UNKNOWN_KEY


@cache
def _number_of(text: str) -> int:
    key = readable_key(text)
    return UNKNOWN_KEY if key is None else ALL_KEYS.index(key)


def _ids(rows: Sequence[Sequence[Any]]) -> npt.NDArray[np.int64]:
    return np.array([row[0] for row in rows], dtype=np.int64)


def _names(rows: Sequence[Sequence[Any]]) -> npt.NDArray[np.str_]:
    return np.array([row[1] for row in rows], dtype=np.str_)


# Audio ids are hashes: the lowest so many of them are a fair sample, the same each time, and read from their index
# without looking at the rest. Recordings whose files are all gone are left out.
_SAMPLE = """
    SELECT json_extract(core, '$.hamms.vector') FROM analyses AS a
    WHERE version = ? AND json_extract(core, '$.hamms.version') = ?
      AND EXISTS (SELECT 1 FROM files AS f WHERE f.audio_id = a.audio_id AND f.missing_since IS NULL)
    ORDER BY audio_id LIMIT ?
"""


def hamms_sample(database: Database, most: int) -> list[list[float | None]]:
    """HAMMS vectors of up to `most` recordings, in the order of their audio ids."""
    with database.reading() as connection:
        rows = connection.execute(_SAMPLE, (ANALYSIS_VERSION, HAMMS_VERSION, most))
        return [json.loads(vector) for (vector,) in rows]
