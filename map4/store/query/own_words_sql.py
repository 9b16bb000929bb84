"""What queries ask of marks and of stored lists, in SQL: of each name once, and then of the few tracks that have it."""

from __future__ import annotations

from map4.base.text import folded
from map4.music.query.terms import Words
from map4.store.database import Connection
from map4.store.query.predicates import FileIds, Predicate, all_of, union
from map4.store.query.query_annotations import says_sql

OWN_WORDS = ("mark", "list", "list-mark")
"""Fields of a query that are not the track's, but of who asks: their marks, the lists that they see, and their marks of
these."""

_FOLDERS = "(SELECT group_concat(g.value, '/') FROM json_each(p.header, '$.imported.folders') AS g)"
_NAME = f"coalesce({_FOLDERS} || '/', '') || p.name"


def seen(lists: str = "", me: int | str = ":me") -> str:
    """SQL condition for the lists that an account sees. Lists of 0 belong to everybody."""
    return f"{lists}deleted_at IS NULL AND ({lists}owner IN (0, {me}) OR {lists}sharing <> 'private')"


def with_own(field: str, owner: int, words: Words | None = None) -> FileIds:
    """The files that have a mark, are in a list, or in one that has a mark: any, or one that says some words."""
    if field == "mark":
        marked, values = _marked(owner, words)
        return FileIds(f"SELECT o.id FROM files AS o WHERE o.audio_id IN ({marked})", values)
    condition, values = _of_lists(field, owner, words)
    lists = f"SELECT p.id FROM playlists AS p WHERE {condition}"
    # Listed is the recording, whichever file of it; what has no audio id is known by its place alone.
    of_audio = f"SELECT t.audio_id FROM playlist_tracks AS t WHERE t.playlist_id IN ({lists})"
    by_path = f"SELECT t.path FROM playlist_tracks AS t WHERE t.audio_id IS NULL AND t.playlist_id IN ({lists})"
    return union(
        FileIds(f"SELECT o.id FROM files AS o WHERE o.audio_id IN ({of_audio})", values),
        FileIds(f"SELECT o.id FROM files AS o WHERE o.path IN ({by_path})", values),
    )


def live_alone(connection: Connection, owner: int, words: Words) -> str | None:
    """The name of a live list that the words of a field mean, where they mean no list that has tracks of its own."""
    condition, values = _of_lists(str(words.field), owner, words)
    is_live = "json_type(p.header, '$.live') = 'object' AS is_live"
    sql = f"SELECT p.name, {is_live} FROM playlists AS p WHERE {condition} ORDER BY p.name"
    found = connection.execute(sql, values).fetchall()
    return found[0][0] if found and all(is_live for _, is_live in found) else None


def marks_of_file_sql(owner: int) -> str:
    """The marks of the file `f`, as a JSON object by key."""
    of_file = f"FROM marks AS m WHERE m.audio_id = f.audio_id AND m.owner = {owner:d}"
    return f"(SELECT json_group_object(m.mark_key, m.mark) {of_file})"


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
            f"WHERE t.audio_id = f.audio_id AND {seen('p.', owner)}"
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
    return f"CASE WHEN {with_own(field, owner).as_predicate().sql} THEN (SELECT {named} FROM ({said}) AS n) END"


def _of_lists(field: str, owner: int, words: Words | None) -> Predicate:
    """Which lists `p` are seen: any, those that words name, in part also by the folders that they lie in, or those with
    a mark.
    """
    parts = [Predicate(seen("p.", owner))]
    if field == "list-mark":
        marked, values = _marked(owner, words)
        parts.append(Predicate(f"p.uid IN ({marked})", values))
    elif words is not None:
        parts.append(_says("p.name" if words.how == "whole" else _NAME, words))
    return all_of(parts)


def _marked(owner: int, words: Words | None) -> Predicate:
    """SELECT of what has a mark; each mark is looked at once for words, and not on every track that has it."""
    marked = f"SELECT m.audio_id FROM marks AS m WHERE m.owner = {owner:d}"
    if words is None:
        return Predicate(marked)
    condition, values = _says("k.mark_key", words)
    keys = f"SELECT k.mark_key FROM (SELECT DISTINCT mark_key FROM marks WHERE owner = {owner:d} LIMIT -1) AS k"
    return Predicate(f"{marked} AND m.mark_key IN ({keys} WHERE {condition})", values)


def _says(column: str, words: Words) -> Predicate:
    if words.how == "whole":
        return Predicate(f"map4_folded(trim({column})) = ?", (folded(words.text.strip()),))
    return says_sql([column], words)
