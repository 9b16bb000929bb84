"""Entries of an import and the files they were matched to: the rows of `map4.infra.sql.imports`."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from typing import Any

from map4.domain.path_maps import PathMap, PathMaps, as_file_name
from map4.infra.sql.rows.effective_values import as_json
from map4.ports.store.imports import EarlierEntry, EarlierImport, StagedEntry

_ENTRY_FIELDS = ("location", "artist", "title", "album", "duration_s", "size_bytes", "audio_id")


EarlierRow = tuple[str, str, str, bytes, str, float]


class StoredEarlierImport(EarlierImport):
    """Entries of an earlier import by their keys; each is only read where it is asked for."""

    def __init__(self, rows: Mapping[str, EarlierRow], read: Callable[[EarlierRow], EarlierEntry]) -> None:
        self._rows, self._read = rows, read

    def of(self, key: str) -> EarlierEntry | None:
        """The entry of this key, or None where it had no file."""
        row = self._rows.get(stored_key(key))
        return None if row is None else self._read(row)

    def was_transferred(self, key: str) -> bool:
        """Whether the entry was transferred to another copy of its recording."""
        row = self._rows.get(stored_key(key))
        return row is not None and row[4] in ("recording", "copy")


def entry_text(staged: StagedEntry) -> str:
    entry: dict[str, Any] = {name: getattr(staged.track.entry, name) for name in _ENTRY_FIELDS}
    known = {name: value for name, value in entry.items() if value is not None}
    return as_json({**known, "paths": list(staged.paths)})


def stored_key(key: str) -> str:
    """A key that SQLite takes: names in bytes that are no UTF-8 are keys of lists."""
    return key.encode("utf-8", "backslashreplace").decode("utf-8")


def stored_path(path: str) -> bytes:
    """A path as the library has it, with any letters."""
    return os.fsencode(as_file_name(path))


def path_maps_text(path_maps: PathMaps) -> str:
    """What is stored of the path maps of an import; in ASCII, whatever bytes names have."""
    return json.dumps([(one.source, one.target) for one in path_maps.maps])


def read_path_maps(text: str) -> PathMaps:
    """Path maps from what `path_maps_text` gave; what is none raises one of `errors.UNREADABLE`."""
    return PathMaps(maps=tuple(PathMap(source=source, target=target) for source, target in json.loads(text)))
