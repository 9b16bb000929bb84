"""What `map4 similar` compares of a whole library, read in one go and kept until the library changes."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from map4.domain.analysis import ANALYSIS_VERSION, HAMMS_SIZE, HAMMS_VERSION
from map4.domain.key import ALL_KEYS
from map4.domain.sound import SOUND_SIZE, SOUND_VERSION
from map4.domain.track import DEFAULT_PREFERENCE, Source
from map4.infra.sqlite.connection import scalar
from map4.infra.sqlite.database import Database
from map4.infra.sqlite.errors import damaged, readable
from map4.infra.sqlite.facts import HAMMS_COLUMNS
from map4.selection.mixing import UNKNOWN_KEY, MixColumns
from map4.selection.similarity_tables import IntArray, MixTable, Names, SimilarityTable, SoundTable

T = TypeVar("T")

# One file for each recording: the first that is there. Copies would only push others off the list. The index tells
# which files hold it, and the narrow facts which are gone; the wide rows of files are not read.
_FILE = """(SELECT min(f.id) FROM files AS f WHERE f.audio_id = a.audio_id
    AND f.id NOT IN (SELECT file_id FROM facts WHERE state = 'missing'))"""
_VECTORS = f"""
    SELECT {_FILE} AS file_id, a.audio_id, a.data FROM parts AS a INDEXED BY sound_vectors
    WHERE a.name = 'sound' AND a.version = ? ORDER BY a.audio_id
"""
_OF_FACTS = "FROM files AS f INDEXED BY files_by_audio JOIN facts AS x ON x.file_id = f.id"
# The text of the core is looked at first: to read it as JSON takes several times as long.
_HAMMS = f"""
    SELECT f.id, f.audio_id, {", ".join(f"x.{name}" for name in HAMMS_COLUMNS)},
           CASE WHEN x.{HAMMS_COLUMNS[-1]} IS NULL THEN json_array_length(a.core, '$.hamms.vector') END
    {_OF_FACTS} JOIN analyses AS a ON a.audio_id = f.audio_id
    WHERE x.state = 'ok' AND x.analysis_version = :analysis AND CASE
        WHEN instr(a.core, :text) THEN TRUE ELSE json_extract(a.core, '$.hamms.version') = :hamms END
    ORDER BY f.audio_id, f.id
"""
# All bits of a half-precision number's exponent: infinite, or none at all. np.isfinite takes five times as long.
_HALF_EXPONENT = np.uint16(0x7C00)
_COUNT = f"SELECT count(DISTINCT f.audio_id) {_OF_FACTS} WHERE x.state = 'ok'"
_TRAITS = f"""
    SELECT f.id, f.audio_id, x.energy, {{bpm}}, {{key}} {_OF_FACTS} WHERE x.state = 'ok' ORDER BY f.audio_id, f.id
"""
_ROWS_AT_ONCE = 8192
_KEYS = {key.camelot: number for number, key in enumerate(ALL_KEYS)}


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
        size = 2 * SOUND_SIZE
        file_ids: list[int] = []
        audio_ids: list[str] = []
        data = bytearray()
        for rows in self._rows(_VECTORS, (SOUND_VERSION,)):
            there = [row for row in rows if row[0] is not None and row[2]]
            if any(len(vector) != size for _, _, vector in there):
                raise damaged(self.database.path, "a sound vector has the wrong size")
            file_ids += [row[0] for row in there]
            audio_ids += [row[1] for row in there]
            data += b"".join(row[2] for row in there)
        vectors = np.frombuffer(data, dtype="<f2").reshape(-1, SOUND_SIZE)
        if np.any(vectors.view("<u2") & _HALF_EXPONENT == _HALF_EXPONENT):
            raise damaged(self.database.path, "a sound vector is not finite")
        ids, names = np.array(file_ids, dtype=np.int64), np.array(audio_ids, dtype=np.str_)
        return SoundTable.fit(file_ids=ids, audio_ids=names, vectors=vectors)

    def _read_hamms(self) -> SimilarityTable:
        wanted = {
            "analysis": ANALYSIS_VERSION, "hamms": HAMMS_VERSION, "text": f'"hamms":{{"version":{HAMMS_VERSION},'
        }  # fmt: skip
        with readable(self.database.path, "a HAMMS vector"):
            ids, names, vectors = self._columns(_HAMMS, wanted, HAMMS_SIZE, _hamms_numbers)
        return SimilarityTable(file_ids=ids, audio_ids=names, vectors=vectors)

    def _read_traits(self) -> MixTable:
        sources = _order(self.prefer)
        bpm, key = (f"coalesce({', '.join(f'x.{source}_{name}' for source in sources)})" for name in ("bpm", "key"))
        ids, names, values = self._columns(
            _TRAITS.format(bpm=bpm, key=key), (), 3, lambda row: (row[2], row[3], _KEYS.get(row[4], UNKNOWN_KEY))
        )
        columns = MixColumns(bpm=np.round(values[:, 1], 3), key=values[:, 2].astype(np.intp), energy=values[:, 0])
        return MixTable(file_ids=ids, audio_ids=names, columns=columns)

    def _rows(self, sql: str, values: Any) -> Iterator[list[Any]]:
        with self.database.reading() as connection:
            cursor = connection.execute(sql, values)
            yield from iter(lambda: cursor.fetchmany(_ROWS_AT_ONCE), [])

    def _columns(
        self, sql: str, values: Any, size: int, numbers: Callable[[Any], Any]
    ) -> tuple[IntArray, Names, npt.NDArray[np.float64]]:
        """File ids, audio ids and `size` numbers of the first file of each recording."""
        file_ids: list[int] = []
        audio_ids: list[str] = []
        parts = [np.empty((0, size))]
        for rows in self._rows(sql, values):
            file_ids += [row[0] for row in rows]
            audio_ids += [row[1] for row in rows]
            parts.append(np.array([numbers(row) for row in rows], dtype=np.float64))
        ids, names = np.array(file_ids, dtype=np.int64), np.array(audio_ids, dtype=np.str_)
        first = np.ones(len(names), dtype=bool)
        first[1:] = names[1:] != names[:-1]
        return ids[first], names[first], np.concatenate(parts)[first]


def _hamms_numbers(row: Sequence[Any]) -> Sequence[float | None]:
    *numbers, length = row[2:]
    if length not in (None, HAMMS_SIZE):
        raise ValueError(f"{length} numbers")
    return numbers


def _order(prefer: Sequence[Source]) -> list[Source]:
    """Sources from the one that counts most; the same rule as `Track.bpm` and `Track.key`."""
    return ["user", *(source for source in prefer if source != "user")]


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
