"""Deleted or replaced lists: rows of `playlists` with a `deleted_at` and a key that leaves their name free."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from map4.core.base.text import name_key, utc_text
from map4.core.store.database import Connection, scalar
from map4.lists.store.names import EDITABLE, NAMES, names_of
from map4.lists.stored import ListVersion

DELETED = f"deleted_at >= :since AND {EDITABLE}"
NEWEST_FIRST = "p.deleted_at DESC, p.id DESC"
# List names contain no slash.
_NO_KEY = "'/' || lower(hex(randomblob(8)))"
# Deleted lists kept per name: a player may store a list again for each added song.
_MOST_DELETED = 10
_LIST = "owner, sharing, name, description, header, created_at, updated_at"
_TRACK = "position, path, display, audio_id, artist, title, detail"


def oldest_deleted(now: datetime) -> str:
    return utc_text(now - ListVersion.DELETED_FOR)


def move_to_bin(connection: Connection, playlist_id: int | None, now: datetime) -> None:
    connection.execute(
        f"UPDATE playlists SET deleted_at = ?, name_key = {_NO_KEY} WHERE id = ?", (utc_text(now), playlist_id)
    )
    purge(connection, now)


def keep_old(
    connection: Connection, playlist_id: int, tracks: Sequence[tuple[bytes, str | None]], now: datetime, *, always: bool
) -> None:
    """Keep the content of a list as a deleted list, if its tracks will change.

    tracks: path and audio id of the new tracks
    always: even if at least half of the tracks stay: an edit removes a few, a mistake nearly all
    """
    sql = "SELECT path, audio_id FROM playlist_tracks WHERE playlist_id = ? ORDER BY position"
    held = connection.execute(sql, (playlist_id,)).fetchall()
    if not held or held == tracks or (not always and 2 * len(tracks) >= len(held)):
        return
    kept_id = scalar(
        connection,
        f"INSERT INTO playlists (name_key, deleted_at, {_LIST}) SELECT {_NO_KEY}, ?, {_LIST} FROM playlists "
        "WHERE id = ? RETURNING id",
        (utc_text(now), playlist_id),
    )
    connection.execute(
        f"INSERT INTO playlist_tracks (playlist_id, {_TRACK}) SELECT ?, {_TRACK} FROM playlist_tracks "
        "WHERE playlist_id = ?",
        (kept_id, playlist_id),
    )
    connection.execute(
        "DELETE FROM playlists WHERE id IN (SELECT p.id FROM playlists AS p JOIN playlists AS one USING (owner, name) "
        f"WHERE one.id = ? AND p.deleted_at IS NOT NULL ORDER BY {NEWEST_FIRST} LIMIT -1 OFFSET {_MOST_DELETED})",
        (playlist_id,),
    )
    purge(connection, now)


def find_deleted(connection: Connection, name: str, *, me: int, now: datetime) -> tuple[int, int, str] | None:
    """Row, owner and name of the most recently deleted list of a name or id."""
    rows = connection.execute(
        f"SELECT uid, id, owner, {NAMES} FROM playlists AS p WHERE {DELETED} ORDER BY {NEWEST_FIRST}",
        {"me": me, "since": oldest_deleted(now)},
    )
    wanted = name_key(name)
    for uid, number, owner, *names in rows:
        if name == uid or wanted in names_of(*names):
            return number, owner, names[0]
    return None


def purge(connection: Connection, now: datetime) -> None:
    """Drop deleted lists whose time has expired."""
    connection.execute("DELETE FROM playlists WHERE deleted_at < ?", (oldest_deleted(now),))
