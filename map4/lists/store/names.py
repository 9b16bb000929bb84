"""Find the stored list that a name means: by its name, its id, or the folder path of an imported list."""

from __future__ import annotations

import json
from typing import Literal

from map4.core.base.text import name_key
from map4.core.store.database import Connection
from map4.core.store.stored_tables import seen
from map4.errors import NotAllowedError, StoredListExistsError, UsageError

SEEN = seen()
EDITABLE = "(owner IN (0, :me) OR sharing = 'edit')"
_NAMED = f"SELECT id, {EDITABLE}, %s FROM playlists WHERE {SEEN} AND %s ORDER BY %s owner <> :me, owner"
_BY_NAME = _NAMED % ("name", "(name_key = :key OR uid = :name)", "uid <> :name,")
NAMES = "name, json_extract(header, '$.imported.folders'), json_extract(header, '$.imported.name')"
"""The columns that `names_of` needs."""
_IN_FOLDERS = _NAMED % (NAMES, "json_extract(header, '$.imported.folders[0]') IS NOT NULL", "")

_Named = tuple[int, bool, str]
"""Row of a list, whether it may be edited, and its name."""


def folder_text(folders: str | None) -> str | None:
    """The folders of an imported list, JSON, as one path."""
    return "/".join(map(str, json.loads(folders))) or None if folders else None


def names_of(name: str, folders: str | None, its_name: str | None) -> set[str]:
    """The comparable names of a list: its name, and its folder path with the name it has here or in its program."""
    folder = folder_text(folders)
    within = () if folder is None else (f"{folder}/{name}", f"{folder}/{its_name}")
    return set(map(name_key, (name, *within)))


def find_list(
    connection: Connection, name: str, *, me: int, to: Literal["see", "edit", "replace"] = "see"
) -> int | None:
    """The row of a list that the actor may see, edit or replace; NotAllowedError if they may only see it."""
    try:
        name.encode()
    except UnicodeEncodeError:  # a name from the command line that SQLite refuses
        return None
    rows: list[_Named] = connection.execute(_BY_NAME, {"me": me, "name": name, "key": name_key(name)}).fetchall()
    if not rows and "/" in name and to != "replace":
        rows = _named_in_folder(connection, name, me)
    editable = [number for number, may_edit, _ in rows if may_edit]
    if to == "edit" and rows and not editable:
        raise NotAllowedError(f"'{rows[0][2]}' is shared for reading only; store a copy of it")
    numbers = editable if to != "see" else [number for number, *_ in rows]
    return numbers[0] if numbers else None


def _named_in_folder(connection: Connection, path: str, me: int) -> list[_Named]:
    """The list of a folder path, with the name it has here or in its program."""
    wanted = name_key(path)
    matches: list[_Named] = []
    for number, may_edit, name, folders, its_name in connection.execute(_IN_FOLDERS, {"me": me}):
        if wanted in names_of(name, folders, its_name):
            matches.append((number, may_edit, name))
    if len(matches) > 1:
        names = ", ".join(f"'{name}'" for *_, name in matches)
        raise UsageError(
            f"{len(matches)} imported lists are named '{path}' in their programs; their names here are {names}"
        )
    return matches


def require_free(connection: Connection, name: str, owner: int) -> None:
    """Refuse a name that is taken by a list of this owner."""
    row = connection.execute(
        "SELECT p.name, iif(json_type(p.header, '$.live') = 'object', NULL, count(t.position)) "
        "FROM playlists AS p LEFT JOIN playlist_tracks AS t ON t.playlist_id = p.id "
        "WHERE p.owner = ? AND p.name_key = ? GROUP BY p.id",
        (owner, name_key(name)),
    ).fetchone()
    if row is not None:
        raise StoredListExistsError(*row)
