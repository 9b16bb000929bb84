"""Merge stored lists by id: the last stored, renamed or deleted state wins, and previous states are kept."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from map4.core.base.text import name_key
from map4.core.music.lists.listed import ListName
from map4.core.store.database import Connection
from map4.extras.cluster.records import MergeConflict
from map4.extras.cluster.store.merging import Merging, Rank, Row, ordered, rank_of
from map4.lists import retained_versions

_LIST = "uid, owner, sharing, name, description, header, created_at, updated_at, deleted_at"
_TRACK = "position, path, display, audio_id, artist, title, detail"
_VERSION = "made_at, digest, tracks, what, made_by, content"
_TRACKS_OF = f"SELECT {_TRACK} FROM playlist_tracks WHERE playlist_id = {{}} ORDER BY position"
_VERSIONS_OF = f"SELECT {_VERSION} FROM list_versions WHERE playlist_id = {{}}"
_Tracks = list[tuple[Any, ...]]


def merge_lists(merging: Merging) -> set[str]:
    """Merge all lists; return the audio ids whose plays in histories may have changed."""
    played: set[str] = set()
    merging.each(
        merging.rows(f"SELECT id, {_LIST} FROM playlists"),
        lambda connection, row: played.update(_merge_list(merging, connection, row)),
    )
    with merging.into.transaction() as connection:
        _name_all(connection)
    return played


def _merge_list(merging: Merging, connection: Connection, row: Row) -> Iterable[str]:
    number = row.pop("id")
    tracks = [tuple(entry.values()) for entry in merging.rows(_TRACKS_OF.format(number))]
    row["name"] = _plain(row["name"], row["uid"])
    list_row = connection.execute(f"SELECT id, {_LIST} FROM playlists WHERE uid = ?", (row["uid"],)).fetchone()
    there, here, held = None, None, []
    if list_row is not None:
        here, there = list_row[0], dict(zip(row, list_row[1:], strict=True))
        there["name"] = _plain(there["name"], there["uid"])
        held = connection.execute(_TRACKS_OF.format(here)).fetchall()
        _note_conflict(merging, (there, held), (row, tracks))
    touched: Iterable[str] = ()
    if there is None or _rank(row, tracks) > _rank(there, held):
        here = _write(connection, here, row, tracks)
        merging.counts.note("lists", is_new=there is None)
        touched = {entry[3] for entry in (*tracks, *held) if entry[3] is not None}
    _merge_versions(connection, here, merging.source.execute(_VERSIONS_OF.format(number)).fetchall())
    return touched


def _changed(row: Row) -> str:
    changed: str = max(row["updated_at"], row["deleted_at"] or "")
    return changed


def _rank(row: Row, tracks: _Tracks) -> Rank:
    """Time of the last change; within the same second, a deletion wins, then the content decides."""
    held = tuple(tuple(map(ordered, track)) for track in tracks)
    return (_changed(row), row["deleted_at"] is not None, held, *rank_of(row))


def _write(connection: Connection, here: int | None, row: Row, tracks: _Tracks) -> int:
    # Names are assigned after all lists exist; until then the key is one that no name has.
    row = row | {"name_key": f"/{row['uid']}"}
    if here is None:
        sql = f"INSERT INTO playlists ({', '.join(row)}) VALUES ({', '.join('?' * len(row))}) RETURNING id"
        [(here,)] = connection.execute(sql, list(row.values())).fetchall()
    else:
        sets = ", ".join(f"{column} = ?" for column in row)
        connection.execute(f"UPDATE playlists SET {sets} WHERE id = ?", [*row.values(), here])
        connection.execute("DELETE FROM playlist_tracks WHERE playlist_id = ?", (here,))
    connection.executemany(
        f"INSERT INTO playlist_tracks (playlist_id, {_TRACK}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        [(here, *track) for track in tracks],
    )
    return here


def _merge_versions(connection: Connection, here: int | None, versions: _Tracks) -> None:
    """Keep the previous states of both lists, oldest first, up to a list's limit."""
    held = connection.execute(_VERSIONS_OF.format(here)).fetchall()
    if not set(versions) - set(held):
        return
    states = sorted({*held, *versions}, key=lambda state: tuple(map(ordered, state)))
    kept = states[-retained_versions(len(state[-1]) for state in reversed(states)) :]
    connection.execute("DELETE FROM list_versions WHERE playlist_id = ?", (here,))
    connection.executemany(
        f"INSERT INTO list_versions (playlist_id, version, {_VERSION}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        [(here, number, *state) for number, state in enumerate(kept, start=1)],
    )


# ---- names


def _name_all(connection: Connection) -> None:
    """Assign names: among lists of the same name, the oldest keeps it, and the others get a suffix.

    The suffix is made from the list's id, so the order of merging does not matter.
    """
    rows = connection.execute(
        "SELECT id, uid, owner, name, name_key FROM playlists WHERE deleted_at IS NULL ORDER BY created_at, uid"
    ).fetchall()
    taken: set[tuple[int, str]] = set()
    named: list[tuple[str, str, int]] = []
    for number, uid, owner, name, key in rows:
        plain = _plain(name, uid)
        marked = f"{plain[: ListName.MOST_LETTERS - 8]}{_mark(uid)}"
        wanted = next(name for name in (plain, marked, uid) if (owner, name_key(name)) not in taken)
        taken.add((owner, name_key(wanted)))
        if (wanted, name_key(wanted)) != (name, key):
            named.append((wanted, name_key(wanted), number))
    for number in (number for _, _, number in named):  # first release all names, because they may be exchanged
        connection.execute("UPDATE playlists SET name_key = '/' || uid WHERE id = ?", (number,))
    connection.executemany("UPDATE playlists SET (name, name_key) = (?, ?) WHERE id = ?", named)


def _mark(uid: str) -> str:
    return f" ({uid[2:6]})"


def _plain(name: str, uid: str) -> str:
    return name.removesuffix(_mark(uid))


# ---- conflicts


def _note_conflict(merging: Merging, here: tuple[Row, _Tracks], there: tuple[Row, _Tracks]) -> None:
    if _comparable(*here) == _comparable(*there):
        return
    counts, other = sorted((here, there), key=lambda pair: _rank(*pair), reverse=True)
    row = counts[0]
    if row["owner"] not in (0, merging.actor.id) and row["sharing"] == "private":
        merging.counts.hidden += 1
        return
    current, left = (None if side["deleted_at"] else len(tracks) for side, tracks in (counts, other))
    merging.counts.conflicts.append(
        MergeConflict(
            source=merging.name,
            about="list",
            name=row["name"],
            counts=current,
            set_at=_changed(row),
            instead_of=left,
            instead_set_at=_changed(other[0]),
        )
    )


def _comparable(row: Row, tracks: _Tracks) -> object:
    values = (row["name"], row["description"], row["header"], row["sharing"], row["deleted_at"] is None)
    return values, [(audio_id or path, detail) for _, path, _, audio_id, *_, detail in tracks]
