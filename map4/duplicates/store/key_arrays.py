"""The keys of a library's fingerprints as arrays; see `map4.duplicates.finding.sound_keys`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from map4.core.store.database import Connection

_KEYS = "SELECT audio_id, keys FROM sound_keys WHERE version = ?"
_KEY_BYTES = 4
_ROWS_AT_ONCE = 8192
_TABLE_BITS = 22
_LAST_BITS = np.uint32((1 << _TABLE_BITS) - 1)


@dataclass(frozen=True, slots=True, eq=False)
class KeyArrays:
    """The keys of recordings, concatenated, in a fraction of the memory of Python objects.

    names: audio ids, shape (n,)
    sizes: shape (n,), number of keys of each
    """

    names: npt.NDArray[np.bytes_]
    sizes: npt.NDArray[np.int64]
    keys: npt.NDArray[np.uint32]

    @classmethod
    def read(cls, connection: Connection, version: int, *, sharing: npt.NDArray[np.uint32] | None = None) -> KeyArrays:
        """Read the keys of a version. sharing: leave out most recordings that share no key with these"""
        cursor = connection.execute(_KEYS, (version,))
        parts = (cls._read_rows(rows) for rows in iter(lambda: cursor.fetchmany(_ROWS_AT_ONCE), []))
        return cls._joined([cls._read_rows([]), *(parts if sharing is None else _sharing(sharing, parts))])

    @classmethod
    def _read_rows(cls, rows: Sequence[tuple[str, bytes]]) -> KeyArrays:
        return cls(
            np.array([name.encode() for name, _ in rows], dtype=np.bytes_),
            np.array([len(data) // _KEY_BYTES for _, data in rows], dtype=np.int64),
            np.frombuffer(b"".join([data for _, data in rows]), dtype="<u4").astype(np.uint32, copy=False),
        )

    @classmethod
    def _joined(cls, parts: Sequence[KeyArrays]) -> KeyArrays:
        return cls(*(np.concatenate([getattr(part, name) for part in parts]) for name in ("names", "sizes", "keys")))

    def with_more(self, more: Mapping[str, bytes]) -> KeyArrays:
        return self._joined([self, self._read_rows([(name, data) for name, data in more.items() if data])])


def _sharing(keys: npt.NDArray[np.uint32], parts: Iterable[KeyArrays]) -> Iterator[KeyArrays]:
    """Leave out most recordings without any of the keys, by a table of their last bits."""
    table = np.zeros(1 << _TABLE_BITS, dtype=bool)
    table[keys & _LAST_BITS] = True
    for part in parts:
        is_chosen = np.zeros(len(part.sizes), dtype=bool)
        is_chosen[np.searchsorted(np.cumsum(part.sizes), np.flatnonzero(table[part.keys & _LAST_BITS]), "right")] = True
        yield KeyArrays(part.names[is_chosen], part.sizes[is_chosen], part.keys[np.repeat(is_chosen, part.sizes)])
