"""What queries ask of marks and of stored lists, in SQL: of each name once, and then of the few tracks that have it."""

from __future__ import annotations

from map4.base.text import folded, has_words, words_of
from map4.lists.store.names import SEEN
from map4.store.database import Connection
from map4.store.query.query_annotations import Sql

OWN_WORDS = ("mark", "list", "list-mark")
"""Fields of a query that are not the track's, but of who asks: their marks, the lists that they see, and their marks of
these."""

_FOLDERS = "(SELECT group_concat(g.value, '/') FROM json_each(p.header, '$.imported.folders') AS g)"
_NAME = f"coalesce({_FOLDERS} || '/', '') || p.name"


def named_sql(field: str, owner: int, text: str, how: str) -> Sql:
    """Which files have a mark that says a text, or are in a list whose name does.

    how: "start" (the last word may go on), "phrase" (these words) or "whole" (all of the name)
    """
    if field == "mark":
        keys, values = _keys(owner, text, how)
        return _marked(owner, keys), values
    condition, values = _of_lists(field, owner, text, how)
    return _listed(owner, f" AND ({condition})"), (*values, *values)


def live_alone(connection: Connection, owner: int, field: str, text: str, how: str) -> str | None:
    """The name of a live list that a text of a field means, where it means no list that has tracks of its own."""
    condition, values = _of_lists(field, owner, text, how)
    found = connection.execute(
        f"SELECT p.name, json_type(p.header, '$.live') = 'object' AS is_live FROM playlists AS p "
        f"WHERE {_seen(owner)} AND ({condition}) ORDER BY p.name",
        values,
    ).fetchall()
    return found[0][0] if found and all(is_live for _, is_live in found) else None


def marks_of_file_sql(owner: int) -> str:
    """The marks of the file `f`, as a JSON object by key."""
    of_file = f"FROM marks AS m WHERE m.audio_id = f.audio_id AND m.owner = {owner:d}"
    return f"(SELECT json_group_object(m.mark_key, m.mark) {of_file})"


def known_sql(field: str, owner: int) -> str:
    """Which files have any mark, or are in any list, or in any that has a mark."""
    if field == "mark":
        return _marked(owner)
    return _listed(owner, f" AND {_with_marks(owner)}" if field == "list-mark" else "")


def names_sql(field: str, owner: int, *, folded: bool = False) -> str:
    """The marks of the file `f`, or the lists it is in, by name, or their marks; null where there are none.

    folded: as they are sorted
    """
    if field == "mark":
        said = (
            f"SELECT m.mark FROM marks AS m WHERE m.audio_id = f.audio_id AND m.owner = {owner:d} ORDER BY m.mark_key"
        )
    else:
        of_file = (
            "FROM playlist_tracks AS t JOIN playlists AS p ON p.id = t.playlist_id "
            f"WHERE t.audio_id = f.audio_id AND {_seen(owner)}"
        )
        said = f"SELECT DISTINCT p.name {of_file} ORDER BY p.name"
        if field == "list-mark":
            said = (
                f"SELECT DISTINCT m.mark, m.mark_key FROM marks AS m WHERE m.owner = {owner:d} "
                f"AND m.audio_id IN (SELECT p.uid {of_file}) ORDER BY m.mark_key"
            )
    column = "name" if field == "list" else "mark"
    # Few have any: these are found once, and only of them the names are looked up.
    named = f"group_concat(n.{column}, '; ')"
    named = f"map4_folded({named})" if folded else named
    return f"CASE WHEN {known_sql(field, owner)} THEN (SELECT {named} FROM ({said}) AS n) END"


def _of_lists(field: str, owner: int, text: str, how: str) -> Sql:
    """Which lists `p` a text names, in part also by the folders that they lie in; or those with a mark that says it."""
    if field == "list-mark":
        keys, values = _keys(owner, text, how)
        return _with_marks(owner, keys), values
    return _says("p.name" if how == "whole" else _NAME, text, how)


def _keys(owner: int, text: str, how: str) -> Sql:
    """Which marks `m` say a text: each is looked at once, and not on every track that has it."""
    condition, values = _says("k.mark_key", text, how)
    keys = f"SELECT k.mark_key FROM (SELECT DISTINCT mark_key FROM marks WHERE owner = {owner:d} LIMIT -1) AS k"
    return f" AND m.mark_key IN ({keys} WHERE {condition})", values


def _with_marks(owner: int, also: str = "") -> str:
    """Which lists `p` have marks."""
    return f"p.uid IN (SELECT m.audio_id FROM marks AS m WHERE m.owner = {owner:d}{also})"


def _says(column: str, text: str, how: str) -> Sql:
    if how == "whole":
        return f"map4_folded(trim({column})) = ?", (folded(text.strip()),)
    if not has_words(text):
        return f"instr({column}, ?) > 0", (text,)
    return f"map4_says(?, {column})", (f" {words_of(text)}{'' if how == 'start' else ' '}",)


def _marked(owner: int, also: str = "") -> str:
    marked = f"SELECT m.audio_id FROM marks AS m WHERE m.owner = {owner:d}{also}"
    return f"x.file_id IN (SELECT o.id FROM files AS o WHERE o.audio_id IN ({marked}))"


def _listed(owner: int, also: str = "") -> str:
    lists = f"SELECT p.id FROM playlists AS p WHERE {_seen(owner)}{also}"
    # Listed is the recording, whichever file of it; what has no audio id is known by its place alone.
    of_audio = f"SELECT t.audio_id FROM playlist_tracks AS t WHERE t.playlist_id IN ({lists})"
    by_path = f"SELECT t.path FROM playlist_tracks AS t WHERE t.audio_id IS NULL AND t.playlist_id IN ({lists})"
    return (
        f"x.file_id IN (SELECT o.id FROM files AS o WHERE o.audio_id IN ({of_audio}) "
        f"UNION ALL SELECT o.id FROM files AS o WHERE o.path IN ({by_path}))"
    )


def _seen(owner: int) -> str:
    return SEEN.replace(":me", f"{owner:d}").replace("owner", "p.owner").replace("sharing", "p.sharing")
