"""Export, erase and hand over the stored lists of a person."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from itertools import count
from typing import Any

from map4.core.base.account import Account
from map4.core.base.records import Moment, Record, Requery
from map4.core.base.text import name_key
from map4.core.music.lists.listed import ListName
from map4.core.store.database import Connection, Database, scalar
from map4.library import hookspecs
from map4.lists.stored import Sharing

_PRIVATE = "owner = :who AND (sharing = 'private' OR deleted_at IS NOT NULL OR name_key = :stars)"
_FROM_PROGRAM = "json_extract(header, '$.imported') IS NOT NULL AND json_extract(header, '$.imported.is_own') IS NULL"


class OwnListTrack(Record):
    """A track of a person's list.

    detail: notes of the list on it, such as when it was starred
    """

    path: str
    audio_id: str | None
    artist: str | None
    title: str | None
    detail: Mapping[str, Any]


class OwnList(Record):
    """A person's list.

    sharing: who else may see and edit it
    header: properties of the list
    deleted_at: of a deleted list
    """

    id: str
    name: str
    description: str | None
    sharing: Sharing
    header: Mapping[str, Any]
    created_at: Moment
    updated_at: Moment
    deleted_at: Moment | None
    tracks: tuple[OwnListTrack, ...]


# ---- export


def exported_lists(database: Database, account: int) -> Requery[OwnList]:
    return Requery(lambda: _lists(database, account))


def _lists(database: Database, account: int) -> Iterator[OwnList]:
    with database.reading() as connection:
        rows = connection.execute(
            "SELECT id, uid, name, description, sharing, header, created_at, updated_at, deleted_at FROM playlists "
            "WHERE owner = ? ORDER BY id",
            (account,),
        )
        for number, uid, name, description, sharing, header, created_at, updated_at, deleted_at in rows:
            yield OwnList(
                id=uid,
                name=name,
                description=description,
                sharing=sharing,
                header=json.loads(header),
                created_at=created_at,
                updated_at=updated_at,
                deleted_at=deleted_at,
                tracks=tuple(_listed(connection, number)),
            )


def _listed(connection: Connection, playlist: int) -> Iterator[OwnListTrack]:
    rows = connection.execute(
        "SELECT path, audio_id, artist, title, detail FROM playlist_tracks WHERE playlist_id = ? ORDER BY position",
        (playlist,),
    )
    for path, audio_id, artist, title, detail in rows:
        yield OwnListTrack(
            path=os.fsdecode(path), audio_id=audio_id, artist=artist, title=title, detail=json.loads(detail)
        )


# ---- erase


def erase_lists(connection: Connection, account: Account, database: Database) -> Mapping[str, int]:
    """Erase private lists, and remove the owner of shared lists."""
    who = {"who": account.number, "stars": name_key(ListName.starred(account.name))}
    played = connection.execute(
        f"SELECT DISTINCT audio_id FROM playlist_tracks WHERE playlist_id IN (SELECT id FROM playlists WHERE "
        f"{_PRIVATE} AND json_type(header, '$.imported.history') = 'true') AND audio_id IS NOT NULL",
        who,
    ).fetchall()
    erased = connection.execute(f"DELETE FROM playlists WHERE {_PRIVATE}", who).rowcount
    if played:
        audio_ids = [audio_id for (audio_id,) in played]
        hookspecs.histories_changed.call_each(connection, audio_ids, database.path)
    return {"lists": erased, "shared_lists": _hand_over(connection, account.number, 0, sharing="edit")}


# ---- hand over


def take_lists(connection: Connection, account: Account) -> Mapping[str, int]:
    _name_stars(connection, 0, ListName.starred(), ListName.starred(account.name))
    return {"lists": _hand_over(connection, 0, account.number, where=f"NOT ({_FROM_PROGRAM})")}


def rename_stars(connection: Connection, was: Account, now: Account) -> None:
    _name_stars(connection, now.number, ListName.starred(was.name), ListName.starred(now.name))


def _name_stars(connection: Connection, owner: int, was: str, now: str) -> None:
    """Rename the list of stars, which stays private; another list of that name is renamed."""
    stars = connection.execute(
        "SELECT id FROM playlists WHERE owner = ? AND name_key = ?", (owner, name_key(was))
    ).fetchone()
    if stars is None:
        return
    if name_key(was) != name_key(now):
        for number, name in connection.execute(
            "SELECT id, name FROM playlists WHERE owner = ? AND name_key = ?", (owner, name_key(now))
        ).fetchall():
            _place(connection, number, name, owner)
    connection.execute(
        "UPDATE playlists SET name = ?, name_key = ?, sharing = 'private' WHERE id = ?", (now, name_key(now), stars[0])
    )


def _hand_over(connection: Connection, was: int, now: int, *, sharing: str | None = None, where: str = "TRUE") -> int:
    """Give lists to another owner; a number is appended to names that are taken there."""
    rows = connection.execute(f"SELECT id, name FROM playlists WHERE owner = ? AND {where}", (was,)).fetchall()
    for number, name in rows:
        _place(connection, number, name, now)
    connection.executemany(
        "UPDATE playlists SET sharing = coalesce(?, sharing) WHERE id = ?", [(sharing, number) for number, _ in rows]
    )
    return len(rows)


def _place(connection: Connection, number: int, name: str, owner: int) -> None:
    """Give a list an owner, and a free name; a deleted list keeps its own key."""
    taken = "SELECT EXISTS (SELECT 1 FROM playlists WHERE owner = ? AND name_key = ?)"
    free = (name if n == 1 else f"{name[: ListName.MOST_LETTERS - 8]} ({n})" for n in count(1))
    chosen = next(name for name in free if not scalar(connection, taken, (owner, name_key(name))))
    connection.execute(
        "UPDATE playlists SET owner = ?1, name = ?2, name_key = ?3 WHERE id = ?4 AND deleted_at IS NULL",
        (owner, chosen, name_key(chosen), number),
    )
    connection.execute("UPDATE playlists SET owner = ? WHERE id = ? AND deleted_at IS NOT NULL", (owner, number))
