"""The versions of a stored list: its entries and header, each under a number."""

from __future__ import annotations

import hashlib
import json
import os
import zlib
from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import accumulate
from typing import Any, NamedTuple

from map4.core.base.text import utc_text
from map4.core.store.database import Connection

MOST_VERSIONS = 100
MOST_BYTES = 8_000_000
"""Maximum stored size of a list's versions; the oldest are dropped first."""
MOST_ENTRIES = 10_000
"""No versions are kept of longer lists, which are not edited by hand."""
_LEAST_VERSIONS = 2  # the present and the previous version
_MOST_UNPACKED = 64_000_000  # a damaged row may claim to unpack to any size

Entry = tuple[str, str | None, str | None, str | None, dict[str, Any]]
"""Path, audio id, artist, title, and the notes of the list on the track."""

_LIST = "SELECT header, updated_at, owner FROM playlists WHERE id = ?"
_TRACKS = "SELECT path, audio_id, artist, title, detail FROM playlist_tracks WHERE playlist_id = ? ORDER BY position"
_NEWEST = "SELECT version, digest FROM list_versions WHERE playlist_id = ? ORDER BY version DESC LIMIT 1"


class _State(NamedTuple):
    header: str
    rows: Sequence[tuple[bytes, str | None, str | None, str | None, str]]
    changed_at: str
    owner: int

    @property
    def digest(self) -> str:
        hasher = hashlib.blake2b(self.header.encode(), digest_size=8)
        for path, audio_id, _, _, detail in self.rows:
            hasher.update(repr((path, audio_id, detail)).encode())
        return hasher.hexdigest()

    def packed(self) -> bytes:
        entries = [[os.fsdecode(path), *names, json.loads(detail)] for path, *names, detail in self.rows]
        return zlib.compress(json.dumps({"header": json.loads(self.header), "entries": entries}).encode())


def state_number(connection: Connection, playlist_id: int) -> int:
    """The number of a list's present content; if it has none yet, the number it will get at the next change."""
    number, digest = connection.execute(_NEWEST, (playlist_id,)).fetchone() or (0, "")
    return int(number) if digest == _now(connection, playlist_id).digest else int(number) + 1


def keep_state(connection: Connection, playlist_id: int) -> None:
    """Store the present content of a list before a change, unless it is stored already."""
    state = _now(connection, playlist_id)
    is_first = connection.execute(_NEWEST, (playlist_id,)).fetchone() is None
    what = "as it was stored" if is_first else "changed elsewhere"
    _add(connection, playlist_id, state, state.changed_at, state.owner if is_first else None, what)


def add_version(connection: Connection, playlist_id: int, now: datetime, by: int, what: str) -> None:
    """Store the content of a list after a change; unchanged content makes no new version."""
    _add(connection, playlist_id, _now(connection, playlist_id), utc_text(now), by, what)
    sizes = connection.execute(
        "SELECT version, length(content) FROM list_versions WHERE playlist_id = ? ORDER BY version DESC", (playlist_id,)
    ).fetchall()
    if (count := retained_versions(size for _, size in sizes)) < len(sizes):
        sql = "DELETE FROM list_versions WHERE playlist_id = ? AND version <= ?"
        connection.execute(sql, (playlist_id, sizes[count][0]))


def retained_versions(sizes: Iterable[int]) -> int:
    """How many versions of a list are kept, by their sizes, newest first."""
    count = 0
    for count, total in enumerate(accumulate(sizes)):
        if count >= MOST_VERSIONS or (total > MOST_BYTES and count >= _LEAST_VERSIONS):
            return count
    return count + 1


def unpacked(content: bytes) -> tuple[dict[str, Any], list[Entry]]:
    """The header and the entries of a version; ValueError or TypeError if it is damaged."""
    try:
        data = json.loads(zlib.decompressobj().decompress(content, _MOST_UNPACKED))
        header, entries = data["header"], [(*names, detail) for *names, detail in data["entries"]]
    except (zlib.error, KeyError) as error:
        raise ValueError(str(error)) from None
    if not isinstance(header, dict) or not all(len(entry) == 5 and isinstance(entry[4], dict) for entry in entries):
        raise TypeError("it holds no list")
    return header, entries


def _now(connection: Connection, playlist_id: int) -> _State:
    header, changed_at, owner = connection.execute(_LIST, (playlist_id,)).fetchone()
    return _State(header, connection.execute(_TRACKS, (playlist_id,)).fetchall(), changed_at, owner)


def _add(connection: Connection, playlist_id: int, state: _State, at: str, by: int | None, what: str) -> None:
    number, digest = connection.execute(_NEWEST, (playlist_id,)).fetchone() or (0, "")
    if digest == state.digest or len(state.rows) > MOST_ENTRIES:
        return
    connection.execute(
        "INSERT INTO list_versions (playlist_id, version, made_at, made_by, what, tracks, digest, content) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (playlist_id, number + 1, at, by, what, len(state.rows), state.digest, state.packed()),
    )
